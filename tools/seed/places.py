"""Whether a picture can be written where it is wanted: found out before it is paid."""

import os
from pathlib import Path

from tools.errors import InputError, StorageError
from tools.pictures.files import check_jpeg_name


def check_place(path: Path) -> None:
    """See that a picture can be made at this path; its folder is made if need be.

    Raises:
        InputError: It names no file, or another kind of picture than JPG.
        StorageError: The folder cannot be made or written.
    """
    name = str(path)
    if "\0" in name:
        raise InputError(f"{name!r} is not a file name - remove the zero character")
    check_jpeg_name(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _look_at(path)
        writable = os.access(path.parent, os.W_OK | os.X_OK)
    except OSError as error:
        raise StorageError(f"{name!r} cannot be written ({error.strerror}) - choose another place") from error
    if not writable:
        raise StorageError(f"The folder {str(path.parent)!r} cannot be written - choose another place")


def _look_at(path: Path) -> None:
    """Raise when the name is too long, or is a folder's."""
    try:
        path.lstat()
    except FileNotFoundError:
        return
    if path.is_dir():
        raise InputError(f"{str(path)!r} is a folder - name the picture's file, e.g. {str(path / 'cover.jpg')!r}")
