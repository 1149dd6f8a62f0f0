"""Drive a run to its end, or to a question that nobody answers, and return its result document."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command, Durability

from graph.build import Workflow
from graph.events import WAITS_FOR_APPROVAL, Watch
from graph.run_options import OWN_RUN, OWN_THREAD
from graph.state import Image, InputState, OutputState
from nodes.telling import WatchContext

Ask = Callable[[Mapping[str, Any]], Any]
"""Called with a question of the node `approve`; returns the answer, or `None` to leave the run waiting; may block."""


class Follow:
    """Brings a run to its end, or to a question that nobody answers; call it to begin the run or to go on.

    `watch` gets every event, `ask` every question; `durability` is LangGraph's, see `graph.runs.run`.
    `owner` is the thread that the run belongs to, if its checkpoints are in another one.
    """

    def __init__(
        self,
        workflow: Workflow,
        run_id: str,
        thread_id: str,
        *,
        watch: Watch,
        ask: Ask | None,
        durability: Durability,
        owner: str | None = None,
    ) -> None:
        self._workflow = workflow
        self._run_id = run_id
        self._config = config_of(thread_id, run_id=run_id, owner=owner)
        self._watch = watch
        self._ask = ask
        self._durability = durability

    async def __call__(self, begin: InputState | None) -> OutputState:
        """Begin with the input, or with `None` go on from the last checkpoint; return the result document."""
        asked: InputState | Command[Any] | None = begin
        while True:
            values, questions = await self._go(asked)
            # If another thread has a run of this thread's name, the run got another id.
            run_id = values.get("run_id", self._run_id)
            if not questions:
                return document(run_id, values)
            answer = await asyncio.to_thread(self._ask, questions[0]) if self._ask else None
            if answer is None:
                waiting = {"notes": [WAITS_FOR_APPROVAL]}
                return document(run_id, {**values, **waiting})
            asked = Command(resume=answer)

    async def plan(self, asked: InputState | None, kept: Sequence[Image]) -> None:
        """Begin or go on as far as the prompts, then add the images that exist already."""
        await self._go(asked, interrupt_after=["prompt"])
        await self.keep(kept)

    async def keep(self, kept: Sequence[Image]) -> None:
        """Add the images that exist already to the state, as if the node `prompt` had written them."""
        await self._workflow.aupdate_state(self._config, {"images": list(kept)}, as_node="prompt")

    async def _go(
        self, asked: InputState | Command[Any] | None, **options: Any
    ) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
        """Run until it stops, and return the state's values and the questions that are open."""
        # The graph declares no context schema: Studio would show it as a form, which nobody could fill in.
        context = cast("None", WatchContext(self._watch))
        values: Mapping[str, Any] = await self._workflow.ainvoke(
            asked, self._config, context=context, durability=self._durability, **options
        )
        return values, [question.value for question in values.get("__interrupt__", ())]


def config_of(thread_id: str, *, run_id: str | None = None, owner: str | None = None) -> RunnableConfig:
    """Return LangGraph's config for the thread, with the id of the run that begins and the thread it belongs to."""
    own = {OWN_RUN: run_id, OWN_THREAD: owner}
    return {"configurable": {"thread_id": thread_id, **{key: name for key, name in own.items() if name}}}


def document(run_id: str, values: Mapping[str, Any]) -> OutputState:
    """Return the result document of a run from its state, also if it is not finished."""
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
