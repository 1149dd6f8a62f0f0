"""A connection to the SQLite file; without an event loop, so that commands that only look start at once."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.errors import StorageError
from tools.sqlite.migrations import migrate

BUSY_TIMEOUT_S = 30.0  # how long another process may hold the file before a write gives up


def connect(path: Path) -> sqlite3.Connection:
    """Open the file for reading and writing, making it and its tables where they are missing.

    `synchronous=FULL`: a committed row survives a power cut too, since it may stand for money.

    Raises:
        StorageError: The file cannot be opened, is locked or damaged; the message says which.
    """
    connection = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
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
    """Switch to a write-ahead log; where several processes open a new file at once, SQLite lets only one, and the
    others do not wait by themselves: https://www.sqlite.org/c3ref/busy_handler.html, read 2026-11-24.
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
    """Open the file for a few questions, and close it.

    Raises:
        StorageError: The file cannot be read.
    """
    with explained(connect(path), path) as connection:
        yield connection


@contextmanager
def explained(connection: sqlite3.Connection, path: Path) -> Iterator[sqlite3.Connection]:
    """Close a connection at the end; what goes wrong with it meanwhile is told as an error that names its file.

    Raises:
        StorageError: The file cannot be read or written.
    """
    try:
        yield connection
    except sqlite3.Error as error:
        raise explain(error, path) from error
    finally:
        connection.close()


def explain(error: Exception, path: Path) -> StorageError:
    """Return the error as one line that names the file and what to do."""
    text = str(error)
    if "locked" in text or "busy" in text:
        advice = "another program holds it; close it, or wait and run again"
    elif "malformed" in text or "not a database" in text:
        advice = "it is damaged or not an SQLite file; move it away, or restore it from a backup"
    elif "full" in text or "No space" in text:
        advice = "free some disk space and run again"
    else:
        advice = "check that the folder exists and can be written, or set database.path to another file"
    return StorageError(f"The database {str(path)!r} cannot be used ({text}) - {advice}")
