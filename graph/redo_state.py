"""What is asked for when one image of a finished run is to be made anew."""

from collections.abc import Mapping
from typing import Annotated, Any, cast

from pydantic import Field
from typing_extensions import TypedDict

from tools.errors import InputError
from tools.setup.configuration import MAX_SEED


class Redo(TypedDict, total=False):
    """One image of a finished run, to be made anew; only its `index` is needed."""

    index: Annotated[int, Field(description="Which picture, counted from 0 as in the result document.", ge=0)]
    prompt: Annotated[str, Field(description="A new prompt, used as it is, or put into the `style` given with it.")]
    style: Annotated[str, Field(description="Another style; without a prompt, the same scene in that style.")]
    seed: Annotated[int, Field(description="The seed; by default a new one.", ge=0, le=MAX_SEED)]
    provider: Annotated[str, Field(description="Who makes it; by default as in the run.")]
    run_id: Annotated[str, Field(description="The run; by default the last one of the thread.")]


def same_wish(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two of them ask for the same of the same run."""
    return {**one, "run_id": ""} == {**other, "run_id": ""}


def busy(run_id: str, index: int) -> str:
    """Return the line that says that the image is being made anew already, otherwise than is asked for now."""
    place = f"Image {index} of run {run_id!r}"
    return f"{place} is already being redone with other words or values - first finish that: peitu resume {run_id}"


def as_redo(asked: object) -> Redo:
    """Return what is asked for, if it can be one at all: LangGraph takes any input.

    Raises:
        InputError: It is no object.
    """
    if not isinstance(asked, Mapping):
        raise InputError(
            f"The redo is {asked!r:.40} - give an object with the index of the picture, e.g. {{'index': 0}}"
        )
    return cast("Redo", asked)


def checked(asked: Redo) -> Redo:
    """Return what is asked for.

    Raises:
        InputError: A part of it is of the wrong kind.
    """
    kinds: dict[str, type] = dict.fromkeys(("run_id", "prompt", "style", "provider"), str) | {"index": int, "seed": int}
    for name, value in asked.items():
        if name not in kinds:
            raise InputError(f"{name!r} does not belong to a redo - use {', '.join(kinds)} as needed")
        if not isinstance(value, kinds[name]) or isinstance(value, bool):
            raise InputError(
                f"The {name} of the redo is {value!r} - give a {'number' if kinds[name] is int else 'text'}"
            )
    if not 0 <= asked.get("seed", 0) <= MAX_SEED:
        raise InputError(f"The seed is {asked['seed']} - give a number from 0 to {MAX_SEED}")
    if "index" not in asked:
        raise InputError("There is no index - say which picture, counted from 0")
    if not asked.get("prompt", "some").strip():
        raise InputError("The prompt is blank - write what the picture shows")
    return asked
