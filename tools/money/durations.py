"""How long tasks take, learned from earlier ones, so that a task is polled when it is likely done."""

import asyncio
import itertools
import math
from collections import deque
from collections.abc import Collection, Iterable
from itertools import pairwise

from tools.money.bounds import ALIKE, Bounds, likely_durations

REMEMBERED = 128
"""How many of the last tasks count: enough to see the scatter, few enough to follow a service that changes."""

ENOUGH, ENOUGH_ALIKE = 4, 3
"""How many durations must be known before they predict anything; three that are alike are no accident."""

POLLS = 4.3
"""Average number of polls that find a task unfinished, where durations scatter; one more finds it done."""

LEAST_PATIENCE = 0.38
"""Lower bound of the factor before the square root in `Durations.pause`; with little scatter, few polls are needed."""

FAR = 2.0
"""A duration over this many times the 95th percentile is left out: the task stood in a queue, or was found done hours
later."""

NEARLY = 0.9
"""A task that was unfinished at this share of an age counts as one that takes longer than that age."""

LONGER = 2 / 3
"""Time until all such tasks have ended, as a share of that age, unless known tasks took even longer."""

EARLY_EVERY = 32
"""One in so many tasks, and the first, is polled at half the shortest known duration: otherwise nobody would see that
the service has become faster."""

FASTER = 0.6
"""A task that was done within this share of the shortest known duration shows it: what was known is forgotten."""

LEAST_PAUSE_S, MOST_PAUSE_S = 0.02, 5.0
"""Bounds of the pause between two polls of a task, in seconds."""


class Durations:
    """The durations of a model's last tasks: seconds from the answer to the submit until the picture was ready.

    Where the provider tells its own times, a round trip less, so that a poll that leaves at this age finds it ready.
    """

    def __init__(self, seconds: Iterable[float] = ()) -> None:
        known = _since_faster(list(seconds))
        self._bounds: deque[Bounds] = deque((Bounds(one, one, one) for one in known), maxlen=REMEMBERED)
        self._seconds: list[float] = []
        self._patience = LEAST_PATIENCE
        self._added = len(self._bounds)
        self._begun = itertools.count()
        self.is_known = False
        """Whether enough durations are known."""
        self.news = asyncio.Event()
        """Set, and replaced by a new one, when `is_known` changes: then a pause must be computed anew."""
        self._learn()

    def add(self, seconds: float) -> None:
        """Record how long a task took."""
        self.add_between(seconds, seconds, seconds)

    def add_between(self, unfinished_s: float, others_s: float, age_s: float) -> float:
        """Record that a task was last unfinished at one age and found done at another; return the estimated seconds.

        `others_s` is the oldest age at which another task of this model was seen unfinished, if that is below `age_s`,
        else 0: it is a lower bound as long as all tasks may take equally long. A task that was done at its first poll
        tells least: the next ones are polled a little earlier, until one is unfinished.
        """
        if self.is_known and age_s <= FASTER * min(self._seconds):
            self._bounds.clear()
        self._bounds.append(Bounds(unfinished_s, max(unfinished_s, others_s), age_s))
        self._added += 1
        return self._learn()[-1]

    def _learn(self) -> list[float]:
        """Compute all that is derived from the bounds, and return the estimated durations."""
        seconds = likely_durations(self._bounds, first=self._added - len(self._bounds))
        self._seconds = _without_far(seconds)
        self._patience = max(LEAST_PATIENCE, _polls(self._seconds) / POLLS)
        alike = bool(self._seconds) and self._are_alike(max(self._seconds))
        was_known, self.is_known = self.is_known, len(self._seconds) >= (ENOUGH_ALIKE if alike else ENOUGH)
        if self.is_known != was_known:
            news, self.news = self.news, asyncio.Event()
            news.set()
        return seconds

    def first_pause(self, first_poll_s: float, *, asked_singly: int = 1) -> float:
        """Return the seconds until a new task is polled; now and then that is early, see `EARLY_EVERY`."""
        is_early = next(self._begun) % EARLY_EVERY == 0
        if self.is_known and is_early and (early_s := min(self._seconds) / 2) >= first_poll_s:
            return early_s
        return self.pause(0.0, first_poll_s, asked_singly=asked_singly)

    def pause(
        self, age_s: float, first_poll_s: float, unfinished: Collection[float] = (), *, asked_singly: int = 1
    ) -> float:
        """Return the seconds until a task of this age is polled again.

        `unfinished` are the ages in seconds at which the tasks that are waited for, this one included, were last seen
        unfinished; `asked_singly` is how many of them have no list that is asked for all.

        While too little is known, the pause is a part of the age, a larger one where many are asked singly: the first
        task that is found done tells the others. After that, nobody is polled before the age at which the next known
        task was done, unless most known tasks were done by now. From there the pause grows with the square root of the
        time in which the remaining ones end: where few end per second, polls are rare. That is the least delay for a
        given number of polls, since all tasks pay for early polls and few for late ones. Unfinished tasks count as long
        ones; without them only the quick ones would be known at first.
        """
        if not self.is_known:
            of_many_s = max(age_s, first_poll_s) * asked_singly / 8
            return min(max(first_poll_s, age_s / 4, of_many_s), MOST_PAUSE_S)
        longer = sorted(seconds - age_s for seconds in self._seconds if seconds > age_s)
        # This task is one of them.
        as_old = 0 if self._are_alike(age_s) else sum(other_s >= NEARLY * age_s for other_s in unfinished)
        if not longer and as_old <= 1:
            return _bounded(self._beyond(age_s))
        all_end_s = _all_end_s(longer)
        if as_old > 1:
            as_old_end_s = max(all_end_s, LONGER * age_s)
            all_end_s = (all_end_s * len(longer) + as_old_end_s * as_old) / (len(longer) + as_old)
        return self._gap_s(longer, age_s) + _bounded(self._patience * math.sqrt(all_end_s))

    def are_all_within(self, age_s: float) -> bool:
        """Tell whether every known task was done by this age."""
        return self.is_known and age_s >= max(self._seconds)

    def usual_s(self, age_s: float) -> float:
        """Return the average duration in seconds; while too little is known, twice the age of an unfinished task."""
        return sum(self._seconds) / len(self._seconds) if self.is_known else 2 * age_s

    def _gap_s(self, longer: list[float], age_s: float) -> float:
        """Return the time in which no known task ended; `longer` is when they did, sorted, in seconds from this age."""
        if not longer:
            return 0.0
        gap_s = max(0.0, longer[0] - _filled_s(longer))
        # Few of the known tasks took that long: this one may end earlier than they did.
        is_rare = 2 * len(longer) < len(self._seconds)
        return min(gap_s, max(MOST_PAUSE_S, age_s / 4)) if is_rare else gap_s

    def _beyond(self, age_s: float) -> float:
        """Return the pause for a task that already takes longer than all known ones did."""
        if self._are_alike(age_s):
            return LEAST_PAUSE_S + (age_s - max(self._seconds)) / 2
        return age_s / 6

    def _are_alike(self, age_s: float) -> bool:
        """Tell whether the known durations differ by less than the share `ALIKE` of an age."""
        return max(self._seconds) - min(self._seconds) < ALIKE * age_s


