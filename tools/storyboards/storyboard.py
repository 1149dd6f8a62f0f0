"""Read a storyboard, many segments that become pictures, from a file or a folder, and check all of it.

Nothing is begun while a row is wrong, so all wrong rows are reported at once, with their lines.
"""

import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tools.content.web_page import MAX_PAGE_BYTES, fitting
from tools.errors import InputError
from tools.storyboards.decoding import decode_text, read_as_chinese, read_bytes, tell_nobody
from tools.storyboards.picture_names import same_file
from tools.storyboards.problems import Place, Problems, name_places
from tools.storyboards.segment_checks import Checks, checked_common, title_of
from tools.storyboards.storyboard_rows import Row, Rows, rows_of

MAX_STORYBOARD_BYTES = 200_000_000
MAX_ARTICLE_BYTES = 1_000_000
SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods", ".numbers")
CSV = "save it as CSV, with columns such as id,prompt,size"
MOST_NAMES = 4
"""Most names of skipped files that a message lists."""

ARTICLES = (".md", ".markdown", ".txt", ".html", ".htm")


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a storyboard; with `as_is`, `content` is a prompt that is used unchanged.

    `filename` is the path of its pictures inside the output folder, see `tools.storyboards.picture_names`.
    """

    id: str | int
    content: str
    as_is: bool
    filename: str
    count: int
    style: str | None
    size: str | None
    seed: int | None

    def asked(self, **more: Any) -> str:
        """Return the input of the graph as JSON; `more` are options for all segments.

        An `id` that is a number is included, since a text column cannot tell 1 from ``"1"``.
        """
        told = {"content": self.content, "filename": self.filename, **({"as_is": True} if self.as_is else {})}
        wishes = {"count": self.count, "style": self.style, "size": self.size, "seed": self.seed, **more}
        given = {name: value for name, value in wishes.items() if value is not None}
        return json.dumps(
            {**told, **given, **({"id": self.id} if isinstance(self.id, int) else {})}, ensure_ascii=False
        )


class Storyboard(list[Segment]):
    """The segments of a storyboard, with the title in its file, if any."""

    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """Options of segments that do not set their own; `count` applies to texts and articles, not to prompts."""

    count: int | None = None
    style: str | None = None
    size: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What segments are checked against: the output folder, and functions that say why something cannot be made.

    `article_count` is the default number of pictures of an article; `templates` the user's folder of templates.
    """

    folder: Path
    article_count: int
    size_refusal: Callable[[str], str | None]
    prompt_refusal: Callable[[str], str | None]
    templates: Path | None = None


def read_storyboard(
    path: Path, *, defaults: Defaults, limits: Limits, tell: Callable[[str], None] = tell_nobody
) -> Storyboard:
    """Return the segments of a storyboard file, or of the articles of a folder.

    `tell` is called with a line for people about each thing that is ignored, skipped or guessed.

    Raises:
        InputError: The message has, in one line, everything that cannot be used, with its lines.
    """
    problems = Problems(repr(str(path)))
    if path.is_dir():
        rows = Rows(list(_articles(path, problems, tell, limits.folder)), {})
        count = defaults.count or limits.article_count
    else:
        wanted = CSV if path.suffix.lower() in SPREADSHEETS else "name a storyboard in JSON, JSON Lines or CSV"
        data = read_bytes(path, most=MAX_STORYBOARD_BYTES)
        text = decode_text(data, repr(str(path)), advice=wanted, tell=tell)
        try:
            rows = rows_of(text, path.suffix.lower(), problems)
        except InputError as error:
            if path.suffix.lower() in ARTICLES and text.lstrip()[:1] not in {"", "[", "{"}:
                way = f"illustrate it: peitu run {shlex.quote(str(path))}"
                raise InputError(f"{str(path)!r} is an article, no storyboard - {way}") from None
            raise InputError(f"{str(path)!r}: {error}") from None
        count = defaults.count or 1
    common = {"count": count, "style": defaults.style, "size": defaults.size, **checked_common(rows.common, problems)}
    checks = Checks(problems, limits.folder, limits.size_refusal, limits.prompt_refusal, limits.templates)
    segments = Storyboard(_checked(rows.rows, common, checks, problems))
    segments.title = title_of(rows.common)
    problems.stop()
    if not segments:
        raise InputError(f"{str(path)!r} contains no segments - write at least one")
    for given in _passed_over(rows, segments, defaults, problems.unit):
        tell(f"{given}: count and style apply to `text` rows only; a `prompt` is used as it is and makes one picture")
    return segments


