"""Check whether a picture of a storyboard exists already."""

import hashlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from tools.errors import UnavailableError
from tools.pictures.labels import read_description
from tools.pictures.pixels import decode

Size = tuple[int, int]


def existing_picture(
    path: Path, sizes: Collection[Size], asked: Callable[[str], Collection[Size]], *, index: int
) -> dict[str, Any] | None:
    """Return the picture as the saved image `index` of a result document, or `None` if it is not right.

    It is right if the file is there, decodes to its end and has one of the `sizes`, or was delivered for one of them:
    `asked` returns, by its SHA-256, the sizes that were asked for. Prompt, provider, model and seed are those of its
    metadata.
    """
    try:
        data = path.read_bytes()
        picture = decode(data)
    except (OSError, UnavailableError):
        return None
    sha256 = hashlib.sha256(data).hexdigest()
    if picture.size not in sizes and not set(sizes).intersection(asked(sha256)):
        return None
    told = read_description(picture.info.get("xmp", b""))
    return {
        "index": index,
        "status": "saved",
        "path": str(path),
        "url": None,
        "prompt": str(told.get("prompt", "")),
        "provider": told.get("provider"),
        "model": told.get("model"),
        "seed": told.get("seed"),
        "width": picture.width,
        "height": picture.height,
        "sha256": sha256,
        "attempts": 0,
        "error": None,
    }
