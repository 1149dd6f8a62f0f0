"""Boxes, and SVG path data for lines, curves and rectangles, in sheet units."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import cycle

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the sheet, in sheet units."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """The width."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """The height."""
        return self.bottom - self.top

    @property
    def center_x(self) -> float:
        """The middle of left and right."""
        return (self.left + self.right) / 2

    @property
    def center_y(self) -> float:
        """The middle of top and bottom."""
        return (self.top + self.bottom) / 2

    def grown(self, by: float) -> "Box":
        """Return the box, larger by `by` units on every side (smaller if negative)."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def touches(self, other: "Box") -> bool:
        """Tell whether the two boxes share any area."""
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)


def trace(*parts: str | float) -> str:
    """Return the parts as path data: commands unchanged, numbers with one decimal."""
    return " ".join(part if isinstance(part, str) else f"{part:.1f}" for part in parts)


def stamp(shape: str, x: float, y: float, *, width: float, height: float | None = None) -> str:
    """Return a shape as path data, moved to `x`, `y` and scaled.

    The shape is path data around its own origin, with only relative commands that take pairs (m, l, c, q); `width` and
    `height` are the lengths of its unit in both directions.
    """
    scales = cycle((width, width if height is None else height))
    scaled = (part if part.isalpha() else f"{float(part) * next(scales):.1f}" for part in shape.split())
    return f"M{x:.1f} {y:.1f} {' '.join(scaled)}"


def smooth(points: Iterable[Point], *, closed: bool = False) -> str:
    """Return the path of a smooth curve through the points (Catmull-Rom)."""
    knots = list(points)
    ring = [knots[-1], *knots, knots[0], knots[1]] if closed else [knots[0], *knots, knots[-1]]
    path = f"M{ring[1][0]:.1f} {ring[1][1]:.1f}"
    for before, start, end, after in zip(ring, ring[1:], ring[2:], ring[3:], strict=False):
        one = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
        two = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
        path += f"C{one[0]:.1f} {one[1]:.1f} {two[0]:.1f} {two[1]:.1f} {end[0]:.1f} {end[1]:.1f}"
    return path + ("Z" if closed else "")


def polyline(points: Iterable[Point], *, closed: bool = False) -> str:
    """Return the path of straight lines through the points."""
    path = " ".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f"M{path}" + ("Z" if closed else "")


def rectangle(box: Box, *, radius: float = 0.0) -> str:
    """Return the path of a rectangle; with a `radius`, its corners are round."""
    across, down = box.width - 2 * radius, box.height - 2 * radius
    if radius <= 0:
        return f"M{box.left:.1f} {box.top:.1f}h{across:.1f}v{down:.1f}h{-across:.1f}Z"
    arc = f"a{radius:.1f} {radius:.1f} 0 0 1 "
    return (
        f"M{box.left + radius:.1f} {box.top:.1f}h{across:.1f}{arc}{radius:.1f} {radius:.1f}v{down:.1f}"
        f"{arc}{-radius:.1f} {radius:.1f}h{-across:.1f}{arc}{-radius:.1f} {-radius:.1f}v{-down:.1f}"
        f"{arc}{radius:.1f} {-radius:.1f}Z"
    )
