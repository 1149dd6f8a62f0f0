"""How long tasks take, learned from those before, so that a task is asked for when it is likely done."""

import asyncio
import math
from collections import deque
from collections.abc import Collection, Iterable
from typing import NamedTuple

REMEMBERED = 128
"""Tasks whose durations count: enough to see how they scatter, few enough to follow a service that changes."""

ENOUGH, ENOUGH_ALIKE = 4, 3
"""Durations that must be known before they tell anything; three that are alike are no accident."""

POLLS = 5.5
"""Polls of a task that are aimed at where durations scatter widely."""

SOONER = 0.2
"""How much sooner than it was found so a task is taken to be done at most, as a share of its age."""

FAR = 2.0
"""A duration so many times as long as that of nineteen in twenty tells nothing of others: a task that stood in a queue,
or one that was found done hours later."""

NEARLY = 0.9
"""A task that was unfinished at this share of an age counts among those that take longer than that."""

LONGER = 1 / 3
"""How much longer such a task is taken to need, as a share of the age, where no known one took longer."""

GOLDEN = 0.618034
"""The multiples of this fall evenly into the space between two whole numbers, however many they are."""

LEAST_PAUSE_S, MOST_PAUSE_S = 0.02, 5.0
"""Bounds of the pause between two polls of a task, in seconds."""


class _Bounds(NamedTuple):
    """What is known of a task's duration, in seconds; the second is its least if all tasks take equally long."""

    least_s: float
    least_if_equal_s: float
    most_s: float


