"""Displays for notebooks: pictures in a grid or in labelled rows, and tables.

Everything that comes from a content, a model or a provider is escaped. Pictures are embedded as small copies, so that a
saved notebook stays small and needs no files.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from tools.setup.redact import redact
from tools.sqlite.lists import list_runs_with_effort, list_tasks

Picture = Mapping[str, Any] | str | Path
"""An image of a result document, or a path."""

Pictures = Picture | Iterable[Picture]
"""A result document, or one or more pictures."""

MOST_CHARS = 160
"""A longer text is cut in a table cell."""

_CELL = "text-align:center;vertical-align:top;padding:4px"
_TEXT = "text-align:left;vertical-align:top;padding:2px 8px"
_NUMBER = "text-align:right;vertical-align:top;padding:2px 8px"


class Shown:
    """Shows itself as HTML in Jupyter, elsewhere as one line of text."""

    def __init__(self, html: str, text: str) -> None:
        self._html = html
        self._text = text

    def _repr_html_(self) -> str:
        return self._html

    def __repr__(self) -> str:
        return self._text


def grid(pictures: Pictures, *, columns: int = 3, side_px: int = 240, captions: Sequence[str] | None = None) -> Shown:
    """Return the pictures of a result document, or of a list, as a grid; for a failed one its error is shown.

    `captions` replace number, provider and seed below the pictures.
    """
    found = _listed(pictures)
    cells = [_cell(picture, _caption(captions, place, picture), side_px) for place, picture in enumerate(found)]
    rows = (cells[start : start + columns] for start in range(0, len(cells), columns))
    return Shown(_table(f"<tr>{''.join(row)}</tr>" for row in rows), _counted(len(found), "picture"))


def compare(rows: Mapping[str, Pictures], *, side_px: int = 200, captions: Sequence[str] | None = None) -> Shown:
    """Return a row of pictures for each label, e.g. ``compare({"ink": result, "neon": other})``.

    `captions` stand above the columns; without them, number, provider and seed stand below each picture.
    """
    head = "".join(f'<th style="{_CELL}">{escape(caption)}</th>' for caption in captions or ())
    lines = [f"<tr><th></th>{head}</tr>"] if captions else []
    for label, pictures in rows.items():
        cells = "".join(_cell(each, "" if captions else _caption(None, 0, each), side_px) for each in _listed(pictures))
        lines.append(f'<tr><th style="{_TEXT}">{escape(label)}</th>{cells}</tr>')
    return Shown(_table(lines), _counted(len(rows), "row"))


def table(rows: Iterable[Mapping[str, Any]]) -> Shown:
    """Return the rows as a table with their keys as its head; numbers are right-aligned, long texts cut."""
    found = list(rows)
    names = list(dict.fromkeys(name for row in found for name in row))
    head = "".join(f'<th style="{_TEXT}">{escape(str(name))}</th>' for name in names)
    lines = ("".join(_value(row.get(name)) for name in names) for row in found)
    text = _counted(len(found), "row")
    return Shown(_table([f"<tr>{head}</tr>", *(f"<tr>{line}</tr>" for line in lines)]) if found else text, text)


def runs_table(database_path: Path | str, *, limit: int = 20) -> Shown:
    """Return a table of the newest runs: start, state, pictures, paid tasks, seconds, style and title.

    Raises:
        StorageError: The database cannot be read; the message says why.
    """
    runs = list_runs_with_effort(Path(database_path), limit=limit)
    return table(
        {
            "run": run["run_id"],
            "began (UTC)": _minute(run["started_at"]),
            "state": run["state"],
            "pictures": f"{run['count']} of {run['requested'] or '?'}",
            "tasks": run["tasks"],
            "seconds": run["duration_s"],
            "style": run["options"].get("style"),
            "title": run["title"],
        }
        for run in runs
    )


def tasks_table(database_path: Path | str, run_id: str | None = None, *, limit: int = 50) -> Shown:
    """Return a table of the newest tasks, of one run or of all; a task is a paid request for a picture.

    Raises:
        StorageError: The database cannot be read; the message says why.
    """
    names = {"run_id": "run", "provider": "provider", "model": "model", "status": "status", "polls": "polls"}
    rows = list_tasks(Path(database_path), run_id=run_id, limit=limit)
    return table(
        {
            **{label: row[name] for name, label in names.items()},
            "picture": row["image_index"] + 1,
            "seconds": row["duration_s"],
            "submitted (UTC)": _minute(row["submitted_at"]),
            "error": row["error"],
        }
        for row in rows
    )


def _listed(pictures: Pictures) -> list[Mapping[str, Any]]:
    found: Iterable[Picture]
    if isinstance(pictures, Mapping) and "images" in pictures:
        found = pictures["images"]
    else:
        found = [pictures] if isinstance(pictures, Mapping | str | Path) else pictures
    return [each if isinstance(each, Mapping) else {"status": "saved", "path": str(each)} for each in found]


def _caption(captions: Sequence[str] | None, place: int, picture: Mapping[str, Any]) -> str:
    if captions is not None:
        return captions[place] if place < len(captions) else ""
    if "index" not in picture:
        return Path(str(picture["path"])).name
    seed = f"seed {picture['seed']}" if picture.get("seed") is not None else ""
    return " · ".join(filter(None, [str(picture["index"] + 1), picture.get("provider"), seed]))


def _cell(picture: Mapping[str, Any], caption: str, side_px: int) -> str:
    below = f"<br>{escape(caption)}" if caption else ""
    return f'<td style="{_CELL}">{_image(picture, side_px)}{below}</td>'


def _image(picture: Mapping[str, Any], side_px: int) -> str:
    """Return the picture as an embedded small copy with its prompt as the alternative text, or why there is none."""
    from tools.gallery.thumbnails import thumbnail

    if picture["status"] != "saved" or not picture.get("path"):
        return f"<em>{escape(picture['status'])}: {escape(redact(str(picture.get('error') or 'no reason given')))}</em>"
    data = thumbnail(Path(picture["path"]), side_px)
    if data is None:
        return "<em>the file is missing or damaged</em>"
    words = escape(redact(str(picture.get("prompt") or Path(picture["path"]).name)))
    source = f"data:image/webp;base64,{base64.b64encode(data).decode()}"
    return f'<img src="{source}" alt="{words}" title="{words}" style="max-width:{side_px}px">'


def _value(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f'<td style="{_NUMBER}">{value}</td>'
    text = "" if value is None else redact(str(value))
    cut = text if len(text) <= MOST_CHARS else f"{text[: MOST_CHARS - 1]}…"
    return f'<td style="{_TEXT}">{escape(cut)}</td>'


def _table(lines: Iterable[str]) -> str:
    return f"<table>{''.join(lines)}</table>"


def _counted(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def _minute(time: str | None) -> str:
    return (time or "")[:16].replace("T", " ")
