"""Everything that is wrong with a file, told at once: equal problems together, each with all its places."""

from collections.abc import Sequence
from itertools import pairwise

from tools.errors import InputError

Place = tuple[int, int | str]
"""The number of a row in its file, and what people call it: its line, or the name of its file."""


class Problems:
    """Collects problems with their places."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._found: dict[tuple[str, str], list[Place]] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, problem: str, place: Place, advice: str = "") -> None:
        """Take note of a problem; `advice` says what to do, behind the places."""
        places = self._found.setdefault((problem, advice), [])
        if place not in places[-1:]:
            places.append(place)

    def stop(self) -> None:
        """Say all of it, if there is any.

        Raises:
            InputError: In one line, every problem with every place where it stands.
        """
        if not self._found:
            return
        told = [
            f"{problem} in {name_places(places)}{f' ({advice})' if advice else ''}"
            for (problem, advice), places in self._found.items()
        ]
        raise InputError(f"{self._source}: {'; '.join(told)} - nothing was started")


def name_places(places: Sequence[Place]) -> str:
    """Return the places for people, e.g. ``lines 2, 3 and 5-90``; three or more rows in a row become a range."""
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
    lines = isinstance(places[0][1], int)
    head = "" if not lines else "line " if len(places) == 1 else "lines "
    return head + (names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}")
