"""The outdoor composition: weather, a backdrop, the ground or the sea, and the figures."""

from tools.sketch import grounds, marks, plants, scenery
from tools.sketch.frames import Frame, choose_frame
from tools.sketch.paths import Box, rectangle, trace
from tools.sketch.picture import Figure, Picture, around, in_line, standing

_SMALL_BESIDE = 0.34  # height of a small thing, where a house is 1 and a person 0.74


def landscape(picture: Picture) -> None:
    """Draw the scene, by chance in a frame or without one."""
    area, frame = picture.area, choose_frame(picture)
    horizon = area.top + area.height * ((0.52 if _wet(picture) else 0.65) + picture.rng.uniform(0.0, 0.05))
    free, foot = (frame.sky, frame.foot) if frame else (area, area)
    sky = Box(free.left, free.top, free.right, horizon)
    base, afloat = _background(picture, frame, sky)
    _stand(picture, foot, base=base, afloat=afloat)
    _fly(picture, sky)
    if not picture.has("space") and not (_wet(picture) and base <= afloat):
        _strew(picture, foot, horizon=horizon, base=base)
    if frame:
        # Shadows and waves at the edge would cross the frame.
        picture.sheet.erase_outside(frame.path)
        picture.sheet.line(frame.path)


def _strew(picture: Picture, foot: Box, *, horizon: float, base: float) -> None:
    area = picture.area
    edge = area.bottom - (area.bottom - horizon) * 0.32 if _wet(picture) else horizon
    if picture.has("road", "rail"):
        edge = base + picture.unit * 0.11
    scenery.ground(picture, Box(foot.left, edge, foot.right, foot.bottom))


def _background(picture: Picture, frame: Frame | None, sky: Box) -> tuple[float, float]:
    """Draw everything behind the figures; return the `y` at which figures stand, and that at which they float."""
    _star(picture, sky)
    scenery.weather(picture, scenery.lanterns(picture, sky))
    overhead = list(picture.sheet.taken)
    scenery.far(picture, sky.bottom)
    scenery.horizon_line(picture, sky.bottom, whole=frame is not None)
    heights = _foreground(picture, sky.bottom)
    if frame:
        picture.sheet.erase_outside(frame.path)
        picture.sheet.line(frame.path)
    # Figures may cover trees and hills, but not what is high up in the sky.
    picture.sheet.taken = overhead
    return heights


def _wet(picture: Picture) -> bool:
    return picture.has("sea", "river", "beach")


def _star(picture: Picture, sky: Box) -> None:
    """Draw the main figure large in the middle of the sky if all figures belong there."""
    flying = [figure for figure in picture.figures if figure.kind == "sky"]
    special = picture.figure("p:lantern", "p:sunrise", "sun", "moon") or picture.has("rain", "storm")
    if len(flying) < len(picture.figures) or not flying or special or flying[0].plural:
        return
    size = min(picture.unit * 0.46, sky.height * 0.72)
    x = sky.center_x + picture.jitter(picture.unit * 0.06)
    picture.place(flying[0], around(x, sky.top + sky.height * 0.52, size * 1.2, size))


def _foreground(picture: Picture, horizon: float) -> tuple[float, float]:
    """Draw the ground or water; return the `y` at which figures stand, and that at which they float."""
    area = picture.area
    below = Box(area.left, horizon, area.right, area.bottom)
    base = horizon + below.height * 0.42
    if _wet(picture):
        lands = any(figure.kind not in {"water", "sky"} for figure in picture.figures)
        edge = area.bottom - below.height * (0.42 if lands else 0.0)
        grounds.waves(picture, Box(below.left, below.top + 20, below.right, edge))
        if lands:
            slope = picture.rng.choice([-1, 1]) * below.height * 0.05
            scenery.shore(picture, edge + slope, edge - slope)
        return area.bottom - below.height * 0.2, horizon + below.height * (0.38 if lands else 0.5)
    if picture.has("farm", "garden"):
        grounds.furrows(picture, below)
    elif picture.has("space"):
        grounds.craters(picture, below)
    elif picture.has("rail"):
        grounds.rails(picture, base)
    elif picture.has("road"):
        grounds.road(picture, base)
    return base, base


def _stand(picture: Picture, span: Box, *, base: float, afloat: float) -> None:
    figures = [figure for figure in picture.figures if figure.kind != "sky"]
    if not figures:
        return
    hero = figures[0]
    swims = any(figure.kind == "water" for figure in figures)
    if picture.tall and len(figures) >= 3 and not swims:
        # A tall picture has room for two rows.
        front = picture.area.bottom - picture.area.height * 0.05
        _line_up(picture, figures[:2], span, hero=hero, base=base - (front - base) * 0.3, afloat=afloat)
        _line_up(picture, figures[2:], span, hero=hero, base=front, afloat=afloat)
    else:
        _line_up(picture, figures, span, hero=hero, base=base, afloat=afloat)


