"""Compositions for ideas, which need no scene: a ring of things around one, an open book, two sides."""

import math

from tools.sketch import marks
from tools.sketch.paths import Box, smooth, stamp, trace
from tools.sketch.picture import Figure, Picture, around, standing
from tools.sketch.thought import cluster

# For `stamp`: two curved pages, with the fold at the origin.
_BOOK = (
    "m 0 0 c -.4 -.34 -.8 -.28 -1 -.15 l 0 -.85 c .2 -.25 .6 -.28 1 .1 c .4 -.38 .8 -.35 1 -.1 l 0 .85 "
    "c -.2 -.13 -.6 -.19 -1 .15 z"
)


def ring(picture: Picture) -> None:
    """Draw the main figure in a circle, and the others in small circles on an orbit around it."""
    area, u, rng = picture.area, picture.unit, picture.rng
    hero, others = picture.figures[0], picture.figures[1:]
    x, y, radius = area.center_x, area.center_y, u * 0.22
    wide, tall = area.width / 2 - u * 0.12, area.height / 2 - u * 0.12
    wide, tall = min(wide, tall * 1.6), min(tall, wide * 1.6)
    _orbit(picture, Box(x - wide, y - tall, x + wide, y + tall))
    start = rng.uniform(0, 2 * math.pi)
    for number, figure in enumerate(others):
        angle = start + 2 * math.pi * number / len(others) + picture.jitter(0.12)
        at = (x + math.cos(angle) * wide, y + math.sin(angle) * tall)
        picture.sheet.line(f"M{x:.1f} {y:.1f}L{at[0]:.1f} {at[1]:.1f}", dash="2 22")
        picture.sheet.circle(*at, u * 0.118)
        picture.place(figure, around(*at, u * 0.15, u * 0.14))
        picture.take(around(*at, u * 0.24, u * 0.24))
    picture.sheet.circle(x, y, radius * 1.22, dash="70 26")
    picture.sheet.circle(x, y, radius)
    picture.place(hero, around(x, y, radius * 1.36, radius * 1.22))
    picture.take(around(x, y, radius * 2.5, radius * 2.5))
    marks.stars(picture, area, 12)


def _orbit(picture: Picture, box: Box) -> None:
    start = picture.rng.uniform(0, 360)
    for first, last in ((0, 96), (120, 206), (232, 344)):
        points = []
        for step in range(25):
            angle = math.radians(start + first + (last - first) * step / 24)
            points.append(
                (box.center_x + math.cos(angle) * box.width / 2, box.center_y + math.sin(angle) * box.height / 2)
            )
        picture.sheet.line(smooth(points))
        for x, y in points[::2]:
            picture.take(around(x, y, 12, 12))
    for gap in (108, 219, 352):
        angle = math.radians(start + gap)
        x, y = box.center_x + math.cos(angle) * box.width / 2, box.center_y + math.sin(angle) * box.height / 2
        picture.sheet.dot(x, y, 9)


def book(picture: Picture) -> None:
    """Draw an open book from which the figures rise."""
    area, u = picture.area, picture.unit
    half, tall = min(area.width * 0.72, u * 0.86) / 2, u * 0.2
    x, base = area.center_x, area.bottom - area.height * 0.05
    for lift in (0, 22):
        picture.sheet.shape(stamp(_BOOK, x, base - lift, width=half, height=tall))
    picture.sheet.line(trace("M", x, base - tall - 2, "V", base - 22))
    picture.take(Box(x - half, base - tall - 70, x + half, base))
    for side in (-1, 0, 1):
        glow = trace(
            "M", x + side * half * 0.2, base - tall - 60, "q", side * half * 0.12, -70, side * half * 0.44, -120
        )
        picture.sheet.line(glow, dash="2 22")
    air = Box(area.left + u * 0.04, area.top + u * 0.02, area.right - u * 0.04, base - tall - u * 0.14)
    cluster(picture, picture.figures, air)
    marks.stars(picture, Box(area.left, area.top, area.right, air.bottom), 8)


def pair(picture: Picture) -> None:
    """Draw the first two figures facing each other, and the others between and above them."""
    area, u = picture.area, picture.unit
    one, two, *others = picture.figures
    size = u * (0.5 if picture.tall else 0.37)
    base = area.top + area.height * 0.8
    left = (
        area.left + area.width * (0.3 if picture.tall else 0.25),
        base - (area.height * 0.34 if picture.tall else 0),
    )
    right = (area.right - area.width * (0.3 if picture.tall else 0.25), base)
    for figure, spot in ((one, left), (two, right)):
        _side(picture, figure, standing(*spot, size, size))
    x, y = (left[0] + right[0]) / 2, (left[1] + right[1]) / 2 - size * 0.5
    tilt = math.degrees(math.atan2(right[1] - left[1], right[0] - left[0]))
    _exchange(picture, x, y, tilt)
    if others:
        _between(picture, others[0], min(left[1], right[1]) - size * 1.28)
    for figure in others[1:]:
        room = picture.insist_on_room(u * 0.19, u * 0.19, area.grown(-10))
        picture.place(figure, room, turn=picture.jitter(5))
    marks.stars(picture, area, 6)


def _side(picture: Picture, figure: Figure, box: Box) -> None:
    w, x, ground = box.width, box.center_x, box.bottom
    picture.sheet.circle(x, ground - w * 0.42, w * 0.56, dash=f"{w * 0.9:.0f} 30 {w * 0.4:.0f} 30")
    picture.sheet.erase(f"M{x - w * 0.6:.1f} {ground:.1f}h{w * 1.2:.1f}v{w * 0.2:.1f}h{-w * 1.2:.1f}Z")
    placed = picture.place(figure, standing(x, ground, w * 0.78, w * 0.74), flip=x > picture.area.center_x)
    picture.sheet.line(f"M{x - w * 0.56:.1f} {ground:.1f}h{w * 1.12:.1f}")
    marks.shadow(picture, placed)
    picture.take(around(x, ground - w * 0.42, w * 1.2, w * 1.2))


def _exchange(picture: Picture, x: float, y: float, tilt: float) -> None:
    turn = math.radians(tilt)

    def at(dx: float, dy: float) -> str:
        return trace(x + dx * math.cos(turn) - dy * math.sin(turn), y + dx * math.sin(turn) + dy * math.cos(turn))

    picture.sheet.line(f"M{at(-38, -22)}L{at(38, -22)}M{at(20, -38)}L{at(38, -22)}L{at(20, -6)}")
    picture.sheet.line(f"M{at(38, 22)}L{at(-38, 22)}M{at(-20, 6)}L{at(-38, 22)}L{at(-20, 38)}")
    picture.take(around(x, y, 110, 110))


def _between(picture: Picture, figure: Figure, y: float) -> None:
    area, u = picture.area, picture.unit
    x, y = area.center_x, max(area.top + u * 0.14, y)
    for side in (-1, 1):
        picture.sheet.line(
            f"M{x + side * u * 0.16:.1f} {y + 8:.1f}Q{x + side * area.width * 0.22:.1f} {y + 16:.1f} "
            f"{x + side * area.width * 0.25:.1f} {y + u * 0.12:.1f}",
            dash="2 22",
        )
    picture.sheet.circle(x, y, u * 0.13)
    picture.place(figure, around(x, y, u * 0.17, u * 0.16))
    picture.take(around(x, y, area.width * 0.5, u * 0.3))
