"""Find a font with Chinese characters, and break text into lines.

The font comes with a package, so that a sheet looks the same on every machine; the system's fonts are the second
choice. Nothing is downloaded.
"""

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

# The collection has the fonts for JP, KR, SC, TC and HK in this order, as their names say.
# Source: the fonts in the package noto-cjk-sans-otc 0.0.1 themselves, looked at 2026-11-24
_PACKAGE, _FILE, _SIMPLIFIED = "noto_cjk_sans_otc", "NotoSansCJK-Regular.ttc", 2
_OF_SYSTEMS = (
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", _SIMPLIFIED),  # Debian: fonts-noto-cjk
    ("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc", _SIMPLIFIED),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", _SIMPLIFIED),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/System/Library/Fonts/Hiragino Sans GB.ttc", 0),
    ("/System/Library/Fonts/STHeiti Light.ttc", 0),
    ("C:/Windows/Fonts/msyh.ttc", 0),
    ("C:/Windows/Fonts/simhei.ttf", 0),
)
# A line may end after any Chinese character or sign; other words are broken only after 24 characters, e.g. URLs.
_CHINESE = r"\u2e80-\ud7ff\uf900-\ufaff\ufe30-\uffef"
_PIECES = re.compile(rf"[{_CHINESE}]|[^\s{_CHINESE}]{{1,24}}|\s+")
_LONGEST = 1000  # characters: nobody reads more below a picture
_NEVER_FIRST = "，。、；：！？）》」』】〉…,.;:!?)]}"


class FontFile(NamedTuple):
    """A font file, and the number of the font in it, from 0."""

    path: Path
    number: int


def chinese_font() -> FontFile | None:
    """Return a font with Chinese characters, or `None` if there is none."""
    spec = importlib.util.find_spec(_PACKAGE)
    folders = list(spec.submodule_search_locations or []) if spec else []
    found = [FontFile(Path(folder) / _FILE, _SIMPLIFIED) for folder in folders]
    candidates = [*found, *(FontFile(Path(path), number) for path, number in _OF_SYSTEMS)]
    return next((font for font in candidates if font.path.is_file()), None)


def open_font(font: FontFile | None, size_px: int) -> "FreeTypeFont":
    """Return the font in this size; for `None`, Pillow's default font, which has no Chinese characters."""
    from PIL import ImageFont

    if font is not None:
        return ImageFont.truetype(font.path, size_px, index=font.number)
    return cast("FreeTypeFont", ImageFont.load_default(size_px))  # a FreeType one, as in all of Pillow's wheels


def has_chinese(text: str) -> bool:
    """Tell whether the text has a Chinese character."""
    return re.search("[\u3400-\u9fff]", text) is not None


def lines_of(text: str, font: "FreeTypeFont", *, width_px: float, most: int) -> list[str]:
    """Break the text into at most `most` lines of this width; if it does not fit, it ends with ``…``."""
    lines = [""]
    for piece in _pieces(text):
        if font.getlength(lines[-1] + piece.rstrip()) <= width_px or not lines[-1]:
            lines[-1] += piece if lines[-1] else piece.lstrip()
        else:
            lines.append(piece.lstrip())
    lines = [_cut(line.rstrip(), font, width_px) for line in lines if line.strip()]
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], _cut(lines[most - 1] + "…", font, width_px)]


def _pieces(text: str) -> list[str]:
    """Split the text where a line may end; a closing sign stays with the piece before it."""
    pieces: list[str] = []
    for piece in _PIECES.findall(" ".join(text[:_LONGEST].split())):
        if pieces and piece[0] in _NEVER_FIRST:
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def _cut(line: str, font: "FreeTypeFont", width_px: float) -> str:
    """Return the line, or as much of it as fits and ``…``."""
    if font.getlength(line) <= width_px:
        return line
    kept = line.rstrip("…")
    while kept and font.getlength(kept + "…") > width_px:
        kept = kept[:-1]
    return kept.rstrip() + "…"
