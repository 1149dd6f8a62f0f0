"""The lock files of the owners of leases: each process keeps its own locked; the system unlocks it when it dies."""

import time
from pathlib import Path

LOOK_AGAIN_S = 0.002
"""Pause before a second look, in seconds. A process that looks holds the lock for less: it must not be taken for the
owner."""


def owners_folder(database_path: Path) -> Path:
    """Return the folder of the lock files of processes that use this database."""
    return database_path.with_suffix(".owners")


def lock_path(folder: Path, owner: str) -> Path:
    """Return the lock file of an owner."""
    return folder / f"{owner}.lock"


def is_alive(folder: Path, owner: str, *, clear: bool = False) -> bool:
    """Tell whether the process of this owner still runs; with `clear`, the file of a dead one is deleted."""
    return _is_locked(lock_path(folder, owner), clear=clear)


def sweep_owners(folder: Path) -> int:
    """Delete the lock files of processes that died; return how many."""
    return sum(not _is_locked(path, clear=True) for path in folder.glob("*.lock"))


def _is_locked(path: Path, *, clear: bool) -> bool:
    if not _is_taken(path, clear=clear):
        return False
    time.sleep(LOOK_AGAIN_S)
    return _is_taken(path, clear=clear)


def _is_taken(path: Path, *, clear: bool) -> bool:
    """Tell whether the lock is held right now: by its owner, or for a moment by another process that looks."""
    from filelock import FileLock, Timeout

    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            if clear:
                path.unlink(missing_ok=True)
    except Timeout:
        return True
    return False
