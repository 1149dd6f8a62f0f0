"""The database: committed when it returns, one writer for all, clear about what is wrong."""

import asyncio
import os
import re
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tools.errors import ConfigError, StorageError
from tools.sqlite.connection import connect
from tools.sqlite.database import Database
from tools.sqlite.lists import list_runs, list_runs_with_effort, list_tasks, list_threads
from tools.sqlite.migrations import CHANGES
from tools.sqlite.provenance import asked_sizes, other_prompts, subjects_of
from tools.sqlite.rows import insert


def add_run(run_id: str):
    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO runs (run_id, status, started_at) VALUES (?, 'running', '2026')", (run_id,))

    return work


def run_ids(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return [row[0] for row in connection.execute("SELECT run_id FROM runs ORDER BY run_id")]
    finally:
        connection.close()


async def test_write_is_committed_when_it_returns(tmp_path):
    """Another connection sees the row at once, without any closing."""
    database = Database(tmp_path / "peitu.db")
    await database.write(add_run("a"))

    assert ["a"] == run_ids(tmp_path / "peitu.db")

    await database.close()


async def test_a_failing_write_undoes_only_itself(tmp_path):
    """What is committed in the same group stays, and only the faulty caller hears of the error."""
    database = Database(tmp_path / "peitu.db")
    await database.write(add_run("a"))
    results = await asyncio.gather(*(database.write(add_run(name)) for name in ("b", "a", "c")), return_exceptions=True)
    await database.close()

    assert [None, sqlite3.IntegrityError, None] == [result and type(result) for result in results]
    assert ["a", "b", "c"] == run_ids(tmp_path / "peitu.db")


async def test_a_commit_that_fails_keeps_nothing_and_the_next_one_goes_on(tmp_path):
    """The disk was full for a moment: whoever wrote hears of it, and the thread begins anew."""

    def refuses_commit(action, name, *_):
        return sqlite3.SQLITE_DENY if (action, name) == (sqlite3.SQLITE_TRANSACTION, "COMMIT") else sqlite3.SQLITE_OK

    database = Database(tmp_path / "peitu.db")
    await database.write(add_run("a"))
    with pytest.raises(StorageError, match="cannot be used"):
        await database.write(lambda connection: add_run("b")(connection) or connection.set_authorizer(refuses_commit))
    await database.write(lambda connection: connection.set_authorizer(None))
    await database.write(add_run("c"))
    await database.close()

    assert ["a", "c"] == run_ids(tmp_path / "peitu.db")


async def test_close_writes_what_is_waiting(tmp_path):
    """Work that was handed in without being awaited is on the disk after close."""
    database = Database(tmp_path / "peitu.db")
    futures = [database.hand_in(add_run(f"{number:03d}")) for number in range(200)]
    await database.close()

    assert 200 == len(run_ids(tmp_path / "peitu.db"))
    assert all(future.done() for future in futures)


async def test_it_opens_again_after_close(tmp_path):
    """A closed database takes work again."""
    database = Database(tmp_path / "peitu.db")
    await database.write(add_run("a"))
    await database.close()
    await database.write(add_run("b"))
    await database.close()

    assert ["a", "b"] == run_ids(tmp_path / "peitu.db")


async def test_two_databases_on_one_file_share_it(tmp_path):
    """Two writers, as two processes are, both get their rows in, and migrate without a clash."""
    first, second = Database(tmp_path / "peitu.db"), Database(tmp_path / "peitu.db")
    await asyncio.gather(
        *(first.write(add_run(f"a{number}")) for number in range(20)),
        *(second.write(add_run(f"b{number}")) for number in range(20)),
    )
    await first.close()
    await second.close()

    assert 40 == len(run_ids(tmp_path / "peitu.db"))


@pytest.mark.parametrize(
    ("prepare", "advice"),
    [
        (lambda path: path.write_bytes(b"no database at all, but long enough to be read" * 40), "damaged"),
        (lambda path: path.mkdir(), "check that the folder exists"),
    ],
)
async def test_unusable_file_is_one_clear_line(tmp_path, prepare, advice):
    """The error names the file and says what to do; the next call says the same instead of hanging."""
    path = tmp_path / "peitu.db"
    prepare(path)
    database = Database(path)
    for _ in range(2):
        with pytest.raises(ConfigError, match=advice) as caught:
            await database.write(add_run("a"))

        assert str(path) in str(caught.value)
    await database.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps an open file at its place")
async def test_a_file_that_is_taken_away_takes_no_more(tmp_path):
    """What were written into it then would be gone: nothing is, until it is back."""
    path, away = tmp_path / "peitu.db", tmp_path / "away.db"
    database = Database(path)
    await database.write(add_run("a"))
    path.rename(away)
    with pytest.raises(StorageError, match="taken away or replaced"):
        await database.write(add_run("b"))
    await database.close()
    with pytest.raises(StorageError, match="taken away or replaced"):
        await database.write(add_run("b"))
    path.write_bytes(b"")
    with pytest.raises(StorageError, match="taken away or replaced"):
        await database.write(add_run("b"))
    away.replace(path)
    await database.write(add_run("c"))
    await database.close()

    assert ["a", "c"] == run_ids(path)


def test_migrations_are_applied_once(tmp_path):
    """Opening twice leaves one record of each migration."""
    for _ in range(2):
        connection = connect(tmp_path / "peitu.db")
        applied = connection.execute("SELECT count(*) FROM _sqlite_migrations").fetchone()[0]
        connection.close()

        assert len(CHANGES) == applied


SEGMENT = {
    "batch_id": "b",
    "number": 0,
    "segment_id": "1",
    "run_id": "b-0",
    "asked": '{"content": "a kite", "as_is": true}',
    "first_index": 0,
    "requested": 1,
    "status": "finished",
}
SKIPPED = {"run_id": "b-0", "image_index": 0, "status": "saved", "prompt": "a boat", "sha256": "0", "attempts": 0}


@pytest.mark.parametrize(
    "ask",
    [
        lambda path: list_runs(path, limit=50),
        lambda path: list_runs_with_effort(path, limit=20),
        lambda path: list_threads(path, limit=200),
        lambda path: list_tasks(path, run_id="a", limit=50),
        lambda path: asked_sizes(path, "0" * 64),
        lambda path: other_prompts(path, "b"),
        lambda path: subjects_of(path, [{"run_id": None, "sha256": "0", "index": 0}]),
    ],
    ids=["runs", "effort", "threads", "tasks", "sizes", "prompts", "subjects"],
)
def test_no_question_reads_a_whole_table(tmp_path, monkeypatch, ask):
    """What is asked for a picture, a second or a command finds its rows by an index: there may be 100,000 of them."""
    path = tmp_path / "peitu.db"
    with closing(connect(path)) as connection:
        insert(connection, "segments", SEGMENT)
        insert(connection, "images", SKIPPED)
    asked: list[str] = []

    def traced(*args, **options):
        connection = sqlite3.Connection(*args, **options)
        connection.set_trace_callback(asked.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    ask(path)
    monkeypatch.undo()
    with closing(sqlite3.connect(path)) as connection:
        plans = [
            row[3]
            for question in asked
            if "SELECT" in question
            for row in connection.execute(f"EXPLAIN QUERY PLAN {question}")
        ]

    assert any("SEARCH" in plan or "USING INDEX" in plan for plan in plans)
    whole = re.compile(r"SCAN (runs|images|tasks|segments)\b(?! USING (COVERING )?INDEX)")
    assert [] == [plan for plan in plans if whole.search(plan)]


def test_a_commit_survives_a_power_cut(tmp_path):
    """The ledger flushes every commit to the disk, since a row may stand for money."""
    connection = connect(tmp_path / "peitu.db")
    full = 2

    assert full == connection.execute("PRAGMA synchronous").fetchone()[0]
    assert "wal" == connection.execute("PRAGMA journal_mode").fetchone()[0]

    connection.close()


def test_many_may_open_a_new_file_at_once(tmp_path):
    """Whoever comes while another makes the file and its tables waits for it."""
    for number in range(15):
        together = threading.Barrier(4)

        def opened(path=tmp_path / f"{number}.db", together=together):
            together.wait()
            connect(path).close()

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(opened) for _ in range(4)]:
                done.result()
