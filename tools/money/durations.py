"""How long tasks take, learned from those before, so that a task is asked for when it is likely done."""

import asyncio
import math
from collections import deque
from collections.abc import Collection, Iterable
from itertools import pairwise

from tools.money.bounds import ALIKE, Bounds, likely_durations

REMEMBERED = 128
"""Tasks whose durations count: enough to see how they scatter, few enough to follow a service that changes."""

ENOUGH, ENOUGH_ALIKE = 4, 3
"""Durations that must be known before they tell anything; three that are alike are no accident."""

POLLS = 4.3
"""Polls that pauses may cost a task, on average, where durations scatter; one more finds it done."""

LEAST_PATIENCE = 0.38
"""Least factor before the root: durations that scatter little need fewer polls."""

FAR = 2.0
"""A duration so many times as long as that of nineteen in twenty tells nothing of others: a task that stood in a queue,
or one that was found done hours later."""

NEARLY = 0.9
"""A task that was unfinished at this share of an age counts among those that take longer than that."""

LONGER = 2 / 3
"""How much longer such tasks are taken to need until all have ended, as a share of the age, or more if known."""

LEAST_PAUSE_S, MOST_PAUSE_S = 0.02, 5.0
"""Bounds of the pause between two polls of a task, in seconds."""


class Durations:
    """The durations of a model's last tasks, in seconds from the answered submit until the picture was ready."""

    def __init__(self, seconds: Iterable[float] = ()) -> None:
        self._bounds: deque[Bounds] = deque((Bounds(known, known, known) for known in seconds), maxlen=REMEMBERED)
        self._seconds: list[float] = []
        self._patience = LEAST_PATIENCE
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
        self._bounds.append(Bounds(unfinished_s, max(unfinished_s, others_s), age_s))
        self._added += 1
        self._learn()
        return self._last_s

    def _learn(self) -> None:
        seconds = likely_durations(self._bounds, first=self._added - len(self._bounds))
        self._last_s = seconds[-1] if seconds else 0.0
        self._seconds = _without_far(seconds)
        self._patience = max(LEAST_PATIENCE, _polls(self._seconds) / POLLS)
        alike = self._are_alike(max(self._seconds, default=0.0))
        if len(self._seconds) >= (ENOUGH_ALIKE if alike else ENOUGH):
            self.known.set()

    def pause(self, age_s: float, first_poll_s: float, unfinished: Collection[float] = ()) -> float:
        """Return the seconds until a task of this age is asked for again.

        `unfinished` are the ages in seconds at which all tasks that are waited for, this one too, were unfinished.

        Nobody is asked before the next of the known tasks was done, unless most of them were done by now. From there
        the pause grows with the square root of the time in which such tasks would all end: where few end in a second,
        polls are rare. That gives the least lateness for a number of polls, since the early ones are paid by all tasks
        and the late ones by a few. Those that are still unfinished count too: without them only the quick ones would
        be known at first. Where nothing is known it is a part of the age: a larger one where many wait, since the
        first that is found done tells the others.
        """
        if not self.known.is_set():
            return min(max(first_poll_s, age_s * max(1, len(unfinished)) / 4), MOST_PAUSE_S)
        longer = sorted(seconds - age_s for seconds in self._seconds if seconds > age_s)
        others = 0 if self._are_alike(age_s) else sum(other_s >= NEARLY * age_s for other_s in unfinished)
        if not longer and others <= 1:
            return min(max(LEAST_PAUSE_S, self._beyond(age_s)), MOST_PAUSE_S)
        all_end_s = _all_end_s(longer)
        empty_s = 0.0
        if longer:
            empty_s = max(0.0, longer[0] - _filled_s(longer))
            if 2 * len(longer) < len(self._seconds):
                empty_s = min(empty_s, max(MOST_PAUSE_S, age_s / 4))
        if others > 1:
            of_others_s = max(all_end_s, LONGER * age_s)
            all_end_s = (all_end_s * len(longer) + of_others_s * others) / (len(longer) + others)
        return empty_s + min(max(LEAST_PAUSE_S, self._patience * math.sqrt(all_end_s)), MOST_PAUSE_S)

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
        """Tell whether the known durations are alike, seen from an age."""
        return self._width() < ALIKE * age_s

    def _width(self) -> float:
        return max(self._seconds, default=0.0) - min(self._seconds, default=0.0)


def _without_far(seconds: list[float]) -> list[float]:
    """Leave out the few that took far longer than nearly all."""
    most_s = FAR * sorted(seconds)[len(seconds) - 1 - len(seconds) // 20] if seconds else 0.0
    return [one for one in seconds if one <= most_s]


def _all_end_s(longer: list[float]) -> float:
    """Return the time in which all of these would end at the pace of the next quarter, from the first on; sorted."""
    after = len(longer) - 1
    if after < 1:
        return 0.0
    quarter = max(1, after // 4)
    return (longer[quarter] - longer[0]) * after / quarter


def _filled_s(longer: list[float]) -> float:
    """Return how long it may take until the next of these ends where there is no gap between them."""
    return 1.5 * _all_end_s(longer) / len(longer)


def _polls(seconds: list[float]) -> float:
    """Return the polls of a task on average if the pause is the root of the time in which all end, gaps apart."""
    seconds = sorted(seconds)
    polls = 0.0
    for done, (done_s, next_s) in enumerate(pairwise(seconds), start=1):
        # Among a few, one that took far longer would seem to fill the time until then.
        passed_s = min(next_s - done_s, _filled_s(seconds[done - 1 :]), done_s)
        if passed_s > 0:
            share = (len(seconds) - done) / len(seconds)
            polls += share * passed_s / math.sqrt(_all_end_s(seconds[done - 1 :]))
    return polls
