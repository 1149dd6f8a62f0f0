"""Small parts of scenes: clouds, rain, snow, stars, sun, moon, birds, wind, shadows."""

import math

from tools.sketch.paths import Box, stamp, trace
from tools.sketch.picture import Picture

# Shapes for `stamp`.
_CLOUD = (
    "m -.36 0 c -.17 0 -.17 -.23 .01 -.24 c .01 -.2 .26 -.27 .35 -.1 c .1 -.12 .31 -.05 .27 .11 "
    "c .2 .01 .17 .23 .01 .23 z"
)
# (right edge, height) of the hatching of a cloud from left to right, in shares of the cloud's width.
_CLOUD_TOPS = ((-0.3, 0.16), (-0.2, 0.22), (-0.08, 0.3), (0.06, 0.32), (0.16, 0.26), (0.26, 0.2), (1.0, 0.1))
_SPARKLE = "m 0 -1 q .2 .8 1 1 q -.8 .2 -1 1 q -.2 -.8 -1 -1 q .8 -.2 1 -1 z"


def cloud(picture: Picture, x: float, y: float, width: float, *, dark: bool = False) -> None:
    """Draw a cloud whose bottom is at `y`; a dark one is hatched."""
    picture.sheet.shape(stamp(_CLOUD, x, y, width=width))
    picture.take(Box(x - width / 2, y - width * 0.42, x + width / 2, y))
    step = 26 / width
    share = -0.38
    while dark and share < 0.38:
        tall = next(top for edge, top in _CLOUD_TOPS if share + 0.04 < edge)
        picture.sheet.line(trace("M", x + share * width, y, "l", tall * width * 0.5, -tall * width))
        share += step


def rain(picture: Picture, box: Box, *, heavy: bool = False) -> None:
    """Draw slanted strokes of rain, in staggered rows."""
    rng = picture.rng
    across, down = (66, 92) if heavy else (88, 112)
    for row in range(int(box.height / down) + 1):
        x = box.left + (row % 2) * across / 2 + picture.jitter(8) + 16
        y = box.top + row * down
        while x < box.right - 4:
            length = rng.uniform(24, 46)
            top = y + picture.jitter(20)
            if rng.random() < 0.86 and top + length < box.bottom and top > box.top:
                picture.sheet.line(f"M{x:.1f} {top:.1f}l{-length * 0.34:.1f} {length:.1f}")
            x += across


def snow(picture: Picture, box: Box) -> None:
    """Draw snowflakes: some stars with six arms and many dots."""
    for row in range(int(box.height / 96) + 1):
        x = box.left + (row % 2) * 52 + 20
        while x < box.right - 10:
            here, y = x + picture.jitter(20), box.top + row * 96 + picture.jitter(26) + 10
            x += 104
            if not (box.left + 16 < here < box.right - 16 and box.top + 16 < y < box.bottom - 16):
                continue
            if picture.rng.random() < 0.3:
                arms = [(math.cos(k * math.pi / 3) * 15, math.sin(k * math.pi / 3) * 15) for k in range(3)]
                for dx, dy in arms:
                    picture.sheet.line(f"M{here - dx:.1f} {y - dy:.1f}L{here + dx:.1f} {y + dy:.1f}")
            else:
                picture.sheet.dot(here, y, picture.rng.uniform(4.5, 7))


def sparkle(picture: Picture, x: float, y: float, size: float) -> None:
    """Draw a star with four points."""
    picture.sheet.shape(stamp(_SPARKLE, x, y, width=size))


def stars(picture: Picture, zone: Box, count: int) -> None:
    """Draw up to `count` stars in free places of the zone: dots, small crosses and sparkles."""
    for number in range(count):
        room = picture.find_room(44, 44, zone, padding=18)
        if room is None:
            return
        picture.take(room)
        x, y = room.center_x, room.center_y
        if number % 3 == 0:
            sparkle(picture, x, y, picture.rng.uniform(16, 24))
        elif number % 3 == 1:
            picture.sheet.line(f"M{x - 9:.1f} {y:.1f}h18M{x:.1f} {y - 9:.1f}v18")
        else:
            picture.sheet.dot(x, y, 5.5)


def sun(picture: Picture, x: float, y: float, radius: float) -> None:
    """Draw a sun with long and short rays."""
    picture.sheet.circle(x, y, radius)
    rays = 16 if radius > 36 else 8
    for number in range(rays):
        angle = number * 2 * math.pi / rays + 0.1
        near, far = radius * 1.28, radius * (1.62 if number % 2 else 1.46)
        cos, sin = math.cos(angle), math.sin(angle)
        picture.sheet.line(trace("M", x + cos * near, y + sin * near, "L", x + cos * far, y + sin * far))
    picture.take(Box(x - radius * 1.6, y - radius * 1.6, x + radius * 1.6, y + radius * 1.6))


def moon(picture: Picture, x: float, y: float, radius: float, *, full: bool = False) -> None:
    """Draw a crescent, or a full moon with three craters."""
    r = radius
    if full:
        picture.sheet.circle(x, y, r)
        for dx, dy, size in ((-0.35, -0.25, 0.2), (0.3, 0.1, 0.26), (-0.2, 0.42, 0.13)):
            picture.sheet.circle(x + dx * r, y + dy * r, size * r)
    else:
        picture.sheet.shape(
            f"M{x + r * 0.25:.1f} {y - r:.1f}A{r:.1f} {r:.1f} 0 1 0 {x + r:.1f} {y + r * 0.35:.1f}"
            f"A{r * 0.86:.1f} {r * 0.86:.1f} 0 0 1 {x + r * 0.25:.1f} {y - r:.1f}Z"
        )
    picture.take(Box(x - r, y - r, x + r, y + r))


def distant_birds(picture: Picture, zone: Box, count: int) -> None:
    """Draw up to `count` distant birds, two strokes each, in free places of the zone."""
    for _ in range(count):
        width = picture.rng.uniform(34, 56)
        room = picture.find_room(width, width / 2, zone, padding=16)
        if room is None:
            return
        picture.take(room)
        half, rise = width / 2, -width * 0.3
        picture.sheet.line(
            f"M{room.left:.1f} {room.center_y:.1f}q{half / 2:.1f} {rise:.1f} {half:.1f} 0"
            f"q{half / 2:.1f} {rise:.1f} {half:.1f} 0"
        )


def gusts(picture: Picture, zone: Box, count: int) -> None:
    """Draw up to `count` curls of wind in free places of the zone."""
    for _ in range(count):
        length = picture.rng.uniform(120, 210)
        room = picture.find_room(length + 40, 60, zone, padding=10)
        if room is None:
            return
        picture.take(room)
        y = room.center_y + 16
        picture.sheet.line(f"M{room.left:.1f} {y:.1f}h{length:.1f}c40 0 40 -46 4 -46c-22 0 -26 24 -8 28")
        picture.sheet.line(f"M{room.left + 34:.1f} {y + 24:.1f}h{length * 0.5:.1f}")


def shadow(picture: Picture, box: Box) -> None:
    """Draw two short strokes below the figure in the box, as its shadow."""
    y, side = box.bottom, picture.rng.choice([-1, 1])
    reach = box.width * 0.5
    x = box.center_x + side * reach * 0.35
    picture.sheet.line(f"M{x - reach * 0.5:.1f} {y + 17:.1f}h{reach:.1f}")
    picture.sheet.line(f"M{x - reach * 0.1 * side:.1f} {y + 33:.1f}h{reach * 0.45 * side:.1f}")
