"""Find out from the leases whether a process works on a run or a batch right now."""

import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tools.clock import utc_now
from tools.sqlite.connection import reading
from tools.sqlite.owners import is_alive, owners_folder

BATCH_INDEX = -1
"""Stands for an image index in the lease on a whole batch."""

RUN_INDEX = -1
"""The same for a whole run; the command line holds it as long as it works on the run, others while they plan it."""

PLANNING = timedelta(minutes=2)
"""How long a new run without lease, task and picture counts as running: it may be between two steps."""


def state_of_run(
    run: Mapping[str, Any], connection: sqlite3.Connection, database_path: Path, *, waits: bool = False
) -> str:
    """Return ``complete``, ``incomplete``, ``running``, ``stopped`` or ``waiting for approval``.

    `waits` tells that the run has a plan, and was asked for with a review.
    """
    if run["status"] == "finished":
        return "complete" if run["success"] else "incomplete"
    rows = connection.execute("SELECT image_index, owner FROM leases WHERE run_id = ?", (run["run_id"],)).fetchall()
    owners = {row["image_index"]: row["owner"] for row in rows}
    whole = owners.pop(RUN_INDEX, None)
    question = "SELECT 1 FROM tasks WHERE run_id = ? UNION SELECT 1 FROM images WHERE run_id = ?"
    makes = bool(owners or connection.execute(question, (run["run_id"],) * 2).fetchone())
    if waits and not makes:
        return "waiting for approval"
    if any(is_alive(owners_folder(database_path), owner) for owner in (*owners.values(), *([whole] if whole else []))):
        return "running"
    doubtful = not (makes or whole) and utc_now() - datetime.fromisoformat(run["started_at"]) < PLANNING
    return "running" if doubtful else "stopped"


def find_state(database_path: Path, run: Mapping[str, Any]) -> str:
    """Return the state of a run as `tools.sqlite.records.find_run` gives it."""
    with reading(database_path) as connection:
        waits = wants_review(run["options"]) and bool(run["plan"])
        return state_of_run(run, connection, database_path, waits=waits)


def wants_review(options: Mapping[str, Any]) -> bool:
    """Tell whether the run was asked for with a review; Studio's form always sets the option, to true or false."""
    return bool(options.get("review"))


def state_of_batch(batch: Mapping[str, Any], connection: sqlite3.Connection, database_path: Path) -> str:
    """Return ``complete``, ``incomplete``, ``running`` or ``stopped``."""
    if batch["finished_at"]:
        return "complete" if batch["success"] else "incomplete"
    return "running" if is_batch_at_work(batch["batch_id"], connection, database_path) else "stopped"


def is_batch_at_work(batch_id: str, connection: sqlite3.Connection, database_path: Path) -> bool:
    """Tell whether a process has the lease on the batch.

    A process that continues a finished batch has the lease before the row shows that the batch is open again.
    """
    question = "SELECT owner FROM leases WHERE run_id = ? AND image_index = ?"
    row = connection.execute(question, (batch_id, BATCH_INDEX)).fetchone()
    return row is not None and is_alive(owners_folder(database_path), row["owner"])
