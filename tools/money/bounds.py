"""How long tasks took, estimated from their polls.

A poll only bounds it: a task took longer than its age at the last poll that found it unfinished, and at most its age at
the poll that found it done.
"""

from collections.abc import Collection
from typing import NamedTuple

ALIKE = 1 / 20
"""Durations are alike if they differ by no more than this share of the longest."""

SOONER = 0.2
"""A task is taken to have been done no earlier than this share of its age before it was found done."""

GOLDEN = 0.618034
"""The fractional parts of its multiples (the golden ratio) spread evenly over 0…1, however many there are."""


class Bounds(NamedTuple):
    """Bounds of one task's duration, in seconds; `least_if_equal_s` holds if all tasks take equally long."""

    least_s: float
    least_if_equal_s: float
    most_s: float


def likely_durations(known: Collection[Bounds], *, first: int) -> list[float]:
    """Return an estimate within its bounds for each task, in seconds.

    The durations are taken to be equal where the bounds allow it, else alike, else spread over the bounds. `first` is
    the number of the first task among all that ever were: with it, an estimate stays the same while old tasks drop out.
    """
    return _if_equal(known) or _if_alike(known, first) or _if_spread(known, first)


def _if_equal(known: Collection[Bounds]) -> list[float]:
    """Return the one duration that fits all bounds, once for each task; an empty list if none fits."""
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
    """Return durations that differ as little as the bounds allow; an empty list if they are not alike.

    A few milliseconds of scatter, or of the network, are enough that no single duration fits all.
    """
    least_s = min((bounds.most_s for bounds in known), default=0.0)
    most_s = max((bounds.least_s for bounds in known), default=0.0)
    if most_s - least_s > ALIKE * most_s:
        return []
    return _spread([(max(bounds.least_s, least_s), min(bounds.most_s, most_s)) for bounds in known], first)


def _if_spread(known: Collection[Bounds], first: int) -> list[float]:
    """Return durations between the bounds, each at most `SOONER` shorter than the age at which its task was done."""
    return _spread([(max(bounds.least_s, (1 - SOONER) * bounds.most_s), bounds.most_s) for bounds in known], first)


def _spread(bounds: Collection[tuple[float, float]], first: int) -> list[float]:
    """Return a duration within each of the bounds, at a different place between them for each.

    Not the middle of each: tasks that are polled at the same ages would seem to end at a few moments between these, the
    next ones would be polled at just those moments, and half of them would be found late.
    """
    return [
        least_s + (number * GOLDEN % 1) * (most_s - least_s)
        for number, (least_s, most_s) in enumerate(bounds, start=first)
    ]
