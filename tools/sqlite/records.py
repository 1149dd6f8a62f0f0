"""The records of runs and their images: what was asked for, and the results.

`Records` writes through the database's thread; the functions at the end read a database file for
`peitu show`.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tools.clock import utc_now
from tools.sqlite.connection import reading
from tools.sqlite.rows import upsert
from tools.sqlite.run_ids import Begun, begin_run
from tools.sqlite.task_rows import Task, tasks_of

if TYPE_CHECKING:  # it imports asyncio, which `peitu runs` does not need
    from tools.sqlite.database import Database

Shown = TypeVar("Shown", bound=Mapping[str, Any])

IMAGE_COLUMNS = ("status", "path", "url", "prompt", "provider", "model", "seed", "sha256", "attempts", "error")
"""Columns of `images` that have the same name in the result document."""

IMAGE_KEYS = ("index", *IMAGE_COLUMNS[:7], "width", "height", *IMAGE_COLUMNS[7:])
"""Keys of an image in the result document, in order."""

NOT_ANEW = "not made anew"
"""The error of an image whose redo failed begins with this."""


class Records:
    """The rows of `runs` and `images`. When a method returns, its changes are in the database.

    Raises:
        ConfigError: (every method) The database cannot be used.
    """

    def __init__(self, database: "Database") -> None:
        self._database = database

    async def open(self) -> None:
        """Check that the database can be opened and written.

        Raises:
            ConfigError: It cannot.
        """
        await self._database.write(lambda _: None)

    async def start_run(self, *, run_id: str, thread_id: str, content: str, options: Mapping[str, Any]) -> Begun:
        """Write down that a run began, with its whole content; a run that is recorded already is not changed.

        Returns the run's id (see `begin_run`) and the recorded content and options.
        """
        row = {
            "run_id": run_id,
            "thread_id": thread_id,
            "status": "running",
            "content": content,
            "options": json.dumps(options, ensure_ascii=False),
            "started_at": utc_now().isoformat(),
        }
        return await self._database.write(lambda connection: begin_run(connection, row))

    async def content_of(self, run_id: str) -> str | None:
        """Return the whole content of a run, or `None` for an unknown run."""
        return await self._column("content", run_id)

    async def folder_of(self, run_id: str) -> str | None:
        """Return the output folder with which a run began, or `None` for an unknown run."""
        options = await self._column("options", run_id)
        return json.loads(options).get("output_dir") if options else None

    async def plan_of(self, run_id: str) -> dict[str, Any] | None:
        """Return the plan of a run, or `None` if it has none yet."""
        plan = await self._column("plan", run_id)
        return json.loads(plan) if plan else None

    async def _column(self, name: str, run_id: str) -> str | None:
        statement = f"SELECT {name} FROM runs WHERE run_id = ?"  # noqa: S608 - our own column names
        row = await self._database.read(lambda connection: connection.execute(statement, (run_id,)).fetchone())
        return str(row[name]) if row and row[name] else None

    async def keep_plan(self, run_id: str, plan: Mapping[str, Any]) -> dict[str, Any]:
        """Write down the plan of a run, unless it has one already; return the recorded plan."""
        statement = "UPDATE runs SET plan = ? WHERE run_id = ? AND plan IS NULL"
        values = (json.dumps(plan, ensure_ascii=False), run_id)

        def work(connection: sqlite3.Connection) -> dict[str, Any]:
            if connection.execute(statement, values).rowcount == 1:
                return dict(plan)
            row = connection.execute("SELECT plan FROM runs WHERE run_id = ?", (run_id,)).fetchone()
            return dict(json.loads(row["plan"])) if row else dict(plan)

        return await self._database.write(work)

    async def change_plan(self, run_id: str, changes: Mapping[str, Any]) -> None:
        """Write the changes of a review into the plan, before any of its pictures is paid."""

        def work(connection: sqlite3.Connection) -> None:
            row = connection.execute("SELECT plan FROM runs WHERE run_id = ?", (run_id,)).fetchone()
            plan = {**json.loads(row["plan"] or "{}"), **changes} if row else changes
            values = (json.dumps(plan, ensure_ascii=False), run_id)
            connection.execute("UPDATE runs SET plan = ? WHERE run_id = ?", values)

        await self._database.write(work)

    async def image(self, run_id: str, image_index: int, of_tasks: Callable[[list[Task]], Shown]) -> Shown:
        """Write down and return the image that `of_tasks` makes from all of the image's tasks."""

        def work(connection: sqlite3.Connection) -> Shown:
            image = of_tasks(tasks_of(connection, run_id, image_index))
            write_image(connection, run_id, image)
            return image

        return await self._database.write(work)

    async def finish_run(self, run_id: str, *, images: Sequence[Mapping[str, Any]], **columns: Any) -> None:
        """Write down how a run and its images ended.

        `columns` are `title`, `requested`, `count`, `success`, `language_model` and `notes` (a list).
        """
        row = {**columns, "status": "finished", "finished_at": utc_now().isoformat()}
        row["notes"] = json.dumps(columns["notes"], ensure_ascii=False)
        changes = ", ".join(f"{name} = :{name}" for name in row)
        statement = f"UPDATE runs SET {changes} WHERE run_id = :run_id"  # noqa: S608 - our own column names

        def work(connection: sqlite3.Connection) -> None:
            for image in images:
                write_image(connection, run_id, image)
            connection.execute(statement, {**row, "run_id": run_id})

        await self._database.write(work)


