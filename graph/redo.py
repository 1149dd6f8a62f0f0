"""Redo: make one picture of a finished run again. The others stay as they are, and all its versions are kept."""

from collections.abc import Awaitable, Mapping
from typing import Any, cast, overload

from graph import runs
from graph.build import Workflow
from graph.events import Event, Watch
from graph.following import document
from graph.opening.sync import SyncWorkflow
from graph.redo_state import Redo, busy, same_wish
from graph.state import OutputState
from tools.errors import InputError


@overload
def redo(
    workflow: Workflow,
    run_id: str,
    index: int,
    *,
    prompt: str | None = None,
    style: str | None = None,
    seed: int | None = None,
    provider: str | None = None,
    recorded: Mapping[str, Any] | None = None,
    watch: Watch | None = None,
) -> Awaitable[OutputState]: ...


@overload
def redo(
    workflow: SyncWorkflow,
    run_id: str,
    index: int,
    *,
    prompt: str | None = None,
    style: str | None = None,
    seed: int | None = None,
    provider: str | None = None,
    recorded: Mapping[str, Any] | None = None,
    watch: Watch | None = None,
) -> OutputState: ...


def redo(
    workflow: Workflow | SyncWorkflow,
    run_id: str,
    index: int,
    *,
    prompt: str | None = None,
    style: str | None = None,
    seed: int | None = None,
    provider: str | None = None,
    recorded: Mapping[str, Any] | None = None,
    watch: Watch | None = None,
) -> Awaitable[OutputState] | OutputState:
    """Make the picture of this index again and return the run's result document; `await` it if the workflow is async.

    `prompt` is used as it is, or put into the `style` given with it; `style` alone keeps the scene and changes its
    style. Without a `seed` a new one is drawn. `success` tells whether the new picture is there; if not, the result has
    the previous one, whose `error` says why. The same call continues where a killed one stopped, and pays nothing
    twice. `recorded` is the run as from `tools.sqlite.records.find_run`, needed if its checkpoint is gone.

    Raises:
        InputError: There is no such run or picture, it is not finished, or something else cannot be used.
        PeituError: It could not go on; what is paid is kept, and the same call collects it.
    """
    wished = {"prompt": prompt, "style": style, "seed": seed, "provider": provider}
    asked = cast("Redo", {"index": index, **{name: value for name, value in wished.items() if value is not None}})
    if isinstance(workflow, SyncWorkflow):
        return workflow.call(lambda inner: _redo(inner, run_id, asked, recorded, watch or _nobody))
    return _redo(workflow, run_id, asked, recorded, watch or _nobody)


async def _redo(
    workflow: Workflow, run_id: str, asked: Redo, recorded: Mapping[str, Any] | None, watch: Watch
) -> OutputState:
    thread_id, under_way = await _find_thread(workflow, run_id, asked, recorded)
    wish: Redo = {**asked, "run_id": run_id}
    values = await runs.redo(workflow, None if under_way else wish, run_id=run_id, thread_id=thread_id, watch=watch)
    redoing = values["redoing"]
    if redoing["planned"] is None:
        raise InputError(redoing["problem"])
    image = next(image for image in values["images"] if image["index"] == asked["index"])
    there = image["status"] == "saved" and image["path"] == redoing["planned"]["path"]
    complete = there and (bool(image["url"]) or not values["uploads"])
    return {**document(run_id, values), "success": complete}


async def _find_thread(
    workflow: Workflow, run_id: str, asked: Redo, recorded: Mapping[str, Any] | None
) -> tuple[str, bool]:
    """Return the thread of the run, and whether this same redo is under way in it.

    Raises:
        InputError: There is no such run, it is not finished, or another redo is under way in it.
    """
    thread_id, snapshot = await _thread_of(workflow, run_id, recorded)
    redoing = snapshot.values.get("redoing")
    if not snapshot.next or snapshot.next == ("redo",):
        return thread_id, False
    if redoing is None:
        what = "waits for your approval" if any(task.interrupts for task in snapshot.tasks) else "is not finished"
        raise InputError(f"Run {run_id!r} {what} - first continue it with: peitu resume {run_id}")
    if not same_wish(redoing["asked"], asked):
        raise InputError(busy(run_id, redoing["asked"]["index"]))
    return thread_id, True


async def _thread_of(workflow: Workflow, run_id: str, recorded: Mapping[str, Any] | None) -> tuple[str, Any]:
    """Return the thread of the run, and a snapshot of its state; the thread of run ``a1.2`` is ``a1``.

    Raises:
        InputError: There is no such run, or its thread has gone on with another one.
    """
    known = [str(recorded["thread_id"] or run_id)] if recorded else [run_id, run_id.rpartition(".")[0] or run_id]
    last = None
    for thread_id in known:
        snapshot = await workflow.aget_state({"configurable": {"thread_id": thread_id}})
        if recorded and not snapshot.values:
            return thread_id, snapshot
        if snapshot.values.get("run_id") == run_id or (snapshot.values and snapshot.next == ("redo",)):
            return thread_id, snapshot
        last = last or snapshot.values.get("run_id")
    if last:
        raise InputError(f"The thread of run {run_id!r} is now at {last!r} - only that one can be redone")
    raise InputError(f"There is no run {run_id!r} - `peitu runs` lists them")


def _nobody(event: Event) -> None:
    """Ignore the event."""
