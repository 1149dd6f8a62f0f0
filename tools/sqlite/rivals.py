"""An earlier batch that a new one of the same storyboard would pay again for."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.errors import InputError
from tools.money.ledger_rows import HELD, UNDER_WAY
from tools.sqlite.liveness import state_of_batch

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


def see_that_nothing_is_under_way(connection: sqlite3.Connection, path: Path, options: Mapping[str, Any]) -> None:
    """See that no batch of the same storyboard and output folder has requests that may still deliver.

    Inside the transaction that writes the new batch down, so that of two that begin at once only one does. `path` is
    that of the database.

    Raises:
        InputError: One has; the message says how to go on.
    """
    for batch in connection.execute(_OF_THE_SAME, (options["reads"], options["writes"])).fetchall():
        batch_id = batch["batch_id"]
        resume = f"peitu resume {batch_id}"
        if state_of_batch(batch, connection, path) == "running":
            raise InputError(
                f"Batch {batch_id} of this storyboard is being worked on by another process - wait for it, or stop it"
                f" and go on with: {resume}"
            )
        rows = connection.execute(
            f"{_UNFINISHED} ({', '.join('?' for _ in UNDER_WAY)})", (batch_id, *UNDER_WAY)
        ).fetchall()
        if rows:
            held = sum(row["status"] in HELD for row in rows)
            raise InputError(f"Batch {batch_id} of this storyboard {_told(len(rows), held, resume)}")


def _told(count: int, held: int, resume: str) -> str:
    """Return what a batch has under way, and what to do about it."""
    requests = f"{count} request{'s' if count > 1 else ''}"
    anew = "; to pay for all of it anew, name another --output-dir"
    if not held:
        return f"has {requests} under way, paid already - continue it with: {resume}{anew}"
    again = f"; what stays held is sent again, though it may be paid already, with: {resume} --resubmit"
    return f"has {requests} under way that may be paid, {held} held - continue it with: {resume}{again}{anew}"
