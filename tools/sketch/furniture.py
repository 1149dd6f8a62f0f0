"""Furniture of indoor scenes: table, floor, window, lamp, shelf, screen."""

from collections.abc import Sequence

from tools.sketch import marks
from tools.sketch.paths import Box, polyline, rectangle, stamp, trace
from tools.sketch.picture import Figure, Picture, around, standing


def trestle(picture: Picture, box: Box) -> None:
    """Draw a table that fills the box: a board at the top, two pairs of legs below, and the floor line."""
    sheet, thick = picture.sheet, picture.unit * 0.032
    board = Box(box.left, box.top, box.right, box.top + thick)
    for side in (0.1, 0.9):
        x = box.left + box.width * side
        lean = (side - 0.5) * picture.unit * 0.06
        sheet.line(f"M{x - 12:.1f} {board.bottom:.1f}L{x - 12 + lean:.1f} {box.bottom:.1f}")
        sheet.line(f"M{x + 12:.1f} {board.bottom:.1f}L{x + 12 + lean:.1f} {box.bottom:.1f}")
    floor = box.bottom - picture.unit * 0.05
    near, far = box.left + box.width * 0.1, box.right - box.width * 0.1
    for start, end in (
        (box.left, near - 50),
        (near + 50, box.center_x),
        (box.center_x + 40, far - 50),
        (far + 50, box.right),
    ):
        sheet.line(f"M{start:.1f} {floor:.1f}H{end:.1f}")
    sheet.shape(rectangle(board, radius=8))
    picture.take(Box(box.left, box.top, box.right, box.bottom))


def stand(picture: Picture, box: Box) -> None:
    """Draw a small side table that fills the box."""
    for side in (0.16, 0.84):
        x = box.left + box.width * side
        picture.sheet.line(f"M{x:.1f} {box.top:.1f}L{x + (side - 0.5) * 16:.1f} {box.bottom:.1f}")
    picture.sheet.line(f"M{box.left + box.width * 0.16:.1f} {box.center_y + 14:.1f}h{box.width * 0.68:.1f}")
    picture.sheet.shape(rectangle(Box(box.left, box.top, box.right, box.top + picture.unit * 0.022), radius=6))
    picture.take(box)


def floorboards(picture: Picture, box: Box) -> None:
    """Draw the line where the wall meets the floor, and the edges of some boards."""
    area, rng = picture.area, picture.rng
    picture.sheet.line(f"M{area.left:.1f} {box.top:.1f}H{area.right:.1f}")
    for row in range(1, 3):
        y = box.top + box.height * row / 3
        x = area.left + rng.uniform(10, 160)
        while x < area.right - 120:
            length = rng.uniform(80, 220)
            picture.sheet.line(f"M{x:.1f} {y:.1f}H{min(x + length, area.right - 20):.1f}")
            x += length + rng.uniform(140, 320)


def window(picture: Picture, box: Box, *, seen: Sequence[Figure] = ()) -> None:
    """Draw a window, with the weather and the `seen` figures behind it."""
    sheet = picture.sheet
    outline = rectangle(box, radius=12)
    sheet.shape(outline)
    kept, sheet.taken = sheet.taken, []
    sheet.open_clip(outline)
    _view(picture, box, seen)
    sheet.close_clip()
    sheet.taken = kept
    sheet.line(outline)
    sheet.line(
        trace("M", box.center_x, box.top, "V", box.bottom, "M", box.left, box.top + box.height * 0.42, "H", box.right)
    )
    sill = Box(box.left - 20, box.bottom, box.right + 20, box.bottom + 18)
    sheet.shape(rectangle(sill, radius=6))


def _view(picture: Picture, box: Box, seen: Sequence[Figure]) -> None:
    """Draw the view through the window: the weather, sun or moon, and the figures that are outside."""
    wet = picture.has("rain", "storm")
    side = picture.rng.choice([0.27, 0.73])
    spot = around(box.left + box.width * side, box.top + box.height * 0.22, box.width * 0.34, box.width * 0.34)
    overhead = next((figure for figure in seen if figure.kind == "sky"), None)
    if picture.has("night", "bedroom") and not (seen and (wet or picture.has("snow"))):
        _in_the_sky(picture, spot, picture.figure("moon") or overhead)
        marks.stars(picture, box.grown(-18), 5)
        return
    if wet:
        marks.rain(picture, box.grown(-8), heavy=True)
    elif picture.has("snow"):
        marks.snow(picture, box)
    else:
        _hills(picture, box)
    if overhead is not None:
        _in_the_sky(picture, spot, overhead)
    elif not (wet or picture.has("snow")):
        marks.sun(picture, spot.center_x, spot.center_y, box.width * 0.09)
    for figure in seen:
        if figure.kind != "sky":
            foot = standing(box.right - box.width * side, box.bottom, box.width * 0.4, box.height * 0.42)
            picture.place(figure, foot)


def _in_the_sky(picture: Picture, spot: Box, figure: Figure | None) -> None:
    if figure is None:
        marks.moon(picture, spot.center_x, spot.center_y, spot.width * 0.38)
    else:
        picture.place(figure, spot)


