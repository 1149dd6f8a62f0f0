"""Read from the database what the gallery shows: all runs, the newest first, and their images."""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from typing_extensions import TypedDict

from tools.setup.redact import redact
from tools.sqlite.connection import reading

_RUNS = """
SELECT runs.run_id, runs.status, runs.title, runs.options, runs.plan, runs.requested, runs.started_at,
       substr(runs.content, 1, 200) AS beginning, segments.batch_id, segments.segment_id, segments.number,
       batches.source, json_extract(batches.options, '$.title') AS storyboard
FROM runs LEFT JOIN segments USING (run_id) LEFT JOIN batches USING (batch_id)
ORDER BY runs.started_at DESC, runs.rowid DESC
"""
# The duration of the task whose picture is shown now: an image may have had several tasks.
_DURATIONS = """
SELECT run_id, image_index,
       coalesce(duration_s, (julianday(succeeded_at) - julianday(submitted_at)) * 86400) AS duration_s
FROM tasks WHERE status = 'saved' ORDER BY id
"""
_VERSIONS = "SELECT * FROM versions WHERE status = 'saved' AND path IS NOT NULL ORDER BY version DESC"
_SAME_NAME = ("status", "prompt", "provider", "model", "seed", "url", "attempts", "path", "sha256")


class RunCard(TypedDict):
    """A run as the page shows it; `group` is the id of its batch, or of itself, and `batch` the name of the batch."""

    id: str
    group: str
    batch: str | None
    segment: str | None
    title: str
    style: str
    running: bool
    started: str


class Older(TypedDict):
    """A saved version of an image other than the shown one."""

    version: int
    status: str
    prompt: str
    provider: str | None
    model: str | None
    seed: int | None
    width: int | None
    height: int | None
    attempts: int | None
    url: str | None
    made: str | None
    path: str | None
    sha256: str | None


class Entry(TypedDict):
    """An image as the page shows it; `run` is the position of its run in the list.

    `status` is that of the record, or ``waiting`` for a planned image without a record. `subject` and `heading` are
    from the plan. `version` is the number of the shown version, `older` are the others, the newest first; both are
    `None` for an image that was never redone.
    """

    run: int
    index: int
    status: str
    prompt: str
    subject: str
    heading: str
    provider: str | None
    model: str | None
    seed: int | None
    width: int | None
    height: int | None
    duration: float | None
    attempts: int | None
    url: str | None
    error: str | None
    made: str | None
    path: str | None
    sha256: str | None
    version: int | None
    older: list[Older] | None


def read_entries(database_path: Path) -> tuple[list[RunCard], list[Entry]]:
    """Return the runs, the newest first and those of a batch together, and their images; none without a database.

    Raises:
        StorageError: The database cannot be read; the message says why.
    """
    if not database_path.exists():
        return [], []
    with reading(database_path) as connection:
        runs = _together(connection.execute(_RUNS).fetchall())
        images = _by_run(connection.execute("SELECT * FROM images"))
        versions = _versions(connection.execute(_VERSIONS))
        durations = {(row["run_id"], row["image_index"]): row["duration_s"] for row in connection.execute(_DURATIONS)}
    cards = [_card(run) for run in runs]
    entries: list[Entry] = []
    for position, run in enumerate(runs):
        recorded = images.get(run["run_id"], {})
        planned = _planned(run, recorded)
        for index in sorted(planned.keys() | recorded.keys()):
            taken = durations.get((run["run_id"], index))
            entry = _entry(position, index, recorded.get(index), planned.get(index, {}), taken)
            entries.append(_with_versions(entry, versions.get((run["run_id"], index), [])))
    return cards, entries


def _by_run(rows: Iterable[sqlite3.Row]) -> dict[str, dict[int, sqlite3.Row]]:
    """Return the images of each run by their index."""
    images: dict[str, dict[int, sqlite3.Row]] = {}
    for row in rows:
        images.setdefault(row["run_id"], {})[row["image_index"]] = row
    return images


def _together(runs: list[sqlite3.Row]) -> list[sqlite3.Row]:
    """Move the runs of a batch to the place of its newest one, in the order of the storyboard."""
    first: dict[str, int] = {}
    for place, run in enumerate(runs):
        first.setdefault(run["batch_id"] or run["run_id"], place)
    return sorted(runs, key=lambda run: (first[run["batch_id"] or run["run_id"]], run["number"] or 0))


def _card(run: sqlite3.Row) -> RunCard:
    return {
        "id": run["run_id"],
        "group": run["batch_id"] or run["run_id"],
        "batch": run["storyboard"] or Path(run["source"] or "").name or run["batch_id"],
        "segment": run["segment_id"],
        "title": run["title"] or _first_line(run["beginning"] or ""),
        "style": str(_json(run["options"]).get("style") or ""),
        "running": run["status"] == "running",
        "started": run["started_at"],
    }


def _planned(run: sqlite3.Row, recorded: dict[int, sqlite3.Row]) -> dict[int, dict[str, Any]]:
    """Return the plan of each image by index; a run with neither plan nor record gets one waiting image."""
    prompts = _json(run["plan"]).get("prompts") or []
    planned = {prompt["index"]: prompt for prompt in prompts if isinstance(prompt, dict) and "index" in prompt}
    return planned if planned or recorded else {0: {}}


def _entry(position: int, index: int, row: sqlite3.Row | None, plan: dict[str, Any], duration_s: float | None) -> Entry:
    found = dict(row) if row else {"status": "waiting", **{name: plan.get(name) for name in ("prompt", "seed")}}
    entry: dict[str, Any] = {name: found.get(name) for name in _SAME_NAME} | {
        "run": position,
        "index": index,
        "prompt": found.get("prompt") or "",
        "subject": str(plan.get("subject") or ""),
        "heading": str(plan.get("heading") or ""),
        "width": found.get("width_px") or plan.get("width_px"),
        "height": found.get("height_px") or plan.get("height_px"),
        "duration": None if duration_s is None else round(duration_s, 1),
        "error": redact(str(found["error"])) if found.get("error") else None,
        "made": found.get("recorded_at"),
    }
    return cast("Entry", entry)


def _versions(rows: Iterable[sqlite3.Row]) -> dict[tuple[str, int], list[sqlite3.Row]]:
    """Return the saved versions by run and image index."""
    versions: dict[tuple[str, int], list[sqlite3.Row]] = {}
    for row in rows:
        versions.setdefault((row["run_id"], row["image_index"]), []).append(row)
    return versions


def _with_versions(entry: Entry, rows: list[sqlite3.Row]) -> Entry:
    older = [_older(row) for row in rows if row["path"] != entry["path"]]
    shown = next((row["version"] for row in rows if row["path"] == entry["path"]), None)
    return {**entry, "version": shown if older else None, "older": older or None}


def _older(row: sqlite3.Row) -> Older:
    named = {name: row[name] for name in (*_SAME_NAME, "version")}
    size = {"width": row["width_px"], "height": row["height_px"]}
    return cast("Older", {**named, **size, "prompt": row["prompt"] or "", "made": row["recorded_at"]})


def _json(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _first_line(text: str) -> str:
    lines = (line.strip(" #\t") for line in text.splitlines())
    return next((line[:80] for line in lines if line), "")
