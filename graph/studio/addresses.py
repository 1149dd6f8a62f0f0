"""Where Studio's server shows the pictures of the output folder."""

from pathlib import Path
from urllib.parse import quote

PICTURES = "pictures"
"""The path under which the server has them, see `graph.studio.gallery_app`."""


def picture_link(path: str | Path, *, folder: Path, address: str = "") -> str | None:
    """Return the address of a picture, relative to the server's without `address`; `None` outside the folder."""
    if not Path(path).is_relative_to(folder):
        return None
    name = quote(Path(path).relative_to(folder).as_posix())
    return f"{address}/{PICTURES}/{name}" if address else f"{PICTURES}/{name}"
