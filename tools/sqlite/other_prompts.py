"""Pictures that a batch has skipped, and that were made from other words than its storyboard has for them."""

import json
import sqlite3
from pathlib import Path

from tools.pictures.labels import as_told
from tools.sqlite.connection import reading

_SKIPPED = (
    "SELECT segment_id, asked, prompt, sha256 FROM segments JOIN images USING (run_id)"
    " WHERE batch_id = ? AND images.status = 'saved' AND images.attempts = 0 AND prompt != '' ORDER BY number"
)
_MADE = (
    "SELECT sha256, runs.content FROM images JOIN runs USING (run_id)"
    " WHERE images.status = 'saved' AND images.attempts > 0"
)


def other_prompts(path: Path, batch_id: str) -> list[str | int]:
    """Return the ids of the segments whose skipped pictures say that they were made from another prompt.

    Only prompts that are used as they are can be told apart from what a picture says. One that was shortened or
    reworded for its provider is the one that was asked for: the records know what its run was about.
    """
    with reading(path) as connection:
        found = [
            (asked.get("id", row["segment_id"]), _same(asked["content"]), row["sha256"])
            for row in connection.execute(_SKIPPED, (batch_id,))
            if (asked := json.loads(row["asked"])).get("as_is")
            and _same(row["prompt"]) != _same(as_told(asked["content"]))
        ]
        made = _made_of(connection, {sha256 for _, _, sha256 in found}) if found else set()
    return [segment_id for segment_id, content, sha256 in found if (sha256, content) not in made]


def _made_of(connection: sqlite3.Connection, wanted: set[str]) -> set[tuple[str, str]]:
    """Return of those pictures of what contents they were made."""
    rows = connection.execute(_MADE)
    return {(row["sha256"], _same(row["content"])) for row in rows if row["sha256"] in wanted}


def _same(text: str) -> str:
    """Return what two prompts have in common that mean one: white space may change on its way through a file."""
    return " ".join(text.split())
