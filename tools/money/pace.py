"""An even pace: requests go out one by one, exactly as fast as allowed."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable

from tools.money.budgets import AHEAD_S, Budgets, LocalBudgets
from tools.money.priority_semaphore import PrioritySemaphore

SLOWEST = 16.0
"""How many times slower than allowed the pace may become after refusals."""

FIRST_PAUSE_S = 1.0
"""Pause after a refusal that names no time; doubled with each further one."""

LEAST_MARGIN, MOST_MARGIN = 0.015, 0.05
"""Share by which requests are farther apart than allowed. What leaves us evenly arrives unevenly, and a service that
counts the requests of each second would refuse the one that came a few milliseconds early."""

SHARE_S = 0.1
"""Turns are reserved this long ahead, in seconds: a commit for each would cap a high rate."""

ROUND_TRIPS = 20
"""How many of the last round trips count."""


class Pace:
    """Gives turns `1 / rate_per_s` apart to everybody who shares the budget of this `name`.

    A refusal for haste (HTTP 429) pauses everyone and halves the pace of this process; each accepted request brings a
    part of it back. An object belongs to the event loop that first uses it.
    """

    def __init__(
        self,
        name: str,
        *,
        rate_per_s: float,
        budgets: Budgets | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self.rate_per_s = rate_per_s
        self._budgets = budgets or LocalBudgets(clock)
        self._clock = clock
        self._sleep = sleep
        self._next_in_line = PrioritySemaphore(lambda: 1)
        self._waiting = 0
        self._turns: deque[float] = deque()
        self._round_trips: deque[float] = deque(maxlen=ROUND_TRIPS)
        self._leaving = asyncio.Lock()
        self._went_at = -math.inf
        self._slowness = 1.0
        self._paused_until = 0.0
        self._refusals = 0

    @property
    def spacing_s(self) -> float:
        """Seconds between two requests, with a margin for what the network does to their distance."""
        return (1 + self._margin()) * self._slowness / self.rate_per_s

    @property
    def round_trip_s(self) -> float:
        """How long an answer usually takes; 0 while nothing is known."""
        return sorted(self._round_trips)[len(self._round_trips) // 2] if self._round_trips else 0.0

    @property
    def quickest_s(self) -> float:
        """The quickest of the last answers, in seconds: what the network takes; 0 while nothing is known."""
        return min(self._round_trips, default=0.0)

    async def turn(self, *, again: bool = False, patience_s: float = math.inf) -> float:
        """Wait for the next turn and return 0; with `again`, for a second attempt, go before all that are new.

        If a pause puts it more than `patience_s` ahead, take none and return the seconds until then.
        """
        self._waiting += 1
        try:
            async with self._next_in_line.hold(again=again):
                while True:
                    refusals = self._refusals
                    latest = self._clock() + patience_s
                    at = await self._next(latest)
                    if at > latest:
                        return at - self._clock()
                    await self._sleep(max(0.0, at - self._clock()))
                    if refusals == self._refusals:
                        return 0.0
                    # A refusal meanwhile made this turn void, and what was reserved with it: take one behind the pause.
                    self._turns.clear()
        finally:
            self._waiting -= 1

    async def go(self) -> None:
        """Wait until this request is far enough from the one sent before it, even if the turns of both are past.

        Requests leave one at a time: one that wakes up late, since the event loop was busy, delays those behind it.
        """
        async with self._leaving:
            wait_s = self._went_at + self.spacing_s - self._clock()
            if 0 < wait_s < AHEAD_S + self.spacing_s:  # a clock that was set back is not waited for
                await self._sleep(wait_s)
            self._went_at = self._clock()

    def answered(self, seconds: float) -> None:
        """Record that a request was accepted after so many seconds, and speed up a little, to the allowed rate at most.

        A request that took much longer than others, such as the very first, may have arrived late: the next one keeps
        its distance from then.
        """
        usual_s = self.quickest_s + self._margin()
        if seconds > usual_s:
            self._went_at = max(self._went_at, self._clock() - usual_s)
        self._round_trips.append(seconds)
        self._slowness = max(1.0, self._slowness * 0.9)

    async def slow_down(self, retry_after_s: float | None = None) -> float:
        """Record a refusal for haste (429), pause everyone, and return the seconds of pause from now.

        `retry_after_s` is the wait that the provider asked for. Refusals of requests that were under way when the pause
        began count once.
        """
        now = self._clock()
        pause_s = 0.0
        if now >= self._paused_until:
            pause_s = FIRST_PAUSE_S * self._slowness
            self._slowness = min(self._slowness * 2, SLOWEST)
        await self.pause(pause_s if retry_after_s is None else retry_after_s)
        return self._paused_until - now

    async def pause(self, seconds: float) -> None:
        """Give nobody a turn for so long, and make void those that were given."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)
        self._refusals += 1
        self._turns.clear()
        await self._budgets.pause(self.name, self._paused_until)

    async def _next(self, latest: float) -> float:
        """Return the time of our next turn; reserve one for each that waits, up to `SHARE_S` ahead.

        A turn after `latest` is not taken.
        """
        if not self._turns:
            spacing_s = self.spacing_s
            count = max(1, min(self._waiting, int(SHARE_S / spacing_s)))
            first = await self._budgets.reserve(self.name, spacing_s=spacing_s, turns=count, latest=latest)
            if first > latest:
                return first
            self._turns.extend(first + number * spacing_s for number in range(count))
        return self._turns.popleft()

    def _margin(self) -> float:
        """Return the share of a second by which arrivals may shift, from how much the round trips differ."""
        if len(self._round_trips) < 3:
            return LEAST_MARGIN
        seen = sorted(self._round_trips)
        # One that took long for a reason of its own, e.g. a new connection, does not count.
        return min(max(LEAST_MARGIN, seen[-2] - seen[0]), MOST_MARGIN)
