"""The synchronous face: the workflow on an event loop in a thread, so that it works inside a running loop too."""

from collections.abc import AsyncGenerator, Iterator
from typing import Any, cast

from graph.build import Workflow
from tools.loop_thread import LoopThread

__all__ = ["LoopThread", "SyncWorkflow"]


class SyncWorkflow:
    """The compiled graph with plain calls: `invoke`, `stream`, `get_state`, as LangGraph has them."""

    def __init__(self, workflow: Workflow, thread: LoopThread) -> None:
        self._workflow = workflow
        self._thread = thread

    def invoke(self, state: Any, config: Any = None, **options: Any) -> Any:
        """Run the graph and return the result document."""
        return self._thread.run(self._workflow.ainvoke(state, config, **options))

    def stream(self, state: Any, config: Any = None, **options: Any) -> Iterator[Any]:
        """Run the graph and yield what happens."""
        stream = cast("AsyncGenerator[Any, None]", self._workflow.astream(state, config, **options))
        return self._thread.iterate(stream)

    def get_state(self, config: Any, **options: Any) -> Any:
        """Return the state of a run."""
        return self._thread.run(self._workflow.aget_state(config, **options))

    def get_graph(self, **options: Any) -> Any:
        """Return the graph as a drawing."""
        return self._workflow.get_graph(**options)
