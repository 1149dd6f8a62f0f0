"""Load icons of Lucide and Tabler, from the archives in their packages, and Peitu's own figures.

A name without a prefix is Lucide's (`cat`), `t:` is Tabler's (`t:fish`), `p:` is ours (`p:lantern`, see `glyphs.txt`).
All three consist of strokes with round caps on a grid of 24 units, so that they fit together.
"""

import importlib.util
import io
import re
import zipfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tools.errors import ConfigError

if TYPE_CHECKING:
    from PIL.Image import Image

_ARCHIVES = {"": ("justmyresource_lucide", "icons.zip"), "t": ("tabler_icons", "archive.zip")}
_GLYPHS = Path(__file__).with_name("glyphs.txt")
_GRID_EDGE = -12
_GRID_SIZE = 48
_PIXELS_PER_UNIT = 3
_MOVE_TO = re.compile(r"M(-?[\d.e-]+) ")


@dataclass(frozen=True, slots=True)
class Icon:
    """An icon in units of the grid: its SVG elements, a path over the area that it covers, and the box of its ink."""

    name: str
    body: str
    cover: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """The width of the ink, in units of the grid."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """The height of the ink, in units of the grid."""
        return self.bottom - self.top


@lru_cache(maxsize=512)
def load_icon(name: str) -> Icon:
    """Return the icon of this name; results are cached.

    Raises:
        ConfigError: The icon, or its whole package, is not installed; install Peitu's dependencies again.
    """
    body = _own_body(name[2:]) if name.startswith("p:") else _packed_body(name)
    alpha = _ink(body)
    box = alpha.getbbox()
    if box is None:
        raise ConfigError(f"The icon {name!r} has no ink - install the icon packages again")
    left, top, right, bottom = (value / _PIXELS_PER_UNIT + _GRID_EDGE for value in box)
    return Icon(name, body, _cover(alpha, box), left, top, right, bottom)


def several(icon: Icon, count: int) -> Icon:
    """Return an icon that shows this one `count` times side by side."""
    step = icon.width * 1.08
    body, cover = icon.body, icon.cover
    for number in range(1, count):
        body += f'<g transform="translate({step * number:.2f},0)">{icon.body}</g>'
        cover += _moved(icon.cover, step * number)
    return replace(icon, body=body, cover=cover, right=icon.right + step * (count - 1))


def _moved(cover: str, by: float) -> str:
    return _MOVE_TO.sub(lambda found: f"M{float(found[1]) + by:g} ", cover)


def _packed_body(name: str) -> str:
    prefix, _, plain = name.rpartition(":")
    package, archive = _ARCHIVES[prefix]
    try:
        text = _open_archive(package, archive).read(f"{plain}.svg").decode()
    except KeyError as error:
        raise ConfigError(f"No icon {plain!r} in the package {package} - run `uv sync` again") from error
    inner = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", text, flags=re.DOTALL)
    # Tabler's first path is the empty square of the grid.
    return " ".join(re.sub(r'<path stroke="none"[^>]*/>', "", inner).split())


@lru_cache(maxsize=2)
def _open_archive(package: str, archive: str) -> zipfile.ZipFile:
    # Not imported: the packages would import Django's template tags and a resource framework for one zip file.
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(f"The package {package} with the sketch's icons is not installed - run `uv sync`")
    return zipfile.ZipFile(Path(spec.submodule_search_locations[0]) / archive)


@lru_cache(maxsize=1)
def _own_glyphs() -> dict[str, str]:
    lines = _GLYPHS.read_text(encoding="utf-8").splitlines()
    pairs = (line.split(" = ", 1) for line in lines if line and not line.startswith("#"))
    return {pair[0]: pair[1] for pair in pairs}


def _own_body(name: str) -> str:
    if name not in _own_glyphs():
        raise ConfigError(f"No figure {name!r} in {_GLYPHS.name} - correct the name in words.txt")
    return " ".join(_part(part.strip()) for part in _own_glyphs()[name].split(";"))


def _part(part: str) -> str:
    if part.startswith("@"):
        name, *offset = part[1:].split()
        body = _own_body(name)
        return f'<g transform="translate({offset[0]},{offset[1]})">{body}</g>' if offset else body
    fill = ' fill="#fff"' if part.startswith("#") else ""
    part = part.removeprefix("#")
    numbers = part[1:].split()
    if part.startswith("O "):
        return f'<circle cx="{numbers[0]}" cy="{numbers[1]}" r="{numbers[2]}"{fill}/>'
    if part.startswith("E "):
        return f'<ellipse cx="{numbers[0]}" cy="{numbers[1]}" rx="{numbers[2]}" ry="{numbers[3]}"{fill}/>'
    if part.startswith(". "):
        return f'<path d="M{numbers[0]} {numbers[1]}v.01"/>'
    return f'<path d="{part}"{fill}/>'


def _ink(body: str) -> "Image":
    import resvg_py
    from PIL import Image as Pillow

    edge, size = _GRID_EDGE, _GRID_SIZE
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{edge} {edge} {size} {size}" fill="none" stroke="#000" '
        f'stroke-width="0.3" stroke-linecap="round" stroke-linejoin="round">{body}</svg>'
    )
    pixels = size * _PIXELS_PER_UNIT
    data = resvg_py.svg_to_bytes(svg_string=svg, width=pixels, height=pixels, skip_system_fonts=True)
    with Pillow.open(io.BytesIO(data)) as image:
        return image.getchannel("A")


def _cover(alpha: "Image", box: tuple[int, int, int, int]) -> str:
    """Return a path over all points that have ink to the left and right, above and below.

    Filled white, it hides what is behind the icon: strokes do not, and half of the icons have open outlines.
    """
    from PIL import Image as Pillow

    cut = alpha.crop(box)
    rows = _spans(cut.tobytes(), cut.width)
    columns = _spans(cut.transpose(Pillow.Transpose.TRANSPOSE).tobytes(), cut.height)
    unit, path = 1 / _PIXELS_PER_UNIT, ""
    for y, (first, last) in enumerate(rows):
        start = None
        for x in range(first, last + 2):
            inside = x <= last and columns[x][0] <= y <= columns[x][1]
            if inside and start is None:
                start = x
            elif not inside and start is not None:
                left, top = (box[0] + start) * unit + _GRID_EDGE, (box[1] + y) * unit + _GRID_EDGE
                path += f"M{left:g} {top:g}h{(x - start) * unit:g}v{unit * 1.2:g}h{-(x - start) * unit:g}Z"
                start = None
    return path


def _spans(pixels: bytes, width: int) -> list[tuple[int, int]]:
    lines = (pixels[start : start + width] for start in range(0, len(pixels), width))
    return [(width - len(line.lstrip(b"\0")), len(line.rstrip(b"\0")) - 1) for line in lines]
