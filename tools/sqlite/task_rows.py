"""The rows of the ledger, and the SQL that changes them inside a transaction of `tools.money.ledger`."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A row of the ledger. Times are UTC.

    `is_guess` tells that its task id was taken from the provider's list as the only one of that moment.
    """

    id: int
    run_id: str
    image_index: int
    provider: str
    model: str
    picture: str
    prompt: str
    status: str
    task_id: str | None
    request_id: str | None
    error: str | None
    intended_at: datetime
    submitted_at: datetime | None
    is_guess: bool = False

    def age_s(self, now: datetime) -> float:
        """Return the seconds since the request was answered or, without an answer, since the intent was written.

        Never less than 0, even if the clock was set back.
        """
        return max(0.0, (now - (self.submitted_at or self.intended_at)).total_seconds())


UNDER_WAY = ("intent", "unknown", "submitted", "succeeded")
"""Statuses of a task that may still deliver a picture that is, or may be, paid."""

OPEN = (*UNDER_WAY, "saved")
"""Statuses of a task that is, or may be, paid: it is adopted and never bought again."""

DELIVERED = ("succeeded", "saved", "refused")
"""Statuses of a task that has delivered its picture."""

HELD = ("intent", "unknown")
"""Statuses of a task of which nobody knows whether the provider took the request, once its process is gone."""


def tasks_of(connection: sqlite3.Connection, run_id: str, image_index: int) -> list[Task]:
    """Return all tasks of an image, the oldest first."""
    rows = connection.execute(
        "SELECT * FROM tasks WHERE run_id = ? AND image_index = ? ORDER BY id", (run_id, image_index)
    )
    return [task_of(row) for row in rows]


def find_open(connection: sqlite3.Connection, run_id: str, image_index: int, picture: str) -> Task | None:
    """Return the newest task of this picture that is, or may be, paid, or `None`."""
    tasks = reversed(tasks_of(connection, run_id, image_index))
    return next((task for task in tasks if task.status in OPEN and task.picture == picture), None)


def count_rivals(connection: sqlite3.Connection, task: Task, around: timedelta) -> int:
    """Count the other requests to this model that were sent around the same time and have no known task either."""
    row = connection.execute(
        "SELECT count(*) FROM tasks WHERE provider = ? AND model = ? AND id != ? AND task_id IS NULL"
        " AND status IN ('intent', 'unknown') AND intended_at BETWEEN ? AND ?",
        (
            task.provider,
            task.model,
            task.id,
            (task.intended_at - around).isoformat(),
            (task.intended_at + around).isoformat(),
        ),
    ).fetchone()
    return int(row[0])


def without_owner(connection: sqlite3.Connection, provider: str, task_ids: set[str]) -> set[str]:
    """Return those of a provider's tasks that are in no row of the ledger."""
    places = ", ".join("?" for _ in task_ids)
    known = f"SELECT task_id FROM tasks WHERE provider = ? AND task_id IN ({places})"  # noqa: S608 - only marks
    return task_ids - {row["task_id"] for row in connection.execute(known, (provider, *task_ids))}


def change(connection: sqlite3.Connection, task: Task, **columns: Any) -> Task:
    """Change columns of the task's row and return the changed task."""
    changes = ", ".join(f"{name} = :{name}" for name in columns)
    statement = f"UPDATE tasks SET {changes} WHERE id = :id RETURNING *"  # noqa: S608 - our own names
    return task_of(connection.execute(statement, {**columns, "id": task.id}).fetchone())


def task_of(row: sqlite3.Row) -> Task:
    """Return the row as a task."""
    return Task(
        id=row["id"],
        run_id=row["run_id"],
        image_index=row["image_index"],
        provider=row["provider"],
        model=row["model"],
        picture=row["picture"] or "",
        prompt=row["prompt"] or "",
        status=row["status"],
        task_id=row["task_id"],
        request_id=row["request_id"],
        error=row["error"],
        intended_at=datetime.fromisoformat(row["intended_at"]),
        submitted_at=datetime.fromisoformat(row["submitted_at"]) if row["submitted_at"] else None,
        is_guess=bool(row["is_guess"]),
    )
