"""An event loop in a thread: what is asynchronous, for callers that are not, also where a loop runs already."""

import asyncio
import signal
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")


@contextmanager
def _interrupts(cancel: Callable[[], object]) -> Iterator[list[int]]:
    """Let a first Ctrl-C cancel instead of raising anywhere, and a second one raise; yields the signals that came.

    Only where Python's own handler stands, as in asyncio's Runner: another program's handler is left alone.
    """
    came: list[int] = []
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield came
        return

    def handle(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if len(came) > 1:
            signal.default_int_handler(number, frame)
        cancel()

    signal.signal(signal.SIGINT, handle)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class LoopThread:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="peitu-loop", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run the coroutine there and return its result; Ctrl-C cancels it and waits until it has ended."""
        ended = threading.Event()
        begun: Future[asyncio.Task[T]] = Future()

        def begin() -> None:
            task = self._loop.create_task(work)
            task.add_done_callback(lambda _: ended.set())
            begun.set_result(task)

        def cancel() -> None:
            if begun.done():
                begun.result().cancel()
            else:  # Ctrl-C came before the coroutine was handed over.
                self._loop.call_soon(cancel)

        with _interrupts(lambda: self._loop.call_soon_threadsafe(cancel)) as interrupts:
            self._loop.call_soon_threadsafe(begin)
            ended.wait()
        if interrupts:
            # Whatever it was about to do, e.g. to write down what is paid, has been done when we go on.
            raise KeyboardInterrupt
        return begun.result().result()

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