def _line_up(picture: Picture, figures: list[Figure], span: Box, *, hero: Figure, base: float, afloat: float) -> None:
    order = in_line(picture, figures)
    room = min((base - picture.area.top) * 0.74, span.width * (0.66 if hero in figures else 0.42))
    heights = [room * (_hero_share(figure, order) if figure is hero else _share(figure, hero)) for figure in order]
    widths = [height * _ratio(figure) for height, figure in zip(heights, order, strict=True)]
    gap = span.width * 0.045
    total = sum(widths) + gap * (len(order) - 1)
    shrink = min(1.0, span.width * 0.94 / total)
    slack = (span.width - total * shrink) / 2
    x = span.left + slack + picture.jitter(min(slack * 0.5, picture.unit * 0.1))
    for figure, height, width in zip(order, heights, widths, strict=True):
        ground = afloat if figure.kind == "water" else base
        nearer = 0.0 if figure is hero else picture.unit * picture.rng.uniform(-0.012, 0.018)
        _put(picture, figure, standing(x + width * shrink / 2, ground + nearer, width * shrink, height * shrink))
        x += (width + gap) * shrink


def _hero_share(hero: Figure, figures: list[Figure]) -> float:
    if hero.kind != "small":
        return max(0.74, hero.relative_height)
    # E.g. a steak is less tall than the tree beside it.
    return 0.42 if any(figure.kind in {"big", "person", "mid"} for figure in figures) else 0.58


def _share(figure: Figure, hero: Figure) -> float:
    if figure.kind == "idea":
        return 0.62
    if figure.kind == "small" and hero.kind in {"big", "person", "mid"}:
        # E.g. glasses beside a person are small; wide things are less high.
        return _SMALL_BESIDE * min(1.0, 1.2 / figure.ratio)
    return figure.relative_height * (0.9 if hero.kind in {"big", "person"} else 0.8)


def _ratio(figure: Figure) -> float:
    return 0.72 if figure.kind == "idea" else figure.ratio


def _put(picture: Picture, figure: Figure, box: Box) -> None:
    if figure.kind == "idea":
        _signboard(picture, figure, box)
        return
    placed = picture.place(figure, box, flip=box.center_x > picture.area.center_x + 60 and not figure.plural)
    afloat = figure.kind == "water" and _wet(picture)
    if not afloat and not picture.has("rail", "road"):
        marks.shadow(picture, placed)
    elif afloat:
        picture.sheet.line(
            trace("M", placed.left - 10, placed.bottom + 16) + "q13 -11 26 0" * int((placed.width + 20) / 26)
        )


def _signboard(picture: Picture, figure: Figure, box: Box) -> None:
    """Draw a figure that stands for an idea on a board with two posts."""
    side = min(box.width, box.height * 0.72)
    board = Box(box.center_x - side / 2, box.top, box.center_x + side / 2, box.top + side * 0.9)
    for shift in (-side * 0.22, side * 0.22):
        picture.sheet.line(f"M{board.center_x + shift:.1f} {board.bottom:.1f}V{box.bottom:.1f}")
    picture.sheet.shape(rectangle(board, radius=14))
    picture.place(figure, around(board.center_x, board.center_y, side * 0.62, side * 0.58))
    picture.take(Box(board.left, board.top, board.right, box.bottom))
    plants.grass(picture, box.center_x - side * 0.22, box.bottom + 4)


def _fly(picture: Picture, sky: Box) -> None:
    u = picture.unit
    zone = Box(sky.left + 26, sky.top + 26, sky.right - 26, sky.bottom - u * 0.06)
    flying = [figure for figure in picture.figures if figure.kind == "sky" and figure.icon.name not in picture.placed]
    for figure in flying:
        for copy in range(3 if figure.plural else 1):
            size = u * 0.23 * (1 - 0.24 * copy)
            reach = Box(zone.left, zone.top, zone.right, zone.top + zone.height * 0.8)
            width = size * min(figure.ratio, 1.3)
            room = (
                picture.find_room(width, size, reach, padding=18)
                if copy
                else picture.insist_on_room(width, size, reach)
            )
            if room is not None:
                picture.place(figure, room, flip=picture.rng.random() < 0.5, turn=picture.jitter(7))
    if picture.has("wind", "storm"):
        marks.gusts(picture, Box(zone.left, zone.top + zone.height * 0.3, zone.right, zone.bottom), 3)
    if picture.has("night", "space") and not picture.has("rain", "storm"):
        marks.stars(picture, zone, 10)
    elif not picture.has("rain", "storm", "snow") and picture.rng.random() < 0.7:
        marks.distant_birds(picture, Box(zone.left, zone.top, zone.right, zone.top + zone.height * 0.55), 3)
