"""How long tasks took of which only is known when they were asked for: between the last time unfinished, and done."""

from collections.abc import Collection
from typing import NamedTuple

ALIKE = 1 / 20
"""Durations that differ by no more than this share of them are alike."""

SOONER = 0.2
"""How much sooner than it was found so a task is taken to be done at most, as a share of its age."""

GOLDEN = 0.618034
"""The multiples of this fall evenly into the space between two whole numbers, however many they are."""


class Bounds(NamedTuple):
    """What is known of a task's duration, in seconds; the second is its least if all tasks take equally long."""

    least_s: float
    least_if_equal_s: float
    most_s: float


def likely_durations(known: Collection[Bounds], *, first: int) -> list[float]:
    """Return a duration within the bounds of each, in seconds; `first` is the number of the first of them.

    They are taken to be equal where they can be, else alike, else spread.
    """
    return _if_equal(known) or _if_alike(known, first) or _if_spread(known, first)


def _if_equal(known: Collection[Bounds]) -> list[float]:
    """Return the duration that all tasks can have had, for each; nothing where there is none."""
    least_s = max((bounds.least_s for bounds in known), default=0.0)
    most_s = min((bounds.most_s for bounds in known), default=0.0)
    if least_s >= most_s:
        return []
    of_others = (bounds.least_if_equal_s for bounds in known if bounds.least_if_equal_s < most_s)
    least_s = max(least_s, *of_others, 0.0)
    # While none was ever unfinished when asked for, they may have taken no time at all: the next one shows.
    sooner_s = (1 - SOONER) * most_s if least_s else 0.0
    return [(max(least_s, sooner_s) + most_s) / 2] * len(known)


def _if_alike(known: Collection[Bounds], first: int) -> list[float]:
    """Return durations that differ as little as the bounds allow; nothing where they are not alike.

    A few milliseconds of scatter, or of the network, are enough to leave no duration that fits all.
    """
    least_s = min((bounds.most_s for bounds in known), default=0.0)
    most_s = max((bounds.least_s for bounds in known), default=0.0)
    if most_s - least_s > ALIKE * most_s:
        return []
    return _spread([(max(bounds.least_s, least_s), min(bounds.most_s, most_s)) for bounds in known], first)


def _if_spread(known: Collection[Bounds], first: int) -> list[float]:
    """Return durations none of which is much shorter than the age at which the task was found done."""
    return _spread([(max(bounds.least_s, (1 - SOONER) * bounds.most_s), bounds.most_s) for bounds in known], first)


def _spread(bounds: Collection[tuple[float, float]], first: int) -> list[float]:
    """Return a duration for each within its bounds, at another place in each.

    The middles of all would not do: tasks that are asked for at the same ages would seem to end at a few moments
    between these, so that the next would be asked for at just those, and half of them would be late.
    """
    return [
        least_s + (number * GOLDEN % 1) * (most_s - least_s)
        for number, (least_s, most_s) in enumerate(bounds, start=first)
    ]
