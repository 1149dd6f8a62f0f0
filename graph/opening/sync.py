"""The synchronous face: the workflow on an event loop in a thread, so that it works inside a running loop too."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from typing import Any, TypeVar, cast

from graph.build import Workflow
from tools.loop_thread import LoopThread

T = TypeVar("T")


class SyncWorkflow:
    """The compiled graph with plain calls, as LangGraph has them: `invoke`, `stream`, `get_state` and the others.

    Their arguments have its names and its order.
    """

    def __init__(self, workflow: Workflow, thread: LoopThread) -> None:
        self._workflow = workflow
        self._thread = thread

    def invoke(self, input: Any, config: Any = None, **options: Any) -> Any:  # noqa: A002
        """Run the graph and return the result document."""
        return self._thread.run(self._workflow.ainvoke(input, config, **options))

    def batch(self, inputs: list[Any], config: Any = None, **options: Any) -> list[Any]:
        """Run the graph for each of the inputs at once, and return the result documents in their order."""
        return self._thread.run(self._workflow.abatch(inputs, config, **options))

    def stream(self, input: Any, config: Any = None, **options: Any) -> Iterator[Any]:  # noqa: A002
        """Run the graph and yield what happens."""
        stream = cast("AsyncGenerator[Any, None]", self._workflow.astream(input, config, **options))
        return self._thread.iterate(stream)

    def get_state(self, config: Any, **options: Any) -> Any:
        """Return the state of a run."""
        return self._thread.run(self._workflow.aget_state(config, **options))

    def get_state_history(self, config: Any, **options: Any) -> Iterator[Any]:
        """Yield the states that a run has been in, the newest first; `config` of each leads back to it."""
        history = cast("AsyncGenerator[Any, None]", self._workflow.aget_state_history(config, **options))
        return self._thread.iterate(history)

    def update_state(self, config: Any, values: Any, as_node: str | None = None, task_id: str | None = None) -> Any:
        """Change the state of a run, or of one of its earlier states, and return the config from which it goes on."""
        return self._thread.run(self._workflow.aupdate_state(config, values, as_node, task_id))

    def call(self, function: Callable[[Workflow], Coroutine[Any, Any, T]]) -> T:
        """Return what an asynchronous function makes of the workflow, e.g. one of `graph.redo`."""
        return self._thread.run(function(self._workflow))

    def get_graph(self, config: Any = None, **options: Any) -> Any:
        """Return the graph as a drawing."""
        return self._workflow.get_graph(config, **options)
