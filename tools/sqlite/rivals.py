"""An earlier batch that a new one of the same storyboard would pay again for."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.sqlite.liveness import state_of_batch
from tools.sqlite.task_rows import HELD, UNDER_WAY

_OF_THE_SAME = (
    "SELECT batch_id, finished_at, NULL AS success FROM batches"  # what is finished is not told further apart
    " WHERE json_extract(options, '$.reads') = ? AND json_extract(options, '$.writes') = ? ORDER BY started_at DESC"
)
_UNFINISHED = (
    "SELECT tasks.status FROM segments JOIN tasks USING (run_id) LEFT JOIN images USING (run_id, image_index)"
    " WHERE batch_id = ? AND images.status IS NOT 'saved' AND tasks.status IN"
)


def place_of(source: Path, output_dir: Path) -> dict[str, str]:
    """Return what two batches have in common that make the same pictures, wherever they were called from."""
    return {"reads": str(source.resolve()), "writes": str(output_dir.resolve())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """An earlier batch of the same storyboard and output folder that is not over, and why a new one would be wrong.

    One that was only stopped, and `owes` nothing, is in nobody's way.
    """

    batch_id: str
    is_at_work: bool
    why: str
    owes: bool = True


def find_rival(connection: sqlite3.Connection, path: Path, options: Mapping[str, Any]) -> Rival | None:
    """Return a batch of the same storyboard and output folder that has requests which may still deliver.

    Where none has, it is the newest one, if that was stopped. To be asked inside the transaction that writes the new
    batch down, so that of two that begin at once only one does. `path` is that of the database.
    """
    stopped: Rival | None = None
    for number, batch in enumerate(connection.execute(_OF_THE_SAME, (options["reads"], options["writes"])).fetchall()):
        batch_id = batch["batch_id"]
        resume = f"peitu resume {batch_id}"
        if state_of_batch(batch, connection, path) == "running":
            wait = f"wait for it, or stop it and continue with: {resume}"
            why = f"Batch {batch_id} of this storyboard is being worked on by another process - {wait}"
            return Rival(batch_id=batch_id, is_at_work=True, why=why)
        rows = connection.execute(
            f"{_UNFINISHED} ({', '.join('?' for _ in UNDER_WAY)})", (batch_id, *UNDER_WAY)
        ).fetchall()
        if rows:
            held = sum(row["status"] in HELD for row in rows)
            why = f"Batch {batch_id} of this storyboard, as it was before, {_told(len(rows), held, resume)}"
            return Rival(batch_id=batch_id, is_at_work=False, why=why)
        if number == 0 and batch["finished_at"] is None:
            why = f"Batch {batch_id} of this storyboard was stopped - continue it with: {resume}"
            stopped = Rival(batch_id=batch_id, is_at_work=False, why=why, owes=False)
    return stopped


def _told(count: int, held: int, resume: str) -> str:
    """Return what a batch has under way, and what to do about it."""
    requests = f"{count} request{'s' if count > 1 else ''}"
    anew = "; to make and pay for all of it again, use another --output-dir"
    if not held:
        return f"has {requests} under way, paid already - continue it with: {resume}{anew}"
    again = f"; to re-send what stays held (you may pay twice): {resume} --resubmit"
    return f"has {requests} under way that may be paid, {held} held - continue it with: {resume}{again}{anew}"
