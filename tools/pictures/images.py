"""Recognize pictures by their bytes, check that they decode to the end, and save them with metadata.

All of it blocks; from async code, call it through `asyncio.to_thread`.
"""

import contextlib
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.errors import UnavailableError
from tools.pictures import labels
from tools.pictures.encoding import encode_jpeg, encode_png
from tools.pictures.files import keep_earlier, write_whole
from tools.pictures.pixels import DAMAGES, decode, flatten
from tools.pictures.visible_label import draw_visible_label

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "AVIF", "TIFF")
# Standard deviation of 0…255: JPEG noise over one color stays below 1, one thin line on white is above 5.
_BLANK = 2.0


@dataclass(frozen=True, slots=True)
class SavedImage:
    """A picture that is on the disk, whole.

    `blank` means practically one color all over, like a failed or a blocked picture; `earlier` is where the picture is
    kept that was in its place.
    """

    path: Path
    width_px: int
    height_px: int
    sha256: str
    blank: bool
    earlier: Path | None = None


def sniff_format(data: bytes) -> str | None:
    """Return ``png``, ``jpeg``, ``webp``, ``gif``, ``bmp``, ``avif`` or ``tiff``, else `None`.

    Only the header is read, so damage further on is not seen. ``image/`` and the result is the media type.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            # A JPEG with more pictures behind the first one is named MPO by Pillow.
            return "jpeg" if image.format == "MPO" else str(image.format).lower()
    except (Image.DecompressionBombError, *DAMAGES):
        return None


def save_picture(
    data: bytes,
    path: Path,
    *,
    quality: int = 92,
    description: dict[str, str | int],
    label: str | None,
    visible_label: bool = False,
    keeps_earlier: bool = False,
) -> SavedImage:
    """Save a downloaded picture with its metadata: as PNG if the path ends in `.png`, else as JPEG.

    `description` may hold `prompt`, `provider`, `model`, `seed` and `generator`, as in `tools.pictures.labels`.
    Only the first frame of an animation is saved, transparency becomes white, and colors become sRGB. `label` is the
    AIGC label (`tools.pictures.labels.aigc_label`), `None` for what no image model made; a label in the data is kept
    instead, but no other metadata of the data. With `visible_label`, a picture with a `label` also gets a printed one.
    With `keeps_earlier`, another whole picture at the path is renamed, not written over: it may be paid, or edited.

    Raises:
        UnavailableError: The data is no picture, or damaged; download it again.
        ConfigError: The file cannot be written.
    """
    # Pillow's objects form reference cycles: closing them frees the pixels at once.
    with contextlib.closing(decode(data)) as image:
        xmp = labels.xmp_packet(description, _own_label(image) or label)
        with contextlib.closing(flatten(image)) as flat:
            flat.info = {}
            blank = _is_blank(flat)
            # A blank picture gets none, so that it is still found blank when it is read again.
            if visible_label and label is not None and not blank:
                draw_visible_label(flat)
            saved = encode_png(flat, xmp) if path.suffix.lower() == ".png" else encode_jpeg(flat, quality, xmp)
            sha256 = hashlib.sha256(saved).hexdigest()
            earlier = keep_earlier(path) if keeps_earlier and _is_another(path, sha256) else None
            write_whole(path, saved)
            return SavedImage(path, flat.width, flat.height, sha256, blank, earlier)


def describe(path: Path) -> dict[str, Any]:
    """Return what `save_picture` wrote: the description, and `label` as a dict if there is one.

    Raises:
        UnavailableError: The file is missing or is no whole picture.
    """
    xmp = decode(_read(path)).info.get("xmp", b"")
    label = labels.read_label(xmp)
    return {**labels.read_description(xmp), **({} if label is None else {"label": label})}


def inspect(path: Path) -> SavedImage:
    """Look at a picture on the disk.

    Raises:
        UnavailableError: The file is missing or is no whole picture.
    """
    data = _read(path)
    with contextlib.closing(decode(data)) as image, contextlib.closing(flatten(image)) as flat:
        return SavedImage(path, flat.width, flat.height, hashlib.sha256(data).hexdigest(), _is_blank(flat))


def is_whole(path: Path, width_px: int | None = None, height_px: int | None = None) -> bool:
    """Return whether the file is there, decodes to its end and has this size."""
    try:
        with contextlib.closing(decode(_read(path))) as image:
            size = image.size
    except UnavailableError:
        return False
    return width_px in {None, size[0]} and height_px in {None, size[1]}


def is_there(path: Path, sha256: str | None) -> bool:
    """Return whether the file has this hash, which is quick to check, or else is a whole picture."""
    try:
        data = _read(path)
        if hashlib.sha256(data).hexdigest() != sha256:
            decode(data).close()
    except UnavailableError:
        return False
    return True


def _is_another(path: Path, sha256: str) -> bool:
    """Return whether a whole picture with another hash is there."""
    try:
        return inspect(path).sha256 != sha256
    except UnavailableError:
        return False


def _is_blank(image: "Image") -> bool:
    from PIL import ImageStat

    small = image.reduce(max(1, min(image.size) // 128))
    return max(ImageStat.Stat(small).stddev) < _BLANK


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnavailableError(f"{str(path)!r} is not readable ({error.strerror}); make it again") from error


def _own_label(image: "Image") -> str | None:
    """Return the AIGC label in the picture's own metadata, from any of the places that the practice guide names."""
    places = [
        labels.label_text(image.info.get("xmp", b"")),
        labels.label_of_json(str(image.info.get("AIGC", ""))),
    ]
    with contextlib.suppress(*DAMAGES):
        comment = image.getexif().get_ifd(0x8769).get(0x9286, b"")
        # The label is ASCII: without zero bytes it reads the same in every character set that the prefix may name.
        text = comment.replace(b"\0", b"").decode("ascii", "ignore") if isinstance(comment, bytes) else comment
        places.append(labels.label_of_json(text[text.find("{") :]))
    return next((place for place in places if place is not None), None)