def _hills(picture: Picture, box: Box) -> None:
    w, base = box.width, box.bottom - box.height * 0.02
    picture.sheet.shape(trace("M", box.left - 20, base, "q", w * 0.32, -box.height * 0.5, w * 0.7, "0Z"))
    picture.sheet.shape(
        f"M{box.left + w * 0.4:.1f} {base:.1f}q{w * 0.36:.1f} {-box.height * 0.36:.1f} {w * 0.8:.1f} 0Z"
    )


def hanging_lamp(picture: Picture, zone: Box) -> None:
    """Draw a lamp that hangs from the top of the zone, if there is room."""
    u = picture.unit
    for _ in range(12):
        x = picture.rng.uniform(zone.left + u * 0.12, zone.right - u * 0.12)
        drop = u * picture.rng.uniform(0.07, 0.16)
        half, tall = u * 0.085, u * 0.075
        box = Box(x - half, zone.top, x + half, zone.top + drop + tall + 26)
        if not picture.is_free(box, padding=30):
            continue
        sheet, y = picture.sheet, zone.top + drop
        sheet.line(f"M{x:.1f} {zone.top:.1f}V{y:.1f}")
        sheet.shape(
            polyline(
                [(x - half * 0.35, y), (x + half * 0.35, y), (x + half, y + tall), (x - half, y + tall)], closed=True
            )
        )
        sheet.line(f"M{x - 14:.1f} {y + tall:.1f}a14 16 0 0 0 28 0")
        picture.take(box)
        return


def shelf(picture: Picture, zone: Box) -> None:
    """Draw a shelf with books and a pot in the zone, if there is room."""
    u, rng = picture.unit, picture.rng
    width, tall = u * rng.uniform(0.26, 0.34), u * 0.13
    room = picture.find_room(width, tall, zone, padding=26)
    if room is None:
        return
    picture.take(room)
    sheet, y = picture.sheet, room.bottom - 14
    x = room.left + 18
    while x < room.right - u * 0.1:
        thick, high = rng.uniform(18, 30), tall * rng.uniform(0.5, 0.8)
        sheet.shape(rectangle(Box(x, y - high, x + thick, y)))
        x += thick
    pot = room.right - u * 0.05
    sheet.shape(polyline([(pot - 20, y - 32), (pot + 20, y - 32), (pot + 14, y), (pot - 14, y)], closed=True))
    sheet.line(f"M{pot:.1f} {y - 32:.1f}v-20q2 -22 20 -24M{pot:.1f} {y - 44:.1f}q-4 -20 -22 -22")
    sheet.line(
        trace("M", room.left, y, "H", room.right, "M", room.left + 26, y, "l14 20M", room.right - 26, y, "l-14 20")
    )


def monitor(picture: Picture, frame: Box, desk_y: float) -> None:
    """Draw a screen on a foot, with a title bar of three dots."""
    u, sheet = picture.unit, picture.sheet
    x = frame.center_x
    sheet.shape(
        polyline(
            [
                (x - u * 0.05, frame.bottom),
                (x - u * 0.07, desk_y),
                (x + u * 0.07, desk_y),
                (x + u * 0.05, frame.bottom),
            ],
            closed=True,
        )
    )
    sheet.line(f"M{x - u * 0.14:.1f} {desk_y:.1f}h{u * 0.28:.1f}")
    sheet.shape(rectangle(frame, radius=26))
    bar = frame.top + u * 0.07
    sheet.line(f"M{frame.left:.1f} {bar:.1f}H{frame.right:.1f}")
    for number in range(3):
        sheet.circle(frame.left + u * (0.045 + 0.038 * number), frame.top + u * 0.036, 8.5)
    picture.take(frame)


def desk_thing(picture: Picture, x: float, y: float, *, mug: bool) -> None:
    """Draw a mug or a potted plant that stands on the desk at `x`, `y`."""
    u, sheet = picture.unit, picture.sheet
    if mug:
        w, h = u * 0.075, u * 0.085
        sheet.shape(stamp("m .5 -.8 c .5 0 .5 .55 0 .55", x, y, width=w, height=h))
        sheet.shape(rectangle(Box(x - w / 2, y - h, x + w / 2, y), radius=10))
    else:
        for leaf in ("m 0 0 q -.9 -.5 -.65 -.9 q .5 .2 .65 .9 z", "m 0 0 q .9 -.5 .65 -.9 q -.5 .2 -.65 .9 z"):
            sheet.shape(stamp(leaf, x, y - u * 0.07, width=u * 0.11))
        sheet.shape(stamp("m 0 0 q -.35 -.7 0 -1.3 q .35 .6 0 1.3 z", x, y - u * 0.07, width=u * 0.11))
        sheet.shape(stamp("m -.5 -1 l 1 0 l -.14 1 l -.72 0 z", x, y, width=u * 0.09, height=u * 0.08))
    picture.take(Box(x - u * 0.07, y - u * 0.22, x + u * 0.07, y))
