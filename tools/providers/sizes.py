"""The sizes that a model draws, and the nearest of them to a requested size."""

from dataclasses import dataclass
from math import ceil, floor, inf, log, sqrt

MOST_SCALED = 2.0
SHAPE_TOLERANCE = 1.2
"""Largest factor between the requested aspect ratio and that of the chosen size, for models with a list of sizes."""

STEP_PX = 16
"""Sides of a changed size are multiples of this, which suits all models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The sizes that a model draws, in pixels.

    `side_px` and `area_px` are least and most; `max_ratio` limits the longer side by the shorter; `only` is the list of
    allowed sizes, if not empty.
    """

    side_px: tuple[int, int] | None = None
    area_px: tuple[int, int] | None = None
    max_ratio: int | None = None
    only: tuple[tuple[int, int], ...] = ()

    def allow(self, width_px: int, height_px: int) -> bool:
        """Return whether the model takes this size."""
        short, long = sorted((width_px, height_px))
        return (
            short > 0
            and (not self.only or (width_px, height_px) in self.only)
            and (self.side_px is None or (self.side_px[0] <= short and long <= self.side_px[1]))
            and (self.area_px is None or self.area_px[0] <= short * long <= self.area_px[1])
            and (self.max_ratio is None or long <= short * self.max_ratio)
        )

    def nearest(self, width_px: int, height_px: int) -> tuple[int, int] | None:
        """Return the nearest size of about the same shape that the model takes, or `None`.

        It is at most `MOST_SCALED` times larger or smaller.
        """
        if self.allow(width_px, height_px):
            return width_px, height_px
        if min(width_px, height_px) <= 0:
            return None
        if self.only:
            near = min(self.only, key=lambda size: abs(log(size[0] / size[1]) - log(width_px / height_px)))
            scale = sqrt(near[0] * near[1] / (width_px * height_px))
            same_shape = abs(log(near[0] / near[1]) - log(width_px / height_px)) <= log(SHAPE_TOLERANCE)
            return near if same_shape and 1 / MOST_SCALED <= scale <= MOST_SCALED else None
        least, most = self._scales(width_px, height_px)
        scale = min(max(1.0, least), most)
        if least > most or not 1 / MOST_SCALED <= scale <= MOST_SCALED:
            return None
        rounded = ceil if scale > 1 else floor
        size = tuple(rounded(side * scale / STEP_PX) * STEP_PX for side in (width_px, height_px))
        return (size[0], size[1]) if self.allow(size[0], size[1]) else None

    def _scales(self, width_px: int, height_px: int) -> tuple[float, float]:
        """Return the least and the most factor by which both sides may be scaled."""
        short, long = sorted((width_px, height_px))
        least, most = 0.0, inf
        if self.side_px:
            least, most = self.side_px[0] / short, self.side_px[1] / long
        if self.area_px:
            least = max(least, sqrt(self.area_px[0] / (short * long)))
            most = min(most, sqrt(self.area_px[1] / (short * long)))
        return least, most

    def __str__(self) -> str:
        if self.only:
            return "one of " + ", ".join(f"{width}x{height}" for width, height in self.only)
        rules = []
        if self.side_px:
            rules.append(f"each side {self.side_px[0]} to {self.side_px[1]} pixels")
        if self.area_px:
            rules.append(f"{self.area_px[0]} to {self.area_px[1]} pixels in all")
        if self.max_ratio:
            rules.append(f"no side over {self.max_ratio} times the other")
        return ", ".join(rules)


SKETCH_SIZES = Sizes(side_px=(256, 2048))
"""The sizes that `tools.sketch` draws."""
