"""The file names of pictures inside the output folder: readable, and possible on every system."""

import os
import unicodedata
from pathlib import Path, PurePosixPath

from tools.errors import InputError
from tools.pictures.files import inside
from tools.pictures.names import check_picture_name

SUFFIX = ".jpg"
_SUFFIXES = {SUFFIX, ".jpeg", ".png"}
_LONGEST_PART_BYTES = 200
"""Longest file or folder name; most file systems allow 255, and numbers, suffixes and marks are added to it."""
LONGEST_PATH_BYTES = 1000
"""Longest path; macOS allows 1024, and temporary files have longer names."""


def picture_names(filename: str, count: int) -> list[str]:
    """Return `count` names: ``a.jpg``, or ``a-1.jpg``, ``a-2.jpg`` …; for the folder ``a/``: ``a/00.jpg`` ….

    A name without ``.jpg``, ``.jpeg`` or ``.png`` gets ``.jpg``.

    Raises:
        InputError: The name is blank, hidden, too long, or ends like a kind of picture that is never made.
    """
    if not isinstance(filename, str):
        raise InputError(f"The file name is {filename!r:.40} - write text such as 'cover.jpg'")
    name = filename.strip().replace("\\", "/")
    if not name.strip("/"):
        raise InputError(f"The file name {filename!r} is blank - write a name such as 'cover.jpg'")
    if max(len(part.encode("utf-8", "replace")) for part in name.split("/")) > _LONGEST_PART_BYTES:
        raise InputError(f"The file name {filename!r:.40} is too long - write {_LONGEST_PART_BYTES} bytes at most")
    # Studio's server sends no hidden files. `..` is checked later, when the folder is known.
    if any(part.startswith(".") and part not in {".", ".."} for part in name.split("/")):
        raise InputError(f"The file name {filename!r:.40} is hidden - no part of it may begin with a dot")
    if name.endswith("/"):
        return [f"{name}{index:02d}{SUFFIX}" for index in range(count)]
    check_picture_name(filename)
    suffix = PurePosixPath(name).suffix
    stem, suffix = (name.removesuffix(suffix), suffix) if suffix.lower() in _SUFFIXES else (name, SUFFIX)
    return [f"{stem}{suffix}"] if count == 1 else [f"{stem}-{number}{suffix}" for number in range(1, count + 1)]


def same_file(name: str) -> str:
    """Return a key that is equal for names of the same file on a case-insensitive file system."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in {"", "."}]
    return unicodedata.normalize("NFC", "/".join(parts)).casefold()


class PictureFolder:
    """Checks many names inside one folder, with only one look at the disk per subfolder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._room = LONGEST_PATH_BYTES - len(os.fsencode(folder))
        self._known: set[str] = set()

    def check_inside(self, name: str) -> None:
        """Check that a name stays inside the folder, and that its path is not too long.

        Raises:
            InputError: It leads out of the folder, or its path is too long.
        """
        if len(name.encode("utf-8", "replace")) > self._room:
            raise InputError(f"The file name {name!r:.40} is too long - write {self._room} bytes at most")
        head, _, tail = name.rpartition("/")
        plain = is_printable(tail) and not {":", "\\"} & {*tail} and tail not in {"..", "."}
        if not plain or head not in self._known:
            inside(self._folder, name)
            self._known.add(head)


def is_printable(text: str) -> bool:
    """Tell whether the text has no control characters and no lone surrogates."""
    return text.isprintable() or not any(unicodedata.category(char) in {"Cc", "Cs"} for char in text)
