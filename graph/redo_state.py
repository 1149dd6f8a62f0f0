"""The input of a redo: which picture of a finished run to make again, and what to change about it."""

from collections.abc import Mapping
from typing import Annotated, Any, cast

from pydantic import Field
from typing_extensions import TypedDict

from tools.errors import InputError
from tools.setup.configuration import MAX_SEED


class Redo(TypedDict, total=False):
    """One image of a finished run to make again; only `index` is required."""

    index: Annotated[int, Field(description="Which picture, counted from 0 as in the result document.", ge=0)]
    prompt: Annotated[str, Field(description="A new prompt, used as it is, or put into the `style` given with it.")]
    style: Annotated[str, Field(description="Another style; without a prompt, the same scene in that style.")]
    seed: Annotated[int, Field(description="The seed; by default a new one.", ge=0, le=MAX_SEED)]
    provider: Annotated[str, Field(description="Who makes it; by default as in the run.")]
    run_id: Annotated[str, Field(description="The run; by default the last one of the thread.")]


def same_wish(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two redos of the same run ask for the same."""
    return {**one, "run_id": ""} == {**other, "run_id": ""}


def busy(run_id: str, index: int) -> str:
    """Return the message that the image is being redone already, with other values than are asked for now."""
    place = f"Image {index} of run {run_id!r}"
    return f"{place} is already being redone with other words or values - first finish that: peitu resume {run_id}"


def refusal(problem: str) -> str:
    """Return the note that a picture cannot be redone."""
    return f"Not redone: {problem}"


def without_refusal(state: Mapping[str, Any]) -> list[str]:
    """Return the notes of a run's state without the one about its last redo, if that was refused."""
    problem = (state.get("redoing") or {}).get("problem")
    return [note for note in state.get("notes", []) if problem is None or note != refusal(problem)]


def as_redo(asked: object) -> Redo:
    """Return the input as a `Redo` if it is a mapping; its values are not checked yet. LangGraph takes any input.

    Raises:
        InputError: It is no mapping.
    """
    if not isinstance(asked, Mapping):
        raise InputError(
            f"The redo is {asked!r:.40} - give an object with the index of the picture, e.g. {{'index': 0}}"
        )
    return cast("Redo", asked)


def checked(asked: Redo) -> Redo:
    """Return the redo after checking its keys and values.

    Raises:
        InputError: A key is unknown, or a value is missing, of the wrong type, or out of range.
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
