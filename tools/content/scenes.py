"""Choose which places of a content get a picture: spread over the whole content, the best score of each stretch."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, groupby, pairwise
from typing import TypeVar

VISIBLE = 1.0
"""The lowest score of a place that shows something visible."""
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the content that could get a picture; of neighbors, the highest score wins.

    Places with the same `part` are moments of one passage, which gets a second picture after all others have one.
    """

    heading: str
    score: float
    part: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen place by its number; the turn is 0 for its first picture, 1 for the next of the same place."""

    place: int
    turn: int


def choose(places: Sequence[Place], count: int) -> list[Choice]:
    """Return `count` choices in the order of the content; every place is used before one is used twice.

    If `count` is less than the number of places, the sections, or the places within a section, are divided into
    stretches, and each stretch gets one picture.
    """
    if not places:
        return []
    if count < len(places):
        # Places that show nothing visible are used only if the others are too few.
        shown = [number for number, place in enumerate(places) if place.score >= VISIBLE]
        others = sorted(set(range(len(places))) - set(shown))
        chosen = _of(shown, places, count) if count <= len(shown) else shown + _of(others, places, count - len(shown))
        return [Choice(number, 0) for number in sorted(chosen)]
    rounds, extra = divmod(count, len(places))
    best = set(_best(places, extra)) if extra else set()
    return [Choice(place, turn) for place in range(len(places)) for turn in range(rounds + (1 if place in best else 0))]


def _of(numbers: Sequence[int], places: Sequence[Place], count: int) -> list[int]:
    """Return `count` of these indexes of places, spread evenly."""
    return [numbers[best] for best in _best([places[number] for number in numbers], count)]


def _best(places: Sequence[Place], count: int) -> list[int]:
    """Return the indexes of the best `count` places, spread evenly; `count` is at most their number."""

    def best(stretch: Sequence[int]) -> int:
        return max(stretch, key=lambda place: (places[place].score, -place))

    sections = [
        list(run)
        for _, run in groupby(range(len(places)), key=lambda place: (places[place].heading, places[place].part))
    ]
    if count < len(sections):
        sections = [list(run) for _, run in groupby(map(best, sections), key=lambda place: places[place].heading)]
    if count <= len(sections):
        stretches: list[Sequence[int]] = [list(chain.from_iterable(stretch)) for stretch in _cut(sections, count)]
    else:
        shares = _shares([len(section) for section in sections], count)
        stretches = [part for section, share in zip(sections, shares, strict=True) for part in _cut(section, share)]
    return [best(stretch) for stretch in stretches]


def _cut(items: Sequence[_Item], parts: int) -> list[Sequence[_Item]]:
    """Return the items as `parts` runs of about the same length."""
    borders = [round(part * len(items) / parts) for part in range(parts + 1)]
    return [items[left:right] for left, right in pairwise(borders)]


def _shares(sizes: list[int], count: int) -> list[int]:
    """Return how many of `count` each section gets: one at least, the longer ones more."""
    shares = [1] * len(sizes)
    for _ in range(count - len(sizes)):
        open_sections = [number for number, size in enumerate(sizes) if shares[number] < size]
        shares[max(open_sections, key=lambda number: sizes[number] / shares[number])] += 1
    return shares