def _passed_over(rows: Rows, segments: list[Segment], defaults: Defaults, unit: str) -> Iterator[str]:
    """Yield a message for each option of texts that prompts set; options for all only if there are no texts."""
    for key in ("count", "style"):
        prompts = (row for row, segment in zip(rows.rows, segments, strict=True) if segment.as_is)
        if places := [row.place for row in prompts if row.values.get(key) not in {None, 1}]:
            yield f"{key} is ignored in {name_places(places, unit)}"
        if all(segment.as_is for segment in segments):
            if rows.common.get(key) not in {None, 1}:
                yield f"{key} beside the segments is ignored"
            if (value := getattr(defaults, key)) not in {None, 1}:
                yield f"--{key} {value} is ignored"


def _checked(rows: list[Row], common: dict[str, Any], checks: Checks, problems: Problems) -> Iterator[Segment]:
    """Yield the segments of valid rows until there is a problem; all problems of and between rows are added."""
    ids: dict[str, Place] = {}
    files: dict[str, Place] = {}
    for number, row in enumerate(rows, start=1):
        read = checks.values(row, number, common)
        if read is None:
            continue
        values, names = read
        name = values["id"]
        is_new = name is None or _claim(ids, str(name), f"id {name!r}", row.place, problems)
        for name in names if is_new else ():
            _claim(files, same_file(name), f"output file {name!r}", row.place, problems)
        if not problems:
            yield Segment(**values)
    for key, place in files.items():
        if any(str(above) in files for above in PurePosixPath(key).parents):
            problems.add("filename whose folder is the picture of another segment", place)


def _claim(taken: dict[str, Place], key: str, name: str, place: Place, problems: Problems) -> bool:
    """Tell whether the key was free; if not, add a problem for both places."""
    first = taken.setdefault(key, place)
    if first is place:
        return True
    problems.add(f"{name} more than once", first)
    problems.add(f"{name} more than once", place)
    return False


def _articles(folder: Path, problems: Problems, tell: Callable[[str], None], output: Path) -> Iterator[Row]:
    """Yield the articles of the folder as rows, ordered by name; each has a subfolder for its pictures."""
    found = sorted((path for path in folder.iterdir() if path.name[0] != "."), key=lambda path: path.name)
    paths = [path for path in found if path.suffix.lower() in ARTICLES and path.is_file()]
    if not paths:
        raise InputError(f"{str(folder)!r} contains no articles - put files in it that end in {', '.join(ARTICLES)}")
    if others := [path for path in found if path not in paths and path.resolve() != output.resolve()]:
        names = [f"{path.name}/" if path.is_dir() else path.name for path in others]
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        told = f"{len(names)} skipped: {', '.join(names[:MOST_NAMES])}{more}"
        tell(f"{told} - articles must be directly in the folder and end in {', '.join(ARTICLES)}")
    guessed: list[str] = []
    stems = [same_file(path.stem) for path in paths]
    for number, path in enumerate(paths):
        place = (number, path.name)
        name = path.stem if stems.count(stems[number]) == 1 else path.name
        try:
            text = _article(path, guessed)
        except InputError as error:
            problems.add(str(error).split(" - ", maxsplit=1)[0], place)
        else:
            yield Row(place, {"id": name, "text": text, "filename": f"{name}/"})
    if guessed:
        tell(read_as_chinese(", ".join(guessed)))


def _article(path: Path, guessed: list[str]) -> str:
    """Return the text of an article; add its name to `guessed` if the encoding is a guess."""
    data = read_bytes(path, most=MAX_PAGE_BYTES)
    text = decode_text(data, "a file", tell=lambda _: guessed.append(path.name))
    return fitting(text, len(data), "a file", most_bytes=MAX_ARTICLE_BYTES)
