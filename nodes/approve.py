"""The node `approve`: show the prompts before anything is paid, and apply the user's changes."""

import itertools
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, cast

from langgraph.types import interrupt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from graph.events import Event
from graph.state import Prompt, State
from nodes.telling import teller
from tools.errors import InputError
from tools.setup.configuration import MAX_COUNT
from tools.setup.misfit import misfit
from tools.sqlite.records import Records
from tools.storyboards.picture_names import picture_names, same_file

QUESTION = (
    'Answer true to make these pictures, or {"edit": {"0": "new prompt"}, "drop": [1], "add": ["another prompt"]}, '
    "every part is optional"
)


class Decision(BaseModel):
    """The user's changes: new prompts by index, indexes to drop, and prompts to add."""

    model_config = ConfigDict(extra="forbid")

    edit: dict[int, str] = Field(default_factory=dict)
    drop: list[int] = Field(default_factory=list)
    add: list[str] = Field(default_factory=list)


async def approve(state: State, *, plans: Records) -> State:
    """If the run asked for a review, wait until the prompts are approved; then tell how many pictures are planned.

    That many are asked for from now on: prompts may also have been left out or added by a change of the state.
    """
    approved = _reviewed(state) if state.get("options", {}).get("review") else {}
    if approved:
        await plans.change_plan(state["run_id"], cast("dict[str, Any]", approved))
    count = len(approved.get("prompts", state["prompts"]))
    planned: Event = {"event": "planned", "run_id": state["run_id"], "count": count}
    teller()(planned)
    return {"requested": count, **approved}


def _reviewed(state: State) -> State:
    """Ask until there is a valid answer, and return the changes that it makes to the state."""
    problem: str | None = None
    while True:
        shown = [
            {name: prompt[name] for name in ("index", "prompt", "heading", "start", "end")}
            for prompt in state["prompts"]
        ]
        answer = interrupt({"question": QUESTION, "problem": problem, "prompts": shown})
        try:
            prompts = decided(state["prompts"], parse(answer), state.get("place"))
        except InputError as error:
            problem = str(error)
            continue
        return {"prompts": prompts, "requested": len(prompts)}


def parse(answer: Any) -> Decision:
    """Return the answer as a decision.

    Raises:
        InputError: It is not valid; the message says why.
    """
    if answer is True or (isinstance(answer, str) and answer.lower() in {"true", "yes", "approve"}):
        return Decision()
    if not isinstance(answer, dict):
        raise InputError(f"{answer!r} is not an answer - {QUESTION}")
    try:
        return Decision.model_validate(answer)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part != "[key]")
        raise InputError(f"{place} {misfit(first)} - {QUESTION}") from error


def decided(prompts: list[Prompt], decision: Decision, place: str | None = None) -> list[Prompt]:
    """Return the prompts with the user's changes; an added one takes size, negative prompt and folder from the last.

    `place` is the `filename` that the run was asked for, if any.

    Raises:
        InputError: An index is not among the prompts, a prompt is blank, or too few or too many are left.
    """
    known = {prompt["index"] for prompt in prompts}
    if unknown := sorted({*decision.edit, *decision.drop} - known):
        wrong, right = (", ".join(map(str, indexes)) for indexes in (unknown, sorted(known)))
        raise InputError(f"There is no index {wrong} - the indexes of the pictures are {right}")
    if any(not text.strip() for text in (*decision.edit.values(), *decision.add)):
        raise InputError("A prompt is blank - write what the picture shows")
    kept = [_edited(prompt, decision.edit) for prompt in prompts if prompt["index"] not in decision.drop]
    names = _free_names(prompts, place)
    added = [_added(prompts[-1], text, number, next(names)) for number, text in enumerate(decision.add, start=1)]
    if not 1 <= len(kept) + len(added) <= MAX_COUNT:
        raise InputError(f"{len(kept) + len(added)} pictures are left - keep or add 1 to {MAX_COUNT}")
    return [*kept, *added]


def _edited(prompt: Prompt, edit: dict[int, str]) -> Prompt:
    text = edit.get(prompt["index"])
    return prompt if text is None else {**prompt, "prompt": text.strip(), "subject": text.strip()}


def _free_names(prompts: list[Prompt], place: str | None) -> Iterator[str]:
    """Yield file names for added pictures, as the plan would name them, that no picture of the run has."""
    taken = {same_file(PurePath(prompt["path"]).name) for prompt in prompts}
    for index in itertools.count(prompts[-1]["index"] + 1):
        name = PurePath(picture_names(place or "run/", index + 1)[index]).name
        if same_file(name) not in taken:
            yield name


def _added(last: Prompt, text: str, number: int, name: str) -> Prompt:
    folder, _, _ = last["path"].rpartition("/")
    return {
        **last,
        "index": last["index"] + number,
        "prompt": text.strip(),
        "subject": text.strip(),
        "seed": (last["seed"] + number) % 2**31,
        "path": f"{folder}/{name}",
        "heading": "",
    }
