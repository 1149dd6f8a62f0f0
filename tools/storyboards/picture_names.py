"""Where pictures go inside the output folder: file names that people can read and every system can write."""

import os
import unicodedata
from pathlib import Path, PurePosixPath

from tools.errors import InputError
from tools.pictures.files import inside
from tools.pictures.names import check_picture_name

SUFFIX = ".jpg"
_SUFFIXES = {SUFFIX, ".jpeg", ".png"}
_LONGEST_PART_BYTES = 200
"""Most file systems end at 255; a suffix, a number and a name in front of them need room."""
LONGEST_PATH_BYTES = 1000
"""Of a whole path: macOS takes 1024, and a file that is being written has a longer name."""


def picture_names(filename: str, count: int) -> list[str]:
    """Return the names of so many pictures: ``a.jpg``, or ``a-1.jpg``, ``a-2.jpg`` …; of ``a/`` ``a/00.jpg`` ….

    A name without ``.jpg``, or ``.png`` for a PNG, gets the first.

    Raises:
        InputError: The name is blank, hidden, too long, or that of a kind that is never made.
    """
    if not isinstance(filename, str):
        raise InputError(f"The file name is {filename!r:.40} - write text such as 'cover.jpg'")
    name = filename.strip().replace("\\", "/")
    if not name.strip("/"):
        raise InputError(f"The file name {filename!r} is blank - write a name such as 'cover.jpg'")
    if max(len(part.encode("utf-8", "replace")) for part in name.split("/")) > _LONGEST_PART_BYTES:
        raise InputError(f"The file name {filename!r:.40} is too long - write {_LONGEST_PART_BYTES} bytes at most")
    # The server sends nothing that is hidden. Where `..` leads is seen when the name is put into a folder.
    if any(part.startswith(".") and part not in {".", ".."} for part in name.split("/")):
        raise InputError(f"The file name {filename!r:.40} is hidden - no part of it may begin with a dot")
    if name.endswith("/"):
        return [f"{name}{index:02d}{SUFFIX}" for index in range(count)]
    check_picture_name(filename)
    suffix = PurePosixPath(name).suffix
    stem, suffix = (name.removesuffix(suffix), suffix) if suffix.lower() in _SUFFIXES else (name, SUFFIX)
    return [f"{stem}{suffix}"] if count == 1 else [f"{stem}-{number}{suffix}" for number in range(1, count + 1)]


def same_file(name: str) -> str:
    """Return what two names have in common that mean one file on a system that does not tell A from a."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in {"", "."}]
    return unicodedata.normalize("NFC", "/".join(parts)).casefold()


class PictureFolder:
    """Looks at names, one after the other; the disk is asked once for every folder in the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._room = LONGEST_PATH_BYTES - len(os.fsencode(folder))
        self._known: set[str] = set()

    def check_inside(self, name: str) -> None:
        """See that a name stays in the folder, and that its path is not too long.

        Raises:
            InputError: It does not, or it is.
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
