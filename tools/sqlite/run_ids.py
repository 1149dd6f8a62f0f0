"""Which id a run gets: threads are named by whoever invokes them, so that one may be called as a run of another."""

import json
import re
import secrets
import sqlite3
from collections.abc import Mapping
from typing import Any

from tools.clock import utc_now
from tools.sqlite.rows import insert

BEGINNING_CHARS = 2000
"""So much of a content is in the state; the records have all of it."""

Begun = tuple[str, str, dict[str, Any]]
"""The id of a run, its content and its options, as they were when it began."""


def new_run_id() -> str:
    """Return an id that sorts by time and is its own folder's name, e.g. ``20261124-081530-3f9a1c``."""
    return f"{utc_now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def next_run_id(thread_id: str, last_run_id: str | None) -> str:
    """Return the id of the next run of a thread: its own for the first, then ``thread.2``, ``thread.3`` …."""
    if last_run_id is None:
        return thread_id
    number = last_run_id.removeprefix(f"{thread_id}.")
    return f"{thread_id}.{int(number) + 1 if number.isdecimal() and number != last_run_id else 2}"


def segment_run_id(batch_id: str, number: int) -> str:
    """Return the id of the run of a batch's segment, counted from 0."""
    return f"{batch_id}-{number:05d}"


def segment_of(run_id: str) -> int:
    """Return the number of the segment whose run this is; 0 for the run of an article."""
    found = re.search(r"-(\d{5})$", run_id)
    return int(found[1]) if found else 0


def begin_run(connection: sqlite3.Connection, row: Mapping[str, Any]) -> Begun:
    """Write down inside a transaction that a run began, or find the one that the same content began in its thread.

    Its id is that of `row` where that is free, else the next one of the thread: it may be that of another thread, or
    of another content, since a thread was taken back to an earlier state.
    """
    run_id, thread_id = row["run_id"], row["thread_id"]
    question = "SELECT coalesce(thread_id, run_id) AS thread, content, options FROM runs WHERE run_id = ?"
    while known := connection.execute(question, (run_id,)).fetchone():
        if known["thread"] == thread_id and row["content"] in (known["content"], known["content"][:BEGINNING_CHARS]):
            return run_id, known["content"], json.loads(known["options"] or "{}")
        run_id = next_run_id(thread_id, run_id)
    insert(connection, "runs", {**row, "run_id": run_id}, then="ON CONFLICT DO NOTHING")
    return run_id, row["content"], json.loads(row["options"])
