"""Draw the page of a contact sheet: a head, rows of frames, and captions. Lengths are in pixels."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.pictures.fonts import FontFile, lines_of, open_font

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

_PAGE, _INK, _SOFT, _LINE = "#f4f5f3", "#1b2022", "#5c6669", "#c9cdca"
_FAILED, _FAILED_BACK = "#a93226", "#fbeeec"
_MARGIN, _GAP, _HEAD, _CAPTION = 72, 32, 150, 104
WORDS = {
    "en": {
        "failed": "Failed",
        "unknown": "Held",
        "waiting": "Not made",
        "missing": "File missing",
        "count": "{0} of {1} pictures",
        "first": "{0} of {1} pictures, the first {2} here",
    },
    "zh": {
        "failed": "失败",
        "unknown": "搁置",
        "waiting": "未生成",
        "missing": "文件缺失",
        "count": "{1} 张，已生成 {0} 张",
        "first": "{1} 张，已生成 {0} 张，这里是前 {2} 张",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The grid of frames: how many across and down, and the size of each."""

    across: int
    down: int
    width_px: int
    height_px: int

    def box(self, position: int) -> tuple[int, int, int, int]:
        """Return the frame of a picture: left, top, right, bottom."""
        down, across = divmod(position, self.across)
        x = _MARGIN + across * (self.width_px + _GAP)
        y = _MARGIN + _HEAD + down * (self.height_px + _CAPTION + _GAP)
        return x, y, x + self.width_px, y + self.height_px

    @property
    def page_px(self) -> tuple[int, int]:
        """Width and height of the whole page."""
        width = 2 * _MARGIN + self.across * (self.width_px + _GAP) - _GAP
        return width, 2 * _MARGIN + _HEAD + self.down * (self.height_px + _CAPTION + _GAP) - _GAP


def arrange(count: int, sizes: Sequence[tuple[int | None, int | None]]) -> Grid:
    """Return a grid for a page a little wider than high; the frames have the median aspect ratio of the pictures."""
    ratios = sorted(width / height for width, height in sizes if width and height)
    ratio = min(2.4, max(0.5, ratios[len(ratios) // 2] if ratios else 1.0))
    count = max(1, count)
    across = max(1, min(count, round(math.sqrt(count * 1.5 / ratio))))
    if count % across == 1 and 2 < across < count:
        across -= 1  # A single picture in the last row would look forgotten.
    # Frames get smaller as there are more: a JPEG may not be longer than 65,500 pixels, and should stay handy.
    # A single column is widest, so that the head above it has room.
    width_px = 1000 if across == 1 else 560 if across <= 4 else 400 if across <= 7 else 280
    return Grid(across=across, down=math.ceil(count / across), width_px=width_px, height_px=round(width_px / ratio))


class SheetPage:
    """A page on which the sheet is drawn; the result is `picture`."""

    def __init__(self, grid: Grid, *, font: FontFile | None, words: Mapping[str, str]) -> None:
        from PIL import Image, ImageDraw

        self.grid = grid
        self.picture = Image.new("RGB", grid.page_px, _PAGE)
        self._draw = ImageDraw.Draw(self.picture)
        self._words = words
        self._fonts = {size: open_font(font, size) for size in (22, 24, 30, 48)}

    def draw_head(self, title: str, facts: Sequence[str | None]) -> None:
        """Draw the title on one line, and the facts on at most two."""
        width = self.grid.page_px[0] - 2 * _MARGIN
        self._write(title, (_MARGIN, _MARGIN - 8), self._fonts[48], _INK, width=width)
        told = "  ·  ".join(fact for fact in facts if fact)
        self._write(told, (_MARGIN, _MARGIN + 66), self._fonts[24], _SOFT, width=width, most=2)

    def draw_image(self, position: int, image: Mapping[str, Any], picture: "Image | None") -> None:
        """Draw one image: the picture or why there is none, and the caption."""
        left, top, right, bottom = self.grid.box(position)
        if picture:
            x, y = left + (right - left - picture.width) // 2, top + (bottom - top - picture.height) // 2
            self.picture.paste(picture, (x, y))
            self._draw.rectangle((x, y, x + picture.width - 1, y + picture.height - 1), outline=_LINE)
        else:
            self._draw_frame(image, (left, top, right, bottom))
        font = self._fonts[24]
        [name] = lines_of(image["name"], font, width_px=(right - left) / 2, most=1)
        indent = 16 + font.getlength(name)
        self._write(name, (left, bottom + 14), font, _SOFT, width=right - left)
        self._write(image["text"], (left + indent, bottom + 14), font, _INK, width=right - left - indent, most=2)

    def _draw_frame(self, image: Mapping[str, Any], box: tuple[int, int, int, int]) -> None:
        """Draw an empty frame that says why it is empty."""
        left, top, right, bottom = box
        failed = image["status"] == "failed"
        self._draw.rectangle(box, fill=_FAILED_BACK if failed else _PAGE, outline=_FAILED if failed else _LINE, width=2)
        status = self._words["missing" if image["status"] == "saved" else image["status"]]
        width = right - left - 56
        self._write(status, (left + 28, top + 22), self._fonts[30], _FAILED if failed else _SOFT, width=width)
        reason, most = image["error"] or image["path"] or "", max(1, (bottom - top - 100) // 33)
        self._write(reason, (left + 28, top + 74), self._fonts[22], _SOFT, width=width, most=most)

    def _write(
        self, text: str, place: tuple[float, float], font: "FreeTypeFont", color: str, *, width: float, most: int = 1
    ) -> None:
        for row, line in enumerate(lines_of(text, font, width_px=width, most=most)):
            self._draw.text((place[0], place[1] + row * round(font.size * 1.5)), line, color, font)
