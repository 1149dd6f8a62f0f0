"""A provider's allowance: how many submits and polls a second, how many tasks at once.

Compared before writing it: aiolimiter 1.3.0, throttled-py 3.5.0 and pyrate-limiter 4.5.1. Each can space requests
evenly in one process. Across processes throttled-py needs Redis, and pyrate-limiter in SQLite counts a window, which
allows a burst at its start, under a lock that knows one thread a process. None keeps a pause that the server asked
for, slows down after a refusal and recovers.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tools.money.budgets import Budgets
from tools.money.pace import Pace


class Limiter:
    """The allowance of one provider's model, and what is under way in it here.

    With `budgets` of a database, the pace is that of all processes that use it. `place` names the allowance of tasks
    at once, which `tools.money.leases` counts over all of them.
    """

    def __init__(
        self,
        *,
        rate_per_s: float,
        max_in_flight: int,
        polls_per_s: float = 20.0,
        provider: str = "",
        model: str = "",
        budgets: Budgets | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.place = f"{provider} {model}"
        self.max_in_flight = max_in_flight
        self.submits = Pace(f"submits {self.place}", rate_per_s=rate_per_s, budgets=budgets, clock=clock, sleep=sleep)
        # The query limit is one of the account, whatever the model.
        self.polls = Pace(f"polls {provider}", rate_per_s=polls_per_s, budgets=budgets, clock=clock, sleep=sleep)
        self._in_flight = asyncio.Semaphore(max_in_flight)
        self._unanswered = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the `max_in_flight` places while a task is under way at the provider."""
        async with self._in_flight:
            yield

    @property
    def most_unanswered(self) -> int:
        """How many requests must be out at once to use the allowed rate: one, unless answers take longer."""
        return max(1, math.ceil(self.submits.rate_per_s * self.submits.round_trip_s))

    @asynccontextmanager
    async def unanswered(self) -> AsyncIterator[None]:
        """Hold one of the `most_unanswered` places while a request has no answer: the fewer, the less can be lost."""
        while self._unanswered >= self.most_unanswered:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._queue.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                self._wake()  # it may have been our turn already: somebody else takes it
                raise
        self._unanswered += 1
        try:
            yield
        finally:
            self._unanswered -= 1
            self._wake()

    def _wake(self) -> None:
        """Let as many go on as have room; one that was stopped meanwhile is passed over."""
        room = self.most_unanswered - self._unanswered
        while room > 0 and self._queue:
            waiter = self._queue.popleft()
            if not waiter.done():
                waiter.set_result(None)
                room -= 1
