"""The offline sketch: line drawings of a subject, in a fraction of a second.

It knows some thousand words of Chinese and English, and arranges the icons and figures that they stand for as a small
scene. It does not understand the subject: words that are not in its vocabulary are not drawn.
"""

from tools.errors import RejectedError

MODEL = "peitu-sketch-1"
_SMALLEST_PX = 256
_LARGEST_PX = 2048


def draw(subject: str, *, width_px: int, height_px: int, seed: int) -> bytes:
    """Return a black-and-white picture of the subject as PNG; the same arguments give the same bytes.

    Raises:
        RejectedError: The size is outside what `refusal` allows.
    """
    reason = refusal(width_px, height_px)
    if reason is not None:
        raise RejectedError(reason)
    # Imported with the first sketch: not needed if a provider makes the pictures.
    from tools.sketch.composition import compose
    from tools.sketch.raster import to_png

    svg = compose(subject, aspect=width_px / height_px, seed=seed)
    return to_png(svg, width_px=width_px, height_px=height_px, seed=seed)


def refusal(width_px: int, height_px: int) -> str | None:
    """Return why a picture of this size is not drawn, or `None` if it is."""
    if min(width_px, height_px) >= _SMALLEST_PX and max(width_px, height_px) <= _LARGEST_PX:
        return None
    return f"sketch draws {_SMALLEST_PX} to {_LARGEST_PX} pixels on each side, not {width_px}x{height_px}"


def words_drawn(subject: str) -> list[str]:
    """Return the names of the icons that `draw` shows for the subject, the main one first."""
    from tools.sketch.reading import read

    return read(subject).icons()
