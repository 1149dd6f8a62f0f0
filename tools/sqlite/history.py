"""What was made, as rows for tables and plots: runs and tasks, the newest first."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from tools.sqlite.connection import reading
from tools.sqlite.liveness import state_of_run, wants_review

_RUNS = """
SELECT run_id, started_at, status, requested, success, options, title, plan IS NOT NULL AS planned,
       round((julianday(finished_at) - julianday(started_at)) * 86400, 1) AS duration_s,
       (SELECT count(*) FROM images WHERE images.run_id = runs.run_id AND images.status = 'saved') AS saved,
       (SELECT count(*) FROM tasks WHERE tasks.run_id = runs.run_id) AS tasks
FROM runs ORDER BY started_at DESC, rowid DESC LIMIT ?
"""
_TASKS = """
SELECT run_id, image_index, provider, model, status, polls,
       round(coalesce(duration_s, (julianday(succeeded_at) - julianday(submitted_at)) * 86400), 1) AS duration_s,
       submitted_at, error
FROM tasks WHERE ? IS NULL OR run_id = ? ORDER BY id DESC LIMIT ?
"""


def read_runs(database_path: Path, *, limit: int) -> list[dict[str, Any]]:
    """Return the runs: what was asked for, how many pictures there are, how many tasks it took, how long.

    `state` says what became of it, see `tools.sqlite.liveness`. Without a database there are none.

    Raises:
        StorageError: The database cannot be read; the message says why.
    """
    if not database_path.exists():
        return []
    with reading(database_path) as connection:
        return [_run(row, connection, database_path) for row in connection.execute(_RUNS, (limit,))]


def read_tasks(database_path: Path, *, run_id: str | None, limit: int) -> list[dict[str, Any]]:
    """Return the tasks of a run, or of all; `duration_s` is from the submit until the picture was ready.

    Without a database there are none.

    Raises:
        StorageError: The database cannot be read; the message says why.
    """
    if not database_path.exists():
        return []
    with reading(database_path) as connection:
        return [dict(row) for row in connection.execute(_TASKS, (run_id, run_id, limit))]


def _run(row: sqlite3.Row, connection: sqlite3.Connection, path: Path) -> dict[str, Any]:
    run = {**row, "options": json.loads(row["options"] or "{}")}
    waits = wants_review(run["options"]) and bool(row["planned"])
    return {**run, "state": state_of_run(run, connection, path, waits=waits)}
