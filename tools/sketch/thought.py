"""The composition for thoughts: a person, and a large cloud with the figures in it."""

import math

from tools.sketch import marks, plants, scenery
from tools.sketch.icons import load_icon
from tools.sketch.paths import Box
from tools.sketch.picture import Figure, Picture, around, standing

_Spots = dict[int, list[tuple[float, float, float]]]
# By the number of figures: x, y and size of each, in shares of the box.
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
    """Draw a person with a large thought cloud that contains the other figures."""
    area, u = picture.area, picture.unit
    dreamers = [figure for figure in picture.figures if figure.kind == "person" or figure.icon.name == "p:sleeper"]
    thinker = dreamers[0] if dreamers else Figure(load_icon(picture.rng.choice(_THINKERS)), "person")
    left, ground = picture.rng.random() < 0.5, area.bottom - u * 0.06
    _behind(picture, ground)
    foot = picture.place(thinker, _thinker_box(picture, thinker, ground, left=left), flip=not left)
    marks.shadow(picture, Box(foot.left, foot.top, foot.right, foot.bottom - 6))
    cloud = Box(area.left, area.top, area.right, max(foot.top - u * 0.06, area.top + u * 0.42))
    if picture.wide:
        start = max(area.left + area.width * 0.3, foot.right + u * 0.02) if left else area.left
        end = area.right if left else min(area.right - area.width * 0.3, foot.left - u * 0.02)
        cloud = Box(start, area.top, end, area.bottom - area.height * 0.2)
    _bubble(picture, cloud.grown(-u * 0.02), (foot.center_x, foot.top))
    inset = u * 0.07 + cloud.width * 0.07
    inner = Box(cloud.left + inset, cloud.top + u * 0.07, cloud.right - inset, cloud.bottom - u * 0.07)
    cluster(picture, [figure for figure in picture.figures if figure is not thinker], inner)
    _footing(picture, ground, foot)


def _thinker_box(picture: Picture, thinker: Figure, ground: float, *, left: bool) -> Box:
    area, u = picture.area, picture.unit
    height = min(area.height * (0.52 if picture.wide else 0.44), u * 0.52)
    height = min(height, area.width * (0.36 if picture.wide else 0.52) / thinker.ratio)
    half = height * thinker.ratio / 2
    share = (0.32 if left else 0.68) if picture.tall else (0.2 if left else 0.8)
    x = max(area.left + half, min(area.right - half, area.left + area.width * share))
    return standing(x, ground, half * 2, height)


def _behind(picture: Picture, ground: float) -> None:
    # No backdrop behind a person in a room.
    outside = picture.has("city", "village", "mountain", "forest", "garden") or picture.rng.random() < 0.5
    if outside and not picture.has("home", "office", "desk", "school", "bedroom"):
        scenery.far(picture, ground, count=2)


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
        plants.round_tree(picture, x, ground, u * rng.uniform(0.24, 0.34))
    for _ in range(3):
        spot = picture.find_room(44, 30, Box(area.left, ground - 31, area.right, ground - 1), padding=20)
        if spot is not None:
            picture.take(spot)
            plants.grass(picture, spot.center_x, ground)


def cluster(picture: Picture, figures: list[Figure], box: Box, *, twins: bool = False) -> None:
    """Place up to five figures in the box: one large, the others around or beside it.

    With `twins`, a single figure gets two smaller copies beside it.
    """
    wide, cast = box.width > box.height * 1.45, figures * 3 if twins and len(figures) == 1 else figures
    spots = (_WIDE_SPOTS if wide else _SQUARE_SPOTS)[max(1, min(5, len(cast)))]
    mirrored = picture.rng.random() < 0.5
    size = min(box.height, box.width * ((0.9 if len(cast) == 1 else 0.54) if wide else 1.0))
    for number, (figure, (x, y, share)) in enumerate(zip(cast, spots, strict=False)):
        across = box.left + box.width * (1 - x if mirrored else x)
        room = around(across, box.top + box.height * y, size * share * 1.1, size * share)
        picture.place(figure, room, flip=mirrored and figure.kind == "water", turn=picture.jitter(5) if number else 0.0)
    _sparkles(picture, box, count=0 if twins else 4)


def _sparkles(picture: Picture, box: Box, *, count: int) -> None:
    across, down = box.width * 0.08, box.height * 0.1
    core = Box(box.left + across, box.top + down, box.right - across, box.bottom - down)
    for _ in range(count):
        room = picture.find_room(30, 30, core, padding=18)
        if room is not None:
            picture.take(room)
            marks.sparkle(picture, room.center_x, room.center_y, picture.rng.uniform(9, 15))
