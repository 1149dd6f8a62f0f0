"""Saved pictures whose files are gone or damaged."""

from collections.abc import Iterable
from pathlib import Path

from graph.state import Image
from tools.pictures.images import is_there

LOST = "its file is gone or damaged"


def lost_images(images: Iterable[Image]) -> list[Image]:
    """Return the saved images whose files are gone or damaged, as failed images; reads the disk.

    An image that the run made itself keeps its hash: it is then collected again, never bought again, see
    `Routes.fan_out`. One that existed before the run loses it, and is made like any other.
    """
    return [
        {
            **image,
            "status": "failed",
            "path": None,
            "width": None,
            "height": None,
            "sha256": image["sha256"] if image["attempts"] else None,
            "error": LOST,
        }
        for image in images
        if image["status"] == "saved" and not is_there(Path(image["path"] or ""), image["sha256"])
    ]
