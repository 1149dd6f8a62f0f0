"""Check folders before anything is paid, and make them so that they survive a power cut."""

import errno
import os
from itertools import takewhile
from pathlib import Path

from tools.errors import ConfigError

_REMEDY = "mend it or choose another with --output-dir"


def check_folder(folder: Path, *, make: bool = False) -> None:
    """Check that files can be written in the folder or, if it does not exist, in the nearest parent; `make` makes it.

    Raises:
        ConfigError: It cannot be made or written.
    """
    try:
        if make:
            make_folder(folder)
        there = next(place for place in (folder, *folder.absolute().parents) if _exists(place))
        if not there.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{str(there)!r} is no folder")
        writable = os.access(there, os.W_OK | os.X_OK)
    except OSError as error:
        raise ConfigError(f"The output folder {str(folder)!r} cannot be made ({error.strerror}) - {_REMEDY}") from error
    if not writable:
        raise ConfigError(f"The output folder {str(folder)!r} cannot be written - {_REMEDY}")


def make_folder(folder: Path) -> None:
    """Make the folder and its missing parents, so that they survive a power cut.

    Raises:
        OSError: It cannot be made, e.g. because a file has its name.
    """
    missing = list(takewhile(lambda up: not up.exists(), (folder, *folder.parents)))
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        sync_folder(made.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the folder's new entry is on the disk; without this, a power cut may lose it.

    Raises:
        OSError: The disk reports an error.
    """
    if os.name == "nt":  # Windows cannot open a folder, and writes its entries in order.
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # It may be written but not read.
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems have no fsync for folders; the file itself is safe by then.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)


def _exists(path: Path) -> bool:
    """Tell whether the path exists; unlike `Path.exists`, raise `OSError` for an impossible one, in every Python."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
