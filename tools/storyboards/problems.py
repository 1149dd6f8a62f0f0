"""Collect all problems of a file and raise them as one error; equal problems together, with all their places."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from tools.errors import InputError

Place = tuple[int, int | str]
"""The number of a row, and its name in messages: the number of its line or segment, or the name of its file."""


class Problems:
    """Collects problems with their places."""

    def __init__(self, source: str) -> None:
        self.unit = "line"
        """What the numbers of places count: ``line``, or ``segment`` where several of them stand in one line."""
        self._source = source
        self._found: dict[tuple[str, str], dict[Place, None]] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, problem: str, place: Place, advice: str = "") -> None:
        """Add a problem at a place; `advice` says what to do and is printed after the places."""
        self._found.setdefault((problem, advice), {})[place] = None

    def stop(self) -> None:
        """Raise all problems as one error, if there are any.

        Raises:
            InputError: The message has, in one line, every problem with all its places.
        """
        if not self._found:
            return
        told = [
            f"{problem} in {name_places(list(places), self.unit)}{f' ({advice})' if advice else ''}"
            for (problem, advice), places in self._found.items()
        ]
        raise InputError(f"{self._source}: {'; '.join(told)} - nothing was started")


def name_places(places: Sequence[Place], unit: str) -> str:
    """Return the places as text, e.g. ``lines 2, 3 and 5-90``; three or more consecutive rows become a range."""
    runs: list[list[Place]] = [[places[0]]]
    for before, place in pairwise(places):
        if place[0] == before[0] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    names: list[str] = []
    for run in runs:
        long = len(run) > 2
        names.extend([f"{run[0][1]}-{run[-1][1]}"] if long else [str(name) for _, name in run])
    counted = isinstance(places[0][1], int)
    head = "" if not counted else f"{unit} " if len(places) == 1 else f"{unit}s "
    return head + (names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}")


def kind_of(value: Any) -> str:
    """Return the type of a JSON value in words for people."""
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return "nothing" if value is None else kinds.get(type(value), "something else")
