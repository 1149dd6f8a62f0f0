"""Decode a downloaded picture completely, and convert its pixels to plain RGB or gray."""

import contextlib
import io
import re
import struct
import zlib
from typing import TYPE_CHECKING

from tools.errors import UnavailableError

if TYPE_CHECKING:
    from PIL.Image import Image

# In this order the two common formats are recognized without loading Pillow's others.
_DECODED = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "AVIF")
_MAX_PIXELS = 64_000_000
_MAX_SIDE = 65_500  # pixels; the limit of JPEG
_GREY = {"1", "L", "LA", "La", "I;16"}
# Pillow's decoders may raise any of these on damaged data; warnings if they are turned into errors.
DAMAGES = (
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    Warning,
    struct.error,
    zlib.error,
)
_OTHERS = {
    b"<!doctype html": "an HTML page",
    b"<html": "an HTML page",
    b"<": "XML",
    b"{": "JSON",
    b"[": "JSON",
}
_CODE = re.compile(rb'<Code>\s*([\w.]{1,60})\s*</Code>|"code"\s*:\s*"([\w.]{1,60})"')


def decode(data: bytes) -> "Image":
    """Return the picture with all its pixels.

    Raises:
        UnavailableError: The data is not a picture, damaged, or too large; the message says what to do.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        return _load(data)
    except UnidentifiedImageError as error:
        raise UnavailableError(f"The download is not a picture but {_guess(data)}; download it again") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnavailableError(
            "The picture has more than 64 megapixels or a side of more than 65500; ask for a smaller one"
        ) from error
    except DAMAGES as error:
        raise UnavailableError(f"The picture of {len(data)} bytes is damaged; download it again") from error


def _load(data: bytes) -> "Image":
    from PIL import Image

    image = Image.open(io.BytesIO(data), formats=_DECODED)
    if image.width * image.height > _MAX_PIXELS or max(image.size) > _MAX_SIDE:
        raise Image.DecompressionBombError
    if image.format == "PNG":
        # Only this checks the checksums; the object cannot be used afterwards.
        image.verify()
        image = Image.open(io.BytesIO(data), formats=_DECODED)
    image.load()
    return image


def _guess(data: bytes) -> str:
    """Describe data that is not a picture: its kind and the error code in it, but nothing else from it."""
    head = data[:1000].strip()
    kind = next((kind for start, kind in _OTHERS.items() if head.lower().startswith(start)), None)
    if kind is None:
        is_text = b"\0" not in head and head[:100].isascii()
        kind = "text" if is_text else f"{len(data)} bytes of something else"
    if not head:
        kind = "nothing"
    code = _CODE.search(head)
    return f"{kind} with the code {(code[1] or code[2]).decode()}" if code else kind


def flatten(image: "Image") -> "Image":
    """Return the picture upright, in sRGB or gray, with 8 bits per channel, and white behind transparency."""
    from PIL import Image, ImageOps

    with contextlib.suppress(*DAMAGES):  # Damaged EXIF is no reason to refuse a good picture.
        ImageOps.exif_transpose(image, in_place=True)
    if image.mode == "I;16":  # `convert` would clip at 255 instead of scaling down
        image = image.convert("I").point([value // 256 for value in range(65536)], "L")
    mode = "L" if image.mode in _GREY else "RGB"
    if image.has_transparency_data:
        image = _to_srgb(image.convert("LA" if mode == "L" else "RGBA"))
        page = Image.new(mode, image.size, "white")
        page.paste(image.convert(mode), mask=image.getchannel("A"))
        return page
    colors = _to_srgb(image)
    return colors if colors.mode == mode else colors.convert(mode)


def _to_srgb(image: "Image") -> "Image":
    """Apply the color profile; an unusable one is ignored, as in browsers."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK"}:
        return image
    with contextlib.suppress(ImageCms.PyCMSError, *DAMAGES):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" not in ImageCms.getProfileDescription(source):
            mode = "RGBA" if image.mode == "RGBA" else "RGB"
            target = ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(image, source, target, outputMode=mode) or image
    return image
