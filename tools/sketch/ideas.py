"""Arrangements for what has no place of its own: a thought, a ring of things around one, a book, two sides."""

import math

from tools.sketch import backdrops, marks
from tools.sketch.icons import load_icon
from tools.sketch.picture import Figure, Picture, around, standing
from tools.sketch.sheet import Box, smooth

_Spots = dict[int, list[tuple[float, float, float]]]
# By the number of figures: where each stands, in shares of the box, and how large it is.
_WIDE_SPOTS: _Spots = {
    1: [(0.5, 0.5, 0.95)],
    2: [(0.3, 0.5, 0.84), (0.74, 0.52, 0.64)],
    3: [(0.28, 0.5, 0.76), (0.64, 0.26, 0.46), (0.78, 0.76, 0.46)],
    4: [(0.42, 0.5, 0.66), (0.76, 0.22, 0.42), (0.8, 0.76, 0.42), (0.1, 0.5, 0.42)],
    5: [(0.5, 0.5, 0.58), (0.14, 0.22, 0.38), (0.86, 0.22, 0.38), (0.14, 0.8, 0.38), (0.86, 0.8, 0.38)],
}
_SQUARE_SPOTS: _Spots = {
    1: [(0.5, 0.5, 0.76)],
    2: [(0.46, 0.28, 0.5), (0.56, 0.78, 0.4)],
    3: [(0.5, 0.26, 0.48), (0.26, 0.76, 0.36), (0.76, 0.74, 0.36)],
    4: [(0.3, 0.3, 0.42), (0.74, 0.26, 0.34), (0.26, 0.76, 0.34), (0.74, 0.72, 0.36)],
    5: [(0.5, 0.5, 0.36), (0.2, 0.2, 0.28), (0.8, 0.2, 0.28), (0.2, 0.8, 0.28), (0.8, 0.8, 0.28)],
}
_THINKERS = ("p:person", "p:woman", "p:reader", "p:writer", "p:student")


def thought(picture: Picture) -> None:
    """Compose a person with a large thought cloud, in which the figures float."""
    area, u, rng = picture.area, picture.unit, picture.rng
    people = [figure for figure in picture.figures if figure.kind == "person" or figure.icon.name == "p:sleeper"][:1]
    thinker = people[0] if people else Figure(load_icon(rng.choice(_THINKERS)), "person", plural=False)
    thoughts = [figure for figure in picture.figures if figure not in people]
    left, wide = rng.random() < 0.5, picture.wide
    ground = area.bottom - u * 0.06
    height = min(area.height * (0.52 if wide else 0.44), u * 0.52)
    x = area.left + area.width * (0.2 if left else 0.8)
    if picture.tall:
        x = area.center_x + (-1 if left else 1) * area.width * 0.18
    height = min(height, area.width * (0.36 if wide else 0.52) / thinker.ratio)
    half = height * thinker.ratio / 2
    x = max(area.left + half, min(area.right - half, x))
    _hills(picture, ground)
    foot = picture.place(thinker, standing(x, ground, half * 2, height), flip=not left)
    marks.shadow(picture, Box(foot.left, foot.top, foot.right, foot.bottom - 6))
    cloud = Box(area.left, area.top, area.right, max(foot.top - u * 0.06, area.top + u * 0.42))
    if wide:
        start = max(area.left + area.width * 0.3, foot.right + u * 0.02) if left else area.left
        end = area.right if left else min(area.right - area.width * 0.3, foot.left - u * 0.02)
        cloud = Box(start, area.top, end, area.bottom - area.height * 0.2)
    _bubble(picture, cloud.grown(-u * 0.02), (foot.center_x, foot.top))
    inner = cloud.grown(-u * 0.07)
    inner = Box(inner.left + cloud.width * 0.07, inner.top, inner.right - cloud.width * 0.07, inner.bottom)
    cluster(picture, thoughts, inner)
    _footing(picture, ground, foot)


def _hills(picture: Picture, ground: float) -> None:
    # Behind a thinker in a room there is nothing to see.
    if picture.rng.random() < 0.6 and not picture.has("home", "office", "desk", "school", "bedroom"):
        backdrops.hills(picture, ground, count=2)


def _bubble(picture: Picture, box: Box, head: tuple[float, float]) -> None:
    count = 11
    bumps = []
    for number in range(count):
        angle = 2 * math.pi * number / count + 0.2
        bumps.append(
            (box.center_x + math.cos(angle) * box.width * 0.43, box.center_y + math.sin(angle) * box.height * 0.41)
        )
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
    wide = box.width > box.height * 1.45
    spots = (_WIDE_SPOTS if wide else _SQUARE_SPOTS)[max(1, min(5, len(figures)))]
    mirrored = picture.rng.random() < 0.5
    size = min(box.height, box.width * (0.8 if wide else 1.0))
    for number, (figure, (x, y, share)) in enumerate(zip(figures, spots, strict=False)):
        across = box.left + box.width * (1 - x if mirrored else x)
        room = around(across, box.top + box.height * y, size * share * 1.1, size * share)
        picture.place(figure, room, turn=picture.jitter(5) if number else 0.0)
    core = Box(
        box.left + box.width * 0.08,
        box.top + box.height * 0.1,
        box.right - box.width * 0.08,
        box.bottom - box.height * 0.1,
    )
    for _ in range(4):
        room_left = picture.find_room(30, 30, core, padding=18)
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
            points.append(
                (box.center_x + math.cos(angle) * box.width / 2, box.center_y + math.sin(angle) * box.height / 2)
            )
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
        picture.sheet.line(
            f"M{x + bend * 0.5:.1f} {base - tall - 60:.1f}Q{x + bend * 0.8:.1f} {base - tall - 130:.1f} {x + bend * 1.6:.1f} {base - tall - 180:.1f}",
            dash="2 22",
        )
    cluster(picture, picture.figures, sky)
    marks.stars(picture, Box(area.left, area.top, area.right, sky.bottom), 8)


def pair(picture: Picture) -> None:
    """Compose two figures that face each other on two grounds, the others between and above them."""
    area, u = picture.area, picture.unit
    one, two, *others = picture.figures
    size = u * (0.5 if picture.tall else 0.42)
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
        room = picture.find_room(u * 0.19, u * 0.19, area.grown(-10), padding=20)
        if room is not None:
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
        return (
            f"{x + dx * math.cos(turn) - dy * math.sin(turn):.1f} {y + dx * math.sin(turn) + dy * math.cos(turn):.1f}"
        )

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
