"""The lock files of those who hold leases: each owner keeps one locked, and the system lets go of it when it dies."""

import time
from pathlib import Path

LOOK_AGAIN_S = 0.002
"""Pause before a second look, in seconds. Whoever looks holds the lock for less, and must not pass for the owner."""


def owners_folder(database_path: Path) -> Path:
    """Return where the lock files of the processes lie that use this database."""
    return database_path.with_suffix(".owners")


def lock_path(folder: Path, owner: str) -> Path:
    """Return the lock file of an owner."""
    return folder / f"{owner}.lock"


def is_alive(folder: Path, owner: str, *, clear: bool = False) -> bool:
    """Tell whether the process that holds the leases of this owner still runs; `clear` the file of a dead one away."""
    return _is_locked(lock_path(folder, owner), clear=clear)


def sweep_owners(folder: Path) -> int:
    """Clear away the lock files of processes that died; return how many there were."""
    return sum(not _is_locked(path, clear=True) for path in folder.glob("*.lock"))


def _is_locked(path: Path, *, clear: bool) -> bool:
    if not _is_taken(path, clear=clear):
        return False
    time.sleep(LOOK_AGAIN_S)
    return _is_taken(path, clear=clear)


def _is_taken(path: Path, *, clear: bool) -> bool:
    """Tell whether somebody has the lock right now: its owner, or another who looks."""
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
