"""How long tasks take, learned from those before, so that a task is asked for when it is likely done."""

import asyncio
import math
from collections import deque
from collections.abc import Iterable

REMEMBERED = 128
"""Tasks whose durations count: enough to see how they scatter, few enough to follow a service that changes."""

ENOUGH, ENOUGH_ALIKE = 4, 2
"""Durations that must be known before they tell anything; two that are alike are no accident."""

POLLS = 6
"""Polls of a task that are aimed at where durations scatter widely."""

LEAST_PAUSE_S, MOST_PAUSE_S = 0.05, 5.0
"""Bounds of the pause between two polls of a task, in seconds."""


class Durations:
    """The durations of a model's last tasks, in seconds from the answered submit until the picture was ready."""

    def __init__(self, seconds: Iterable[float] = ()) -> None:
        self._seconds: deque[float] = deque(seconds, maxlen=REMEMBERED)
        self.known = asyncio.Event()
        """Set as soon as enough durations are known; whoever waits for a task by guess looks again then."""
        self._look()

    def add(self, seconds: float) -> None:
        """Take note of a finished task."""
        self._seconds.append(seconds)
        self._look()

    def _look(self) -> None:
        alike = self._are_alike(max(self._seconds, default=0.0))
        if len(self._seconds) >= (ENOUGH_ALIKE if alike else ENOUGH):
            self.known.set()

    def pause(self, age_s: float, first_poll_s: float) -> float:
        """Return the seconds until a task of this age is asked for again.

        Nobody is asked before the next of the known tasks was done. From there the pause grows with the square root of
        the time that such tasks still took on average: that gives the least lateness for a number of polls, since the
        early polls are paid by all tasks and the late ones by a few. Where nothing is known it is a part of the age.
        """
        if not self.known.is_set():
            return min(max(first_poll_s, age_s / 4), MOST_PAUSE_S)
        longer = [seconds - age_s for seconds in self._seconds if seconds > age_s]
        if not longer:
            return min(max(LEAST_PAUSE_S, self._beyond(age_s)), MOST_PAUSE_S)
        next_done = min(longer)
        left = max(0.0, sum(longer) / len(longer) - next_done)
        # The next of many evenly spread durations is about `2 * left / n` away: that much is no empty time.
        empty = max(0.0, next_done - 2 * left / len(longer))
        return empty + min(max(LEAST_PAUSE_S, self._patience() * math.sqrt(2 * left)), MOST_PAUSE_S)

    def _beyond(self, age_s: float) -> float:
        """Return the pause for a task that takes longer than all known ones, which were all alike or were not."""
        if self._are_alike(age_s):
            return LEAST_PAUSE_S + (age_s - max(self._seconds)) / 2
        return age_s / 6

    def _are_alike(self, age_s: float) -> bool:
        """Tell whether the known durations differ by less than a twentieth of an age."""
        return max(self._seconds, default=0.0) - min(self._seconds, default=0.0) < age_s / 20

    def _patience(self) -> float:
        """Return the factor before the root: the wider durations scatter, the farther apart the polls are.

        For durations spread evenly over a width W, the pauses `c * sqrt(2 * left)` come to `2/3 * sqrt(W) / c` polls.
        """
        width = max(self._seconds) - min(self._seconds)
        return max(0.38, 2 / 3 * math.sqrt(width) / POLLS)
