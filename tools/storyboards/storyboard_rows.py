"""Read the rows of a storyboard file, JSON, JSON Lines or CSV, each with its line; they are not checked yet."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from tools.errors import InputError
from tools.storyboards.json_scan import JsonScan
from tools.storyboards.problems import Place, Problems

WORDS = ("prompt", "text", "content")
"""The keys for the prompt or text of a segment, of which it has one."""

_JSON = {".json", ".jsonl", ".ndjson"}

_LONGEST_CELL = 10_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One segment as it is in the file, not checked yet."""

    place: Place
    values: Any


@dataclass(frozen=True, slots=True)
class Rows:
    """The segments of a file, and the values for all of them in the object around them."""

    rows: list[Row]
    common: dict[str, Any]


def rows_of(text: str, suffix: str, problems: Problems) -> Rows:
    """Return the rows of a storyboard; the format depends on the first character and then on the file's `suffix`.

    Raises:
        InputError: It is no storyboard at all; unreadable rows are added to `problems` instead.
    """
    first = text.lstrip()[:1]
    if not first:
        raise InputError("it is empty - write a list of segments")
    try:
        if first == "[":
            scan = JsonScan(text)
            rows = scan.elements()
            scan.end()
            return Rows(_numbered(rows, problems), {})
        if first == "{":
            return _object_or_lines(text, suffix, problems)
    except json.JSONDecodeError as error:
        raise InputError(
            f"line {error.lineno}, column {error.colno} is not JSON ({error.msg}) - correct it there"
        ) from None
    except RecursionError:
        raise InputError("it is nested too deeply - a segment has plain values") from None
    if suffix in _JSON:
        raise InputError("line 1 is not JSON - start with [ or {")
    return Rows(list(_csv(text, problems)), {})


def is_storyboard(text: str, suffix: str) -> bool:
    """Tell whether this is a storyboard rather than an article: any JSON file, or rows with a prompt or text."""
    if suffix in _JSON:
        return True
    if suffix != ".csv" and text.lstrip()[:1] not in {"[", "{"}:
        return False
    try:
        rows = rows_of(text, suffix, Problems("")).rows
    except InputError:
        return False
    return any(isinstance(row.values, dict) and any(key in row.values for key in WORDS) for row in rows)


def _object_or_lines(text: str, suffix: str, problems: Problems) -> Rows:
    """Read an object with `segments`, or else JSON Lines."""
    if suffix not in {".jsonl", ".ndjson"} or '"segments"' in text:
        scan = JsonScan(text)
        try:
            rows, common = scan.members("segments")
            if rows is not None:
                scan.end()
                return Rows(_numbered(rows, problems), common)
            alone = scan.is_at_end()
        except json.JSONDecodeError:
            if '"segments"' in text or "\n{" not in text.strip():
                raise
            alone, common = False, {}
        if alone and not any(key in common for key in WORDS):
            if "segments" in common:
                raise InputError("its 'segments' is not a list - write a list of segments there")
            close = get_close_matches("segments", common, n=1)
            hint = f"; did you mean that by {close[0]!r}?" if close else ""
            raise InputError(
                f"it has no 'segments' - write a list of segments, or an object with them in 'segments'{hint}"
            )
    return Rows(list(_lines(text, problems)), {})


def _numbered(elements: list[tuple[int, Any]], problems: Problems) -> list[Row]:
    """Return the rows with their lines, or with segment numbers if several are on one line."""
    lines = [line for line, _ in elements]
    if len(set(lines)) < len(lines):
        problems.unit, lines = "segment", list(range(1, len(lines) + 1))
    return [Row((number, line), values) for number, (line, (_, values)) in enumerate(zip(lines, elements, strict=True))]


def _lines(text: str, problems: Problems) -> Iterator[Row]:
    for line, written in enumerate(text.split("\n"), start=1):
        if not written.strip():
            continue
        place = (line, line)
        try:
            yield Row(place, json.loads(written))
        except json.JSONDecodeError as error:
            problems.add(f"no JSON ({error.msg})", place)
        except RecursionError:
            problems.add("JSON that is nested too deeply", place)


def _csv(text: str, problems: Problems) -> Iterator[Row]:
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        head = text.split("\n", 1)[0]
        delimiter = max(",;\t", key=head.count)
        yield from _csv_rows(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), problems)
    finally:
        csv.field_size_limit(before)


def _csv_rows(reader: Any, problems: Problems) -> Iterator[Row]:
    names: list[str] = []
    number, line = -1, 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            problems.add(f"no CSV ({error})", (number, line))
            return
        if cells is None:
            return
        place = (number, line)
        line = reader.line_num + 1
        if not any(cell.strip() for cell in cells):
            continue
        if not names:
            names = _header(cells)
        elif any(cell.strip() for cell in cells[len(names) :]):
            problems.add("more cells than the header has", place, "put quotes around a cell that holds the delimiter")
        else:
            values = {name: cell for name, cell in zip(names, cells, strict=False) if cell.strip()}
            yield Row(place, {name: _cell(name, cell) for name, cell in values.items()})
        number += 1


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    if not any(name in WORDS for name in names):
        raise InputError("line 1 must be a header with a prompt or text column, e.g. id,prompt,size")
    if twice := [name for name in names if name and names.count(name) > 1]:  # spreadsheets save empty columns, too
        raise InputError(f"line 1 names the column {twice[0]!r} twice - keep one of them")
    return names


def _cell(name: str, cell: str) -> str | int:
    if name in WORDS:
        return cell
    bare = cell.strip()
    return int(bare) if name in {"seed", "count"} and re.fullmatch(r"[0-9]{1,18}", bare) else bare
