"""Run asynchronous code from synchronous callers, in an event loop in a thread, even if they are inside a loop."""

import asyncio
import signal
import threading
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, TypeVar

from tools.errors import ClosedError

T = TypeVar("T")


@contextmanager
def _interrupts(cancel: Callable[[], object]) -> Iterator[list[int]]:
    """Let the first Ctrl-C call `cancel` and the second raise `KeyboardInterrupt`; yield the list of signals received.

    Like asyncio's Runner, only if Python's default handler is installed: a program's own handler is left alone.
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
        self._closed = False
        self._handing_over = threading.Lock()
        # Tasks that callers wait for, and generators not yet exhausted; both are only used inside the loop.
        self._under_way: set[asyncio.Task[Any]] = set()
        self._streams: set[AsyncGenerator[Any, None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="peitu-loop", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run the coroutine in the loop and return its result; Ctrl-C cancels it and waits until it has ended.

        Raises:
            ClosedError: The loop is closed, or another thread closed it meanwhile and the coroutine was canceled.
        """
        return self._run(work)

    def iterate(self, items: AsyncGenerator[T, None]) -> Iterator[T]:
        """Yield the items of the asynchronous generator, and close it when the caller stops.

        Raises:
            ClosedError: As for `run`.
        """

        async def take() -> tuple[T, ...]:
            self._streams.add(items)
            try:
                return (await anext(items),)
            except StopAsyncIteration:
                return ()

        async def shut() -> None:
            self._streams.discard(items)
            await items.aclose()

        try:
            while taken := self.run(take()):
                yield taken[0]
        finally:
            with suppress(ClosedError):  # Then it was shut already.
                self.run(shut())

    def close(self, last: Callable[[], Coroutine[Any, Any, object]] | None = None) -> None:
        """Cancel what is under way, run `last`, and stop the loop; further calls do nothing."""
        if self._closed:
            return
        try:
            self._run(self._end(last), closing=True)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T], *, closing: bool = False) -> T:
        """Do as `run` says; with `closing`, nothing can be run after this."""
        ended = threading.Event()
        begun: Future[asyncio.Task[T]] = Future()

        def begin() -> None:
            task = self._loop.create_task(work)
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            task.add_done_callback(lambda _: ended.set())
            begun.set_result(task)

        def cancel() -> None:
            if begun.done():
                begun.result().cancel()
            else:  # Ctrl-C came before the coroutine was handed over.
                self._loop.call_soon(cancel)

        with _interrupts(lambda: self._loop.call_soon_threadsafe(cancel)) as interrupts:
            with self._handing_over:
                if self._closed:
                    work.close()
                    raise ClosedError("The workflow is closed - open it again with `open_workflow()`")
                self._closed = closing
                self._loop.call_soon_threadsafe(begin)
            ended.wait()
        if interrupts:
            # By now the coroutine has finished its cleanup, e.g. has written down what is paid.
            raise KeyboardInterrupt
        if self._closed and begun.result().cancelled():
            raise ClosedError(
                "The workflow was closed while it worked - what is under way is kept; open it again to continue the run"
            )
        return begun.result().result()

    async def _end(self, last: Callable[[], Coroutine[Any, Any, object]] | None) -> None:
        try:
            # Only tasks that a caller waits for: paid requests that they have sent go on, and `last` waits for them.
            await _cancel(self._under_way - {asyncio.current_task()})
            await asyncio.gather(*(items.aclose() for items in self._streams), return_exceptions=True)
            if last is not None:
                await last()
        finally:
            await _cancel(asyncio.all_tasks() - {asyncio.current_task()})
            await self._loop.shutdown_asyncgens()
            await self._loop.shutdown_default_executor()


async def _cancel(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel the tasks, and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
