"""The visible label of a picture that a model made: ``AI生成`` in its lower right corner.

GB 45438-2025 requires "AI" or "人工智能" together with "生成" or "合成", at an edge or in a corner, clearly legible,
with characters at least a twentieth of the shorter side high.
Source: https://www.tc260.org.cn/front/postDetail.html?id=20250828165129 (TC260-PG-20259A), read 2026-11-24
"""

import math
from typing import TYPE_CHECKING

from tools.pictures.fonts import chinese_font, open_font

if TYPE_CHECKING:
    from PIL.Image import Image

WORDS = "AI生成"
_HEIGHT = 0.05  # least allowed height of the characters, as a share of the shorter side
_CAPITALS = 0.72  # height of capitals, the lowest characters, as a share of the font size; really 0.733
_SHADE = 0.55  # opacity of the black background of the label


def draw_visible_label(picture: "Image") -> None:
    """Draw the label into a picture in RGB or gray: white on a darkened background, legible on any picture."""
    from PIL import Image, ImageDraw

    shorter = min(picture.size)
    font = open_font(chinese_font(), math.ceil(shorter * _HEIGHT / _CAPITALS))
    left, top, right, bottom = font.getbbox(WORDS)
    pad = math.ceil(shorter * _HEIGHT / 4)
    width, height = math.ceil(right - left) + 2 * pad, math.ceil(bottom - top) + 2 * pad
    corner = (picture.width - width - pad, picture.height - height - pad)
    box = (*corner, corner[0] + width, corner[1] + height)
    ground = picture.crop(box)
    mask = Image.new("L", ground.size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width - 1, height - 1), radius=pad, fill=round(255 * _SHADE))
    ground.paste("black", mask=mask)
    ImageDraw.Draw(ground).text((pad - left, pad - top), WORDS, font=font, fill="white")
    picture.paste(ground, box)
