"""A provider's allowance: how many submits a second, and how many tasks at once.

One `Limiter` a provider and process; it belongs to the event loop that first uses it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiolimiter import AsyncLimiter


class Limiter:
    """Spaces submits evenly at `rate_per_s`, without bursts, and lets `max_in_flight` tasks run at once.

    After a refusal for haste, `pause` holds back every submit of this provider, not only the refused one.
    """

    def __init__(
        self,
        *,
        rate_per_s: float,
        max_in_flight: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        # One permit per 1/rate seconds: a bucket of `rate` permits a second would allow `rate` at once.
        self._pace = AsyncLimiter(1, 1 / rate_per_s)
        self._in_flight = asyncio.Semaphore(max_in_flight)
        self._clock = clock
        self._sleep = sleep
        self._resume_at = 0.0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the `max_in_flight` places while a task is under way at the provider."""
        async with self._in_flight:
            yield

    async def turn(self) -> None:
        """Wait until the next submit may be sent."""
        await self._pace.acquire()
        while (wait_s := self._resume_at - self._clock()) > 0:
            await self._sleep(wait_s)
            await self._pace.acquire()

    def pause(self, seconds: float) -> None:
        """Send no submit for so long; a longer pause that is under way stays."""
        self._resume_at = max(self._resume_at, self._clock() + seconds)
