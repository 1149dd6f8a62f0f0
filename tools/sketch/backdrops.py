"""Backdrops: hills, mountains, towns, woods. Each is drawn from the horizon `y` upwards, inside the area."""

import math

from tools.sketch import plants
from tools.sketch.paths import Box, Point, polyline, rectangle, stamp, trace
from tools.sketch.picture import Picture

# For `stamp`: 2 units wide, 1 high, open at the bottom.
_HILL = "m -1 0 c .5 -.3 .55 -1 1 -1 c .45 0 .5 .7 1 1"


def hills(picture: Picture, y: float, *, count: int = 3) -> None:
    """Draw overlapping round hills with a few strokes on their slopes."""
    area, rng = picture.area, picture.rng
    step = area.width / count
    for number in sorted(range(count), key=lambda _: rng.random()):
        middle = area.left + step * (number + 0.5) + picture.jitter(step * 0.18)
        half = min(step * rng.uniform(0.72, 0.95), middle - area.left, area.right - middle)
        tall = min(picture.unit * rng.uniform(0.11, 0.2), half * 0.8)
        picture.sheet.shape(stamp(_HILL, middle, y, width=half, height=tall))
        for share in (0.16, 0.3, 0.44):
            x, top = middle + half * share, y - tall * (0.98 - 1.5 * share)
            picture.sheet.line(trace("M", x, top, "q", half * 0.05, tall * 0.08, half * 0.08, tall * 0.2))


def mountains(picture: Picture, y: float, *, count: int = 3) -> None:
    """Draw peaks with snow lines and a shaded side."""
    area, rng = picture.area, picture.rng
    step = area.width / (count + 0.4)
    for number in sorted(range(count), key=lambda _: rng.random()):
        middle = area.left + step * (number + 0.7) + picture.jitter(step * 0.12)
        half = min(step * rng.uniform(0.66, 0.84), middle - area.left, area.right - middle)
        tall = min(half * rng.uniform(1.0, 1.35), picture.unit * 0.42)
        _peak(picture, middle, y, half=half, tall=tall)


def _peak(picture: Picture, x: float, y: float, *, half: float, tall: float) -> None:
    top, sheet = y - tall, picture.sheet
    sheet.shape(polyline([(x - half, y), (x, top), (x + half, y)]))
    snow = 0.3
    edge: list[Point] = [(x - half * snow, top + tall * snow)]
    edge += [(x - half * 0.12, top + tall * 0.24), (x, top + tall * 0.36), (x + half * 0.13, top + tall * 0.25)]
    sheet.line(polyline([*edge, (x + half * snow, top + tall * snow)]))
    for k in range(4):
        share = 0.46 + 0.12 * k
        at_x, at_y = x + half * share * 0.82, top + tall * share
        sheet.line(f"M{at_x:.1f} {at_y:.1f}l{-half * 0.12:.1f} {tall * 0.13:.1f}")


def skyline(picture: Picture, y: float) -> None:
    """Draw a row of city blocks with a few windows."""
    area, rng = picture.area, picture.rng
    x, right = area.left + area.width * 0.04, area.right - area.width * 0.04
    while x < right - 40:
        width = min(picture.unit * rng.uniform(0.085, 0.15), right - x)
        tall = picture.unit * rng.uniform(0.14, 0.36)
        box = Box(x, y - tall, x + width, y)
        picture.sheet.shape(polyline([(box.left, y), (box.left, box.top), (box.right, box.top), (box.right, y)]))
        _roof(picture, box)
        if rng.random() < 0.7:
            _windows(picture, box)
        x += width + (0 if rng.random() < 0.6 else picture.unit * 0.04)


def _roof(picture: Picture, box: Box) -> None:
    kind = picture.rng.random()
    if kind < 0.25:
        picture.sheet.line(f"M{box.center_x:.1f} {box.top:.1f}v-34")
    elif kind < 0.45:
        picture.sheet.shape(polyline([(box.left, box.top), (box.center_x, box.top - 30), (box.right, box.top)]))
    elif kind < 0.6:
        picture.sheet.shape(rectangle(Box(box.left + 16, box.top - 20, box.right - 16, box.top)))


