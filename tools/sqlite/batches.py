"""The rows of `batches` and `segments`: what a storyboard asks for, and the status of its segments."""

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

from tools.clock import utc_now
from tools.pictures.images import is_there
from tools.sqlite.batch_records import input_of
from tools.sqlite.connection import reading
from tools.sqlite.database import Database
from tools.sqlite.records import write_image
from tools.sqlite.run_ids import segment_run_id
from tools.sqlite.task_rows import OPEN
from tools.storyboards.storyboard import Segment

Status = Literal["skipped", "finished", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch; `options` are those of the command line, for all segments."""

    batch_id: str
    source: str
    options: dict[str, Any]
    requested: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRow:
    """A segment of a batch as the database has it; `number` is its index in the storyboard, `asked` its run's input."""

    number: int
    segment_id: str
    run_id: str
    asked: dict[str, Any]
    requested: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentResult:
    """The result of a segment: `count` pictures exist, of which `skipped` existed before.

    `images` are those of a segment that was skipped whole.
    `error` is why the segment could not even be planned, `errors` are those of its images, `notes` those of its run.
    """

    segment: SegmentRow
    status: Status
    count: int = 0
    skipped: int = 0
    error: str | None = None
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    images: list[dict[str, Any]] = field(default_factory=list)


def write_batch(
    connection: sqlite3.Connection, batch: Batch, segments: Iterable[Segment], for_all: Mapping[str, Any]
) -> None:
    """Write a batch with all its segments, inside a transaction; `for_all` goes into the input of each segment."""
    columns = "batch_id, source, options, requested, started_at"
    row = (batch.batch_id, batch.source, _json(batch.options), batch.requested, utc_now().isoformat())
    connection.execute(f"INSERT INTO batches ({columns}) VALUES (?, ?, ?, ?, ?)", row)  # noqa: S608 - our own names
    connection.executemany(
        "INSERT INTO segments (batch_id, number, segment_id, run_id, asked, first_index, requested, status)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting')",
        _rows(batch.batch_id, segments, for_all),
    )


def asks_for_the_same(
    connection: sqlite3.Connection, batch_id: str, segments: Iterable[Segment], for_all: Mapping[str, Any]
) -> bool:
    """Tell whether a recorded batch has exactly these segments, each with the same id, input and number of pictures."""
    question = "SELECT segment_id, asked, requested FROM segments WHERE batch_id = ? ORDER BY number"
    known = (tuple(row) for row in connection.execute(question, (batch_id,)))
    wanted = ((name, asked, count) for _, _, name, _, asked, _, count in _rows(batch_id, segments, for_all))
    return all(one == other for one, other in zip_longest(known, wanted))


class Batches:
    """Writes and reads through the database's thread.

    Raises:
        StorageError: (every method) The database cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reopen(self, batch_id: str) -> None:
        """Reopen the batch; segments whose runs were completed since, e.g. by `peitu resume`, become finished."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE segments SET status = 'finished', error = NULL WHERE batch_id = ? AND status IN ('waiting',"
                " 'failed') AND EXISTS (SELECT 1 FROM runs WHERE runs.run_id = segments.run_id AND success = 1)",
                (batch_id,),
            )
            connection.execute("UPDATE batches SET finished_at = NULL WHERE batch_id = ?", (batch_id,))

        await self._database.write(work)

    async def reopen_lost(self, batch_id: str) -> int:
        """Set finished segments whose files are gone to `waiting`; return how many pictures are gone."""
        lost = await asyncio.to_thread(self._lost, batch_id)
        statement = "UPDATE segments SET status = 'waiting' WHERE batch_id = ? AND number = ?"
        values = [(batch_id, number) for number in lost]
        await self._database.write(lambda connection: connection.executemany(statement, values))
        return len(lost)

    def _lost(self, batch_id: str) -> list[int]:
        """Return the segment number of every saved picture whose file is gone; reads the disk."""
        question = (
            "SELECT number, path, sha256 FROM segments JOIN images USING (run_id)"
            " WHERE batch_id = ? AND segments.status = 'finished' AND images.status = 'saved'"
        )
        with reading(self._database.path) as connection:
            rows = connection.execute(question, (batch_id,)).fetchall()
        return [row["number"] for row in rows if not is_there(Path(row["path"]), row["sha256"])]

    async def waiting(self, batch_id: str, *, after: int, limit: int) -> list[SegmentRow]:
        """Return the next `limit` segments after number `after` that are not finished, in order."""

        def work(connection: sqlite3.Connection) -> list[SegmentRow]:
            rows = connection.execute(
                "SELECT * FROM segments WHERE batch_id = ? AND number > ? AND status != 'finished'"
                " ORDER BY number LIMIT ?",
                (batch_id, after, limit),
            )
            return [_segment_row(row) for row in rows]

        return await self._database.read(work)

    async def has_begun(self, run_id: str) -> bool:
        """Tell whether a segment's run is in the records: another process may work on the same batch."""
        question = "SELECT 1 FROM runs WHERE run_id = ?"
        found = await self._database.read(lambda connection: connection.execute(question, (run_id,)).fetchone())
        return found is not None

    async def own(self, run_id: str) -> set[int]:
        """Return the indexes of the images that a run made itself, or for which it has an open task."""
        question = (
            f"SELECT image_index FROM tasks WHERE run_id = ? AND status IN ({', '.join('?' for _ in OPEN)})"  # noqa: S608
            " UNION SELECT image_index FROM images WHERE run_id = ? AND attempts > 0 AND status = 'saved'"
        )
        values = (run_id, *OPEN, run_id)
        rows = await self._database.read(lambda connection: connection.execute(question, values).fetchall())
        return {row["image_index"] for row in rows}

    async def note(self, batch_id: str, results: Sequence[SegmentResult]) -> None:
        """Write the results of segments."""

        def work(connection: sqlite3.Connection) -> None:
            for result in results:
                connection.execute(
                    "UPDATE segments SET status = ?, error = ? WHERE batch_id = ? AND number = ?",
                    (result.status, result.error, batch_id, result.segment.number),
                )
                for image in result.images:
                    write_image(connection, result.segment.run_id, image)

        await self._database.write(work)

    async def finish(self, batch_id: str) -> None:
        """Write down that every segment was tried."""
        statement = "UPDATE batches SET finished_at = ? WHERE batch_id = ?"
        values = (utc_now().isoformat(), batch_id)
        await self._database.write(lambda connection: connection.execute(statement, values))


def _rows(batch_id: str, segments: Iterable[Segment], for_all: Mapping[str, Any]) -> Iterable[tuple[Any, ...]]:
    first = 0
    for number, segment in enumerate(segments):
        run_id = segment_run_id(batch_id, number)
        yield batch_id, number, str(segment.id), run_id, segment.asked(**for_all), first, segment.count
        first += segment.count


def _segment_row(row: sqlite3.Row) -> SegmentRow:
    return SegmentRow(
        number=row["number"],
        segment_id=row["segment_id"],
        run_id=row["run_id"],
        asked=input_of(row["asked"]),
        requested=row["requested"],
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
