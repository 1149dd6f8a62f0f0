"""Read batches from the records: a batch's result document is made from the records of its runs."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from tools.sqlite.connection import reading
from tools.sqlite.records import IMAGE_COLUMNS, IMAGE_KEYS, image_of

Document = dict[str, Any]

UNFINISHED = (
    "EXISTS (SELECT 1 FROM segments LEFT JOIN runs USING (run_id) WHERE batch_id = ?"
    " AND segments.status NOT IN ('finished', 'skipped') AND runs.success IS NOT 1)"
)
"""SQL condition: a segment of the batch is unfinished, and its run was not completed alone later either."""

NOT_YET = "not made yet"
"""The error of an image without an attempt; a reason may follow after a colon."""

_IMAGES = ", ".join(f"images.{name}" for name in (*IMAGE_COLUMNS, "image_index", "width_px", "height_px"))


class BatchImages(Iterable[Document]):
    """The images of a batch in any state, in order; each iteration reads them again, since they may not fit in memory.

    `reason` is why some of them have not been attempted yet.
    """

    def __init__(self, path: Path, batch_id: str, *, reason: str | None = None) -> None:
        self._path = path
        self._batch_id = batch_id
        self._error = f"{NOT_YET}: {reason}" if reason else NOT_YET

    def __iter__(self) -> Iterator[Document]:
        with reading(self._path) as connection:
            rows = connection.execute(
                "SELECT segment_id, run_id, first_index, segments.requested AS wanted, segments.status AS standing,"  # noqa: S608
                f" segments.error AS trouble, asked, {_IMAGES} FROM segments LEFT JOIN images USING (run_id)"
                " WHERE batch_id = ? ORDER BY number, image_index",
                (self._batch_id,),
            )
            for _, group in groupby(rows, lambda row: row["first_index"]):
                yield from _of(group, self._error)


def batch_document(path: Path, batch_id: str, *, reason: str | None = None) -> Document:
    """Return the result document of a batch in any state, its `images` as `BatchImages`."""
    images = BatchImages(path, batch_id, reason=reason)
    requested = count = skipped = 0
    for image in images:
        requested += 1
        count += image["status"] == "saved"
        skipped += image["status"] == "saved" and not image["attempts"]
    with reading(path) as connection:
        unfinished = connection.execute(f"SELECT {UNFINISHED}", (batch_id,)).fetchone()[0]
    return {
        "batch_id": batch_id,
        "success": 0 < count == requested and not unfinished,
        "requested": requested,
        "count": count,
        "skipped": skipped,
        "images": images,
    }


def _of(rows: Iterator[sqlite3.Row], error: str) -> Iterator[Document]:
    """Yield the images of one segment from its rows; an image without a row is one that failed with `error`.

    Its `run_id` is what `redo`, `sheet`, `show` and `resume` take; a segment that was skipped has none.
    """
    known = list(rows)
    segment, asked = known[0], json.loads(known[0]["asked"])
    run_id = None if segment["standing"] == "skipped" else segment["run_id"]
    by_index = {row["image_index"]: row for row in known if row["image_index"] is not None}
    for index in range(max([segment["wanted"], *(index + 1 for index in by_index)])):
        found = by_index.get(index)
        image = image_of(found) if found else _missing(asked, segment["trouble"] or error)
        place = {"id": asked.get("id", segment["segment_id"]), "index": segment["first_index"] + index}
        yield place | {"run_id": run_id} | {name: image[name] for name in IMAGE_KEYS[1:]}


def _missing(asked: Document, error: str) -> Document:
    prompt = asked["content"] if asked.get("as_is") else ""
    told = {"status": "failed", "prompt": prompt, "seed": asked.get("seed"), "attempts": 0, "error": error}
    return dict.fromkeys(IMAGE_KEYS) | told


def notes_of(path: Path, batch_id: str) -> list[tuple[str | int, str]]:
    """Return the notes of the batch's runs, each with the id of its segment, in order."""
    question = (
        "SELECT coalesce(json_extract(asked, '$.id'), segment_id) AS id, notes FROM segments JOIN runs USING (run_id)"
        " WHERE batch_id = ? AND notes != '[]' ORDER BY number"
    )
    with reading(path) as connection:
        rows = connection.execute(question, (batch_id,))
        return [(row["id"], note) for row in rows for note in json.loads(row["notes"])]


def count_settled(path: Path, batch_id: str) -> int:
    """Count the pictures of the segments that are finished; those of the others are counted while the batch runs."""
    question = (
        "SELECT count(*) FROM segments JOIN images USING (run_id)"
        " WHERE batch_id = ? AND segments.status = 'finished' AND images.status = 'saved'"
    )
    with reading(path) as connection:
        return int(connection.execute(question, (batch_id,)).fetchone()[0])


def find_batch(path: Path, batch_id: str) -> dict[str, Any] | None:
    """Return the row of a batch with its options, or `None` for an unknown one."""
    if not path.exists():
        return None
    with reading(path) as connection:
        row = connection.execute("SELECT * FROM batches WHERE batch_id = ?", (batch_id,)).fetchone()
    return None if row is None else {**row, "options": json.loads(row["options"] or "{}")}


def find_segment(path: Path, run_id: str) -> dict[str, Any] | None:
    """Return the segment of this run, with its input and its batch's options, or `None` if it has none."""
    if not path.exists():
        return None
    with reading(path) as connection:
        row = connection.execute(
            "SELECT segments.*, batches.options FROM segments JOIN batches USING (batch_id) WHERE run_id = ?",
            (run_id,),
        ).fetchone()
    if row is None:
        return None
    return {**row, "asked": input_of(row["asked"]), "options": json.loads(row["options"] or "{}")}


def held_runs_of(path: Path, batch_id: str) -> list[str]:
    """Return the ids of the batch's runs that have a request without a picture, which may be held."""
    with reading(path) as connection:
        rows = connection.execute(
            "SELECT DISTINCT run_id FROM segments JOIN tasks USING (run_id)"
            " WHERE batch_id = ? AND tasks.status IN ('unknown', 'intent', 'submitted') ORDER BY number",
            (batch_id,),
        )
        return [row["run_id"] for row in rows]


def input_of(asked: str) -> dict[str, Any]:
    """Return the input of the graph from the column `asked`."""
    found: dict[str, Any] = json.loads(asked)
    found.pop("id", None)
    return found
