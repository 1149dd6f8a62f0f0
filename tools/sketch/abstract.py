"""Abstract pictures, for a subject without any word of the vocabulary: calm shapes without a meaning."""

import math

from tools.sketch import marks
from tools.sketch.paths import Box, Point, smooth, trace
from tools.sketch.picture import Picture, around


def abstract(picture: Picture) -> None:
    """Draw one of three pictures by chance: ribbons in the wind, balanced stones, rings on the water."""
    picture.rng.choice([_ribbons, _stones, _rings])(picture)


def _ribbons(picture: Picture) -> None:
    area, u, rng = picture.area, picture.unit, picture.rng
    marks.sun(
        picture,
        area.left + area.width * rng.choice([0.26, 0.74]),
        area.top + area.height * 0.26,
        u * rng.uniform(0.09, 0.13),
    )
    waves, phase = rng.uniform(0.8, 1.5), rng.uniform(0, 2 * math.pi)
    count = rng.randint(5, 8)
    for number in range(count):
        points: list[Point] = []
        for step in range(13):
            share = step / 12
            lift = math.sin(phase + share * waves * 2 * math.pi + number * 0.24) * u * (0.1 - 0.008 * number)
            y = area.top + area.height * (0.56 + 0.36 * number / count) + lift
            points.append((area.left + area.width * share, min(y, area.bottom)))
        start, end = rng.randint(0, 2), 13 - rng.randint(0, 2)
        picture.sheet.line(smooth(points[start:end]))
    marks.distant_birds(picture, Box(area.left, area.top, area.right, area.top + area.height * 0.4), 3)


def _stones(picture: Picture) -> None:
    area, u, rng = picture.area, picture.unit, picture.rng
    x, y = area.center_x, area.bottom - area.height * 0.14
    picture.sheet.line(trace("M", area.left + u * 0.06, y, "H", area.right - u * 0.06))
    # Wide enough to look heavy, narrow enough for all of them to fit below the sky.
    width = min(u * rng.uniform(0.46, 0.56), area.height * 0.5)
    for _ in range(rng.randint(4, 5)):
        tall = width * rng.uniform(0.28, 0.38)
        _stone(picture, around(x, y - tall / 2, width, tall))
        y -= tall * 0.97
        x += picture.jitter(width * 0.07)
        width *= rng.uniform(0.7, 0.84)
    side, full = rng.choice([0.2, 0.8]), rng.random() < 0.5
    marks.moon(picture, area.left + area.width * side, area.top + area.height * 0.2, u * 0.1, full=full)
    drift = area.left + area.width * (rng.uniform(0.62, 0.76) if side < 0.5 else rng.uniform(0.24, 0.38))
    marks.cloud(picture, drift, area.top + area.height * 0.14, u * 0.2)


def _stone(picture: Picture, box: Box) -> None:
    x, y, w, h = box.center_x, box.center_y, box.width, box.height
    points: list[Point] = []
    for step in range(8):
        angle = step * math.pi / 4
        reach = w / 2 * picture.rng.uniform(0.94, 1.05)
        points.append((x + math.cos(angle) * reach, y + math.sin(angle) * h / 2))
    picture.sheet.shape(smooth(points, closed=True))
    picture.sheet.line(
        trace("M", x + w * 0.14, y + h * 0.26, "h", w * 0.18, "M", x + w * 0.06, y + h * 0.08, "h", w * 0.1)
    )


def _rings(picture: Picture) -> None:
    area, u, rng = picture.area, picture.unit, picture.rng
    horizon = area.top + area.height * 0.42
    x = area.center_x + picture.jitter(area.width * 0.03)
    picture.sheet.line(f"M{area.left:.1f} {horizon:.1f}H{area.right:.1f}")
    radius = u * rng.uniform(0.15, 0.2)
    picture.sheet.line(
        f"M{x - radius:.1f} {horizon:.1f}A{radius:.1f} {radius:.1f} 0 0 1 {x + radius:.1f} {horizon:.1f}"
    )
    reach = min(area.width * 0.48, (area.bottom - horizon) * 1.15)
    y = horizon + (area.bottom - horizon) * 0.52
    for number in range(5):
        size = reach * (0.12 + 0.215 * number)
        turn = rng.uniform(0, 360)
        for first, last in ((0, 150 - 12 * number), (190, 330 - 10 * number)):
            points = []
            for step in range(17):
                angle = math.radians(turn + first + (last - first) * step / 16)
                points.append((x + math.cos(angle) * size * 0.97, y + math.sin(angle) * size * 0.4))
            picture.sheet.line(smooth(points))
    marks.distant_birds(picture, Box(area.left, area.top, area.right, horizon - radius), 4)
