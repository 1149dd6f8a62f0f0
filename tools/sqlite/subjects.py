"""What the pictures of a batch show, in the words of the plans of its runs: a prompt begins with its style."""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from tools.sqlite.connection import reading

_MADE = (
    "SELECT sha256, image_index, plan FROM images JOIN runs USING (run_id)"
    " WHERE attempts > 0 AND sha256 IN (SELECT value FROM json_each(?)) ORDER BY runs.started_at"
)


def subjects_of(path: Path, images: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Return the subjects by the images' `index`, where they are known; `images` are those of a batch from its first.

    Of a picture that was there before the batch, the run that made it knows the subject.
    """
    runs = json.dumps([image["run_id"] for image in images if image["run_id"]])
    kept = json.dumps([image["sha256"] for image in images if not image["run_id"]])
    with reading(path) as connection:
        plans = connection.execute(
            "SELECT run_id, plan FROM runs WHERE run_id IN (SELECT value FROM json_each(?))", (runs,)
        ).fetchall()
        made = connection.execute(_MADE, (kept,)).fetchall()
    planned = {row["run_id"]: _subjects(row["plan"]) for row in plans}
    known = {row["sha256"]: _subjects(row["plan"]).get(row["image_index"]) for row in made}
    found: dict[int, str | None] = {}
    for run_id, group in groupby(images, lambda image: image["run_id"]):
        of_run = planned.get(run_id, {})
        for place, image in enumerate(group):
            found[image["index"]] = of_run.get(place) or known.get(image["sha256"])
    return {index: subject for index, subject in found.items() if subject}


def _subjects(plan: str | None) -> dict[int, str]:
    prompts = json.loads(plan or "{}").get("prompts") or []
    return {prompt["index"]: prompt.get("subject") or "" for prompt in prompts}
