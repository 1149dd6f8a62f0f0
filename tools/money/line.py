"""A line before a narrow door: whoever was inside before goes first, all others as they came."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count


class Line:
    """Lets as many through at once as `room` says at that moment.

    asyncio's locks know no order but that of coming. It belongs to the event loop that first uses it.
    """

    def __init__(self, room: Callable[[], int]) -> None:
        self._room = room
        self._inside = 0
        self._numbers = count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def place(self, *, again: bool = False) -> AsyncIterator[None]:
        """Hold a place; whoever comes `again`, since what it did before failed, goes before all who are new."""
        await self._enter(again=again)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, *, again: bool) -> None:
        waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not again, next(self._numbers), waiter))
        self._let_in()
        try:
            await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():  # it had been let in already: somebody else takes the place
                self._leave()
            raise

    def _leave(self) -> None:
        self._inside -= 1
        self._let_in()

    def _let_in(self) -> None:
        """Let as many in as have room; one that was stopped meanwhile is passed over."""
        while self._waiting and self._inside < self._room():
            _, _, waiter = heapq.heappop(self._waiting)
            if not waiter.done():
                self._inside += 1
                waiter.set_result(None)
