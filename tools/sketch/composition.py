"""Choose a composition for a subject and draw it, as one SVG document."""

import random
from collections.abc import Callable

from tools.sketch import ideas, indoors
from tools.sketch.abstract import abstract
from tools.sketch.icons import load_icon, several
from tools.sketch.outdoors import landscape
from tools.sketch.paths import Box
from tools.sketch.picture import MARGIN, Figure, Picture
from tools.sketch.reading import Reading, read
from tools.sketch.seabed import seabed
from tools.sketch.sheet import Sheet
from tools.sketch.thought import thought
from tools.sketch.trail import trail
from tools.sketch.vocabulary import load_vocabulary

_OUTSIDE = frozenset(
    {"sea", "river", "underwater", "beach", "storm", "rain", "snow", "wind", "city", "village", "forest", "garden"}
    | {"farm", "mountain", "desert", "road", "rail", "space", "festival", "market", "sport", "spring", "summer"}
    | {"autumn", "nature", "sunset"}
)
_BEHIND_GLASS = {"storm", "rain", "snow", "wind", "garden", "spring", "summer", "autumn", "nature", "sunset"}
_INSIDE = {"home", "kitchen", "office", "school", "lab", "stage", "desk", "bedroom", "workshop", "indoor", "books"}
_GROUPS = {"p:team", "p:couple", "p:family", "p:meeting", "p:video-meeting", "fish"}  # icons that show several already
_COUNTED = {"person", "mid", "small", "water"}
_LONGEST_ASPECT = 1.9

Composition = Callable[[Picture], None]


def compose(subject: str, *, aspect: float, seed: int) -> str:
    """Return the picture of the subject as SVG; `aspect` is width divided by height."""
    reading = read(subject)
    width, height = max(1000.0, 1000.0 * aspect), max(1000.0, 1000.0 / aspect)
    picture = Picture(
        sheet=Sheet(width, height),
        rng=random.Random(f"{seed}|{subject.strip()}"),
        figures=_figures(reading),
        tags=reading.tags,
        area=_area(width, height),
    )
    if picture.has("underwater") and not picture.tags & _INSIDE:
        picture.tags.add("sea")
    if picture.figures:
        composition = picture.rng.choice(_candidates(picture))
        if composition is landscape:
            # No window as a figure of its own: houses and trains are drawn with windows.
            picture.figures = [f for f in picture.figures if f.icon.name != indoors.WINDOW] or picture.figures
        composition(picture)
    else:
        (landscape if picture.tags & (_OUTSIDE | {"night"}) else abstract)(picture)
    return picture.sheet.svg()


def _area(width: float, height: float) -> Box:
    # Beyond this aspect ratio the picture stays in the middle of the sheet: a strip makes no scene.
    across = min(width - 2 * MARGIN, (height - 2 * MARGIN) * _LONGEST_ASPECT)
    down = min(height - 2 * MARGIN, (width - 2 * MARGIN) * _LONGEST_ASPECT)
    return Box((width - across) / 2, (height - down) / 2, (width + across) / 2, (height + down) / 2)


def _figures(reading: Reading) -> list[Figure]:
    figures = []
    for name in reading.icons():
        found = reading.concept_of(name)
        kind = load_vocabulary().kinds.get(name, found.concept.kind)
        extra = name != found.concept.icons[0]
        count = found.count if kind in _COUNTED and name not in _GROUPS and not extra else 1
        icon = several(load_icon(name), count)
        figures.append(Figure(icon, kind, plural=found.plural and not extra, extra=extra))
    return figures


def _candidates(picture: Picture) -> list[Composition]:
    """Return the compositions that suit the subject, of which one is chosen by chance."""
    figures, count = picture.figures, len(picture.figures)
    hero, kinds = figures[0], {figure.kind for figure in figures}
    if picture.has("underwater") and kinds <= {"water", "idea"}:
        return [seabed]
    if picture.has("pair") and count >= 2:
        return [ideas.pair]
    if picture.has("table") and kinds == {"small"}:
        return [indoors.table]
    if picture.has("process") and count >= 3:
        return [trail]
    if hero.kind == "idea" or (picture.has("tech") and hero.kind in {"small", "mid"}):
        return _for_ideas(picture)
    dreams = "idea" in kinds and (hero.kind == "person" or hero.icon.name == "p:sleeper")
    return [thought, _home(picture)] if dreams else [_home(picture)]


def _for_ideas(picture: Picture) -> list[Composition]:
    crowd = len(picture.figures) > 2
    if picture.has("tech"):
        return [indoors.screen, ideas.ring if crowd else thought]
    return [thought, ideas.book, ideas.ring] if crowd else [thought, ideas.book]


def _home(picture: Picture) -> Composition:
    """Return the composition where the main figure belongs: on a table, in a room or outdoors."""
    if _looks_out(picture):
        kinds = {figure.kind for figure in picture.figures if figure not in indoors.in_the_wall(picture)}
        return indoors.table if "small" in kinds and not kinds & {"person", "mid", "water"} else indoors.floor
    figures = [figure for figure in picture.figures if figure.icon.name != indoors.WINDOW] or picture.figures
    hero = figures[0]
    outside, inside = bool(picture.tags & _OUTSIDE), bool(picture.tags & _INSIDE)
    furnished = any(figure.kind in {"person", "mid"} for figure in figures)
    if inside and not outside and furnished:
        return indoors.floor
    housed = outside and any(figure.kind == "big" for figure in picture.figures)
    wild = housed or bool(picture.tags & (_OUTSIDE - {"city", "village", "festival"}))
    if hero.kind == "small" and not wild:
        # Peitu's own small figures, animals and food, may also be outdoors; others, e.g. scissors, may not.
        at_table = (
            inside or picture.has("festival") or not hero.icon.name.startswith("p:") or picture.rng.random() < 0.5
        )
        return indoors.table if at_table else landscape
    if inside and not outside and hero.kind in {"mid", "person", "small"}:
        return indoors.floor
    return landscape


def _looks_out(picture: Picture) -> bool:
    """Tell whether the scene is indoors with a window, through which weather or nature is seen."""
    house = any(figure.kind == "big" for figure in picture.figures)
    return picture.figure(indoors.WINDOW) is not None and not house and picture.tags & _OUTSIDE <= _BEHIND_GLASS
