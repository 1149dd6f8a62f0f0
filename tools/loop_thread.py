"""An event loop in a thread: what is asynchronous, for callers that are not, also where a loop runs already."""

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
        self._closed = False
        self._handing_over = threading.Lock()
        # What callers wait for, and what they have not read to its end; both are touched in the loop alone.
        self._under_way: set[asyncio.Task[Any]] = set()
        self._streams: set[AsyncGenerator[Any, None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="peitu-loop", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run the coroutine there and return its result; Ctrl-C cancels it and waits until it has ended.

        Raises:
            ClosedError: The loop is closed, or another thread closed it meanwhile and the coroutine was canceled.
        """
        return self._run(work)

    def iterate(self, items: AsyncGenerator[T, None]) -> Iterator[T]:
        """Yield what the asynchronous generator yields, and close it when nobody wants more.

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
        """Break off what is under way, run what is `last`, and stop the loop; idempotent."""
        if self._closed:
            return
        try:
            self._run(self._end(last), closing=True)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T], *, closing: bool = False) -> T:
        """Do as `run` says; `closing` makes it the last thing that is run at all."""
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
            # Whatever it was about to do, e.g. to write down what is paid, has been done when we go on.
            raise KeyboardInterrupt
        if self._closed and begun.result().cancelled():
            raise ClosedError(
                "The workflow was closed while it worked - what is under way is kept; open it again to continue the run"
            )
        return begun.result().result()

    async def _end(self, last: Callable[[], Coroutine[Any, Any, object]] | None) -> None:
        try:
            # Only what somebody waits for: a paid request whose caller is stopped goes on, and `last` waits for it.
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
