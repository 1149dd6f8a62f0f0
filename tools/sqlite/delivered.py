"""In which size a picture was asked for that came in another one."""

import json
from pathlib import Path

from tools.sqlite.connection import reading

_RUNS = (
    "SELECT plan, image_index FROM images JOIN runs USING (run_id)"
    " WHERE sha256 = ? AND images.status = 'saved' AND attempts > 0 AND plan IS NOT NULL"
)


def asked_sizes(path: Path, sha256: str) -> set[tuple[int, int]]:
    """Return the sizes in pixels that were asked for when a provider delivered this very file."""
    with reading(path) as connection:
        rows = [(json.loads(row["plan"]), row["image_index"]) for row in connection.execute(_RUNS, (sha256,))]
    return {
        (prompt["width_px"], prompt["height_px"])
        for plan, index in rows
        for prompt in plan["prompts"]
        if prompt["index"] == index
    }
