"""A scene under the open sky: weather, something far behind, the ground or the sea, and the figures."""

from tools.sketch import backdrops, marks, scenery
from tools.sketch.picture import Figure, Picture, around, standing
from tools.sketch.sheet import Box, rectangle

_WATER = ("sea", "river", "beach")


def landscape(picture: Picture) -> None:
    """Compose the scene; in a frame or open, by chance."""
    framed = picture.rng.random() < 0.45
    area = picture.area
    water = picture.has(*_WATER)
    horizon = area.top + area.height * (picture.rng.uniform(0.52, 0.58) if water else picture.rng.uniform(0.66, 0.7))
    sky = Box(area.left, area.top, area.right, horizon)
    if framed:
        picture.sheet.open_clip(rectangle(area, radius=46))
    scenery.weather(picture, scenery.lanterns(picture, sky))
    overhead = list(picture.sheet.taken)
    scenery.far(picture, horizon)
    scenery.horizon_line(picture, horizon, whole=framed)
    base, afloat = _foreground(picture, horizon)
    if framed:
        picture.sheet.close_clip()
        picture.sheet.line(rectangle(area, radius=46))
    # Trees and hills may stand behind the figures, what is high up in the sky may not.
    picture.sheet.taken = overhead
    _stand(picture, base, afloat)
    _fly(picture, sky)
    if not water and not picture.has("space"):
        scenery.ground(picture, Box(area.left, horizon, area.right, area.bottom))


def _foreground(picture: Picture, horizon: float) -> tuple[float, float]:
    """Draw what lies before the horizon; return where figures stand and where they float."""
    area = picture.area
    below = Box(area.left, horizon, area.right, area.bottom)
    base = horizon + below.height * 0.42
    if picture.has(*_WATER):
        lands = any(figure.kind not in {"water", "sky"} for figure in picture.figures)
        backdrops.waves(picture, Box(below.left, below.top + 20, below.right, below.bottom - below.height * (0.42 if lands else 0)))
        if lands:
            slope = picture.rng.choice([-1, 1]) * below.height * 0.05
            scenery.shore(picture, area.bottom - below.height * 0.42 + slope, area.bottom - below.height * 0.42 - slope)
        return area.bottom - below.height * 0.2, horizon + below.height * (0.38 if lands else 0.5)
    if picture.has("farm", "garden"):
        backdrops.furrows(picture, below)
    elif picture.has("space"):
        backdrops.craters(picture, below)
    elif picture.has("rail"):
        backdrops.rails(picture, base)
    elif picture.has("road"):
        backdrops.road(picture, base)
    return base, base


def _stand(picture: Picture, base: float, afloat: float) -> None:
    figures = [figure for figure in picture.figures if figure.kind != "sky"]
    if not figures:
        return
    area, hero = picture.area, figures[0]
    order = _order(picture, figures)
    room = min((base - area.top) * 0.74, area.width * 0.66)
    heights = [room * _share(figure, hero) for figure in order]
    widths = [height * _ratio(figure) for height, figure in zip(heights, order, strict=True)]
    gap = area.width * 0.045
    total = sum(widths) + gap * (len(order) - 1)
    shrink = min(1.0, area.width * 0.88 / total)
    slack = (area.width - total * shrink) / 2
    x = area.left + slack + picture.jitter(min(slack * 0.5, picture.unit * 0.1))
    for figure, height, width in zip(order, heights, widths, strict=True):
        ground = afloat if figure.kind == "water" else base
        nearer = 0.0 if figure is hero else picture.unit * picture.rng.uniform(0.0, 0.03)
        box = standing(x + width * shrink / 2, ground + nearer, width * shrink, height * shrink)
        _put(picture, figure, box)
        x += (width + gap) * shrink


def _order(picture: Picture, figures: list[Figure]) -> list[Figure]:
    order: list[Figure] = []
    for number, figure in enumerate(figures):
        order.insert(0 if number % 2 else len(order), figure)
    if picture.rng.random() < 0.5:
        order.reverse()
    return order


def _share(figure: Figure, hero: Figure) -> float:
    if figure is hero:
        return max(0.74, figure.relative_height)
    return figure.relative_height * (0.9 if hero.kind in {"big", "person"} else 0.8)


def _ratio(figure: Figure) -> float:
    return 0.86 if figure.kind == "idea" else figure.ratio


def _put(picture: Picture, figure: Figure, box: Box) -> None:
    if figure.kind == "idea":
        _signboard(picture, figure, box)
        return
    placed = picture.place(figure, box, flip=box.center_x > picture.area.center_x + 60 and not figure.plural)
    if figure.kind != "water" and not picture.has("rail"):
        marks.shadow(picture, placed)
    elif figure.kind == "water":
        picture.sheet.line(f"M{placed.left - 10:.1f} {placed.bottom + 16:.1f}" + "q13 -11 26 0" * int((placed.width + 20) / 26))


def _signboard(picture: Picture, figure: Figure, box: Box) -> None:
    """Give what has no body a board on a post."""
    side = min(box.width, box.height * 0.66)
    board = Box(box.center_x - side / 2, box.top, box.center_x + side / 2, box.top + side * 0.9)
    for shift in (-side * 0.22, side * 0.22):
        picture.sheet.line(f"M{board.center_x + shift:.1f} {board.bottom:.1f}V{box.bottom:.1f}")
    picture.sheet.shape(rectangle(board, radius=14))
    picture.place(figure, around(board.center_x, board.center_y, side * 0.62, side * 0.58))
    picture.take(Box(board.left, board.top, board.right, box.bottom))
    marks.grass(picture, box.center_x - side * 0.22, box.bottom + 4)


def _fly(picture: Picture, sky: Box) -> None:
    u = picture.unit
    zone = Box(sky.left + 26, sky.top + 26, sky.right - 26, sky.bottom - u * 0.06)
    flying = [figure for figure in picture.figures if figure.kind == "sky" and figure.icon.name not in picture.placed]
    alone = len(flying) == len(picture.figures)
    for number, figure in enumerate(flying):
        for copy in range(3 if figure.plural else 1):
            size = u * (0.46 if alone and number == 0 and not figure.plural else 0.22) * (1 - 0.24 * copy)
            room = picture.find_room(size * min(figure.ratio, 1.3), size, zone, padding=18) or picture.find_room(size * 0.6, size * 0.6, zone, padding=10)
            if room is not None:
                picture.place(figure, room, flip=picture.rng.random() < 0.5, turn=picture.jitter(7))
    if picture.has("night", "space") and not picture.has("rain", "storm"):
        marks.stars(picture, zone, 10)
    elif not picture.has("rain", "storm", "snow") and picture.rng.random() < 0.7:
        marks.distant_birds(picture, zone, 3)
