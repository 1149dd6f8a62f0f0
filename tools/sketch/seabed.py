"""The underwater composition."""

import math

from tools.sketch import plants
from tools.sketch.paths import Box, smooth, trace
from tools.sketch.picture import Picture
from tools.sketch.thought import cluster


def seabed(picture: Picture) -> None:
    """Draw the figures between the surface of the water and a sandy ground with weeds."""
    area, u = picture.area, picture.unit
    surface, floor = area.top + u * 0.09, area.bottom - u * 0.12
    hump = area.width / round(area.width / 90)
    for lift, start, end in ((0.0, 0, 1), (u * 0.05, 0.2, 0.62)):
        count = round((end - start) * area.width / hump)
        path = trace("M", area.left + area.width * start, surface + lift)
        picture.sheet.line(path + trace("q", hump / 2, -22.0, hump, 0.0) * count)
    knots = [
        (area.left + area.width * share, floor + math.sin(share * 7) * u * 0.02) for share in (0, 0.2, 0.4, 0.6, 0.8, 1)
    ]
    picture.sheet.line(smooth(knots))
    middle = Box(area.left + u * 0.08, surface + u * 0.12, area.right - u * 0.08, floor - u * 0.06)
    cluster(picture, picture.figures, middle, twins=True)
    for share in (0.07, 0.16, 0.84, 0.93):
        _weed(picture, area.left + area.width * share, floor + u * 0.01)
    _bubbles(picture, Box(middle.left, surface + u * 0.08, middle.right, floor - u * 0.1))
    for share in (0.3, 0.52, 0.7):
        plants.pebble(picture, area.left + area.width * share + picture.jitter(30), area.bottom - u * 0.03)


def _weed(picture: Picture, x: float, y: float) -> None:
    for lean in (-1, 1):
        tall = picture.unit * picture.rng.uniform(0.12, 0.24)
        if picture.is_free(Box(x - 30, y - tall, x + 30, y), padding=0):
            knots = [(x + lean * 8 + lean * (18 if step % 2 else -4), y - tall * step / 4) for step in range(5)]
            picture.sheet.line(smooth([(x, y), *knots[1:]]))


def _bubbles(picture: Picture, zone: Box) -> None:
    for _ in range(6):
        room = picture.find_room(60, 90, zone, padding=14)
        if room is not None:
            picture.take(room)
            picture.sheet.circle(room.center_x, room.bottom - 14, 13)
            picture.sheet.circle(room.center_x + 12, room.center_y - 6, 9)
            picture.sheet.dot(room.center_x + 2, room.top + 12, 4.5)
