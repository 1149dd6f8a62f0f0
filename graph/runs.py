"""Run a content through the workflow, or continue a run where it stopped."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from graph.build import Workflow
from graph.state import InputState, OutputState
from tools.errors import InputError

Watch = Callable[[dict[str, Any]], None]
"""Gets every event of a run: ``{"event": "saved", "run_id": …, "index": 0, …}``."""

Ask = Callable[[Mapping[str, Any]], Any]
"""Gets a question of the node `approve` and returns the answer, or `None` to leave the run waiting; may block."""


async def run(
    workflow: Workflow, asked: InputState, *, run_id: str, watch: Watch, ask: Ask | None = None
) -> OutputState:
    """Make the pictures and return the result document.

    `ask` answers for the user when the prompts are to be approved; without it, the run waits there.

    Raises:
        InputError: There is a run of that id already.
        PeituError: The run could not go on; what it has done stays, and `resume` continues it.
    """
    snapshot = await workflow.aget_state(_config(run_id))
    if snapshot.values:
        raise InputError(f"There is a run {run_id!r} already - continue it with: peitu resume {run_id}")
    return await _follow(workflow, asked, run_id=run_id, thread_id=run_id, watch=watch, ask=ask)


async def resume(
    workflow: Workflow,
    run_id: str,
    *,
    recorded: Mapping[str, Any] | None,
    watch: Watch,
    ask: Ask | None = None,
) -> OutputState:
    """Continue a run: collect what is under way, make what failed, send what was not uploaded.

    `recorded` is the run's row (see `tools.records.find_run`), for a run that was killed before its first checkpoint.
    `ask` is as for `run`.

    Raises:
        InputError: There is no such run.
        PeituError: The run could not go on.
    """
    thread_id = (recorded or {}).get("thread_id") or run_id
    snapshot = await workflow.aget_state(_config(thread_id))
    if snapshot.values.get("run_id", run_id) != run_id:
        raise InputError(f"The thread of run {run_id!r} went on with {snapshot.values['run_id']!r} - continue that one")
    if not snapshot.values:
        if recorded is None:
            raise InputError(f"There is no run {run_id!r} - `peitu runs` lists them")
        asked = cast("InputState", {**recorded["options"], "content": recorded["content"]})
        return await _follow(workflow, asked, run_id=run_id, thread_id=thread_id, watch=watch, ask=ask)
    if not snapshot.tasks and snapshot.values.get("success"):
        return document(run_id, snapshot.values)
    if not snapshot.tasks:
        # The run came to its end with something missing: take it back to the fan-out, which skips what is saved.
        await workflow.aupdate_state(_config(thread_id), {"run_id": run_id}, as_node="approve")
    return await _follow(workflow, None, run_id=run_id, thread_id=thread_id, watch=watch, ask=ask)


def document(run_id: str, values: Mapping[str, Any]) -> OutputState:
    """Return the result document of a run in any state, also one that has not come to its end."""
    images = values.get("images", [])
    return {
        "run_id": run_id,
        "success": bool(values.get("success")),
        "requested": values.get("requested", 0),
        "count": sum(image["status"] == "saved" for image in images),
        "images": images,
        "language_model": values.get("language_model"),
        "notes": values.get("notes", []),
    }


async def _follow(
    workflow: Workflow, begin: InputState | None, *, run_id: str, thread_id: str, watch: Watch, ask: Ask | None
) -> OutputState:
    """Run until the end, or until a question that nobody answers."""
    asked: InputState | Command[Any] | None = begin
    while True:
        stream = workflow.astream(asked, _config(thread_id), stream_mode=["custom", "updates"], subgraphs=True)
        async for _namespace, mode, item in cast("AsyncIterator[tuple[Any, str, Any]]", stream):
            if mode == "custom":
                watch(item)
            elif prompts := (item.get("prompt") or {}).get("prompts"):
                watch({"event": "planned", "run_id": run_id, "count": len(prompts)})
        snapshot = await workflow.aget_state(_config(thread_id))
        questions = [question.value for task in snapshot.tasks for question in task.interrupts]
        if not questions:
            return document(run_id, snapshot.values)
        answer = await asyncio.to_thread(ask, questions[0]) if ask else None
        if answer is None:
            waiting = {"notes": ["The prompts wait for your approval; nothing is paid yet"]}
            return document(run_id, {**snapshot.values, **waiting})
        asked = Command(resume=answer)


def _config(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}}
