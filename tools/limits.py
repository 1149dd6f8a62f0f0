"""A provider's allowance: how many submits a second, and how many tasks at once.

One `Limiter` a provider and open workflow; it belongs to the event loop that first uses it. Compared before writing
it: aiolimiter, pyrate-limiter and throttled-py can space requests evenly, but none keeps a pause that the server asked
for, slows down after a refusal and recovers.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

SLOWEST = 16.0
"""How many times slower than allowed the pace may become after refusals."""

FIRST_PAUSE_S = 1.0
"""Pause after a refusal that names no time; doubled with each further one."""


class Limiter:
    """Spaces submits evenly at `rate_per_s`, without bursts, and lets `max_in_flight` tasks run at once.

    A refusal for haste (HTTP 429) pauses every submit of this provider and halves the pace; each accepted submit
    brings a part of it back.
    """

    def __init__(
        self,
        *,
        rate_per_s: float,
        max_in_flight: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._spacing_s = 1 / rate_per_s
        self._in_flight = asyncio.Semaphore(max_in_flight)
        self._clock = clock
        self._sleep = sleep
        self._slowness = 1.0
        self._next_at = 0.0
        self._paused_until = 0.0
        self._refusals = 0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the `max_in_flight` places while a task is under way at the provider."""
        async with self._in_flight:
            yield

    async def turn(self) -> None:
        """Wait until the next submit may be sent."""
        while True:
            refusals = self._refusals
            at = max(self._clock(), self._next_at)
            self._next_at = at + self._spacing_s * self._slowness
            while (wait_s := at - self._clock()) > 0:
                await self._sleep(wait_s)
            # A refusal meanwhile made every place in the queue void: take a new one behind the pause.
            if refusals == self._refusals:
                return

    def slow_down(self, retry_after_s: float | None = None) -> float:
        """Take note of a refusal for haste and return the seconds of pause from now.

        `retry_after_s` is the wait that the provider asked for. Refusals of requests that were on their way already
        when the pause began count once.
        """
        now = self._clock()
        if now >= self._paused_until:
            pause_s = FIRST_PAUSE_S * self._slowness
            self._slowness = min(self._slowness * 2, SLOWEST)
        else:
            pause_s = 0.0
        self._paused_until = max(self._paused_until, now + (pause_s if retry_after_s is None else retry_after_s))
        self._refusals += 1
        self._next_at = self._paused_until
        return self._paused_until - now

    def recover(self) -> None:
        """Take note of an accepted submit: a little faster again, never faster than allowed."""
        self._slowness = max(1.0, self._slowness * 0.9)
