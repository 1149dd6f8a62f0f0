"""Find an earlier batch of the same storyboard whose pictures a new one would pay for again."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.errors import InputError
from tools.sqlite.liveness import is_batch_at_work
from tools.sqlite.task_rows import HELD, UNDER_WAY

_OF_THE_SAME = (
    "SELECT batch_id, finished_at FROM batches"
    " WHERE json_extract(options, '$.reads') = ? AND json_extract(options, '$.writes') = ? ORDER BY started_at DESC"
)
_STATUSES = ", ".join(f"'{status}'" for status in UNDER_WAY)
_UNFINISHED = (
    "SELECT tasks.status, json_extract(asked, '$.filename') AS filename FROM segments JOIN tasks USING (run_id)"  # noqa: S608
    " LEFT JOIN images USING (run_id, image_index)"
    f" WHERE batch_id = ? AND images.status IS NOT 'saved' AND tasks.status IN ({_STATUSES})"
)


def place_of(source: Path, output_dir: Path) -> dict[str, str]:
    """Return what identifies batches that make the same pictures, wherever they were called from."""
    return {"reads": str(source.resolve()), "writes": str(output_dir.resolve())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """An earlier batch of the same storyboard and output folder that is not over.

    `why` says why a new one would be wrong; `None` for a batch that was only stopped, with nothing under way.
    """

    batch_id: str
    is_at_work: bool
    why: str | None = None


def find_rival(connection: sqlite3.Connection, path: Path, options: Mapping[str, Any]) -> Rival | None:
    """Return a batch of the same storyboard and output folder that is running, or has requests under way.

    If there is none, return the newest one if it was stopped, else `None`. Call this inside the transaction that writes
    the new batch, so that of two that begin at once only one does. `path` is that of the database.
    """
    stopped: Rival | None = None
    for number, batch in enumerate(_of_the_same(connection, options)):
        batch_id = batch["batch_id"]
        resume = f"peitu resume {batch_id}"
        if is_batch_at_work(batch_id, connection, path):
            return Rival(batch_id=batch_id, is_at_work=True, why=at_work(batch_id))
        rows = connection.execute(_UNFINISHED, (batch_id,)).fetchall()
        if rows:
            held = sum(row["status"] in HELD for row in rows)
            why = f"Batch {batch_id} of this storyboard, as it was before, {_told(len(rows), held, resume)}"
            return Rival(batch_id=batch_id, is_at_work=False, why=why)
        if number == 0 and batch["finished_at"] is None:
            stopped = Rival(batch_id=batch_id, is_at_work=False)
    return stopped


def writes_here(connection: sqlite3.Connection, batch_id: str, options: Mapping[str, Any]) -> bool:
    """Tell whether the batch would write to our output folder from here: it may be relative to another folder."""
    question = "SELECT json_extract(options, '$.output_dir') FROM batches WHERE batch_id = ?"
    folder = connection.execute(question, (batch_id,)).fetchone()[0]
    return folder is not None and str(Path(folder).resolve()) == options["writes"]


def check_no_rival_at_work(
    connection: sqlite3.Connection, path: Path, batch_id: str, options: Mapping[str, Any]
) -> None:
    """Check that no other batch of the same storyboard and output folder is running.

    Call this inside the transaction that takes the lease. `path` is that of the database.

    Raises:
        InputError: One is running: both would buy the same pictures.
    """
    for batch in _of_the_same(connection, options):
        name = batch["batch_id"]
        if name != batch_id and is_batch_at_work(name, connection, path):
            raise InputError(at_work(name))


def owed_elsewhere(connection: sqlite3.Connection, batch_id: str, options: Mapping[str, Any]) -> dict[str, str]:
    """Return by file name the other batch, of the same storyboard and folder, that has requests under way for it.

    File names for which this batch has requests, too, are left out: they are paid already, and will be collected.
    """
    batches = [batch["batch_id"] for batch in _of_the_same(connection, options)]
    owed = {name: {row["filename"] for row in connection.execute(_UNFINISHED, (name,))} for name in batches}
    own = owed.pop(batch_id, set())
    return {filename: name for name, filenames in owed.items() for filename in filenames - own}


def _of_the_same(connection: sqlite3.Connection, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the batches that make the same pictures, the newest first."""
    rows = connection.execute(_OF_THE_SAME, (options.get("reads"), options.get("writes")))
    return [dict(row) for row in rows]


def at_work(batch_id: str) -> str:
    """Return the message that another process works on the batch."""
    wait = f"wait for it, or stop it and continue with: peitu resume {batch_id}"
    return f"Batch {batch_id} of this storyboard is being worked on by another process - {wait}"


def _told(count: int, held: int, resume: str) -> str:
    """Return the part of a message about the requests of a batch, and what to do about them."""
    requests = f"{count} request{'s' if count > 1 else ''}"
    anew = "; to make and pay for all of it again, use another --output-dir"
    if not held:
        return f"has {requests} under way, paid already - continue it with: {resume}{anew}"
    again = f"; to re-send what stays held (you may pay twice): {resume} --resubmit"
    return f"has {requests} under way that may be paid, {held} held - continue it with: {resume}{again}{anew}"