def _windows(picture: Picture, box: Box) -> None:
    for row in range(int((box.height - 40) / 46)):
        for column in range(2):
            if picture.rng.random() < 0.62:
                x = box.left + box.width * (0.32 + 0.36 * column)
                picture.sheet.line(f"M{x:.1f} {box.top + 36 + row * 46:.1f}v14")


def houses(picture: Picture, y: float) -> None:
    """Draw a row of small village houses among trees."""
    area, rng = picture.area, picture.rng
    x = area.left + area.width * 0.05
    while x < area.right - picture.unit * 0.16:
        width = picture.unit * rng.uniform(0.12, 0.17)
        if rng.random() < 0.3:
            plants.round_tree(picture, x + width * 0.3, y, picture.unit * rng.uniform(0.12, 0.2))
            x += width * 0.75
            continue
        _house(picture, Box(x, y - width * rng.uniform(0.55, 0.75), x + width, y))
        x += width * rng.uniform(1.02, 1.3)


def _house(picture: Picture, box: Box) -> None:
    sheet, eave = picture.sheet, box.width * 0.1
    sheet.shape(polyline([(box.left, box.bottom), (box.left, box.top), (box.right, box.top), (box.right, box.bottom)]))
    peak = box.top - box.width * 0.42
    sheet.shape(polyline([(box.left - eave, box.top), (box.center_x, peak), (box.right + eave, box.top)], closed=True))
    sheet.line(trace("M", box.center_x - 10, box.bottom, "v", -box.height * 0.5, "h20v", box.height * 0.5))


def woods(picture: Picture, y: float) -> None:
    """Draw pines of different heights."""
    area, rng = picture.area, picture.rng
    count = max(6, int(area.width / (picture.unit * 0.12)))
    for number in sorted(range(count), key=lambda _: rng.random()):
        x = area.left + area.width * (number + 0.7) / (count + 0.4)
        plants.pine(picture, x, y + picture.jitter(4), picture.unit * rng.uniform(0.16, 0.36))


def orchard(picture: Picture, y: float) -> None:
    """Draw a few round trees with gaps between them."""
    area, rng = picture.area, picture.rng
    for share in (0.1, 0.24, 0.76, 0.9):
        if rng.random() < 0.8:
            plants.round_tree(picture, area.left + area.width * share, y, picture.unit * rng.uniform(0.18, 0.3))


def dunes(picture: Picture, y: float) -> None:
    """Draw two long dunes, each with a ridge line."""
    area = picture.area
    for start, end, tall in ((0.0, 0.62, 0.16), (0.4, 1.0, 0.11)):
        left, right = area.left + area.width * start, area.left + area.width * end
        top, middle = y - picture.unit * tall, left + (right - left) * 0.6
        picture.sheet.shape(
            trace("M", left, y, "Q", middle - 60, y - 10, middle, top, "Q", middle + 80, y - 14, right, y)
        )
        picture.sheet.line(
            trace("M", middle, top, "q", -30, picture.unit * tall * 0.5, "10", picture.unit * tall * 0.86)
        )


def ringed_planet(picture: Picture, x: float, y: float, radius: float) -> None:
    """Draw a planet with a ring in the sky; `x` and `y` are its center."""
    tilt = -18
    turn = math.radians(tilt)
    dx, dy = math.cos(turn) * radius * 1.75, math.sin(turn) * radius * 1.75
    picture.sheet.circle(x, y, radius)
    arc = f"A{radius * 1.75:.1f} {radius * 0.5:.1f} {tilt}"
    picture.sheet.line(trace("M", x - math.cos(turn) * radius, y - math.sin(turn) * radius - 4, "L", x - dx, y - dy))
    picture.sheet.line(
        f"M{x - dx:.1f} {y - dy:.1f}{arc} 0 0 {x + dx:.1f} {y + dy:.1f}L{x + radius * 0.98:.1f} {y - radius * 0.2:.1f}"
    )
    picture.take(Box(x - radius * 1.8, y - radius, x + radius * 1.8, y + radius))
