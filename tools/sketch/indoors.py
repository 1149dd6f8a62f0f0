"""Indoor compositions: things on a table, furniture and people on a floor, a large screen on a desk."""

from tools.sketch import furniture, scenery
from tools.sketch.paths import Box, rectangle
from tools.sketch.picture import Figure, Picture, around, in_line, standing

WINDOW = "t:window"


def table(picture: Picture) -> None:
    """Draw a still life: small things on a table, the other figures on the wall behind it."""
    area, u = picture.area, picture.unit
    top = area.top + area.height * (0.77 if not picture.tall else 0.8)
    laid = [figure for figure in picture.figures if figure.kind in {"small", "mid", "water"}]
    laid = [figure for figure in laid if figure not in in_the_wall(picture)]
    hung = [figure for figure in picture.figures if figure not in laid]
    wall = scenery.lanterns(picture, Box(area.left, area.top, area.right, top - u * 0.06))
    board = Box(area.left, top, area.right, area.bottom)
    furniture.trestle(picture, board)
    row(
        picture,
        laid,
        Box(board.left + u * 0.06, area.top, board.right - u * 0.06, top),
        share=0.62 if picture.wide else 0.54,
    )
    _wall(picture, hung, wall)


def floor(picture: Picture) -> None:
    """Draw a room: furniture and people on the floor, a window, sky and ideas as pictures on the wall."""
    area, u = picture.area, picture.unit
    ground = area.bottom - area.height * 0.14
    walled = in_the_wall(picture)
    standers = [figure for figure in picture.figures if figure.kind not in {"sky", "idea"} and figure not in walled]
    hung = [figure for figure in picture.figures if figure not in standers]
    furniture.floorboards(picture, Box(area.left, ground, area.right, area.bottom))
    box = Box(area.left + u * 0.04, area.top, area.right - u * 0.04, ground + u * 0.035)
    share = (0.68 if picture.wide else 0.58) * (0.5 if all(figure.extra for figure in standers) else 1.0)
    row(picture, standers, box, share=share, raised=u * 0.2)
    _wall(picture, hung, Box(area.left, area.top, area.right, ground - u * 0.1))


def screen(picture: Picture) -> None:
    """Draw a desk with a large screen that shows up to three figures; the others stand beside it."""
    area, u = picture.area, picture.unit
    top = area.top + area.height * (0.76 if picture.tall else 0.82)
    shown = [figure for figure in picture.figures if figure.kind not in {"person", "small"}][:3] or picture.figures[:1]
    beside = [figure for figure in picture.figures if figure not in shown]
    width = min(area.width * 0.74, area.height * 0.95)
    frame = standing(area.center_x, top - u * 0.1, width, min(width * 0.66, area.height * 0.56))
    furniture.trestle(picture, Box(area.left, top, area.right, area.bottom))
    furniture.monitor(picture, frame, top)
    _on_screen(picture, shown, Box(frame.left, frame.top + u * 0.07, frame.right, frame.bottom))
    _beside_screen(picture, beside, frame, top + u * 0.02)
    above = Box(area.left, area.top, area.right, frame.top - u * 0.02)
    furniture.hanging_lamp(picture, above)
    furniture.shelf(picture, above)


def _beside_screen(picture: Picture, figures: list[Figure], frame: Box, y: float) -> None:
    area, u = picture.area, picture.unit
    left = Box(area.left + 10, area.top, frame.center_x - u * 0.15, y)
    right = Box(frame.center_x + u * 0.15, area.top, area.right - 10, y)
    sides = [left, right] if picture.rng.random() < 0.5 else [right, left]
    for number, side in enumerate(sides):
        here = figures[number::2]
        if not here:
            furniture.desk_thing(picture, side.center_x + picture.jitter(u * 0.04), y, mug=number == 0)
        step = side.width / max(1, len(here))
        for place, figure in enumerate(here):
            height = u * 0.3 * max(figure.relative_height, 0.6)
            width = min(step * 0.8, height * figure.ratio)
            picture.place(figure, standing(side.left + step * (place + 0.5), y, width, height))


