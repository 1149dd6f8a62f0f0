"""Addresses of pictures in what Peitu writes beside them."""

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote


def relative_to(folder: Path) -> Callable[[Path], str]:
    """Return what makes the address of a picture for a file in the folder; it stays right when both move together."""

    def link(picture: Path) -> str:
        try:
            return quote(Path(os.path.relpath(picture, folder)).as_posix())
        except ValueError:  # On another drive of Windows.
            return picture.absolute().as_uri()

    return link
