"""The folder of a storyboard's pictures: which names are files in it."""

import os
import unicodedata
from pathlib import Path

from tools.errors import InputError
from tools.pictures.files import inside

LONGEST_PATH_BYTES = 1000
"""Of a whole path: macOS takes 1024, and a file that is being written has a longer name."""


class PictureFolder:
    """Looks at names, one after the other; the disk is asked once for every folder in the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._room = LONGEST_PATH_BYTES - len(os.fsencode(folder))
        self._known: set[str] = set()

    def see_inside(self, name: str) -> None:
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
