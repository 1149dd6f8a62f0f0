"""The synchronous face: the workflow on an event loop in a thread, so that it works inside a running loop too."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterator
from typing import Any, TypeVar, cast

from graph.build import Workflow

T = TypeVar("T")


class LoopThread:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="peitu-loop", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run the coroutine there and return its result; Ctrl-C cancels it and waits until it has ended."""
        ended = threading.Event()

        async def whole() -> T:
            try:
                return await work
            finally:
                ended.set()

        future = asyncio.run_coroutine_threadsafe(whole(), self._loop)
        try:
            return future.result()
        except BaseException:
            if future.cancel():
                ended.wait()
            raise

    def iterate(self, items: AsyncGenerator[T, None]) -> Iterator[T]:
        """Yield what the asynchronous generator yields, and close it when nobody wants more."""

        async def take() -> tuple[T, ...]:
            try:
                return (await anext(items),)
            except StopAsyncIteration:
                return ()

        try:
            while taken := self.run(take()):
                yield taken[0]
        finally:
            self.run(items.aclose())

    def close(self) -> None:
        """Stop the loop; idempotent."""
        if self._loop.is_closed():
            return
        self.run(self._loop.shutdown_asyncgens())
        self.run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


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
