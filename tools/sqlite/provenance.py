"""Where pictures come from, by the records of the runs that made them: size, prompt and subject.

A batch asks this about pictures that it did not make itself.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from tools.pictures.labels import as_told
from tools.sqlite.connection import reading

_SKIPPED = (
    "SELECT segment_id, asked, prompt, sha256 FROM segments JOIN images USING (run_id)"
    " WHERE batch_id = ? AND images.status = 'saved' AND images.attempts = 0 AND prompt != '' ORDER BY number"
)


def asked_sizes(path: Path, sha256: str) -> set[tuple[int, int]]:
    """Return the sizes in pixels that were asked for when a provider delivered the file with this SHA-256."""
    with reading(path) as connection:
        rows = connection.execute(
            "SELECT plan, image_index FROM images JOIN runs USING (run_id)"
            " WHERE sha256 = ? AND images.status = 'saved' AND attempts > 0 AND plan IS NOT NULL",
            (sha256,),
        )
        prompts = [planned_prompts(row["plan"]).get(row["image_index"]) for row in rows]
    return {(prompt["width_px"], prompt["height_px"]) for prompt in prompts if prompt}


def newer_versions(path: Path) -> dict[tuple[str, str], Path]:
    """Return the newest version of each picture that was redone, by path and SHA-256 of its earlier ones."""
    found: dict[tuple[str, str], Path] = {}
    with reading(path) as connection:
        rows = connection.execute(
            "SELECT run_id, image_index, path, sha256 FROM versions WHERE status = 'saved' AND sha256 IS NOT NULL"
            " ORDER BY run_id, image_index, version"
        )
        for _, versions in groupby(rows, lambda row: (row["run_id"], row["image_index"])):
            *earlier, newest = [(row["path"], row["sha256"]) for row in versions]
            found |= dict.fromkeys(earlier, Path(newest[0]))
    return found


def other_prompts(path: Path, batch_id: str) -> list[str | int]:
    """Return the ids of the segments whose skipped pictures say that they were made from another prompt.

    Only of segments with a prompt that is used as it is; what becomes of a text is not known beforehand. A prompt that
    was shortened or reworded for its provider counts as the one that was asked for, which the records know.
    """
    with reading(path) as connection:
        found = [
            (asked.get("id", row["segment_id"]), _words(asked["content"]), row["sha256"])
            for row in connection.execute(_SKIPPED, (batch_id,))
            if (asked := json.loads(row["asked"])).get("as_is")
            and _words(row["prompt"]) != _words(as_told(asked["content"]))
        ]
        made = _made_of(connection, {sha256 for _, _, sha256 in found}) if found else set()
    return [segment_id for segment_id, content, sha256 in found if (sha256, content) not in made]


def subjects_of(path: Path, images: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Return the subjects by the images' `index`, where they are known; `images` are the first ones of a batch.

    A caption needs the subject, since a prompt begins with its style.
    """
    runs = json.dumps([image["run_id"] for image in images])
    kept = json.dumps([image["sha256"] for image in images if not image["run_id"]])
    with reading(path) as connection:
        plans = connection.execute(
            "SELECT run_id, plan FROM runs WHERE run_id IN (SELECT value FROM json_each(?))", (runs,)
        ).fetchall()
        made = connection.execute(
            "SELECT sha256, image_index, plan FROM images JOIN runs USING (run_id)"
            " WHERE attempts > 0 AND sha256 IN (SELECT value FROM json_each(?)) ORDER BY runs.started_at",
            (kept,),
        ).fetchall()
    planned = {row["run_id"]: planned_prompts(row["plan"]) for row in plans}
    known = {row["sha256"]: planned_prompts(row["plan"]).get(row["image_index"]) for row in made}
    found: dict[int, str] = {}
    for run_id, group in groupby(images, lambda image: image["run_id"]):
        for place, image in enumerate(group):
            prompt = planned.get(run_id, {}).get(place) or known.get(image["sha256"]) or {}
            if subject := prompt.get("subject"):
                found[image["index"]] = subject
    return found


def planned_prompts(plan: str | None) -> dict[int, dict[str, Any]]:
    """Return the prompts of a plan by their index."""
    return {prompt["index"]: prompt for prompt in json.loads(plan or "{}").get("prompts") or []}


def _made_of(connection: sqlite3.Connection, wanted: set[str]) -> set[tuple[str, str]]:
    """Return pairs of the SHA-256 of each of these pictures and a content that it was made from."""
    rows = connection.execute(
        "SELECT sha256, runs.content FROM images JOIN runs USING (run_id)"
        " WHERE images.status = 'saved' AND images.attempts > 0 AND sha256 IN (SELECT value FROM json_each(?))",
        (json.dumps(list(wanted)),),
    )
    return {(row["sha256"], _words(row["content"])) for row in rows}


def _words(text: str) -> str:
    """Return the text with single spaces: white space may change when it is written to a file."""
    return " ".join(text.split())
