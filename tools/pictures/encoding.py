"""Encode pixels as JPEG or PNG, with an XMP packet."""

import contextlib
import io
import os
import sys
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from PIL.Image import Image


def encode_jpeg(flat: "Image", quality: int, xmp: bytes) -> bytes:
    """Return the JPEG of a picture in RGB or gray."""
    # Thin black lines get colored fringes if color is stored at half the resolution.
    subsampling = "4:4:4" if quality >= 90 else "4:2:0"
    with _memory_file() as file:
        flat.save(file, "JPEG", quality=quality, subsampling=subsampling, optimize=True, xmp=xmp)
        file.seek(0)
        return file.read()


def encode_png(flat: "Image", xmp: bytes) -> bytes:
    """Return the PNG of a picture in RGB or gray."""
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()  # Pillow leaves `xmp=` out of a PNG.
    info.add_itxt("XML:com.adobe.xmp", xmp.decode())
    buffer = io.BytesIO()
    flat.save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def _memory_file() -> BinaryIO:
    """Return a file in memory, with a file descriptor where possible.

    While Pillow encodes a JPEG into a file with a descriptor, other threads can run; a `BytesIO` blocks them, for 17 ms
    with 1024x1024 pixels. Only Linux has such files in memory; a file on a full disk might be cut short.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # e.g. too many open files
            return os.fdopen(os.memfd_create("peitu-picture"), "w+b")
    return io.BytesIO()
