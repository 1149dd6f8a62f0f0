"""Begin a run, continue it where it stopped, or redo one of its pictures."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast

from langgraph.types import Durability, Overwrite, StateSnapshot

from graph.build import Workflow
from graph.events import Watch
from graph.following import Ask, Follow, config_of, document
from graph.lost import lost_images
from graph.redo_state import Redo, without_refusal
from graph.state import Image, InputState, OutputState
from tools.errors import InputError
from tools.sqlite.versions import pending_wish


async def run(
    workflow: Workflow,
    asked: InputState,
    *,
    run_id: str,
    watch: Watch,
    ask: Ask | None = None,
    kept: Sequence[Image] = (),
    durability: Durability = "async",
    is_new: bool = False,
) -> OutputState:
    """Make the pictures and return the result document.

    `kept` are images that exist already: they are taken as they are, and only the others are made. `ask` gets the
    answer when the prompts are to be approved; without it, the run stops there and waits. `durability` is LangGraph's:
    ``exit`` writes one checkpoint at the end, and the ledger covers a kill. `is_new` says that the id cannot have been
    used before.

    Raises:
        InputError: There is a run of that id already.
        PeituError: The run could not go on; what it has done stays, and `resume` continues it.
    """
    # A thread without a run id was killed before its first step wrote anything: it counts as not begun.
    if not is_new and "run_id" in (await workflow.aget_state(config_of(run_id))).values:
        raise InputError(f"There is a run {run_id!r} already - continue it with: peitu resume {run_id}")
    follow = Follow(workflow, run_id, run_id, watch=watch, ask=ask, durability=durability)
    return await _begin(follow, asked, kept)


async def resume(
    workflow: Workflow,
    run_id: str,
    *,
    recorded: Mapping[str, Any] | None,
    watch: Watch,
    ask: Ask | None = None,
    kept: Sequence[Image] = (),
    durability: Durability = "async",
) -> OutputState:
    """Continue a run: collect pictures that are under way or lost their file, make failed ones, upload the rest.

    `recorded` is the run's row (see `tools.sqlite.records.find_run`). The others are as for `run`.

    Raises:
        InputError: There is no such run, or only its checkpoint: without its ledger, pictures would be paid for again.
        PeituError: The run could not go on.
    """
    owner = thread_id = (recorded or {}).get("thread_id") or run_id
    snapshot = await workflow.aget_state(config_of(thread_id))
    _check_resumable(run_id, snapshot, recorded)
    if snapshot.values.get("run_id", run_id) != run_id:
        # The thread has gone on with another run, which stays its last: this one goes on from its record beside it.
        thread_id = f"{run_id}#aside"
        snapshot = await workflow.aget_state(config_of(thread_id))
    follow = Follow(workflow, run_id, thread_id, watch=watch, ask=ask, durability=durability, owner=owner)
    if not snapshot.tasks and (wish := pending_wish(recorded)):
        return await follow({"redo": cast("Redo", {**wish, "run_id": run_id})})
    redoes = bool(snapshot.tasks and snapshot.values.get("redoing"))  # only this picture is under way
    images = snapshot.values.get("images", [])
    lost = [] if redoes else await asyncio.to_thread(lost_images, images)
    there = {image["index"] for image in images if image["status"] == "saved"} - {image["index"] for image in lost}
    kept = [image for image in kept if image["index"] not in there]
    if "run_id" not in snapshot.values and recorded is not None:
        return await _begin(follow, _recorded_input(recorded), kept)  # it did not get past its first step
    ended = not snapshot.tasks or (snapshot.next == ("redo",) and not isinstance(snapshot.values["redo"], Mapping))
    if kept and "prompts" not in snapshot.values:
        await follow.plan(None, kept)
    elif kept and snapshot.next == ("approve",):
        await follow.keep(kept)  # killed after its plan, before the existing images were added
    elif ended and not lost and snapshot.values.get("success"):
        return document(run_id, snapshot.values)
    elif kept or lost or ended:
        # The run has ended with something missing, or files appeared or were lost since: it goes back to the fan-out,
        # which skips the saved images. Tasks under way are collected, since the ledger has them.
        notes = Overwrite(without_refusal(snapshot.values))
        changes = {"run_id": run_id, "redoing": None, "images": [*lost, *kept], "notes": notes}
        done = _last_step(snapshot.values) if ended else "approve"
        await workflow.aupdate_state(config_of(thread_id), changes, as_node=done)
    else:
        found = await follow(None)
        if redoes or found["success"] or not _has_failed(snapshot):
            return found
        # Images that failed before this call were not tried in it. The run has ended now, so it goes back to them.
        return await resume(workflow, run_id, recorded=recorded, watch=watch, ask=ask, durability=durability)
    return await follow(None)


def _check_resumable(run_id: str, snapshot: StateSnapshot, recorded: Mapping[str, Any] | None) -> None:
    """Check that the run can be continued from its checkpoint or its record.

    Raises:
        InputError: There is neither, or only the checkpoint.
    """
    if recorded is None and not snapshot.values:
        raise InputError(f"There is no run {run_id!r} - `peitu runs` lists them")
    if recorded is None and "run_id" in snapshot.values:
        raise InputError(
            f"The database does not know run {run_id!r}, which has begun, nor what was paid for it - put the database "
            "back, or begin anew under another name"
        )


async def _begin(follow: Follow, asked: InputState, kept: Sequence[Image]) -> OutputState:
    """Begin a run; images that exist already are added after its prompts were written."""
    if not kept:
        return await follow(asked)
    await follow.plan(asked, kept)
    return await follow(None)


def _recorded_input(recorded: Mapping[str, Any]) -> InputState:
    """Return the input with which the run was begun, with the whole content."""
    options = {name: value for name, value in recorded["options"].items() if name in InputState.__annotations__}
    return cast("InputState", {**options, "content": recorded["content"]})


def _has_failed(snapshot: StateSnapshot) -> bool:
    """Tell whether an image had failed when the run was stopped, while others were still being made."""
    ended = [image for task in snapshot.tasks for image in (task.result or {}).get("images", [])]
    return any(image["status"] != "saved" for image in (*snapshot.values.get("images", []), *ended))


def _last_step(values: Mapping[str, Any]) -> str:
    """Return the last node that an ended run has been through: a redo may have come before its plan or approval."""
    return "approve" if values.get("images") else "prompt" if "prompts" in values else "analyze"


async def redo(
    workflow: Workflow, asked: Redo | None, *, run_id: str, thread_id: str, watch: Watch
) -> Mapping[str, Any]:
    """Redo a picture, or continue a redo if `asked` is `None`, and return the state; `graph.redo` has the rules."""
    follow = Follow(workflow, run_id, thread_id, watch=watch, ask=None, durability="async")
    await follow(None if asked is None else {"redo": asked})
    snapshot = await workflow.aget_state(config_of(thread_id))
    return snapshot.values
