"""The synchronous interface: the workflow on an event loop in a thread, so that it works inside a running loop too."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.graph import Graph
from langgraph.types import Command, StateSnapshot

from graph.build import Workflow
from graph.state import InputState, OutputState
from tools.loop_thread import LoopThread

T = TypeVar("T")

Input = InputState | Command[Any] | None
"""The input of a new run; `None`, or a command with the answer to its question, continues one that has stopped."""


class SyncWorkflow:
    """The compiled graph with LangGraph's synchronous methods: `invoke`, `stream`, `get_state` and the others.

    Their arguments have LangGraph's names and order.
    """

    def __init__(self, workflow: Workflow, thread: LoopThread) -> None:
        self._workflow = workflow
        self._thread = thread

    def invoke(self, input: Input, config: RunnableConfig | None = None, **options: Any) -> OutputState:  # noqa: A002
        """Run the graph and return the result document."""
        result = self._thread.run(self._workflow.ainvoke(input, config, **options))
        return cast("OutputState", result)

    def batch(
        self, inputs: list[InputState], config: RunnableConfig | list[RunnableConfig] | None = None, **options: Any
    ) -> list[OutputState]:
        """Run the graph for all inputs at the same time, and return the result documents in their order."""
        return self._thread.run(self._workflow.abatch(inputs, config, **options))

    def stream(self, input: Input, config: RunnableConfig | None = None, **options: Any) -> Iterator[Any]:  # noqa: A002
        """Run the graph and yield its events."""
        stream = cast("AsyncGenerator[Any, None]", self._workflow.astream(input, config, **options))
        return self._thread.iterate(stream)

    def get_state(self, config: RunnableConfig, **options: Any) -> StateSnapshot:
        """Return the state of a run."""
        return self._thread.run(self._workflow.aget_state(config, **options))

    def get_state_history(self, config: RunnableConfig, **options: Any) -> Iterator[StateSnapshot]:
        """Yield the states that a run has been in, the newest first; `config` of each leads back to it."""
        history = cast("AsyncGenerator[Any, None]", self._workflow.aget_state_history(config, **options))
        return self._thread.iterate(history)

    def update_state(
        self,
        config: RunnableConfig,
        values: Mapping[str, Any],
        as_node: str | None = None,
        task_id: str | None = None,
    ) -> RunnableConfig:
        """Change the state of a run, or of one of its earlier states, and return the config from which it continues."""
        return self._thread.run(self._workflow.aupdate_state(config, values, as_node, task_id))

    def call(self, function: Callable[[Workflow], Awaitable[T]]) -> T:
        """Call an asynchronous function with the workflow, e.g. one of `graph.runs`, and return its result.

        The function is called inside the loop of the workflow: it may use `asyncio.gather`.
        """

        async def called() -> T:
            return await function(self._workflow)

        return self._thread.run(called())

    def get_graph(self, config: RunnableConfig | None = None, **options: Any) -> Graph:
        """Return the graph as a drawing."""
        return self._workflow.get_graph(config, **options)
