"""Arrangements for what has no place of its own: a thought, a ring of things around one, a book, two sides."""

import math

from tools.sketch import marks
from tools.sketch.icons import load_icon
from tools.sketch.picture import Figure, Picture, around, standing
from tools.sketch.sheet import Box, smooth

_THINKERS = ("p:person", "p:woman", "p:reader", "p:writer", "p:student")


def thought(picture: Picture) -> None:
    """Compose a person with a large thought cloud, in which the figures float."""
    area, u, rng = picture.area, picture.unit, picture.rng
    people = [figure for figure in picture.figures if figure.kind == "person" or figure.icon.name == "p:sleeper"][:1]
    thinker = people[0] if people else Figure(load_icon(rng.choice(_THINKERS)), "person", plural=False)
    thoughts = [figure for figure in picture.figures if figure not in people]
    left, wide = rng.random() < 0.5, area.width > area.height * 1.25
    ground = area.bottom - u * 0.06
    height = min(area.height * (0.52 if wide else 0.44), u * 0.52)
    x = area.left + area.width * (0.2 if left else 0.8)
    if area.height > area.width * 1.25:
        x = area.center_x + (-1 if left else 1) * area.width * 0.18
    foot = picture.place(thinker, standing(x, ground, height * thinker.ratio, height), flip=not left)
    marks.shadow(picture, Box(foot.left, foot.top, foot.right, foot.bottom - 6))
    cloud = Box(area.left, area.top, area.right, max(foot.top - u * 0.06, area.top + u * 0.42))
    if wide:
        cloud = Box(area.left + area.width * 0.3, area.top, area.right, area.bottom - area.height * 0.2)
        cloud = cloud if left else Box(area.left, cloud.top, area.right - area.width * 0.3, cloud.bottom)
    _bubble(picture, cloud.grown(-u * 0.02), (foot.center_x, foot.top))
    inner = cloud.grown(-u * 0.07)
    inner = Box(inner.left + cloud.width * 0.07, inner.top, inner.right - cloud.width * 0.07, inner.bottom)
    cluster(picture, thoughts, inner)
    _footing(picture, ground, foot)


def _bubble(picture: Picture, box: Box, head: tuple[float, float]) -> None:
    count = 11
    bumps = []
    for number in range(count):
        angle = 2 * math.pi * number / count + 0.2
        bumps.append((box.center_x + math.cos(angle) * box.width * 0.43, box.center_y + math.sin(angle) * box.height * 0.41))
    path = f"M{bumps[0][0]:.1f} {bumps[0][1]:.1f}"
    for start, end in zip(bumps, [*bumps[1:], bumps[0]], strict=True):
        radius = math.dist(start, end) * 0.58
        path += f"A{radius:.1f} {radius:.1f} 0 0 1 {end[0]:.1f} {end[1]:.1f}"
    near = min(bumps, key=lambda point: math.dist(point, head))
    for share, size in ((0.3, 13), (0.62, 22)):
        x, y = head[0] + (near[0] - head[0]) * share, head[1] + (near[1] - head[1]) * share
        picture.sheet.circle(x, y, size)
    picture.sheet.shape(path + "Z")


def _footing(picture: Picture, ground: float, foot: Box) -> None:
    area, rng, u = picture.area, picture.rng, picture.unit
    for start, end in ((area.left, foot.left - 20), (foot.right + 20, area.right)):
        if end - start > 60:
            picture.sheet.line(f"M{start:.1f} {ground:.1f}H{start + (end - start) * 0.7:.1f}")
            picture.sheet.line(f"M{start + (end - start) * 0.78:.1f} {ground:.1f}H{end:.1f}")
    x = area.right - u * 0.1 if foot.center_x < area.center_x else area.left + u * 0.1
    tree = Box(x - u * 0.07, ground - u * 0.2, x + u * 0.07, ground)
    if picture.is_free(tree):
        marks.round_tree(picture, x, ground, u * rng.uniform(0.24, 0.34))
    for _ in range(3):
        spot = picture.find_room(44, 30, Box(area.left, ground - 31, area.right, ground - 1), padding=20)
        if spot is not None:
            picture.take(spot)
            marks.grass(picture, spot.center_x, ground)


def cluster(picture: Picture, figures: list[Figure], box: Box) -> None:
    """Place up to five figures in the box: one large, the others around it or beside it."""
    spots = {
        1: [(0.5, 0.5, 0.82)],
        2: [(0.32, 0.5, 0.66), (0.74, 0.5, 0.5)],
        3: [(0.3, 0.52, 0.62), (0.68, 0.3, 0.4), (0.74, 0.76, 0.4)],
        4: [(0.36, 0.55, 0.54), (0.72, 0.24, 0.34), (0.8, 0.7, 0.34), (0.1, 0.2, 0.3)],
        5: [(0.5, 0.5, 0.5), (0.16, 0.24, 0.32), (0.84, 0.24, 0.32), (0.16, 0.78, 0.32), (0.84, 0.78, 0.32)],
    }[max(1, min(5, len(figures)))]
    mirrored = picture.rng.random() < 0.5
    size = min(box.height, box.width * 0.8)
    for number, (figure, (x, y, share)) in enumerate(zip(figures, spots, strict=False)):
        across = box.left + box.width * (1 - x if mirrored else x)
        room = around(across, box.top + box.height * y, size * share * 1.1, size * share)
        picture.place(figure, room, turn=picture.jitter(5) if number else 0.0)
    for _ in range(4):
        room_left = picture.find_room(30, 30, box, padding=18)
        if room_left is not None:
            picture.take(room_left)
            marks.sparkle(picture, room_left.center_x, room_left.center_y, picture.rng.uniform(9, 15))


