"""Render SVG to a grey PNG whose lines are slightly distorted, as if drawn by hand."""

import io
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_CELLS = 22
_TREMBLE = 0.0016


def to_png(svg: str, *, width_px: int, height_px: int, seed: int) -> bytes:
    """Return the picture as an 8-bit grey PNG of exactly this size."""
    import resvg_py
    from PIL import Image

    data = resvg_py.svg_to_bytes(svg_string=svg, width=width_px, height=height_px, skip_system_fonts=True)
    with Image.open(io.BytesIO(data)) as image:
        # resvg computes the height from the width and the drawing's proportions, and rounds it up.
        grey = image.convert("L").crop((0, 0, width_px, height_px))
    grey = _tremble(grey, random.Random(seed))
    file = io.BytesIO()
    grey.save(file, "PNG", compress_level=4)
    return file.getvalue()


def _tremble(image: "Image", rng: random.Random) -> "Image":
    """Distort the picture slightly and unevenly, so that long lines look drawn by hand."""
    from PIL import Image as Pillow

    width, height = image.size
    size = min(width, height)
    across, down = max(2, round(width / size * _CELLS)), max(2, round(height / size * _CELLS))
    shift = size * _TREMBLE
    knots = [
        [
            (x * width / across + rng.uniform(-shift, shift), y * height / down + rng.uniform(-shift, shift))
            for x in range(across + 1)
        ]
        for y in range(down + 1)
    ]
    mesh = []
    for y in range(down):
        for x in range(across):
            target = (x * width // across, y * height // down, (x + 1) * width // across, (y + 1) * height // down)
            corners = knots[y][x], knots[y + 1][x], knots[y + 1][x + 1], knots[y][x + 1]
            mesh.append((target, tuple(value for corner in corners for value in corner)))
    return image.transform(image.size, Pillow.Transform.MESH, mesh, Pillow.Resampling.BICUBIC, fillcolor=255)