def _bounded(pause_s: float) -> float:
    return min(max(LEAST_PAUSE_S, pause_s), MOST_PAUSE_S)


def _since_faster(seconds: list[float]) -> list[float]:
    """Return those (the oldest first) since the service became faster last, see `FASTER`."""
    shortest = list(itertools.accumulate(seconds, min))
    changes = (place for place in range(ENOUGH, len(seconds)) if seconds[place] <= FASTER * shortest[place - 1])
    return seconds[max(changes, default=0) :]


def _without_far(seconds: list[float]) -> list[float]:
    """Return the durations without the few that are far longer than nearly all, see `FAR`."""
    most_s = FAR * sorted(seconds)[len(seconds) - 1 - len(seconds) // 20] if seconds else 0.0
    return [one for one in seconds if one <= most_s]


def _all_end_s(longer: list[float]) -> float:
    """Return the time from the first to the last of these (sorted), if all ended at the pace of the first quarter."""
    after = len(longer) - 1
    if after < 1:
        return 0.0
    quarter = max(1, after // 4)
    return (longer[quarter] - longer[0]) * after / quarter


def _filled_s(longer: list[float]) -> float:
    """Return the longest wait for the next of these (sorted) that is no gap."""
    return 1.5 * _all_end_s(longer) / len(longer)


def _polls(seconds: list[float]) -> float:
    """Return the average number of unfinished polls a task, with pauses as in `Durations.pause` and a factor of 1."""
    seconds = sorted(seconds)
    polls = 0.0
    for done, (done_s, next_s) in enumerate(pairwise(seconds), start=1):
        # Among a few, one that took far longer would seem to fill the time until then.
        passed_s = min(next_s - done_s, _filled_s(seconds[done - 1 :]), done_s)
        if passed_s > 0:
            share = (len(seconds) - done) / len(seconds)
            polls += share * passed_s / math.sqrt(_all_end_s(seconds[done - 1 :]))
    return polls
