"""What a run was asked for beyond its content, as all of its steps know it, and no other run of its thread."""

from collections.abc import Mapping
from typing import Any, cast

from typing_extensions import TypedDict

from tools.errors import InputError

OWN_RUN = "peitu_run"
"""Under this key of a config's `configurable` a program of ours names the run that begins; others leave that to us.

So a run that another process has begun and ended meanwhile is the same one again, and no second run of its thread.
"""


class Options(TypedDict, total=False):
    """What was given of the inputs of these names, see `graph.state.InputState`."""

    style: str
    provider: str
    size: str
    seed: int
    upload: bool
    review: bool


def given_options(asked: Mapping[str, Any]) -> Options:
    """Return the options that were given; `None` gives none."""
    return cast("Options", {name: asked[name] for name in Options.__annotations__ if asked.get(name) is not None})


def thread_of(configurable: Mapping[str, Any]) -> str:
    """Return the id of the thread, which names its runs.

    Raises:
        InputError: There is none, as inside another graph that runs without one.
    """
    if "thread_id" not in configurable:
        raise InputError('There is no thread_id - pass it with the config, as in {"configurable": {"thread_id": "a1"}}')
    return str(configurable["thread_id"])
