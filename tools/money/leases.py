"""Leases: which process works on which image, so that two processes that continue the same run share the work.

A lease belongs to an owner: an object of this class. Each owner holds a lock on a file of its own, which the system
lets go when the process ends, however it ends. So a lease of a dead owner is taken over at once, and one of a living
owner never.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Literal
from uuid import uuid4

from filelock import FileLock

from tools.clock import utc_now
from tools.errors import ClosedError, ConfigError, StorageError
from tools.sqlite.database import Database
from tools.sqlite.owners import is_alive, lock_path

Key = tuple[str, int]

Then = Callable[[sqlite3.Connection], None]

Taking = Literal["taken", "held", "full"]
"""The result of taking a lease: it is new and ours, a living owner (perhaps we) has it, or the place has no slot."""

LOOK_S = 1.0
"""Pause between two tries to take a lease that another process has, in seconds."""

NOBODY = "nobody"
"""The owner of a lease whose holder broke off; no lock file has that name, so anybody may take the lease."""

ABANDONED_WITHIN = timedelta(minutes=5)
"""Nobody waits for the settling of a request without an answer that is older than this; resuming its run settles it."""


class Leases:
    """The leases of one owner; `folder` holds the lock files of all owners that use the same database.

    Raises:
        ConfigError: (every method) The database cannot be used.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self.owner = uuid4().hex
        self.database = database
        self._folder = folder
        self._lock: FileLock | None = None
        self._is_closed = False
        self._held: set[Key] = set()

    async def take(
        self, run_id: str, image_index: int, *, place: str = "", room: int = 1, then: Then | None = None
    ) -> Taking:
        """Take the lease on an image, and with it one of the `room` slots of a `place` that all processes share.

        `then` runs in the same transaction once the lease is ours.
        """
        key = (run_id, image_index)
        if key in self._held:
            return "held"
        self._held.add(key)
        taking = asyncio.ensure_future(
            self.database.write(lambda connection: self._take(connection, key, place, room, then))
        )
        try:
            taken = await asyncio.shield(taking)
        except asyncio.CancelledError:
            # The row may be written all the same: give it back once that is known.
            taking.add_done_callback(lambda _: self._held.discard(key))
            await asyncio.shield(self._give_back(taking, key))
            raise
        except BaseException:
            self._held.discard(key)
            raise
        if taken != "taken":
            self._held.discard(key)
        return taken

    async def take_when_free(self, run_id: str, image_index: int) -> None:
        """Take the lease as soon as its owner gives it back or dies; do nothing if it is ours."""
        while (run_id, image_index) not in self._held and await self.take(run_id, image_index) != "taken":  # noqa: ASYNC110 - the other process tells nobody
            await asyncio.sleep(LOOK_S)

    async def _give_back(self, taking: asyncio.Future[Taking], key: Key) -> None:
        with contextlib.suppress(ConfigError, ClosedError):
            if await taking == "taken":
                self.release(*key)

    def leave(self, run_id: str, image_index: int) -> None:
        """Free the slot and keep the lease; does not wait for the write. `release` frees it too."""
        self._change_own("UPDATE leases SET place = NULL", (run_id, image_index))

    async def has_abandoned(self, provider: str) -> bool:
        """Tell whether a process that died recently has left a request to the provider without an answer."""
        statement = (
            "SELECT DISTINCT owner FROM tasks LEFT JOIN leases USING (run_id, image_index)"
            " WHERE provider = ? AND status = 'intent' AND intended_at > ? AND owner IS NOT ?"
        )

        def work(connection: sqlite3.Connection) -> bool:
            values = (provider, (utc_now() - ABANDONED_WITHIN).isoformat(), self.owner)
            owners = [row["owner"] for row in connection.execute(statement, values)]
            return any(owner is None or not self._is_alive(owner) for owner in owners)

        return await self.database.read(work)

    def release(self, run_id: str, image_index: int) -> None:
        """Give the lease back; does not wait for the write, and if that fails the lease ends with this process."""
        self._change_own("DELETE FROM leases", (run_id, image_index))
        self._held.discard((run_id, image_index))

    @contextlib.asynccontextmanager
    async def hold(self, run_id: str, image_index: int) -> AsyncIterator[None]:
        """Hold the lease inside the `async with`, unless another owner has it; it only shows that somebody is at work.

        If the work breaks off, the lease goes to `NOBODY`, so that others see at once that it stopped.
        """
        taken: Taking = "held"
        with contextlib.suppress(ConfigError):  # the work goes on, although others cannot see it
            taken = await self.take(run_id, image_index)
        if taken != "taken":
            yield
            return
        try:
            yield
        except BaseException:
            self._change_own("UPDATE leases SET owner = ?", (run_id, image_index), NOBODY)
            self._held.discard((run_id, image_index))
            raise
        self.release(run_id, image_index)

    def _change_own(self, change: str, key: Key, *values: str) -> None:
        """Queue a change of our row; one that another owner has by now stays as it is."""
        statement = f"{change} WHERE run_id = ? AND image_index = ? AND owner = ?"
        self.database.hand_in(lambda connection: connection.execute(statement, (*values, *key, self.owner)))

    def close(self) -> None:
        """Unlock our lock file, so that others may take over our leases; no more leases are taken."""
        self._is_closed = True
        if self._lock is not None:
            self._lock.release()
            lock_path(self._folder, self.owner).unlink(missing_ok=True)

    def _take(self, connection: sqlite3.Connection, key: Key, place: str, room: int, then: Then | None) -> Taking:
        """Take the lease, in the database's thread and inside a transaction, so that no other process interferes."""
        if self._is_closed:
            # It was asked for before, and would be held by nobody who gives it back.
            raise ClosedError("The workflow was closed meanwhile - open it again, and the run goes on")
        self._announce()
        row = connection.execute("SELECT owner FROM leases WHERE run_id = ? AND image_index = ?", key).fetchone()
        if row and row["owner"] != self.owner and self._is_alive(row["owner"]):
            return "held"
        if place and self._under_way(connection, place) >= room:
            return "full"
        connection.execute(
            "INSERT OR REPLACE INTO leases (run_id, image_index, owner, taken_at, place) VALUES (?, ?, ?, ?, ?)",
            (*key, self.owner, utc_now().isoformat(), place or None),
        )
        if then is not None:
            then(connection)
        return "taken"

    def _under_way(self, connection: sqlite3.Connection, place: str) -> int:
        """Count the tasks in a place whose owners are alive."""
        rows = connection.execute("SELECT owner, count(*) FROM leases WHERE place = ? GROUP BY owner", (place,))
        counts = [(row["owner"], int(row[1])) for row in rows]
        return sum(count for owner, count in counts if owner == self.owner or self._is_alive(owner))

    def _announce(self) -> None:
        """Lock our own file, once, before the first lease names us."""
        if self._lock is None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                lock = FileLock(lock_path(self._folder, self.owner), thread_local=False)
                lock.acquire(timeout=1)  # somebody who clears away dead owners may have it for a moment
            except OSError as error:
                advice = "check the folder of database.path"
                raise StorageError(
                    f"The lock files in {str(self._folder)!r} cannot be made ({error}) - {advice}"
                ) from error
            self._lock = lock

    def _is_alive(self, owner: str) -> bool:
        """Tell whether the owner's process still holds its lock; the lock file of a dead one is deleted."""
        return is_alive(self._folder, owner, clear=True)
