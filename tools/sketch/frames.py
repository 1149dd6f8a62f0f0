"""Frames around a scene: a rectangle with round corners, an arch, a circle."""

from dataclasses import dataclass

from tools.sketch.paths import Box, rectangle
from tools.sketch.picture import Picture


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame: its outline as a path, and the boxes above (`sky`) and below (`foot`) that its curves leave free."""

    path: str
    sky: Box
    foot: Box


def choose_frame(picture: Picture) -> Frame | None:
    """Return a frame, or `None` for an open picture, by chance."""
    chance, area = picture.rng.random(), picture.area
    if chance < 0.5:
        return None
    # A string of lanterns needs the whole width at the top.
    if chance < 0.72 or picture.figure("p:lantern") is not None:
        return Frame(rectangle(area, radius=46), sky=area, foot=area.grown(-30))
    if chance < 0.87 and 0.8 < area.width / area.height < 1.25:
        return _circle(picture)
    return _arch(picture)


def _arch(picture: Picture) -> Frame:
    area, r = picture.area, picture.unit / 2
    arc = f"A{r:.1f} {r:.1f} 0 0 1"
    path = (
        f"M{area.left:.1f} {area.bottom:.1f}V{area.top + r:.1f}{arc} {area.left + r:.1f} {area.top:.1f}"
        f"H{area.right - r:.1f}{arc} {area.right:.1f} {area.top + r:.1f}V{area.bottom:.1f}Z"
    )
    sky = Box(area.left + r * 0.34, area.top + r * 0.08, area.right - r * 0.34, area.bottom)
    return Frame(path, sky=sky, foot=area.grown(-30))


def _circle(picture: Picture) -> Frame:
    area, r = picture.area, picture.unit / 2
    x, y = area.center_x, area.center_y
    half = f"a{r:.1f} {r:.1f} 0 0 1 "
    path = f"M{x - r:.1f} {y:.1f}{half}{2 * r:.1f} 0{half}{-2 * r:.1f} 0Z"
    sky = Box(x - r * 0.68, y - r * 0.9, x + r * 0.68, area.bottom)
    foot = Box(x - r * 0.72, area.top, x + r * 0.72, y + r * 0.8)
    return Frame(path, sky=sky, foot=foot)
