"""The composition for processes: a winding path with one station for each step."""

import math

from tools.sketch import backdrops, marks, plants
from tools.sketch.paths import Box, Point, polyline, rectangle, smooth
from tools.sketch.picture import Figure, Picture, around, standing

_SAMPLES = 64


def trail(picture: Picture) -> None:
    """Draw a winding path that ends at a flag, with the figures in its bends."""
    if picture.area.width > picture.area.height * 1.25:
        _across(picture)
    else:
        _upwards(picture)


def _upwards(picture: Picture) -> None:
    area, u = picture.area, picture.unit
    side, count = picture.rng.choice([-1, 1]), max(3, len(picture.figures))
    horizon = area.top + min(area.height * 0.24, u * 0.3)
    backdrops.hills(picture, horizon)
    marks.sun(picture, area.center_x - side * area.width * 0.3, area.top + u * 0.07, u * 0.05)

    def at(share: float) -> Point:
        swing = area.width * (0.17 if count < 4 else 0.13) * (1 - 0.4 * share) * side
        y = area.bottom - (area.bottom - horizon) * (1 - (1 - share) ** 1.3)
        return area.center_x + swing * math.sin(math.pi * count * share), y

    points = [at(k / _SAMPLES) for k in range(_SAMPLES + 1)]
    _band(picture, [(points[0][0], area.bottom + u * 0.06), *points], near=u * 0.062, far=u * 0.014)
    picture.sheet.erase(rectangle(Box(0, area.bottom, picture.sheet.width, picture.sheet.height)))
    _flag(picture, *at(1.0), u * 0.13)
    for number, figure in enumerate(picture.figures):
        share = (number + 0.5) / count
        _station(picture, figure, _beside(picture, at(share), share, large=count == 3))
    _tufts(picture, Box(area.left, horizon + u * 0.08, area.right, area.bottom))


def _beside(picture: Picture, bend: Point, share: float, *, large: bool) -> Box:
    """Return the box of a figure on the outside of a bend; the farther, the smaller."""
    area, u, (x, y) = picture.area, picture.unit, bend
    size = u * (0.27 - 0.1 * share) * (1.15 if large else 1.0)
    outward = 1 if x > area.center_x else -1
    beside = x + outward * (u * (0.11 - 0.05 * share) + size * 0.6)
    beside = max(area.left + size * 0.6, min(area.right - size * 0.6, beside))
    return standing(beside, min(y, area.bottom - u * 0.16) + size * 0.42, size * 1.2, size)


def _across(picture: Picture) -> None:
    area, u = picture.area, picture.unit
    side, count = picture.rng.choice([-1, 1]), max(3, len(picture.figures))

    def at(share: float) -> Point:
        swing = area.height * 0.14 * side * math.sin(math.pi * count * share)
        return area.left + u * 0.05 + area.width * 0.9 * share, area.center_y + area.height * 0.06 + swing

    _band(picture, [at(k / _SAMPLES) for k in range(_SAMPLES + 1)], near=u * 0.042, far=u * 0.042)
    _flag(picture, *at(1.0), u * 0.2)
    size = min(u * 0.34, area.width * 0.82 / count)
    for number, figure in enumerate(picture.figures):
        x, y = at((number + 0.5) / count)
        above = y > area.center_y + area.height * 0.06
        bottom = y - u * 0.1 if above else y + u * 0.1 + size
        _station(picture, figure, standing(x, bottom, size * 1.1, size))
    _clouds(picture)
    _tufts(picture, Box(area.left, area.top + u * 0.3, area.right, area.bottom))


def _clouds(picture: Picture) -> None:
    area, u = picture.area, picture.unit
    for share in (0.12, 0.5, 0.86):
        x, half = area.left + area.width * share, area.width * 0.08
        if picture.is_free(Box(x - half, area.top, x + half, area.top + u * 0.1)):
            marks.cloud(picture, x, area.top + u * 0.1, u * 0.18)


def _band(picture: Picture, points: list[Point], *, near: float, far: float) -> None:
    widths = [2 * (near + (far - near) * number / (len(points) - 1)) for number in range(len(points))]
    picture.sheet.band(points, widths)
    for (x, y), width in zip(points, widths, strict=True):
        picture.take(around(x, y, width, width))
    picture.sheet.line(smooth(points[1:-4:2]), dash="34 30")


def _flag(picture: Picture, x: float, y: float, tall: float) -> None:
    top = y - tall
    picture.sheet.line(f"M{x:.1f} {y:.1f}V{top:.1f}")
    picture.sheet.shape(polyline([(x, top), (x + tall * 0.56, top + tall * 0.22), (x, top + tall * 0.44)], closed=True))
    picture.take(Box(x - 10, top, x + tall * 0.6, y))


def _station(picture: Picture, figure: Figure, box: Box) -> None:
    placed = picture.place(figure, box)
    if figure.kind not in {"sky", "idea"}:
        marks.shadow(picture, placed)


def _tufts(picture: Picture, zone: Box) -> None:
    for _ in range(9):
        spot = picture.find_room(46, 34, zone, padding=26)
        if spot is not None:
            picture.take(spot)
            plants.grass(picture, spot.center_x, spot.bottom)
