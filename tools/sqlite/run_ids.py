"""The ids of runs: callers name their threads, so that a thread's id may be that of another thread's run."""

import json
import re
import secrets
import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

from tools.clock import utc_now
from tools.sqlite.rows import insert

BEGINNING_CHARS = 2000
"""How much of a content is in the state; the records have all of it."""


class Begun(NamedTuple):
    """A run as it was when it began; `options` are what was asked for in addition to the content."""

    run_id: str
    content: str
    options: dict[str, Any]


def new_run_id() -> str:
    """Return an id that sorts by time and is also the name of the run's folder, e.g. ``20261124-081530-3f9a1c``."""
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
    """Return the number of this run's segment, counted from 0; 0 for a run without one."""
    found = re.search(r"-(\d{5})$", run_id)
    return int(found[1]) if found else 0


def begin_run(connection: sqlite3.Connection, row: Mapping[str, Any]) -> Begun:
    """Write down, inside a transaction, that a run began, or return the run of its thread with the same content.

    The id is that of `row` if it is free, else the next free one of the thread. It is not free if another thread has
    it, or if the thread was rewound to an earlier state and used this id for another content before.
    """
    run_id, thread_id = row["run_id"], row["thread_id"]
    question = "SELECT coalesce(thread_id, run_id) AS thread, content, options FROM runs WHERE run_id = ?"
    while known := connection.execute(question, (run_id,)).fetchone():
        if known["thread"] == thread_id and row["content"] in (known["content"], known["content"][:BEGINNING_CHARS]):
            return Begun(run_id, known["content"], json.loads(known["options"] or "{}"))
        run_id = next_run_id(thread_id, run_id)
    insert(connection, "runs", {**row, "run_id": run_id}, then="ON CONFLICT DO NOTHING")
    return Begun(run_id, row["content"], json.loads(row["options"]))
