"""The versions of a redone image: all its pictures, and the one that is being made.

An image that was made once has no rows here. At its first redo, its picture becomes version 1. The table `images`
always has the shown version: the newest one that is saved.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tools.clock import utc_now
from tools.sqlite.connection import reading
from tools.sqlite.database import Database
from tools.sqlite.records import IMAGE_COLUMNS, NOT_ANEW, Shown, find_run, image_of, write_image
from tools.sqlite.rows import insert
from tools.sqlite.task_rows import UNDER_WAY, Task, tasks_of

PENDING = ("waiting", "unknown")
"""A version with one of these is planned, under way or held: it is continued before another one begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What the next version must know of an earlier one; `asked` and `plan` are empty for the first."""

    number: int
    status: str
    path: str | None
    seed: int | None
    asked: dict[str, Any]
    plan: dict[str, Any]


class Versions:
    """The rows of `versions`. Each method has written when it returns.

    Raises:
        StorageError: (every method) The database cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_run(self, run_id: str) -> dict[str, Any] | None:
        """Return a run as `tools.sqlite.records.find_run` does; it blocks, so call it in a thread."""
        return find_run(self._database.path, run_id)

    async def of(self, run_id: str, index: int) -> list[Version]:
        """Return the versions of an image in order; an image that was never redone has its picture as version 1."""

        def work(connection: sqlite3.Connection) -> list[Version]:
            return _rows(connection, run_id, index) or [
                Version(number=1, status=row["status"], path=row["path"], seed=row["seed"], asked={}, plan={})
                for row in _image(connection, run_id, index)
            ]

        return await self._database.read(work)

    async def begin(self, run_id: str, plan: Mapping[str, Any], asked: Mapping[str, Any]) -> Version | None:
        """Write the next version before anything of it is paid, mark its run as running, and return the version.

        If one is pending already, return that instead; return `None` if the number in the plan is taken.
        """

        def work(connection: sqlite3.Connection) -> Version | None:
            index, number = plan["index"], plan["version"]
            known = _rows(connection, run_id, index)
            if pending := next((version for version in known if version.status in PENDING), None):
                return pending
            if any(version.number >= number for version in known):
                return None
            if not known:
                _keep_first(connection, run_id, index)
            _insert(connection, run_id, plan, asked)
            connection.execute("UPDATE runs SET status = 'running', success = 0 WHERE run_id = ?", (run_id,))
            return _rows(connection, run_id, index)[-1]

        return await self._database.write(work)

    async def image(
        self, run_id: str, plan: Mapping[str, Any], of_tasks: Callable[[list[Task]], Shown], *, picture: str
    ) -> Shown:
        """Write the version that `of_tasks` makes of its own tasks, and return the image to be shown.

        That is this version if it is saved or was shown already, else the one shown before, with the reason as its
        error.
        """

        def work(connection: sqlite3.Connection) -> Shown:
            tasks = [task for task in tasks_of(connection, run_id, plan["index"]) if task.picture == picture]
            image = of_tasks(tasks)
            under_way = image["status"] == "failed" and any(task.status in UNDER_WAY for task in tasks)
            _change(connection, run_id, plan["version"], {**image, **({"status": "waiting"} if under_way else {})})
            shown = image_of(_image(connection, run_id, plan["index"])[0])
            if image["status"] == "saved":
                _replace_plan(connection, run_id, plan)
            # If this version is the shown one, it was made before, and its file is gone.
            if image["status"] == "saved" or shown["path"] == plan["path"]:
                write_image(connection, run_id, image)
                return image
            kept = {**shown, "error": f"{NOT_ANEW}: {image['error']}"}
            write_image(connection, run_id, kept)
            return cast("Shown", {name: kept[name] for name in image})

        return await self._database.write(work)

    async def is_pending(self, run_id: str) -> bool:
        """Tell whether the run has a pending redo."""
        question = "SELECT 1 FROM versions WHERE run_id = ? AND status IN (?, ?)"
        values = (run_id, *PENDING)
        found = await self._database.read(lambda connection: connection.execute(question, values).fetchone())
        return found is not None


def pending_wish(run: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the input of the run's pending redo, or `None` if there is none.

    `run` is what `tools.sqlite.records.find_run` returns.
    """
    for image in (run or {}).get("images", []):
        for version in image.get("versions", []):
            if version["status"] in PENDING:
                return dict(version["asked"])
    return None


def pending_segments(path: Path) -> list[str]:
    """Return the runs of batches with a pending redo; their batches count as complete nevertheless."""
    if not path.exists():
        return []
    question = "SELECT DISTINCT run_id FROM versions JOIN segments USING (run_id) WHERE versions.status IN (?, ?)"
    with reading(path) as connection:
        return [row["run_id"] for row in connection.execute(question, PENDING)]


def _rows(connection: sqlite3.Connection, run_id: str, index: int) -> list[Version]:
    question = "SELECT * FROM versions WHERE run_id = ? AND image_index = ? ORDER BY version"
    return [
        Version(
            number=row["version"],
            status=row["status"],
            path=row["path"],
            seed=row["seed"],
            asked=json.loads(row["asked"] or "{}"),
            plan=json.loads(row["plan"] or "{}"),
        )
        for row in connection.execute(question, (run_id, index))
    ]


def _image(connection: sqlite3.Connection, run_id: str, index: int) -> list[sqlite3.Row]:
    question = "SELECT * FROM images WHERE run_id = ? AND image_index = ?"
    return connection.execute(question, (run_id, index)).fetchall()


def _keep_first(connection: sqlite3.Connection, run_id: str, index: int) -> None:
    """Copy the first picture of the image as version 1."""
    columns = ", ".join(("run_id", "image_index", *IMAGE_COLUMNS, "width_px", "height_px", "recorded_at"))
    connection.execute(
        f"INSERT INTO versions (version, {columns}) SELECT 1, {columns} FROM images"  # noqa: S608 - our own names
        " WHERE run_id = ? AND image_index = ?",
        (run_id, index),
    )


def _insert(connection: sqlite3.Connection, run_id: str, plan: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    row = {
        "run_id": run_id,
        "image_index": plan["index"],
        "status": "waiting",
        **{name: plan[name] for name in ("version", "prompt", "seed")},
        "recorded_at": utc_now().isoformat(),
        "asked": json.dumps(asked, ensure_ascii=False),
        "plan": json.dumps(plan, ensure_ascii=False),
    }
    insert(connection, "versions", row)


def _change(connection: sqlite3.Connection, run_id: str, number: int, image: Mapping[str, Any]) -> None:
    row = {name: image[name] for name in IMAGE_COLUMNS}
    row |= {"width_px": image["width"], "height_px": image["height"], "recorded_at": utc_now().isoformat()}
    changes = ", ".join(f"{name} = :{name}" for name in row)
    statement = f"UPDATE versions SET {changes} WHERE run_id = :run AND image_index = :index AND version = :number"  # noqa: S608
    connection.execute(statement, {**row, "run": run_id, "index": image["index"], "number": number})


def _replace_plan(connection: sqlite3.Connection, run_id: str, new: Mapping[str, Any]) -> None:
    """Put the version's plan into the plan of its run, so that the plan is that of the shown picture."""
    row = connection.execute("SELECT plan FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    if row is None or not row["plan"]:
        return
    plan = json.loads(row["plan"])
    plan["prompts"] = [new if prompt["index"] == new["index"] else prompt for prompt in plan["prompts"]]
    connection.execute("UPDATE runs SET plan = ? WHERE run_id = ?", (json.dumps(plan, ensure_ascii=False), run_id))
