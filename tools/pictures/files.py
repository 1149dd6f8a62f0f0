"""Write files atomically, check that they can be written, and keep paths inside a folder."""

import contextlib
import errno
import hashlib
import itertools
import os
import re
import secrets
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PureWindowsPath

from tools.errors import InputError, PlaceError, StorageError
from tools.pictures.folders import make_folder, sync_folder
from tools.pictures.names import check_picture_name

PART = re.compile(r"\.[0-9a-f]{16}\.part")
"""Matches the whole name of a temporary file of `write_whole`."""

_REMEDIES = {
    errno.ENOSPC: "the disk is full; free some space and run it again",
    errno.EDQUOT: "your disk quota is used up; free some space and run it again",
    errno.EROFS: "the file system is read-only; choose another folder",
    errno.EACCES: "you may not write there; choose another folder or change its permissions",
    errno.EPERM: "you may not write there; choose another folder or change its permissions",
    errno.EISDIR: "a folder is in its place; move the folder away or choose another name",
    errno.ENOTEMPTY: "a folder is in its place; move the folder away or choose another name",
    errno.EEXIST: "a file is where a folder is needed; choose another folder",
    errno.ENOTDIR: "a file is where a folder is needed; choose another folder",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
}

_OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
"""Errors that any other file would meet as well."""


def check_writable(path: Path) -> None:
    """Check that a file can be written there, as far as possible without writing it.

    Raises:
        StorageError: It cannot; the message says why.
    """
    try:
        reason = (
            errno.EISDIR if path.is_dir() else _of_folder(next(up for up in path.absolute().parents if up.exists()))
        )
    except OSError as error:  # e.g. a name that is too long
        raise _cannot_be_written(path, error) from error
    if reason:
        raise _cannot_be_written(path, OSError(reason, os.strerror(reason)))


def check_place(path: Path) -> None:
    """Check that a picture can be made at a path given by a user.

    Raises:
        InputError: It is not a file name, or ends like a kind of picture that is never made.
        StorageError: It cannot be written there; the message says why.
    """
    if "\0" in str(path):
        raise InputError(f"{str(path)!r} is not a file name - remove the zero character")
    check_picture_name(path)
    with contextlib.suppress(OSError):  # `check_writable` says what is wrong with such a name.
        if path.is_dir():
            raise InputError(f"{str(path)!r} is a folder - name the picture's file, e.g. {str(path / 'cover.jpg')!r}")
    check_writable(path)


def _of_folder(folder: Path) -> int | None:
    """Return the error number of creating a file in an existing folder, as far as it is known, or `None`."""
    if not folder.is_dir():
        return errno.EEXIST
    return None if os.access(folder, os.W_OK | os.X_OK) else errno.EACCES


def write_whole(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write the file, from one piece or many, so that a crash leaves the old one or the new one, never half of one.

    Missing parent folders are made. The data first goes to a temporary file beside it, whose name matches `PART` and
    which may be deleted if a crash leaves it behind.

    Raises:
        StorageError: The disk is full or read-only; the message says why. Nothing is left behind.
        PlaceError: This file cannot be written; others may be.
    """
    part = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        make_folder(path.parent)
        try:
            _write_through(part, data)
            part.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink()
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise _cannot_be_written(path, error) from error


def free_path(path: Path, mark: str = "") -> Path:
    """Return the first of ``{name}{mark}-1.jpg``, ``-2`` … beside the file that does not exist yet."""
    numbered = (path.with_name(f"{path.stem}{mark}-{number}{path.suffix}") for number in itertools.count(1))
    return next(place for place in numbered if not place.exists())


def keep_earlier(path: Path) -> Path:
    """Rename a picture that another one will replace to ``{name}.earlier-1.jpg``, or ``-2`` …; return its new path.

    Raises:
        StorageError: It cannot be renamed.
    """
    try:
        return path.rename(free_path(path, ".earlier"))
    except OSError as error:
        raise _cannot_be_written(path, error) from error


def set_aside(path: Path, mark: str, *, sha256: str) -> None:
    """Rename a refused picture, which was paid, to ``{name}.refused-{mark}.jpg``.

    If the file is another one by now, or cannot be renamed, nothing happens: the next picture will replace it.
    """
    with contextlib.suppress(OSError):
        if hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            path.replace(path.with_name(f"{path.stem}.refused-{mark}{path.suffix}"))


def _cannot_be_written(path: Path, error: OSError) -> StorageError:
    """Return the error as a `StorageError` or `PlaceError` that says what to do."""
    remedy = _REMEDIES.get(error.errno or 0, f"{error.strerror}; choose another folder")
    kind = StorageError if error.errno in _OF_THE_DISK else PlaceError
    return kind(f"{str(path)!r} cannot be written: {remedy}")


def _write_through(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a new file and wait until it is on the disk."""
    with path.open("xb") as file:
        file.writelines([data] if isinstance(data, bytes) else data)
        file.flush()
        os.fsync(file.fileno())


def inside(folder: Path, name: str) -> Path:
    """Return the path of `name` in the folder; the name may contain subfolders.

    Raises:
        InputError: The name is empty, or leads out by ``..``, a drive, a leading slash or a symbolic link.
    """
    # Both kinds of slashes separate folders, so that a storyboard means the same on every system.
    parts = PureWindowsPath(name).parts
    if _is_relative(name, parts):
        path = folder.joinpath(*parts)
        with contextlib.suppress(OSError, RuntimeError):  # A loop of symbolic links; since 3.13, see `is_symlink`.
            resolved = path.resolve()
            if folder.resolve() in resolved.parents and not any(up.is_symlink() for up in resolved.parents):
                return path
    raise InputError(
        f"{name!r} is not a file name inside {str(folder)!r}; use a plain relative name such as 'cover.jpg'"
    )


def is_below(folder: Path, path: Path) -> bool:
    """Tell whether the path is inside the folder, as it is written: links that the user put there are followed."""
    try:
        below = path.absolute().relative_to(folder.absolute())
    except ValueError:
        return False
    return bool(below.parts) and ".." not in below.parts and "\0" not in str(below)


def _is_relative(name: str, parts: tuple[str, ...]) -> bool:
    unusable = any(unicodedata.category(char) in {"Cc", "Cs"} for char in name)
    return bool(parts) and ".." not in parts and not PureWindowsPath(name).anchor and not unusable
