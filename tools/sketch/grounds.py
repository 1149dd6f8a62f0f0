"""Grounds of outdoor scenes: water, fields, craters, rails, a road."""

from tools.sketch.paths import Box, stamp, trace
from tools.sketch.picture import Picture

# An ellipse of radius 1, for `stamp`.
_CRATER = "m -1 0 c 0 -.55 .45 -1 1 -1 c .55 0 1 .45 1 1 c 0 .55 -.45 1 -1 1 c -.55 0 -1 -.45 -1 -1 z"


def waves(picture: Picture, box: Box) -> None:
    """Draw rows of short waves; near rows are wider."""
    rng, rows = picture.rng, max(2, int(box.height / 58))
    for row in range(rows):
        y = box.top + (row + 0.6) * box.height / rows
        size = 24 + 12 * row / rows
        x = box.left + rng.uniform(0, 90) + 8
        while x < box.right - size * 4:
            humps = rng.randint(2, 4)
            length = humps * size
            if x + length < box.right - 6:
                picture.sheet.line(trace("M", x, y) + trace("q", size / 2, -size * 0.42, size, "0") * humps)
            x += length + rng.uniform(60, 190)


def furrows(picture: Picture, box: Box) -> None:
    """Draw the rows of a field, which converge towards the horizon."""
    count = 7
    for number in range(count + 1):
        share = number / count - 0.5
        top = box.center_x + share * box.width * 0.5
        bottom = max(box.left + 6, min(box.right - 6, box.center_x + share * box.width * 1.05))
        picture.sheet.line(f"M{top:.1f} {box.top + 12:.1f}L{bottom:.1f} {box.bottom:.1f}")


def craters(picture: Picture, box: Box) -> None:
    """Draw craters, for the ground of another planet."""
    for share, depth, size in ((0.12, 0.35, 0.07), (0.44, 0.72, 0.1), (0.84, 0.42, 0.085), (0.7, 0.86, 0.05)):
        x, y, radius = box.left + box.width * share, box.top + box.height * depth, picture.unit * size
        picture.sheet.shape(stamp(_CRATER, x, y, width=radius, height=radius * 0.26))
        picture.sheet.line(stamp("m -.6 0 q .6 .8 1.2 0", x, y, width=radius, height=radius * 0.26))


def rails(picture: Picture, y: float) -> None:
    """Draw a railway from side to side: two rails and their sleepers."""
    area = picture.area
    low = y + picture.unit * 0.045
    picture.sheet.line(trace("M", area.left, y + 6, "H", area.right, "M", area.left, low, "H", area.right))
    x = area.left + 26
    while x < area.right - 20:
        picture.sheet.line(f"M{x:.1f} {y + 6:.1f}l-10 {low - y + 6:.1f}")
        x += 62


def road(picture: Picture, y: float) -> None:
    """Draw a road from side to side with a dashed center line."""
    area, wide = picture.area, picture.unit * 0.1
    top, low = y - wide * 0.3, y + wide
    picture.sheet.erase(f"M{area.left:.1f} {top:.1f}H{area.right:.1f}V{low:.1f}H{area.left:.1f}Z")
    picture.sheet.line(trace("M", area.left, top, "H", area.right, "M", area.left, low, "H", area.right))
    picture.sheet.line(f"M{area.left + 20:.1f} {(top + low) / 2:.1f}H{area.right:.1f}", dash="60 44")
