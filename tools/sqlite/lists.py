"""What there is, for `peitu runs`: runs and batches, the newest first, and what became of each."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from tools.sqlite.batch_records import UNFINISHED
from tools.sqlite.connection import reading
from tools.sqlite.liveness import state_of_batch, state_of_run, wants_review

_ALONE = "NOT EXISTS (SELECT 1 FROM segments WHERE segments.run_id = runs.run_id)"


def count_runs(path: Path) -> tuple[int, int]:
    """Return how many runs and how many batches there are; the runs of a batch are not counted."""
    with reading(path) as connection:
        runs = connection.execute(f"SELECT count(*) FROM runs WHERE {_ALONE}").fetchone()[0]  # noqa: S608
        return runs, connection.execute("SELECT count(*) FROM batches").fetchone()[0]


def list_runs(path: Path, *, limit: int | None) -> list[dict[str, Any]]:
    """Return the newest runs first, without their contents; ``[]`` when there is no database yet.

    The runs of a batch are not among them. `state` says what became of a run, see `tools.sqlite.liveness`.
    """
    if not path.exists():
        return []
    columns = "run_id, status, title, requested, success, started_at, finished_at, options, plan IS NOT NULL AS planned"
    with reading(path) as connection:
        rows = connection.execute(
            f"SELECT {columns},"  # noqa: S608 - our own words
            " (SELECT count(*) FROM images WHERE images.run_id = runs.run_id AND images.status = 'saved')"
            f" AS count FROM runs WHERE {_ALONE}"
            " ORDER BY started_at DESC LIMIT ?",
            (-1 if limit is None else limit,),
        )
        return [_listed_run(row, connection, path) for row in rows]


def list_batches(path: Path, *, limit: int | None) -> list[dict[str, Any]]:
    """Return the newest batches first; ``[]`` when there is no database yet."""
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


def _listed_run(row: sqlite3.Row, connection: sqlite3.Connection, path: Path) -> dict[str, Any]:
    """Return the row of a run for a list, with its state."""
    run = {**row, "success": bool(row["success"])}
    review = wants_review(json.loads(run.pop("options") or "{}"))
    planned = run.pop("planned")
    return {**run, "state": state_of_run(run, connection, path, waits=review and bool(planned))}


def _listed_batch(batch: dict[str, Any], connection: sqlite3.Connection, path: Path) -> dict[str, Any]:
    done = bool(batch.pop("done"))
    listed = {**batch, "success": done and batch["count"] == batch["requested"]}
    return {**listed, "state": state_of_batch(listed, connection, path)}
