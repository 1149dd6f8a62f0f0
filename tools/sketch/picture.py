"""The picture that a composition draws: the sheet, the random numbers, the figures to place, and the free room."""

import math
import random
from dataclasses import dataclass, field

from tools.sketch.icons import Icon
from tools.sketch.paths import Box
from tools.sketch.sheet import Sheet
from tools.sketch.vocabulary import Kind

MARGIN = 62.0
_TRIES = 36
_RELATIVE_HEIGHT = {"big": 1.0, "person": 0.74, "mid": 0.62, "water": 0.56, "small": 0.44, "sky": 0.4, "idea": 0.44}


@dataclass(frozen=True, slots=True)
class Figure:
    """An icon with its role in the picture; an `extra` one is not named by the subject, but goes with one that is."""

    icon: Icon
    kind: Kind
    plural: bool = False
    extra: bool = False

    @property
    def ratio(self) -> float:
        """Width divided by height."""
        return self.icon.width / self.icon.height

    @property
    def turns(self) -> bool:
        """Whether it may be mirrored; a check mark, for example, may not."""
        return self.kind in {"person", "water", "sky"} or self.icon.name.startswith("p:")

    @property
    def relative_height(self) -> float:
        """The height beside other figures, where a house is 1."""
        return _RELATIVE_HEIGHT.get(self.kind, 0.44) * (0.75 if self.extra and self.kind != "big" else 1.0)


@dataclass(slots=True)
class Picture:
    """A picture that is being drawn.

    `area` is the part of the sheet to draw in; `tags` are the scenes that the subject asks for; `placed` are the names
    of the icons drawn so far.
    """

    sheet: Sheet
    rng: random.Random
    figures: list[Figure]
    tags: set[str]
    area: Box
    placed: set[str] = field(default_factory=set)

    def has(self, *tags: str) -> bool:
        """Tell whether the picture has any of these tags."""
        return not self.tags.isdisjoint(tags)

    @property
    def unit(self) -> float:
        """The shorter side of the area."""
        return min(self.area.width, self.area.height)

    @property
    def tall(self) -> bool:
        """Whether the picture is clearly higher than wide."""
        return self.area.height > self.area.width * 1.25

    @property
    def wide(self) -> bool:
        """Whether the picture is clearly wider than high."""
        return self.area.width > self.area.height * 1.25

    def jitter(self, size: float) -> float:
        """Return a random number between `-size` and `size`."""
        return self.rng.uniform(-size, size)

    def take(self, box: Box) -> None:
        """Mark the box as taken, so that nothing else is placed there."""
        self.sheet.taken.append(box)

    def figure(self, *names: str) -> "Figure | None":
        """Return the first figure whose icon has one of these names, or `None`."""
        return next((figure for figure in self.figures if figure.icon.name in names), None)

    def is_free(self, box: Box, *, padding: float = 14.0) -> bool:
        """Tell whether nothing is taken in the box or closer to it than `padding`."""
        return not any(box.grown(padding).touches(taken) for taken in self.sheet.taken)

    def find_room(self, width: float, height: float, zone: Box, *, padding: float = 26.0) -> Box | None:
        """Return a free box of this size in the zone, far from all others (the best of some tries), or `None`."""
        best: tuple[float, Box] | None = None
        for _ in range(_TRIES):
            left = self.rng.uniform(zone.left, max(zone.left, zone.right - width))
            top = self.rng.uniform(zone.top, max(zone.top, zone.bottom - height))
            box = Box(left, top, left + width, top + height)
            if box.right > zone.right + 1 or box.bottom > zone.bottom + 1:
                return None
            distance = min((_distance(box, taken) for taken in self.sheet.taken), default=math.inf)
            if distance >= padding and (best is None or distance > best[0]):
                best = (min(distance, 0.3 * self.unit), box)
        return best[1] if best else None

    def insist_on_room(self, width: float, height: float, zone: Box) -> Box:
        """Return a free box in the zone, a smaller one if necessary, or at last a small one that is not free."""
        for shrink in (1.0, 0.82, 0.66, 0.52):
            for padding in (22.0, 8.0):
                room = self.find_room(width * shrink, height * shrink, zone, padding=padding)
                if room is not None:
                    return room
        width, height = width * 0.52, height * 0.52
        x = self.rng.uniform(zone.left + width / 2, zone.right - width / 2)
        return around(x, zone.top + height / 2, width, height)

    def place(self, figure: Figure, box: Box, *, flip: bool = False, turn: float = 0.0) -> Box:
        """Draw the figure in the box, mark the room that it takes, and return that; `turn` is in degrees."""
        icon = figure.icon
        self.placed.add(icon.name)
        scale = min(box.width / icon.width, box.height / icon.height)
        half = icon.width * scale / 2
        self.sheet.icon(icon, box, flip=flip and figure.turns, turn=turn)
        room = Box(box.center_x - half, box.bottom - icon.height * scale, box.center_x + half, box.bottom)
        self.take(room)
        return room


def in_line(picture: Picture, figures: list[Figure]) -> list[Figure]:
    """Return the figures in order from left to right: the first near the middle, the others on alternating sides."""
    order: list[Figure] = []
    for number, figure in enumerate(figures):
        order.insert(0 if number % 2 else len(order), figure)
    if picture.rng.random() < 0.5:
        order.reverse()
    return order


def standing(x: float, y: float, width: float, height: float) -> Box:
    """Return the box of this size whose lower edge is centered on `x`, `y`."""
    return Box(x - width / 2, y - height, x + width / 2, y)


def around(x: float, y: float, width: float, height: float) -> Box:
    """Return the box of this size centered on `x`, `y`."""
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _distance(one: Box, other: Box) -> float:
    across = max(one.left - other.right, other.left - one.right, 0.0)
    down = max(one.top - other.bottom, other.top - one.bottom, 0.0)
    return math.hypot(across, down)
