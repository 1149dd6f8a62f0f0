"""The limits of a provider's model: submits and polls per second, and tasks at once.

Compared before writing it: aiolimiter 1.3.0, throttled-py 3.5.0 and pyrate-limiter 4.5.1. Each can space requests
evenly in one process. Across processes throttled-py needs Redis, and pyrate-limiter in SQLite counts a window, which
allows a burst at its start, under a lock that works for one thread per process. None keeps a pause that the server
asked for, slows down after a refusal and recovers.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from tools.money.budgets import Budgets
from tools.money.pace import Pace
from tools.money.priority_semaphore import PrioritySemaphore

POLL_REFUSED_S = 5.0
"""Pause of all polls, in seconds, after one was throttled and the service named no time."""

MOST_REFUSED_S = 60.0
"""Longest pause of all polls, in seconds, that a service may ask for: a paid picture waits to be collected."""


class Limiter:
    """The rates of one provider's model, and how many tasks may be under way at once.

    With the `budgets` of a database, the rates are shared by all processes that use it. `place` is the name under which
    `tools.money.leases` counts the tasks under way in all of them.
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
        self._in_flight = PrioritySemaphore(lambda: max_in_flight)
        self._unanswered = PrioritySemaphore(lambda: self.most_unanswered)

    def slot(self, *, again: bool = False) -> AbstractAsyncContextManager[None]:
        """Hold one of the `max_in_flight` places while a task is under way at the provider.

        With `again`, for a second attempt, it goes before all that are new; so it does below.
        """
        return self._in_flight.hold(again=again)

    async def pause_polls(self, retry_after_s: float | None) -> None:
        """Pause all polls after one was throttled, for the seconds that the service asks for or `POLL_REFUSED_S`."""
        await self.polls.slow_down(min(retry_after_s or POLL_REFUSED_S, MOST_REFUSED_S))

    @property
    def most_unanswered(self) -> int:
        """How many requests must be out at once to use the allowed rate: one, unless answers take longer."""
        return max(1, math.ceil(self.submits.rate_per_s * self.submits.round_trip_s))

    def unanswered(self, *, again: bool = False) -> AbstractAsyncContextManager[None]:
        """Hold one of the `most_unanswered` places while a request has no answer; the fewer, the fewer can be lost."""
        return self._unanswered.hold(again=again)
