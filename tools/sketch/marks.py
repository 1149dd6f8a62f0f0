"""Small marks that make a scene: clouds, rain, stars, grass, trees. All take the picture and a place."""

import math

from tools.sketch.picture import Picture
from tools.sketch.sheet import Box, polyline, smooth


def cloud(picture: Picture, x: float, y: float, width: float, *, dark: bool = False) -> None:
    """Draw a cloud that stands on y; a dark one is hatched."""
    w = width
    path = (
        f"M{x - w * 0.36:.1f} {y:.1f}c{-w * 0.17:.1f} 0 {-w * 0.17:.1f} {-w * 0.23:.1f} {w * 0.01:.1f} {-w * 0.24:.1f}"
        f"c{w * 0.01:.1f} {-w * 0.2:.1f} {w * 0.26:.1f} {-w * 0.27:.1f} {w * 0.35:.1f} {-w * 0.1:.1f}"
        f"c{w * 0.1:.1f} {-w * 0.12:.1f} {w * 0.31:.1f} {-w * 0.05:.1f} {w * 0.27:.1f} {w * 0.11:.1f}"
        f"c{w * 0.2:.1f} {w * 0.01:.1f} {w * 0.17:.1f} {w * 0.23:.1f} {w * 0.01:.1f} {w * 0.23:.1f}Z"
    )
    picture.sheet.shape(path)
    if dark:
        picture.sheet.open_clip(path)
        hatch(picture, Box(x - w * 0.5, y - w * 0.42, x + w * 0.5, y), gap=24)
        picture.sheet.close_clip()
    picture.take(Box(x - w / 2, y - w * 0.4, x + w / 2, y))


def hatch(picture: Picture, box: Box, *, gap: float = 22.0) -> None:
    """Fill a box with slanted strokes."""
    x = box.left - box.height
    while x < box.right:
        picture.sheet.line(f"M{x:.1f} {box.bottom:.1f}l{box.height * 0.8:.1f} {-box.height:.1f}")
        x += gap


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
    """Draw flakes of two kinds, some stars of six arms and many dots."""
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
    """Draw a star of four points."""
    s, t = size, size * 0.2
    picture.sheet.shape(
        f"M{x:.1f} {y - s:.1f}Q{x + t:.1f} {y - t:.1f} {x + s:.1f} {y:.1f}Q{x + t:.1f} {y + t:.1f} {x:.1f} {y + s:.1f}"
        f"Q{x - t:.1f} {y + t:.1f} {x - s:.1f} {y:.1f}Q{x - t:.1f} {y - t:.1f} {x:.1f} {y - s:.1f}Z"
    )


def stars(picture: Picture, zone: Box, count: int) -> None:
    """Strew stars over the free part of a zone: dots, small crosses and a few sparkles."""
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
        picture.sheet.line(f"M{x + cos * near:.1f} {y + sin * near:.1f}L{x + cos * far:.1f} {y + sin * far:.1f}")
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
    """Draw far birds as two strokes each, where there is room."""
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
    """Draw curls of wind."""
    for _ in range(count):
        length = picture.rng.uniform(120, 210)
        room = picture.find_room(length + 40, 60, zone, padding=10)
        if room is None:
            return
        picture.take(room)
        y = room.center_y + 16
        picture.sheet.line(f"M{room.left:.1f} {y:.1f}h{length:.1f}c40 0 40 -46 4 -46c-22 0 -26 24 -8 28")
        picture.sheet.line(f"M{room.left + 34:.1f} {y + 24:.1f}h{length * 0.5:.1f}")


def grass(picture: Picture, x: float, y: float) -> None:
    """Draw a tuft of three blades."""
    tall = picture.rng.uniform(18, 30)
    picture.sheet.line(f"M{x - 13:.1f} {y:.1f}q-2 {-tall * 0.5:.1f} -8 {-tall * 0.7:.1f}")
    picture.sheet.line(f"M{x:.1f} {y:.1f}v{-tall:.1f}")
    picture.sheet.line(f"M{x + 13:.1f} {y:.1f}q2 {-tall * 0.5:.1f} 8 {-tall * 0.7:.1f}")


def bloom(picture: Picture, x: float, y: float) -> None:
    """Draw a small flower on its stem."""
    tall = picture.rng.uniform(22, 32)
    picture.sheet.line(f"M{x:.1f} {y:.1f}v{-tall:.1f}M{x:.1f} {y - 6:.1f}q10 -2 14 -12")
    picture.sheet.circle(x, y - tall - 8, 8.5)


def pebble(picture: Picture, x: float, y: float) -> None:
    """Draw a stone half sunk in the ground."""
    half = picture.rng.uniform(13, 20)
    picture.sheet.line(f"M{x - half:.1f} {y:.1f}q{half:.1f} {-half * 1.7:.1f} {half * 2:.1f} 0")


def round_tree(picture: Picture, x: float, y: float, height: float) -> None:
    """Draw a tree with a round crown, standing on y."""
    h, w = height, height * 0.3
    picture.sheet.line(f"M{x:.1f} {y:.1f}V{y - h * 0.5:.1f}")
    crown = y - h * 0.66
    picture.sheet.shape(
        smooth(
            [(x, crown - h * 0.34), (x + w, crown - h * 0.1), (x + w * 0.9, crown + h * 0.2), (x, crown + h * 0.26),
             (x - w * 0.9, crown + h * 0.2), (x - w, crown - h * 0.1)],
            closed=True,
        )
    )  # fmt: skip
    picture.sheet.line(
        f"M{x:.1f} {y - h * 0.4:.1f}V{crown:.1f}M{x:.1f} {crown + h * 0.16:.1f}l{w * 0.45:.1f} {-h * 0.13:.1f}"
    )
    picture.take(Box(x - w, y - h, x + w, y))


def pine(picture: Picture, x: float, y: float, height: float) -> None:
    """Draw a pine of three tiers, standing on y."""
    h, w = height, height * 0.24
    picture.sheet.line(f"M{x:.1f} {y:.1f}v{-h * 0.2:.1f}")
    for low, high, half in ((0.16, 0.5, 1.0), (0.4, 0.74, 0.78), (0.62, 1.0, 0.56)):
        picture.sheet.shape(
            polyline([(x - w * half, y - h * low), (x, y - h * high), (x + w * half, y - h * low)], closed=True)
        )
    picture.take(Box(x - w, y - h, x + w, y))


def firework(picture: Picture, x: float, y: float, radius: float) -> None:
    """Draw a burst of rays with dots at their ends."""
    for number in range(12):
        angle = number * math.pi / 6
        cos, sin = math.cos(angle), math.sin(angle)
        near, far = radius * 0.35, radius * (0.86 if number % 2 else 0.62)
        picture.sheet.line(f"M{x + cos * near:.1f} {y + sin * near:.1f}L{x + cos * far:.1f} {y + sin * far:.1f}")
        picture.sheet.dot(x + cos * (far + 16), y + sin * (far + 16), 4.6)
    picture.take(Box(x - radius, y - radius, x + radius, y + radius))


def shadow(picture: Picture, box: Box) -> None:
    """Ground a standing figure with two short strokes at its foot."""
    y, side = box.bottom, picture.rng.choice([-1, 1])
    reach = box.width * 0.5
    x = box.center_x + side * reach * 0.35
    picture.sheet.line(f"M{x - reach * 0.5:.1f} {y + 17:.1f}h{reach:.1f}")
    picture.sheet.line(f"M{x - reach * 0.1 * side:.1f} {y + 33:.1f}h{reach * 0.45 * side:.1f}")
