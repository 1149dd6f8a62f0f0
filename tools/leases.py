"""Who works on which image, so that two processes that continue the same run share the work.

A lease belongs to an owner: an object of this class. Each owner holds a lock on a file of its own, which the system
lets go when the process ends, however it ends. So a lease of a dead owner is taken over at once, and one of a living
owner never.
"""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from tools.database import Database

Key = tuple[str, int]


class Leases:
    """The leases of one owner; `folder` holds the lock files of all owners that use the same database.

    Raises:
        ConfigError: (every method) The database cannot be used.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self.owner = uuid4().hex
        self._database = database
        self._folder = folder
        self._lock: FileLock | None = None
        self._held: set[Key] = set()

    async def take(self, run_id: str, image_index: int) -> bool:
        """Take the lease on an image; `False` while somebody else who is alive has it."""
        key = (run_id, image_index)
        if key in self._held:
            return False
        self._held.add(key)
        taken = False
        try:
            taken = await self._database.write(lambda connection: self._take(connection, key))
        finally:
            if not taken:
                self._held.discard(key)
        return taken

    async def release(self, run_id: str, image_index: int) -> None:
        """Give the lease back."""
        statement = "DELETE FROM leases WHERE run_id = ? AND image_index = ? AND owner = ?"
        await self._database.write(lambda connection: connection.execute(statement, (run_id, image_index, self.owner)))
        self._held.discard((run_id, image_index))

    def close(self) -> None:
        """Let go of the lock file; what is still leased may be taken over."""
        if self._lock is not None:
            self._lock.release()
            self._path(self.owner).unlink(missing_ok=True)
            self._lock = None

    def _take(self, connection: sqlite3.Connection, key: Key) -> bool:
        """Runs in the database's thread, inside a transaction: nobody else decides meanwhile."""
        self._announce()
        row = connection.execute("SELECT owner FROM leases WHERE run_id = ? AND image_index = ?", key).fetchone()
        if row and row["owner"] != self.owner and self._is_alive(row["owner"]):
            return False
        connection.execute(
            "INSERT OR REPLACE INTO leases (run_id, image_index, owner, taken_at) VALUES (?, ?, ?, ?)",
            (*key, self.owner, datetime.now(UTC).isoformat()),
        )
        return True

    def _announce(self) -> None:
        """Lock our own file, once, before the first lease names us."""
        if self._lock is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(self._path(self.owner), thread_local=False)
            self._lock.acquire(timeout=0)

    def _is_alive(self, owner: str) -> bool:
        """Tell whether the owner's process still holds its lock; the file of a dead one is cleared away."""
        path = self._path(owner)
        if not path.exists():
            return False
        try:
            with FileLock(path, timeout=0):
                path.unlink(missing_ok=True)
        except Timeout:
            return True
        return False

    def _path(self, owner: str) -> Path:
        return self._folder / f"{owner}.lock"
