"""List runs, threads, batches and tasks, the newest first, with their states.

Each list is ``[]`` if there is no database yet; the values of `state` are those of `tools.sqlite.liveness`.
"""

import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

from tools.sqlite.batch_records import UNFINISHED
from tools.sqlite.connection import reading
from tools.sqlite.liveness import state_of_batch, state_of_run, wants_review

_NOT_OF_A_BATCH = "NOT EXISTS (SELECT 1 FROM segments WHERE segments.run_id = runs.run_id)"

# The number of pictures of a run that is not at its end is in its plan, or in its options.
_RUNS = """
SELECT run_id, status, title, success, started_at, finished_at, options, plan IS NOT NULL AS planned,
       coalesce(requested, json_array_length(plan, '$.prompts'), json_extract(options, '$.count')) AS requested,
       (SELECT count(*) FROM images WHERE images.run_id = runs.run_id AND images.status = 'saved') AS count{more}
FROM runs WHERE {where} ORDER BY started_at DESC, rowid DESC LIMIT ?
"""
_EFFORT = """,
       round((julianday(finished_at) - julianday(started_at)) * 86400, 1) AS duration_s,
       (SELECT count(*) FROM tasks WHERE tasks.run_id = runs.run_id) AS tasks"""
_TASKS = """
SELECT run_id, image_index, provider, model, status, polls,
       round(coalesce(duration_s, (julianday(succeeded_at) - julianday(submitted_at)) * 86400), 1) AS duration_s,
       submitted_at, error
FROM tasks WHERE {where} ORDER BY id DESC LIMIT ?
"""


def count_runs(path: Path) -> tuple[int, int]:
    """Return how many runs and how many batches there are; the runs of a batch are not counted."""
    with reading(path) as connection:
        runs = connection.execute(f"SELECT count(*) FROM runs WHERE {_NOT_OF_A_BATCH}").fetchone()[0]  # noqa: S608
        return runs, connection.execute("SELECT count(*) FROM batches").fetchone()[0]


def list_runs(path: Path, *, limit: int | None) -> list[dict[str, Any]]:
    """Return the runs, without contents and options; runs of batches are left out."""
    runs = _runs(path, _RUNS.format(more="", where=_NOT_OF_A_BATCH), limit)
    return [{name: value for name, value in run.items() if name != "options"} for run in runs]


def list_runs_with_effort(path: Path, *, limit: int) -> list[dict[str, Any]]:
    """Return all runs, including those of batches, with their options, number of tasks and duration in seconds."""
    return _runs(path, _RUNS.format(more=_EFFORT, where="TRUE"), limit)


def list_threads(path: Path, *, limit: int) -> list[dict[str, Any]]:
    """Return the threads, each with its last run and a title; threads of batches are left out."""
    if not path.exists():
        return []
    threads: dict[str, dict[str, Any]] = {}
    with reading(path) as connection:
        rows = connection.execute(
            "SELECT coalesce(thread_id, run_id) AS thread, run_id,"  # noqa: S608 - our own words
            " coalesce(title, substr(content, 1, 80)) AS title, started_at FROM runs"
            f" WHERE {_NOT_OF_A_BATCH} ORDER BY started_at DESC, rowid DESC"
        )
        for row in rows:
            threads.setdefault(row["thread"], dict(row))
            if len(threads) == limit:
                break
    return list(threads.values())


def list_complete_threads(path: Path, *, before: datetime) -> list[str]:
    """Return the threads whose runs are all complete, and were all finished before the time `before`."""
    if not path.exists():
        return []
    with reading(path) as connection:
        rows = connection.execute(
            "SELECT coalesce(thread_id, run_id) AS thread FROM runs GROUP BY thread"
            " HAVING min(success) = 1 AND min(status = 'finished') = 1 AND max(finished_at) < ?",
            (before.isoformat(),),
        )
        return [row["thread"] for row in rows]


def list_tasks(path: Path, *, run_id: str | None, limit: int) -> list[dict[str, Any]]:
    """Return the tasks of a run, or of all; `duration_s` is from the submit until the picture was ready."""
    if not path.exists():
        return []
    with reading(path) as connection:
        one_run = _TASKS.format(where="run_id = ?"), (run_id, limit)
        all_runs = _TASKS.format(where="TRUE"), (limit,)
        return [dict(row) for row in connection.execute(*(all_runs if run_id is None else one_run))]


def list_batches(path: Path, *, limit: int | None) -> list[dict[str, Any]]:
    """Return the batches, with the number of saved pictures (`count`), and of those that were skipped."""
    if not path.exists():
        return []
    saved = (
        "(SELECT count(*) FROM segments JOIN images USING (run_id)"
        " WHERE segments.batch_id = batches.batch_id AND images.status = 'saved'"
    )
    with reading(path) as connection:
        rows = connection.execute(
            f"SELECT batch_id, source, requested, started_at, finished_at, {saved}) AS count,"  # noqa: S608
            f" {saved} AND images.attempts = 0) AS skipped,"
            f" NOT {UNFINISHED.replace('?', 'batches.batch_id')} AS done"
            " FROM batches ORDER BY started_at DESC LIMIT ?",
            (-1 if limit is None else limit,),
        )
        return [_listed_batch(dict(row), connection, path) for row in rows]


def _runs(path: Path, question: str, limit: int | None) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    with reading(path) as connection:
        rows = connection.execute(question, (-1 if limit is None else limit,))
        return [_listed_run(dict(row), connection, path) for row in rows]


def _listed_run(run: dict[str, Any], connection: sqlite3.Connection, path: Path) -> dict[str, Any]:
    options = json.loads(run["options"] or "{}")
    waits = bool(run.pop("planned")) and wants_review(options)
    state = state_of_run(run, connection, path, waits=waits)
    return {**run, "success": bool(run["success"]), "options": options, "state": state}


def _listed_batch(batch: dict[str, Any], connection: sqlite3.Connection, path: Path) -> dict[str, Any]:
    done = bool(batch.pop("done"))
    listed = {**batch, "success": done and batch["count"] == batch["requested"]}
    return {**listed, "state": state_of_batch(listed, connection, path)}
