"""A semaphore with two priorities: second attempts go first, all others in order of arrival."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count


class PrioritySemaphore:
    """Lets `limit()` callers hold it at once; the limit is asked each time, since it may change.

    `asyncio.Semaphore` knows no order but that of arrival. It belongs to the event loop that first uses it.
    """

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._held = 0
        self._numbers = count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def hold(self, *, again: bool = False) -> AsyncIterator[None]:
        """Hold it inside the `async with`; with `again`, for a second attempt, go before all that are new."""
        await self._acquire(again=again)
        try:
            yield
        finally:
            self._release()

    async def _acquire(self, *, again: bool) -> None:
        waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not again, next(self._numbers), waiter))
        self._wake()
        try:
            await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():  # it had been woken already: the next one takes its place
                self._release()
            raise

    def _release(self) -> None:
        self._held -= 1
        self._wake()

    def _wake(self) -> None:
        """Wake as many as may go on; one that was stopped meanwhile is passed over."""
        while self._waiting and self._held < self._limit():
            _, _, waiter = heapq.heappop(self._waiting)
            if not waiter.done():
                self._held += 1
                waiter.set_result(None)
