"""Who works on which image, so that two processes that continue the same run share the work.

A lease belongs to an owner: an object of this class. Each owner holds a lock on a file of its own, which the system
lets go when the process ends, however it ends. So a lease of a dead owner is taken over at once, and one of a living
owner never.
"""

import asyncio
import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout
from loguru import logger

from tools.database import Database
from tools.errors import ConfigError, StorageError

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
        taking = asyncio.ensure_future(self._database.write(lambda connection: self._take(connection, key)))
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
        if not taken:
            self._held.discard(key)
        return taken

    async def _give_back(self, taking: asyncio.Future[bool], key: Key) -> None:
        with contextlib.suppress(ConfigError):
            if await taking:
                await self.release(*key)

    async def release(self, run_id: str, image_index: int) -> None:
        """Give the lease back; when that cannot be written, it ends with this process."""
        statement = "DELETE FROM leases WHERE run_id = ? AND image_index = ? AND owner = ?"
        values = (run_id, image_index, self.owner)
        try:
            await self._database.write(lambda connection: connection.execute(statement, values))
        except StorageError as error:
            logger.warning("The lease of image {} of run {} could not be given back: {}", image_index, run_id, error)
        finally:
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
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                lock = FileLock(self._path(self.owner), thread_local=False)
                lock.acquire(timeout=0)
            except OSError as error:
                advice = "check the folder of database.path"
                raise StorageError(
                    f"The lock files in {str(self._folder)!r} cannot be made ({error}) - {advice}"
                ) from error
            self._lock = lock

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
