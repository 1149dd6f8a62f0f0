"""Check the keys of a segment one by one; problems are noted with their lines."""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from tools.content.markup import without_unseen
from tools.content.templates import style as find_style
from tools.content.templates import style_names
from tools.content.wishes import SIZE, parse_size
from tools.errors import InputError
from tools.pictures.names import readable_name
from tools.setup.configuration import MAX_COUNT, MAX_SEED
from tools.storyboards.picture_names import PictureFolder, is_printable, picture_names
from tools.storyboards.problems import Place, Problems, kind_of
from tools.storyboards.storyboard_rows import WORDS, Row

COMMON = ("count", "style", "size")
"""Keys that may also stand beside `segments`; they apply to all of them."""

KEYS = ("id", *WORDS, "filename", "seed", *COMMON)
LONGEST_ID = 200

Values = dict[str, Any]


def checked_common(common: Mapping[str, Any], problems: Problems) -> Values:
    """Return the values beside the segments that apply to all of them; other keys, e.g. a title, are ignored."""
    for key in common:
        if key not in COMMON and (close := get_close_matches(key, [*COMMON, "segments"], n=1, cutoff=0.75)):
            problems.add(f"unknown key {key!r} beside the segments", (-1, "line 1"), f"did you mean {close[0]!r}?")
    return {key: value for key, value in common.items() if key in COMMON and value is not None}


def title_of(common: Mapping[str, Any]) -> str | None:
    """Return the title in the object around the segments, or `None`."""
    return _writable(common.get("title")).strip() or None


class Checks:
    """Checks segments one after the other and notes their problems."""

    def __init__(
        self,
        problems: Problems,
        folder: Path,
        size_refusal: Callable[[str], str | None],
        prompt_refusal: Callable[[str], str | None],
        own: Path | None = None,
    ) -> None:
        self._problems = problems
        self._folder = PictureFolder(folder)
        self._size_refusal = lru_cache(maxsize=None)(size_refusal)
        self._prompt_refusal = prompt_refusal
        self._style_problem = lru_cache(maxsize=None)(partial(_style_problem, own=own))
        self._wrong = False

    def values(self, row: Row, number: int, common: Values) -> tuple[Values, list[str]] | None:
        """Return the fields of the segment and the files of its pictures, or `None` if the row is no object.

        An unusable `id` becomes `None`; without an id and a `filename` there are no files.
        """
        self._wrong = False
        if not isinstance(row.values, dict):
            self._note(f"{kind_of(row.values)} instead of an object", row.place)
            return None
        given = {key: value for key, value in row.values.items() if value is not None}
        self._unknown(given, row.place)
        words = self._words(given, row.place)
        name = self._id(given.get("id", number), row.place)
        values = {**common, **given}
        count = self._count(values, row.place, as_is=words == "prompt")
        found = {
            "id": name,
            "content": _writable(given.get(words or "", "")),
            "as_is": words == "prompt",
            "count": count,
            "style": self._style(values, row.place),
            "size": self._size(values, row.place),
            "seed": self._seed(values, row.place),
        }
        if name is None and "filename" not in given:
            return found, []
        filename = given.get("filename", f"{readable_name(str(name))}.jpg")
        return {**found, "filename": filename}, self._names(filename, count, row.place)

    def _note(self, problem: str, place: Place, advice: str = "") -> None:
        self._wrong = True
        self._problems.add(problem, place, advice)

    def _unknown(self, given: Values, place: Place) -> None:
        for key in given:
            if key not in KEYS:
                close = get_close_matches(str(key).lower(), KEYS, n=1, cutoff=0.7)
                known = f"known are {', '.join(KEYS)}"
                self._note(f"unknown key {key!r}", place, f"did you mean {close[0]!r}?" if close else known)

    def _words(self, given: Values, place: Place) -> str | None:
        """Return the key that says what to draw, e.g. `prompt`, or `None` if there is none."""
        found = [key for key in WORDS if key in given]
        if not found:
            if not self._wrong:  # an unknown key may well be the misspelled one
                self._note("neither prompt nor text", place)
            return None
        if len(found) > 1:
            self._note(f"both {found[0]} and {found[1]}", place, "keep one of them")
        words = given[found[0]]
        if not isinstance(words, str):
            self._note(f"{found[0]} is {kind_of(words)}, not text", place)
        elif not without_unseen(words):
            self._note(f"{found[0]} is blank", place)
        elif found[0] == "prompt" and (refusal := self._prompt_refusal(words)):
            self._note(refusal, place)
        return found[0]

    def _id(self, value: Any, place: Place) -> str | int | None:
        """Return the id, or `None` if it cannot be used."""
        name = str(value).strip()
        if isinstance(value, bool) or not isinstance(value, str | int):
            self._note(f"id is {kind_of(value)}, neither text nor a whole number", place)
        elif not name or len(name) > LONGEST_ID or not is_printable(name):
            self._note(f"id is {value!r:.40}", place, f"write 1 to {LONGEST_ID} characters in one line")
        else:
            return name if isinstance(value, str) else value
        return None

    def _count(self, values: Values, place: Place, *, as_is: bool) -> int:
        count = values["count"]
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_COUNT:
            self._note(f"count is {count!r:.40}", place, f"write a number from 1 to {MAX_COUNT}")
            return 1
        return 1 if as_is else count

    def _style(self, values: Values, place: Place) -> str | None:
        style = values.get("style")
        if style is not None and not isinstance(style, str):
            self._note(f"style is {kind_of(style)}, not text", place)
        elif style is not None and (problem := self._style_problem(style)):
            self._note(f"style {style!r} does not exist", place, problem)
        return style

    def _size(self, values: Values, place: Place) -> str | None:
        size = values.get("size")
        if size is None:
            return None
        if not isinstance(size, str):
            self._note(f"size is {kind_of(size)}, not text", place, "write it like 1024x1024")
        elif not SIZE.fullmatch(size.strip()):
            self._note(f"size is {size!r:.40}", place, "write it like 1024x1024")
        elif refusal := self._size_refusal(size):
            self._note(refusal, place)
        else:
            width_px, height_px = parse_size(size)
            return f"{width_px}x{height_px}"
        return None

    def _seed(self, values: Values, place: Place) -> int | None:
        seed: Any = values.get("seed")
        if seed is None or (isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed <= MAX_SEED):
            return seed
        self._note(f"seed is {seed!r:.40}", place, f"write a number from 0 to {MAX_SEED}")
        return None

    def _names(self, filename: Any, count: int, place: Place) -> list[str]:
        if not isinstance(filename, str):
            self._note(f"filename is {kind_of(filename)}, not text", place)
            return []
        try:
            names = picture_names(filename, count)
            self._folder.check_inside(names[0])
        except InputError as error:
            problem, *advice = re.split(r" - |; ", str(error), maxsplit=1)
            self._note(problem, place, *advice)
            return []
        return names


def _style_problem(style: str, *, own: Path | None) -> str | None:
    try:
        find_style(style, own=own)
    except InputError:
        return f"choose one of: {', '.join(style_names(own))}"
    return None


def _writable(text: Any) -> str:
    """Return the text with `?` for lone surrogates, which UTF-8 and SQLite cannot store; `""` for no text."""
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else ""