class Durations:
    """The durations of a model's last tasks, in seconds from the answered submit until the picture was ready."""

    def __init__(self, seconds: Iterable[float] = ()) -> None:
        self._bounds: deque[_Bounds] = deque((_Bounds(known, known, known) for known in seconds), maxlen=REMEMBERED)
        self._seconds: list[float] = []
        self._added = len(self._bounds)
        self._last_s = 0.0
        self.known = asyncio.Event()
        """Set as soon as enough durations are known; whoever waits for a task by guess looks again then."""
        self._learn()

    def add(self, seconds: float) -> float:
        """Take note of a task that took so long, and return that."""
        return self.add_between(seconds, seconds, seconds)

    def add_between(self, unfinished_s: float, others_s: float, age_s: float) -> float:
        """Take note of a task that was unfinished at one age and finished at another; return the seconds it took.

        `others_s` is the last age at which any other that was waited for was unfinished, where none is older than this
        one: it counts while all tasks may have taken equally long. One that was done when first asked for tells least:
        the next are asked for a little earlier, until one is unfinished.
        """
        self._bounds.append(_Bounds(unfinished_s, max(unfinished_s, others_s), age_s))
        self._added += 1
        self._learn()
        return self._last_s

    def _learn(self) -> None:
        seconds = self._if_equal() or self._if_spread()
        self._last_s = seconds[-1] if seconds else 0.0
        self._seconds = _without_far(seconds)
        alike = self._are_alike(max(self._seconds, default=0.0))
        if len(self._seconds) >= (ENOUGH_ALIKE if alike else ENOUGH):
            self.known.set()

    def _if_equal(self) -> list[float]:
        """Return the duration that all tasks can have had, for each; nothing where there is none."""
        least_s = max((bounds.least_s for bounds in self._bounds), default=0.0)
        most_s = min((bounds.most_s for bounds in self._bounds), default=0.0)
        if least_s >= most_s:
            return []
        of_others = (bounds.least_if_equal_s for bounds in self._bounds if bounds.least_if_equal_s < most_s)
        least_s = max(least_s, *of_others, 0.0)
        # While none was ever unfinished when asked for, they may have taken no time at all: the next one shows.
        sooner_s = (1 - SOONER) * most_s if least_s else 0.0
        return [(max(least_s, sooner_s) + most_s) / 2] * len(self._bounds)

    def _if_spread(self) -> list[float]:
        """Return a duration for each within its bounds, at another place in each.

        The middles of all would not do: tasks that are asked for at the same ages would seem to end at a few moments
        between these, so that the next would be asked for at just those, and half of them would be late.
        """
        first = self._added - len(self._bounds)
        return [
            least_s + (number * GOLDEN % 1) * (bounds.most_s - least_s)
            for number, bounds in enumerate(self._bounds, start=first)
            for least_s in [max(bounds.least_s, (1 - SOONER) * bounds.most_s)]
        ]

    def pause(self, age_s: float, first_poll_s: float, unfinished: Collection[float] = ()) -> float:
        """Return the seconds until a task of this age is asked for again.

        `unfinished` are the ages in seconds at which all tasks that are waited for, this one too, were unfinished.

        Nobody is asked before the next of the known tasks was done, unless most of them were done by now. From there
        the pause grows with the square root of the time that such tasks still took on average: that gives the least
        lateness for a number of polls, since the early polls are paid by all tasks and the late ones by a few. Those
        that are still unfinished count too: without them only the quick ones would be known at first. Where nothing
        is known it is a part of the age: a larger one where many wait, since the first that is found done tells the
        others.
        """
        if not self.known.is_set():
            return min(max(first_poll_s, age_s * max(1, len(unfinished)) / 4), MOST_PAUSE_S)
        longer = [seconds - age_s for seconds in self._seconds if seconds > age_s]
        others = 0 if self._are_alike(age_s) else sum(other_s >= NEARLY * age_s for other_s in unfinished)
        if not longer and others <= 1:
            return min(max(LEAST_PAUSE_S, self._beyond(age_s)), MOST_PAUSE_S)
        next_done = min(longer, default=0.0)
        left = max(0.0, sum(longer) / max(1, len(longer)) - next_done)
        empty = 0.0
        if longer:
            # The next of many evenly spread durations is about `2 * left / n` away: so much is no empty time.
            empty = max(0.0, next_done - 3 * left / len(longer))
            if 2 * len(longer) < len(self._seconds):
                empty = min(empty, max(MOST_PAUSE_S, age_s / 4))
        if others > 1:
            left = (left * len(longer) + max(left, LONGER * age_s) * others) / (len(longer) + others)
        least = max(LEAST_PAUSE_S, self._width() / 60)
        return empty + min(max(least, self._patience() * math.sqrt(2 * left)), MOST_PAUSE_S)

    def are_all_within(self, age_s: float) -> bool:
        """Tell whether every known task was done by this age."""
        return self.known.is_set() and age_s >= max(self._seconds)

    def usual_s(self, age_s: float) -> float:
        """Return how long tasks take on average; where nothing is known, twice the age of one that is unfinished."""
        return sum(self._seconds) / len(self._seconds) if self.known.is_set() else 2 * age_s

    def _beyond(self, age_s: float) -> float:
        """Return the pause for a task that takes longer than all known ones, which were all alike or were not."""
        if self._are_alike(age_s):
            return LEAST_PAUSE_S + (age_s - max(self._seconds)) / 2
        return age_s / 6

    def _are_alike(self, age_s: float) -> bool:
        """Tell whether the known durations differ by less than a twentieth of an age."""
        return self._width() < age_s / 20

    def _patience(self) -> float:
        """Return the factor before the root: the wider durations scatter, the farther apart the polls are.

        For durations spread evenly over a width W, the pauses `c * sqrt(2 * left)` come to `2/3 * sqrt(W) / c` polls.
        """
        return max(0.38, 2 / 3 * math.sqrt(self._width()) / POLLS)

    def _width(self) -> float:
        return max(self._seconds, default=0.0) - min(self._seconds, default=0.0)


def _without_far(seconds: list[float]) -> list[float]:
    """Leave out the few that took far longer than nearly all."""
    most_s = FAR * sorted(seconds)[len(seconds) - 1 - len(seconds) // 20] if seconds else 0.0
    return [one for one in seconds if one <= most_s]
