"""The ledger: every paid request, written before it is sent.

A task's row goes ``intent`` (committed before the request is sent) → ``submitted`` (with the provider's task id,
committed before the first poll) → ``succeeded`` → ``saved`` (or ``refused``, when the picture is unusable), or ends
as ``failed`` (not billed) or ``throttled`` (refused for haste, no task was made). An ``intent`` that another process
left behind means that nobody knows whether the provider took the request: it is ``unknown`` until the provider, or
the user, says so.
"""

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tools.clock import utc_now
from tools.errors import LostReplyError
from tools.providers.provider import ImageRequest
from tools.sqlite.database import Database
from tools.sqlite.rows import insert
from tools.sqlite.task_rows import DELIVERED, Task, change, count_rivals, find_open, task_of, tasks_of, without_owner

KEPT = timedelta(hours=24)
"""How long a provider keeps a task and its pictures.

Source: https://help.aliyun.com/zh/model-studio/manage-asynchronous-tasks, read 2026-11-23.
"""


class Ledger:
    """The rows of `tasks` in the database. Each method has written when it returns, except `note_…`.

    Raises:
        ConfigError: (every method) The database cannot be written; nothing may be submitted.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_task(self, run_id: str, image_index: int, picture: str = "") -> Task | None:
        """Return the newest task of this picture that is, or may be, paid, or `None`."""
        return await self._database.read(lambda connection: find_open(connection, run_id, image_index, picture))

    async def tasks(self, run_id: str, image_index: int) -> list[Task]:
        """Return all tasks of this image, the oldest first."""
        return await self._database.read(lambda connection: tasks_of(connection, run_id, image_index))

    async def durations(self, provider: str, model: str, *, limit: int) -> list[float]:
        """Return how long the last tasks of a model took, in seconds, oldest first."""
        question = (
            "SELECT duration_s FROM tasks WHERE provider = ? AND model = ? AND duration_s IS NOT NULL"
            " ORDER BY id DESC LIMIT ?"
        )
        values = (provider, model, limit)
        rows = await self._database.read(lambda connection: connection.execute(question, values).fetchall())
        return [float(row["duration_s"]) for row in reversed(rows)]

    async def intend(
        self, run_id: str, image_index: int, *, provider: str, model: str, request: ImageRequest, picture: str = ""
    ) -> Task:
        """Write down that a paid request is about to be sent."""
        row = {
            "run_id": run_id,
            "image_index": image_index,
            "provider": provider,
            "model": model,
            "status": "intent",
            "request_id": request.request_id,
            "picture": picture,
            "prompt": request.prompt,
            "prompt_sha256": hashlib.sha256(request.prompt.encode()).hexdigest(),
            "seed": request.seed,
            "width_px": request.width_px,
            "height_px": request.height_px,
            "intended_at": utc_now().isoformat(),
        }

        def work(connection: sqlite3.Connection) -> Task:
            return task_of(insert(connection, "tasks", row, then="RETURNING *").fetchone())

        return await self._database.write(work)

    async def submitted(self, task: Task, *, task_id: str | None, request_id: str | None = None) -> Task:
        """Write down the provider's answer: the task id to poll, or `None` if it answered with the picture.

        A late answer changes nothing if the task was found in the provider's list and its picture delivered by then.

        Raises:
            LostReplyError: Another image has that task already; look at the provider's list of tasks.
        """
        columns = {
            "status": "submitted",
            "task_id": task_id,
            "request_id": request_id or task.request_id,
            "submitted_at": utc_now().isoformat(),
            "is_guess": None,
            "error": None,
        }

        def work(connection: sqlite3.Connection) -> Task:
            known = task_of(connection.execute("SELECT * FROM tasks WHERE id = ?", (task.id,)).fetchone())
            return known if known.status in DELIVERED else change(connection, task, **columns)

        try:
            return await self._database.write(work)
        except sqlite3.IntegrityError as error:
            message = f"{task.provider} answered with task {task_id}, which belongs to another image - held for you"
            await self.unknown(task, message)
            raise LostReplyError(message) from error

    def note_succeeded(self, task: Task, *, polls: int, duration_s: float | None = None) -> None:
        """Queue a note that the picture is ready, and how long it took if that is known.

        This and `note_saved` do not wait for the write: a crash before it costs another poll, but no money.
        """
        now = utc_now().isoformat()
        self._note(task, status="succeeded", polls=polls, duration_s=duration_s, succeeded_at=now)

    def note_saved(self, task: Task) -> Task:
        """Queue a note that the picture is whole on the disk, and return the row as it will be."""
        self._note(task, status="saved", ended_at=utc_now().isoformat())
        return replace(task, status="saved")

    async def refused(self, row_id: int, reason: str) -> bool:
        """Write down that a paid picture is unusable; return `False` if another process has done so already."""
        statement = "UPDATE tasks SET status = 'refused', error = ?, ended_at = ? WHERE id = ? AND status = 'saved'"
        values = (reason, utc_now().isoformat(), row_id)
        return await self._database.write(lambda connection: connection.execute(statement, values).rowcount == 1)

    async def failed(self, task: Task, error: str) -> Task:
        """Write down that this task is over and not billed: the provider refused it or gave it up."""
        return await self._update(task, status="failed", error=error, ended_at=utc_now().isoformat())

    async def throttled(self, task: Task, error: str) -> Task:
        """Write down that the request came too fast and made no task; it does not count as an attempt."""
        return await self._update(task, status="throttled", error=error, ended_at=utc_now().isoformat())

    async def unknown(self, task: Task, error: str) -> Task:
        """Write down that nobody knows whether the provider took the request."""
        return await self._update(task, status="unknown", error=error)

    async def give_back(self, task: Task, error: str) -> Task:
        """Write down that the provider's task in this row is not ours, so that our own is unknown again."""
        nothing = dict.fromkeys(("task_id", "submitted_at", "is_guess"))
        return await self._update(task, status="unknown", error=error, **nothing)

    async def give_up_unknown(self, run_id: str) -> int:
        """Give up the held requests of a run, because the user said so; return how many there were.

        These include tasks older than a day, which no provider keeps, but not requests of a process that died: they
        have not been looked up yet, and the user does not know of them.
        """
        statement = (
            "UPDATE tasks SET status = 'failed', error = ?, ended_at = ? WHERE run_id = ?"
            " AND (status = 'unknown' OR (status = 'submitted' AND submitted_at < ?))"
        )
        now = utc_now()
        values = ("given up by the user, who sends it again", now.isoformat(), run_id, (now - KEPT).isoformat())
        return await self._database.write(lambda connection: connection.execute(statement, values).rowcount)

    async def claim(self, task: Task, task_ids: Iterable[str], *, around: timedelta) -> Task | None:
        """Adopt the provider's task that must belong to this request without an answer; `None` if none is certain.

        `task_ids` are the provider's tasks of this model from around that time. The match is certain if exactly one of
        them belongs to no image, and no other request of this provider and model, within `around` of this one, waits
        for its task id as well.
        """
        wanted = set(task_ids)

        def work(connection: sqlite3.Connection) -> Task | None:
            free = without_owner(connection, task.provider, wanted)
            if len(free) != 1 or count_rivals(connection, task, around):
                return None
            now = utc_now().isoformat()
            return change(connection, task, status="submitted", task_id=free.pop(), submitted_at=now, is_guess=1)

        return await self._database.write(work)

    async def unclaimed(self, provider: str, task_ids: Iterable[str]) -> set[str]:
        """Return those of a provider's tasks that belong to no image."""
        wanted = set(task_ids)
        return await self._database.read(lambda connection: without_owner(connection, provider, wanted))

    async def _update(self, task: Task, **columns: Any) -> Task:
        return await self._database.write(lambda connection: change(connection, task, **columns))

    def _note(self, task: Task, **columns: Any) -> None:
        self._database.hand_in(lambda connection: change(connection, task, **columns))
