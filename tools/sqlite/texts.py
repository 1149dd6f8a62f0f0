"""Read the texts of a batch with their pictures: each segment in the form of a run."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.content.edited import end_of_passage
from tools.sqlite.connection import reading
from tools.sqlite.provenance import planned_prompts
from tools.sqlite.records import image_of


def texts_of(path: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield the segments of a batch in their order, or the one of a run, as `tools.sqlite.records.find_run` tells runs.

    They have `content`, `title`, `plan`, `requested` and `images`; `filename` is the segment's. Pictures that existed
    before are planned as in the run that made them; if its text was edited since, as far as their passage is found.
    """
    with reading(path) as connection:
        for segment in connection.execute(
            "SELECT segments.run_id, segments.requested, asked, runs.title, runs.content, runs.plan"
            " FROM segments LEFT JOIN runs USING (run_id)"
            " WHERE batch_id = :name OR segments.run_id = :name ORDER BY number",
            {"name": name},
        ):
            asked = json.loads(segment["asked"])
            content = asked["content"] if segment["content"] is None else segment["content"]
            rows = connection.execute("SELECT * FROM images WHERE run_id = ?", (segment["run_id"],))
            images = sorted((image_of(row) for row in rows), key=lambda image: image["index"])
            plan = json.loads(segment["plan"] or "null") or _earlier_plan(connection, images, content)
            found = {"content": content, "title": segment["title"], "plan": plan, "images": images}
            yield {**found, "requested": segment["requested"], "filename": asked["filename"]}


def _earlier_plan(connection: sqlite3.Connection, images: list[dict[str, Any]], content: str) -> dict[str, Any]:
    """Return the plan of these pictures in the runs that made them, with their places in this content."""
    found = []
    for image in images:
        made = connection.execute(
            "SELECT image_index, plan, runs.content FROM runs JOIN"
            " (SELECT run_id, image_index FROM images WHERE sha256 = :sha256 AND attempts > 0"
            # One that was redone since is only here.
            " UNION SELECT run_id, image_index FROM versions WHERE sha256 = :sha256) USING (run_id)"
            " WHERE plan IS NOT NULL ORDER BY runs.content = :content DESC, runs.started_at DESC LIMIT 1",
            {"sha256": image["sha256"], "content": content},
        ).fetchone()
        prompt = planned_prompts(made["plan"]).get(made["image_index"]) if made else None
        if prompt and (end := _end_in(content, made["content"], prompt)) is not None:
            found.append({**prompt, "index": image["index"], "end": end})
    return {"prompts": found}


def _end_in(content: str, earlier: str, prompt: dict[str, Any]) -> int | None:
    """Return where the passage of the prompt ends in the content, or `None` if it is not in there any more."""
    if content == earlier:
        return int(prompt["end"])
    return end_of_passage(earlier[prompt["start"] : prompt["end"]], content)
