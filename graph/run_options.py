"""The options of a run, which all of its steps know, but no other run of its thread."""

from collections.abc import Mapping
from typing import Any, cast

from typing_extensions import TypedDict

from tools.errors import InputError

OWN_RUN = "peitu_run"
"""The key in a config's `configurable` by which our own programs name a new run; other callers leave it out.

So a run that another process has begun and ended meanwhile counts as the same run, not as a second one of its thread.
"""

OWN_THREAD = "peitu_thread"
"""The key by which they name the thread of a run that is continued in checkpoints of its own, see `graph.runs`."""


class Options(TypedDict, total=False):
    """The inputs of these names, as far as they were given; see `graph.state.InputState`."""

    style: str
    provider: str
    size: str
    seed: int
    upload: bool
    review: bool


def given_options(asked: Mapping[str, Any]) -> Options:
    """Return the options that were given; a value of `None` counts as not given."""
    return cast("Options", {name: asked[name] for name in Options.__annotations__ if asked.get(name) is not None})


def thread_of(configurable: Mapping[str, Any]) -> str:
    """Return the id of the thread that the run belongs to, and which names its runs.

    Raises:
        InputError: There is none, e.g. inside another graph that runs without one.
    """
    if "thread_id" not in configurable:
        raise InputError('There is no thread_id - pass it with the config, as in {"configurable": {"thread_id": "a1"}}')
    return str(configurable.get(OWN_THREAD) or configurable["thread_id"])
