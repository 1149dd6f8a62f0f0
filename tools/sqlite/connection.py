"""Connections to the SQLite file and their errors; without an event loop, so that read-only commands start quickly."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.errors import StorageError
from tools.pictures.folders import make_folder
from tools.sqlite.migrations import migrate

BUSY_TIMEOUT_S = 30.0  # how long a write waits for another process that locks the file


def connect(path: Path) -> sqlite3.Connection:
    """Open the file for reading and writing; create it and its tables if they are missing.

    `synchronous=FULL`: a committed row survives a power cut too, since it may stand for money.

    Raises:
        StorageError: The file cannot be opened, is locked or damaged; the message says which.
    """
    connection = None
    try:
        make_folder(path.parent)
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        _use_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")
        migrate(connection)
    except (OSError, sqlite3.Error) as error:
        if connection is not None:
            connection.close()
        raise explain(error, path) from error
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log.

    If several processes open a new file at once, SQLite lets only one do so, and does not make the others wait:
    https://www.sqlite.org/c3ref/busy_handler.html, read 2026-11-24.
    """
    give_up_at = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up_at:
                raise
            time.sleep(0.005)
        else:
            return


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open an existing file for a few queries inside the `with`; a missing one is not created.

    Raises:
        StorageError: The file is gone, or cannot be read.
    """
    if not path.exists():
        raise taken_away(path)
    with explained(connect(path), path) as connection:
        yield connection


@contextmanager
def explained(connection: sqlite3.Connection, path: Path) -> Iterator[sqlite3.Connection]:
    """Close the connection at the end of the `with`, and turn SQLite's errors into errors that name the file.

    Raises:
        StorageError: The file cannot be read or written.
    """
    try:
        yield connection
    except sqlite3.Error as error:
        raise explain(error, path) from error
    finally:
        connection.close()


class FileIdentity:
    """Remembers which file was opened: SQLite would silently go on writing to one that was deleted."""

    def __init__(self, path: Path) -> None:
        self._given = path
        self._path = path.absolute()  # the program may change its working directory
        self._file = self._look()

    def check(self) -> None:
        """Check that the same file is still there.

        Raises:
            StorageError: It was deleted, moved, or another one is in its place.
        """
        if self._look() != self._file:
            raise taken_away(self._given)

    def _look(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def taken_away(path: Path) -> StorageError:
    """Return the error for a database that existed and was deleted, moved or replaced."""
    return StorageError(
        f"The database {str(path)!r} was taken away or replaced while it was in use - put it back, since it alone "
        "knows what is paid, and run again"
    )


def explain(error: Exception, path: Path) -> StorageError:
    """Return SQLite's error as a `StorageError` that names the file and says what to do."""
    remedy = "it is damaged or not an SQLite file; move it away, or restore it from a backup"
    return StorageError(
        f"The database {str(path)!r} cannot be used ({error}) - {advice_on(error, 'database.path', damaged=remedy)}"
    )


def advice_on(error: Exception, setting: str, *, damaged: str) -> str:
    """Return what to do about an error of SQLite; `setting` is the file's setting, `damaged` the advice if it is."""
    text = str(error)
    if "locked" in text or "busy" in text:
        return "another program holds it; close it, or wait and run again"
    if "malformed" in text or "not a database" in text:
        return damaged
    if "full" in text or "No space" in text:
        return "free some disk space and run again"
    if "disk I/O" in text:  # also if there is no space for the log beside it
        return "check the disk and its free space, then run again"
    return f"check that the folder exists and can be written, or set {setting} to another file"