def find_run(path: Path, run_id: str) -> dict[str, Any] | None:
    """Return a run as its result document, with content, options, times and `tasks`; `None` for an unknown one.

    An image that was redone has `versions`, the oldest first; the shown one has the path of the image.
    """
    if not path.exists():
        return None
    with reading(path) as connection:
        run = connection.execute("SELECT * FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        if run is None:
            return None
        images = connection.execute("SELECT * FROM images WHERE run_id = ? ORDER BY image_index", (run_id,)).fetchall()
        tasks = connection.execute("SELECT * FROM tasks WHERE run_id = ? ORDER BY id", (run_id,)).fetchall()
        versions = _versions(connection, run_id)
    return {
        **run,
        "success": bool(run["success"]),
        "count": sum(image["status"] == "saved" for image in images),
        "options": json.loads(run["options"] or "{}"),
        "notes": json.loads(run["notes"] or "[]"),
        "plan": json.loads(run["plan"] or "null"),
        "images": [image_of(row) | versions.get(row["image_index"], {}) for row in images],
        "tasks": [dict(task) for task in tasks],
    }


def find_images(path: Path, run_id: str) -> list[dict[str, Any]]:
    """Return the recorded images of a run, or of a skipped segment, which has no row in `runs`."""
    with reading(path) as connection:
        rows = connection.execute("SELECT * FROM images WHERE run_id = ? ORDER BY image_index", (run_id,))
        return [image_of(row) for row in rows]


def write_image(connection: sqlite3.Connection, run_id: str, image: Mapping[str, Any]) -> None:
    """Write the row of an image, inside a transaction; it replaces an earlier row."""
    row = {
        "run_id": run_id,
        "image_index": image["index"],
        "width_px": image["width"],
        "height_px": image["height"],
        "recorded_at": utc_now().isoformat(),
        **{name: image[name] for name in IMAGE_COLUMNS},
    }
    upsert(connection, "images", row, key="run_id, image_index")
    places = "run_id = :run_id AND image_index = :image_index AND path = :path"
    connection.execute(f"UPDATE versions SET url = :url WHERE {places}", row)  # noqa: S608 - our own names


def image_of(row: sqlite3.Row) -> dict[str, Any]:
    """Return the row with the keys of the result document."""
    columns = {"index": "image_index", "width": "width_px", "height": "height_px"}
    return {key: row[columns.get(key, key)] for key in IMAGE_KEYS}


def _versions(connection: sqlite3.Connection, run_id: str) -> dict[int, dict[str, Any]]:
    """Return the versions of each image of the run that has some."""
    found: dict[int, dict[str, Any]] = {}
    for row in connection.execute("SELECT * FROM versions WHERE run_id = ? ORDER BY image_index, version", (run_id,)):
        told = {"version": row["version"], **image_of(row), "recorded_at": row["recorded_at"]}
        version = {**told, "asked": json.loads(row["asked"] or "{}")}
        found.setdefault(row["image_index"], {"versions": []})["versions"].append(version)
    return found
