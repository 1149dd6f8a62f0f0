"""Links from a page or an article to the pictures."""

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote


def relative_to(folder: Path) -> Callable[[Path], str]:
    """Return a function that makes links to pictures for a file in the folder: relative, so that both can move."""

    def link(picture: Path) -> str:
        try:
            return quote(Path(os.path.relpath(picture, folder)).as_posix())
        except ValueError:  # On another drive of Windows.
            return picture.absolute().as_uri()

    return link
