"""Delete old checkpoints: a complete run keeps the last one, which holds its state; the earlier ones go.

The `aprune` of `graph.opening.saver` works on one thread at a time; here the saver's two tables are changed directly,
for all complete runs at once.
"""

import contextlib
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tools.clock import utc_now
from tools.pictures.files import PART
from tools.setup.configuration import Settings
from tools.sqlite.connection import explained
from tools.sqlite.lists import list_complete_threads
from tools.sqlite.owners import owners_folder, sweep_owners

BUSY_TIMEOUT_S = 30.0

LEFTOVER_AGE_S = 86400.0
"""A half-written file older than this, in seconds, was left by a process that died."""


_HISTORY = """
FROM checkpoints WHERE thread_id IN complete AND (checkpoint_ns <> '' OR checkpoint_id < (
  SELECT max(checkpoint_id) FROM checkpoints AS last
  WHERE last.thread_id = checkpoints.thread_id AND last.checkpoint_ns = ''))
"""

_DELETE_WRITES = """
DELETE FROM writes WHERE thread_id IN complete AND NOT EXISTS (
  SELECT 1 FROM checkpoints AS kept WHERE kept.thread_id = writes.thread_id
  AND kept.checkpoint_ns = writes.checkpoint_ns AND kept.checkpoint_id = writes.checkpoint_id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was deleted; `runs` counts the threads that lost checkpoints."""

    runs: int
    checkpoints: int
    files: int
    bytes_before: int
    bytes_after: int


def prune(settings: Settings, *, days: int) -> Pruned:
    """Delete old checkpoints of runs that were complete `days` ago, and the files that killed processes left behind.

    Records, ledger and pictures stay. A run with missing pictures keeps all its checkpoints.

    Raises:
        StorageError: A database is locked or damaged; the message says which.
    """
    path = settings.checkpoints.path
    before = _size(path)
    threads = list_complete_threads(settings.database.path, before=utc_now() - timedelta(days=days))
    runs, checkpoints = _forget(path, threads) if path.exists() else (0, 0)
    files = sweep_owners(owners_folder(settings.database.path)) + _sweep_parts(settings.output_dir)
    return Pruned(runs=runs, checkpoints=checkpoints, files=files, bytes_before=before, bytes_after=_size(path))


def _forget(path: Path, threads: Iterable[str]) -> tuple[int, int]:
    """Delete all but the last checkpoint of these threads; return how many threads and checkpoints that concerned."""
    opened = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    with explained(opened, path) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'checkpoints'").fetchone():
            return 0, 0
        connection.execute("CREATE TEMP TABLE complete (thread_id TEXT PRIMARY KEY)")
        connection.executemany("INSERT INTO complete VALUES (?)", ((thread,) for thread in threads))
        connection.execute("BEGIN IMMEDIATE")
        runs, count = connection.execute(f"SELECT count(DISTINCT thread_id), count(*) {_HISTORY}").fetchone()
        connection.execute(f"DELETE {_HISTORY}")
        connection.execute(_DELETE_WRITES)
        connection.execute("COMMIT")
        if count:
            # If another process is reading the file, the free pages stay in it and are reused.
            connection.execute("PRAGMA busy_timeout = 1000")
            with contextlib.suppress(sqlite3.OperationalError):
                connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return int(runs), int(count)


def _sweep_parts(folder: Path) -> int:
    """Delete half-written files of processes that died; return how many."""
    count = 0
    for part in folder.rglob(".*.part"):
        if not PART.fullmatch(part.name):
            continue  # Other programs have such names, too.
        with contextlib.suppress(OSError):
            if part.stat().st_mtime < time.time() - LEFTOVER_AGE_S:
                part.unlink()
                count += 1
    return count


def _size(path: Path) -> int:
    """Return the size of a database with its write-ahead log, in bytes."""
    parts = (path, path.with_name(f"{path.name}-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())