def _on_screen(picture: Picture, figures: list[Figure], frame: Box) -> None:
    count = len(figures)
    height, y = frame.height * (0.72 if count == 1 else 0.5), frame.center_y
    step = frame.width / count
    for number, figure in enumerate(figures):
        x = frame.left + step * (number + 0.5)
        scale = 1.0 if number == 0 else 0.8
        picture.place(figure, around(x, y, min(step * 0.66, height * scale * 1.4), height * scale))
        if number:
            picture.sheet.line(f"M{x - step * 0.5 - 26:.1f} {y:.1f}h52m-18 -16l18 16l-18 16")
    if count == 1:
        for side in (-1, 1):
            for row in range(3):
                x = frame.center_x + side * frame.width * 0.36
                length = frame.width * (0.12 - 0.025 * ((row + side) % 3))
                picture.sheet.line(f"M{x - length / 2:.1f} {y + (row - 1) * 52:.1f}h{length:.1f}")


def row(picture: Picture, figures: list[Figure], box: Box, *, share: float, raised: float = 0.0) -> None:
    """Draw the figures side by side on the lower edge of the box, the first one near the middle.

    `share` is the share of the box's height that the tallest may fill; with `raised`, small figures get a side table of
    that height.
    """
    order = in_line(picture, figures)
    room, gap = min(box.height * share * 1.15, box.width * 0.66), picture.unit * 0.06
    tallest = max((figure.relative_height for figure in figures), default=1.0)
    heights = [room * _height_share(figure, figures[0], tallest) for figure in order]
    total = sum(tall * figure.ratio for tall, figure in zip(heights, order, strict=True)) + gap * (len(order) - 1)
    shrink = min(1.0, box.width / max(total, 1.0))
    slack = (box.width - total * shrink) / 2
    x = box.left + slack + picture.jitter(slack * 0.45)
    for tall, figure in zip(heights, order, strict=True):
        width = tall * figure.ratio * shrink
        lift = raised if figure.kind == "small" and figure.relative_height < tallest else 0.0
        if lift:
            furniture.stand(picture, standing(x + width / 2, box.bottom, max(width * 1.16, lift * 0.8), lift))
        spot = standing(x + width / 2, box.bottom - lift, width, tall * shrink)
        picture.place(figure, spot, flip=picture.rng.random() < 0.3)
        x += width + gap * shrink


def _height_share(figure: Figure, hero: Figure, tallest: float) -> float:
    if figure is hero:
        return max(0.56, figure.relative_height / tallest)
    if figure.kind == "small" and hero.kind == "person":
        return 0.36  # e.g. a letter beside its reader
    return max(0.48, 0.8 * figure.relative_height / tallest)


def in_the_wall(picture: Picture) -> list[Figure]:
    """Return the window if the subject names one, and the figures to be seen through it: one of the sky, a snowman."""
    window = picture.figure(WINDOW)
    if window is None:
        return []
    weather = [figure for figure in picture.figures if figure.kind == "sky" and not figure.extra][:1]
    return [window, *weather, *(figure for figure in picture.figures if figure.icon.name == "p:snowman")]


def _window(picture: Picture, zone: Box, *, grow: float) -> None:
    named = in_the_wall(picture)
    size = picture.unit * picture.rng.uniform(0.3, 0.36) * grow * (1.2 if named else 1.0)
    room = picture.find_room(size, size * 1.16, zone, padding=30) or picture.find_room(size * 0.7, size * 0.8, zone)
    if room is None and named:
        room = picture.insist_on_room(size * 0.6, size * 0.7, zone)
    if room is not None:
        furniture.window(picture, room, seen=named[1:])
        picture.take(room.grown(16))
        picture.placed |= {figure.icon.name for figure in named}


def _wall(picture: Picture, hung: list[Figure], zone: Box) -> None:
    u = picture.unit
    grow = 1.35 if picture.tall else 1.0
    _window(picture, zone, grow=grow)
    for figure in hung:
        if figure.icon.name not in picture.placed:
            side = u * 0.21 * grow
            room = picture.insist_on_room(side * max(1.0, min(figure.ratio, 1.3)), side, zone)
            picture.sheet.shape(rectangle(room, radius=10))
            picture.place(figure, room.grown(-min(room.width, room.height) * 0.17))
            picture.take(room)
    if picture.rng.random() < 0.75:
        furniture.hanging_lamp(picture, zone)
    if picture.rng.random() < 0.8:
        furniture.shelf(picture, zone)
