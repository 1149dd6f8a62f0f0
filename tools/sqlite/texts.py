"""Read the texts of a batch with their pictures: each segment in the form of a run."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.sqlite.connection import reading
from tools.sqlite.records import image_of


def texts_of(path: Path, batch_id: str) -> Iterator[dict[str, Any]]:
    """Yield the segments in their order, each with what `tools.sqlite.records.find_run` tells of a run's text.

    These are `content`, `title`, `plan`, `requested` and `images`; `filename` is the segment's. Pictures that existed
    before are planned as in the run that made them, if that had the same text.
    """
    with reading(path) as connection:
        for segment in connection.execute(
            "SELECT segments.run_id, segments.requested, asked, runs.title, runs.content, runs.plan"
            " FROM segments LEFT JOIN runs USING (run_id) WHERE batch_id = ? ORDER BY number",
            (batch_id,),
        ):
            asked = json.loads(segment["asked"])
            content = asked["content"] if segment["content"] is None else segment["content"]
            rows = connection.execute("SELECT * FROM images WHERE run_id = ?", (segment["run_id"],))
            images = sorted((image_of(row) for row in rows), key=lambda image: image["index"])
            plan = json.loads(segment["plan"] or "null") or _earlier_plan(connection, images, content)
            found = {"content": content, "title": segment["title"], "plan": plan, "images": images}
            yield {**found, "requested": segment["requested"], "filename": asked["filename"]}


def _earlier_plan(connection: sqlite3.Connection, images: list[dict[str, Any]], content: str) -> dict[str, Any]:
    """Return the plan of these pictures in the runs that made them from this content."""
    planned = []
    for image in images:
        made = connection.execute(
            "SELECT image_index, plan FROM images JOIN runs USING (run_id)"
            " WHERE sha256 = ? AND attempts > 0 AND plan IS NOT NULL AND runs.content = ? LIMIT 1",
            (image["sha256"], content),
        ).fetchone()
        prompts = json.loads(made["plan"])["prompts"] if made else []
        planned += [{**one, "index": image["index"]} for one in prompts if one["index"] == made["image_index"]]
    return {"prompts": planned}
