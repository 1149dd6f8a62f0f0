"""Allowances of requests, shared by all runs, and by all processes that use the same database.

An allowance is a row of `budgets` with the time of its next turn. Whoever wants to send takes that turn and moves the
time on, in one transaction, so that any number of processes together keep one pace.
"""

import math
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from tools.providers.retry_after import LONGEST_S
from tools.sqlite.database import Database

AHEAD_S = 120.0
"""A turn farther ahead than this and a few turns, without a pause, was booked by a clock that was wrong: it does not
count."""

FEW = 4
"""So many turns may be booked ahead, one by each process that waits for its own, where they are far apart."""


class Budgets(Protocol):
    """Gives out turns to send a request; times are seconds since 1970."""

    async def reserve(self, name: str, *, spacing_s: float, turns: int, latest: float = math.inf) -> float:
        """Take `turns` turns `spacing_s` apart and return the time of the first; if it is after `latest`, take none."""
        ...

    async def pause(self, name: str, until: float) -> None:
        """Give out no turn before `until`."""
        ...


class LocalBudgets:
    """Allowances within one event loop, where there is no database."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._next_at: dict[str, float] = {}

    async def reserve(self, name: str, *, spacing_s: float, turns: int, latest: float = math.inf) -> float:
        """Take the turns, unless the first one is after `latest`, and return its time."""
        at = max(self._clock(), self._next_at.get(name, 0.0))
        if at <= latest:
            self._next_at[name] = at + turns * spacing_s
        return at

    async def pause(self, name: str, until: float) -> None:
        """Give out no turn before `until`."""
        self._next_at[name] = until


class StoredBudgets:
    """The rows of `budgets`, shared by all processes that use the database.

    Raises:
        StorageError: (every method) The database cannot be used.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    async def reserve(self, name: str, *, spacing_s: float, turns: int, latest: float = math.inf) -> float:
        """Take the turns, unless the first one is after `latest`, and return its time."""

        def work(connection: sqlite3.Connection) -> float:
            next_at, paused_until = self._booked(connection, name)
            begin = max(self._clock(), paused_until)
            at = max(begin, next_at if next_at < begin + AHEAD_S + FEW * spacing_s else 0.0)
            if at <= latest:
                _put(connection, name, at + turns * spacing_s, paused_until)
            return at

        return await self._database.write(work)

    async def pause(self, name: str, until: float) -> None:
        """Give out no turn before `until`, or the end of a longer pause; turns taken for later are given out again."""

        def work(connection: sqlite3.Connection) -> None:
            longest = max(until, self._booked(connection, name)[1])
            _put(connection, name, longest, longest)

        await self._database.write(work)

    def _booked(self, connection: sqlite3.Connection, name: str) -> tuple[float, float]:
        """Return when the next turn is, and the end of a pause.

        That is 0 where it is farther ahead than any pause that is kept: a clock was wrong.
        """
        row = connection.execute("SELECT next_at, paused_until FROM budgets WHERE name = ?", (name,)).fetchone()
        next_at, paused_until = (_seconds(row["next_at"]), _seconds(row["paused_until"])) if row else (0.0, 0.0)
        return next_at, paused_until if paused_until <= self._clock() + LONGEST_S else 0.0


def _put(connection: sqlite3.Connection, name: str, next_at: float, paused_until: float) -> None:
    row = (name, _text(next_at), _text(paused_until))
    connection.execute("INSERT OR REPLACE INTO budgets (name, next_at, paused_until) VALUES (?, ?, ?)", row)


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