def ring(picture: Picture) -> None:
    """Compose the main figure in a circle, the others in small circles on orbits around it."""
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
            points.append((box.center_x + math.cos(angle) * box.width / 2, box.center_y + math.sin(angle) * box.height / 2))
        picture.sheet.line(smooth(points))
    for gap in (108, 219, 352):
        angle = math.radians(start + gap)
        x, y = box.center_x + math.cos(angle) * box.width / 2, box.center_y + math.sin(angle) * box.height / 2
        picture.sheet.dot(x, y, 9)


def book(picture: Picture) -> None:
    """Compose an open book out of which the figures rise."""
    area, u = picture.area, picture.unit
    width, base = min(area.width * 0.72, u * 0.86), area.bottom - area.height * 0.05
    x, tall = area.center_x, u * 0.2
    half = width / 2
    for lift in (0, 22):
        picture.sheet.shape(
            f"M{x:.1f} {base - lift:.1f}C{x - half * 0.4:.1f} {base - 60 - lift:.1f} {x - half * 0.8:.1f} {base - 50 - lift:.1f} {x - half:.1f} {base - 26 - lift:.1f}"
            f"V{base - tall - lift:.1f}C{x - half * 0.8:.1f} {base - tall - 44 - lift:.1f} {x - half * 0.4:.1f} {base - tall - 50 - lift:.1f} {x:.1f} {base - tall + 20 - lift:.1f}"
            f"C{x + half * 0.4:.1f} {base - tall - 50 - lift:.1f} {x + half * 0.8:.1f} {base - tall - 44 - lift:.1f} {x + half:.1f} {base - tall - lift:.1f}"
            f"V{base - 26 - lift:.1f}C{x + half * 0.8:.1f} {base - 50 - lift:.1f} {x + half * 0.4:.1f} {base - 60 - lift:.1f} {x:.1f} {base - lift:.1f}Z"
        )
    picture.sheet.line(f"M{x:.1f} {base - tall - 2:.1f}V{base - 22:.1f}")
    picture.take(Box(x - half, base - tall - 70, x + half, base))
    sky = Box(area.left + u * 0.04, area.top + u * 0.02, area.right - u * 0.04, base - tall - u * 0.13)
    for side in (-1, 0, 1):
        bend = side * half * 0.4
        picture.sheet.line(f"M{x + bend * 0.5:.1f} {base - tall - 60:.1f}Q{x + bend * 0.8:.1f} {base - tall - 130:.1f} {x + bend * 1.6:.1f} {base - tall - 180:.1f}", dash="2 22")
    cluster(picture, picture.figures, sky)
    marks.stars(picture, Box(area.left, area.top, area.right, sky.bottom), 8)


def pair(picture: Picture) -> None:
    """Compose two figures that face each other on two grounds, the others between and above them."""
    area, u = picture.area, picture.unit
    one, two, *others = picture.figures
    base = area.top + area.height * (0.8 if area.width >= area.height else 0.7)
    for figure, share in ((one, 0.25), (two, 0.75)):
        x = area.left + area.width * share
        width = min(area.width * 0.38, u * 0.5)
        picture.sheet.circle(x, base - width * 0.5, width * 0.56, dash=f"{width * 0.9:.0f} 30 {width * 0.4:.0f} 30")
        box = picture.place(figure, standing(x, base - width * 0.12, width * 0.78, width * 0.74), flip=share > 0.5)
        picture.sheet.erase(f"M{x - width * 0.6:.1f} {base - width * 0.1:.1f}h{width * 1.2:.1f}v{width * 0.2:.1f}h{-width * 1.2:.1f}Z")
        picture.sheet.line(f"M{x - width * 0.56:.1f} {base - width * 0.1:.1f}h{width * 1.12:.1f}")
        marks.shadow(picture, Box(box.left, box.top, box.right, base - width * 0.1))
        picture.take(around(x, base - width * 0.5, width * 1.16, width * 1.16))
    y = base - u * 0.25
    picture.sheet.line(f"M{area.center_x - 44:.1f} {y - 16:.1f}h88m-20 -18l20 18l-20 18")
    picture.sheet.line(f"M{area.center_x + 44:.1f} {y + 34:.1f}h-88m20 -18l-20 18l20 18")
    picture.take(around(area.center_x, y, 110, 120))
    for figure in others:
        room = picture.find_room(u * 0.19, u * 0.19, area.grown(-10), padding=20)
        if room is not None:
            picture.place(figure, room, turn=picture.jitter(5))
    marks.stars(picture, area, 6)
