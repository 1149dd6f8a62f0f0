"""Folders: looked at before anything is made, and there to stay once they are."""

import errno
import os
from itertools import takewhile
from pathlib import Path

from tools.errors import ConfigError


def check_folder(folder: Path, *, make: bool = False) -> None:
    """See that files can be made in the folder, or in the one in which it would be made; `make` makes it.

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
        raise ConfigError(
            f"The output folder {str(folder)!r} cannot be made ({error.strerror}) - choose another with --output-dir"
        ) from error
    if not writable:
        raise ConfigError(f"The output folder {str(folder)!r} cannot be written - choose another with --output-dir")


def make_folder(folder: Path) -> None:
    """Make the folder and what is missing above it, so that a power cut takes none of them away.

    Raises:
        OSError: It cannot be made, e.g. since a file is in its place.
    """
    missing = list(takewhile(lambda up: not up.exists(), (folder, *folder.parents)))
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        sync_folder(made.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the folder's new entry; without it a power cut may take that away.

    Raises:
        OSError: The disk does not take it.
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
    """Tell whether there is something; unlike `Path.exists`, raise `OSError` for what cannot be in any Python."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
