"""Sky, horizon and ground of outdoor scenes."""

from tools.sketch import backdrops, marks, plants
from tools.sketch.paths import Box, smooth, stamp, trace
from tools.sketch.picture import Picture, around, standing

_FAR = (
    (("mountain",), backdrops.mountains),
    (("forest",), backdrops.woods),
    (("desert",), backdrops.dunes),
    (("city",), backdrops.skyline),
    (("village", "market"), backdrops.houses),
    (("garden", "spring", "autumn"), backdrops.orchard),
)
# For `stamp`: an island with two round hills.
_ISLAND = "m -1 0 q .6 -1.7 1.1 -.7 q .4 -.7 .9 .7"
_LIGHTS = ("sun", "moon", "p:sunrise", "earth", "t:planet")


def weather(picture: Picture, sky: Box) -> None:
    """Draw the sky by the picture's tags; without sun and moon if a figure shows one."""
    side = picture.rng.choice([0.17, 0.83])
    x, y = sky.left + sky.width * side, sky.top + picture.unit * 0.16
    lit = _own_light(picture, sky, x, y)
    if picture.has("storm", "rain"):
        _rain(picture, sky)
    elif picture.has("space"):
        if not lit:
            backdrops.ringed_planet(picture, x, y, picture.unit * 0.08)
    elif picture.has("night"):
        if not lit:
            marks.moon(picture, x, y, picture.unit * 0.09, full=picture.has("festival"))
    elif picture.has("snow"):
        marks.snow(picture, sky)
    else:
        if not lit:
            marks.sun(picture, x, y, picture.unit * (0.085 if picture.tall else 0.07))
        _clouds(picture, sky, 1.0 - side)


def _own_light(picture: Picture, sky: Box, x: float, y: float) -> bool:
    """Place a figure that shows sun or moon; return whether a figure is the light in the sky, e.g. also a planet."""
    u = picture.unit
    rising, light = picture.figure("p:sunrise"), picture.figure("sun", "moon")
    if rising is not None:
        x = max(sky.left + u * 0.24, min(sky.right - u * 0.24, x))
        picture.place(rising, standing(x, sky.bottom + u * 0.04, u * 0.44, u * 0.34))
    elif light is not None:
        picture.place(light, around(x, y + u * 0.02, u * 0.24, u * 0.24))
    return picture.figure(*_LIGHTS) is not None


def _rain(picture: Picture, sky: Box) -> None:
    rng, u = picture.rng, picture.unit
    storm = picture.has("storm")
    count = max(3, round(sky.width / u * 3))
    figure = picture.figure("cloud-lightning", "cloud-rain-wind", "tornado")
    for number in range(count):
        x = sky.left + sky.width * (number + 0.5) / count + picture.jitter(u * 0.02)
        if figure is not None and number == count // 2:
            picture.place(figure, standing(x, sky.top + u * 0.29, u * 0.26, u * 0.26))
            continue
        marks.cloud(picture, x, sky.top + u * rng.uniform(0.13, 0.19), u * rng.uniform(0.25, 0.3), dark=storm)
    area = picture.area
    marks.rain(picture, Box(area.left + 20, sky.top + u * 0.24, area.right - 20, sky.bottom - 40), heavy=storm)


def _clouds(picture: Picture, sky: Box, side: float) -> None:
    u = picture.unit
    for share in (side, 0.5):
        width = u * picture.rng.uniform(0.2, 0.3) * (1.2 if picture.tall else 1.0)
        x = sky.left + sky.width * share + picture.jitter(u * 0.04)
        x = max(sky.left + width * 0.55, min(sky.right - width * 0.55, x))
        room = Box(x - width / 2, sky.top, x + width / 2, sky.top + u * 0.2)
        if picture.is_free(room):
            marks.cloud(picture, x, sky.top + u * picture.rng.uniform(0.14, 0.22), width)


def far(picture: Picture, horizon: float, *, count: int = 3) -> None:
    """Draw the backdrop that the tags ask for, or by default `count` hills."""
    if picture.has("space"):
        return
    if picture.has("sea", "beach", "underwater", "river"):
        if picture.rng.random() < 0.6 or picture.has("river"):
            _islands(picture, horizon)
        return
    for tags, draw in _FAR:
        if picture.has(*tags):
            draw(picture, horizon)
            return
    backdrops.hills(picture, horizon, count=count)


def _islands(picture: Picture, horizon: float) -> None:
    area, rng = picture.area, picture.rng
    for share in (rng.uniform(0.12, 0.3), rng.uniform(0.66, 0.86)):
        half, tall = area.width * rng.uniform(0.08, 0.12), picture.unit * rng.uniform(0.05, 0.1)
        picture.sheet.shape(stamp(_ISLAND, area.left + area.width * share, horizon, width=half, height=tall))


def horizon_line(picture: Picture, y: float, *, whole: bool) -> None:
    """Draw the horizon from side to side, with a few gaps unless it is to be `whole`."""
    area, rng = picture.area, picture.rng
    if whole:
        picture.sheet.line(f"M{area.left:.1f} {y:.1f}H{area.right:.1f}")
        return
    x = area.left
    while x < area.right - 30:
        length = min(area.right - x, area.width * rng.uniform(0.24, 0.42))
        picture.sheet.line(f"M{x:.1f} {y:.1f}h{length:.1f}")
        x += length + rng.uniform(18, 30)


def shore(picture: Picture, left_y: float, right_y: float) -> None:
    """Draw the land in front of the water: its winding edge from `left_y` to `right_y`, and white below."""
    area = picture.area
    step = area.width / 5
    knots = []
    for number in range(6):
        bend = picture.jitter(14) if 0 < number < 5 else 0.0
        knots.append((area.left + step * number, left_y + (right_y - left_y) * number / 5 + bend))
    edge = smooth(knots)
    picture.sheet.erase(edge + trace("V", area.bottom, "H", area.left, "Z"))
    picture.sheet.line(edge)


def ground(picture: Picture, below: Box) -> None:
    """Draw grass, flowers and pebbles in free places on the ground."""
    if picture.has("farm", "garden"):
        return
    bare = picture.has("snow", "desert", "sea", "river", "beach")
    marks_here = [plants.pebble] if bare else [plants.grass, plants.grass, plants.bloom, plants.pebble]
    zone = Box(below.left + 20, below.top + 20, below.right - 20, below.bottom - 12)
    for _ in range(int(picture.area.width / 150)):
        spot = picture.find_room(46, 34, zone, padding=22)
        if spot is not None:
            picture.take(spot)
            picture.rng.choice(marks_here)(picture, spot.center_x, spot.bottom)


def lanterns(picture: Picture, sky: Box) -> Box:
    """Draw a string of lanterns across the top if the subject names lanterns; return the sky that is left."""
    figure = picture.figure("p:lantern")
    if figure is None:
        return sky
    u = picture.unit
    sag, count = u * 0.07, max(3, round(sky.width / u * 4))
    picture.sheet.line(trace("M", sky.left, sky.top, "Q", sky.center_x, sky.top + sag * 2, sky.right, sky.top))
    for number in range(count):
        share = (number + 0.5) / count
        y = sky.top + sag * 4 * share * (1 - share)
        tall = u * (0.2 if number % 2 else 0.16)
        picture.place(figure, standing(sky.left + sky.width * share, y + tall, tall, tall))
    return Box(sky.left, sky.top + u * 0.2, sky.right, sky.bottom)
