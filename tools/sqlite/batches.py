"""The rows of `batches` and `segments`: what a storyboard asks for, and how far its segments are."""

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
    """A storyboard that is worked through; `options` are what the command line said for all of it."""

    batch_id: str
    source: str
    options: dict[str, Any]
    requested: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A segment that is to be worked on."""

    number: int
    segment_id: str
    run_id: str
    asked: dict[str, Any]
    requested: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a segment: `count` pictures are there, `skipped` of them were before.

    `images` are those of a segment that was skipped whole.
    `error` is why nothing was even planned, `errors` are those of its images.
    """

    part: Part
    status: Status
    count: int = 0
    skipped: int = 0
    error: str | None = None
    errors: tuple[str, ...] = ()
    images: list[dict[str, Any]] = field(default_factory=list)


def write_batch(
    connection: sqlite3.Connection, batch: Batch, segments: Iterable[Segment], for_all: Mapping[str, Any]
) -> None:
    """Write down a batch with all its segments inside a transaction; `for_all` goes into the input of each."""
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
    """Tell whether a batch that is written down has just these segments, with all that is asked for in each."""
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
        """Take note of what was made since the last look, e.g. by `peitu resume` of one segment."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE segments SET status = 'finished', error = NULL WHERE batch_id = ? AND status IN ('waiting',"
                " 'failed') AND EXISTS (SELECT 1 FROM runs WHERE runs.run_id = segments.run_id AND success = 1)",
                (batch_id,),
            )
            connection.execute("UPDATE batches SET finished_at = NULL WHERE batch_id = ?", (batch_id,))

        await self._database.write(work)

    async def reopen_lost(self, batch_id: str) -> int:
        """Have those segments worked on again whose pictures were made and are not there; return how many pictures."""
        lost = await asyncio.to_thread(self._lost, batch_id)
        statement = "UPDATE segments SET status = 'waiting' WHERE batch_id = ? AND number = ?"
        values = [(batch_id, number) for number in lost]
        await self._database.write(lambda connection: connection.executemany(statement, values))
        return len(lost)

    def _lost(self, batch_id: str) -> list[int]:
        """Return the segment of every picture that is not at its place."""
        question = (
            "SELECT number, path, sha256 FROM segments JOIN images USING (run_id)"
            " WHERE batch_id = ? AND segments.status = 'finished' AND images.status = 'saved'"
        )
        with reading(self._database.path) as connection:
            rows = connection.execute(question, (batch_id,))
            return [row["number"] for row in rows if not is_there(Path(row["path"]), row["sha256"])]

    async def waiting(self, batch_id: str, *, after: int, limit: int) -> list[Part]:
        """Return the next segments in order that are not finished, behind number `after`."""

        def work(connection: sqlite3.Connection) -> list[Part]:
            rows = connection.execute(
                "SELECT * FROM segments WHERE batch_id = ? AND number > ? AND status != 'finished'"
                " ORDER BY number LIMIT ?",
                (batch_id, after, limit),
            )
            return [_part(row) for row in rows]

        return await self._database.read(work)

    async def has_begun(self, run_id: str) -> bool:
        """Tell whether a segment's run is in the records by now: another process may work on the same batch."""
        question = "SELECT 1 FROM runs WHERE run_id = ?"
        found = await self._database.read(lambda connection: connection.execute(question, (run_id,)).fetchone())
        return found is not None

    async def own(self, run_id: str) -> set[int]:
        """Return the indexes of the images that a run made itself, or still has to collect, paid or perhaps paid."""
        question = (
            f"SELECT image_index FROM tasks WHERE run_id = ? AND status IN ({', '.join('?' for _ in OPEN)})"  # noqa: S608
            " UNION SELECT image_index FROM images WHERE run_id = ? AND attempts > 0 AND status = 'saved'"
        )
        values = (run_id, *OPEN, run_id)
        rows = await self._database.read(lambda connection: connection.execute(question, values).fetchall())
        return {row["image_index"] for row in rows}

    async def note(self, batch_id: str, results: Sequence[Result]) -> None:
        """Write down what came of segments."""

        def work(connection: sqlite3.Connection) -> None:
            for result in results:
                connection.execute(
                    "UPDATE segments SET status = ?, error = ? WHERE batch_id = ? AND number = ?",
                    (result.status, result.error, batch_id, result.part.number),
                )
                for image in result.images:
                    write_image(connection, result.part.run_id, image)

        await self._database.write(work)

    async def finish(self, batch_id: str) -> None:
        """Write down that everything was tried."""
        statement = "UPDATE batches SET finished_at = ? WHERE batch_id = ?"
        values = (utc_now().isoformat(), batch_id)
        await self._database.write(lambda connection: connection.execute(statement, values))


def _rows(batch_id: str, segments: Iterable[Segment], for_all: Mapping[str, Any]) -> Iterable[tuple[Any, ...]]:
    first = 0
    for number, segment in enumerate(segments):
        run_id = segment_run_id(batch_id, number)
        yield batch_id, number, str(segment.id), run_id, segment.asked(**for_all), first, segment.count
        first += segment.count


def _part(row: sqlite3.Row) -> Part:
    return Part(
        number=row["number"],
        segment_id=row["segment_id"],
        run_id=row["run_id"],
        asked=input_of(row["asked"]),
        requested=row["requested"],
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
