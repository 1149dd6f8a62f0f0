"""Trouble with the disk and the database: a clear line, and nothing that was paid is lost."""

import asyncio
import contextlib
import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graph.opening.checkpointer import open_checkpoints
from tests.sandbox import LoggedRequest, Sandbox
from tests.test_faults import DATABASE, check_all, go_on, illustrate, quick_folder, quick_work
from tools.errors import ConfigError, PeituError

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def work(sandbox: Sandbox) -> Iterator[Sandbox]:
    """A sandbox, and an empty folder to work in."""
    with quick_folder() as folder, quick_work(sandbox, folder):
        yield sandbox


class Lock:
    """Another process that holds the database until it is told to let go."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-c", LOCK, str(path)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert "locked\n" == self._process.stdout.readline()

    def release(self) -> None:
        self._process.communicate(timeout=10)


def at_first(work: Sandbox, step: str, act: Callable[[], None]) -> None:
    """Act once, while the first request of this step waits for its answer."""
    waiting = [act]

    def look(request: LoggedRequest) -> None:
        if request.step == step and waiting:
            waiting.pop()()

    work.log = look


async def check_collected(work: Sandbox, *, count: int = 2) -> None:
    """Resume: the pictures that were paid come, and none is bought."""
    submitted = {task.task_id for task in work.tasks}
    document = await go_on()

    assert document["success"], document
    assert count == document["count"]
    assert submitted == {task.task_id for task in work.tasks}
    assert count == len(submitted)
    check_all(work, document)


def no_space(descriptor: int) -> None:
    """A disk that takes no more, as seen by whoever waits until it has the data."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def test_a_full_disk_is_named_and_resume_collects(work, monkeypatch):
    """The pictures cannot be written: their tasks stay in the ledger, nothing half is left behind."""
    Path("data").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", no_space)
        document = await illustrate(provider="dashscope", count=2)

    check_all(work, document)
    assert all("the disk is full; free some space" in image["error"] for image in document["images"])
    assert [] == [path for path in Path("output").rglob("*") if path.is_file()]
    await check_collected(work)


@pytest.fixture
def tiny_disk(work: Sandbox) -> Iterator[Path]:
    """A file system of 8 KB in the place of the output folder; only an administrator can have one."""
    folder = Path("output").absolute()
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(folder)]
    made = subprocess.run(command, check=False, capture_output=True)
    if made.returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield folder
    finally:
        if folder.is_mount():
            subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("mount") is None, reason="needs tmpfs")
async def test_a_disk_that_is_really_full_leaves_nothing_half(work, tiny_disk):
    """The same on a real file system that is too small for one picture."""
    document = await illustrate(provider="dashscope", count=2)

    check_all(work, document)
    assert all("the disk is full; free some space" in image["error"] for image in document["images"])
    assert [] == [path for path in tiny_disk.rglob("*") if path.is_file()]
    subprocess.run(["umount", str(tiny_disk)], check=True)
    await check_collected(work)


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("mount") is None, reason="needs tmpfs")
async def test_checkpoints_on_a_full_disk_are_not_called_damaged(tiny_disk):
    """Who would move them away for it would lose the way of every run."""
    with pytest.raises(ConfigError, match=r"checkpoints\.db.*(free some disk space|check the disk and its free space)"):
        async with open_checkpoints(tiny_disk / "checkpoints.db"):
            pass


async def test_a_file_in_the_place_of_the_folder_is_named(work):
    """It came there between the plan and the pictures; when it is gone, resume collects."""

    def take_its_place() -> None:
        Path("output").write_text("mine")

    at_first(work, "submit", take_its_place)
    document = await illustrate(provider="modelscope", count=2)

    assert all("a file is where a folder is needed" in image["error"] for image in document["images"])
    assert "mine" == Path("output").read_text()
    Path("output").unlink()
    await check_collected(work)


async def test_a_folder_in_the_place_of_a_picture_is_named(work):
    """It is not emptied, and nothing is bought for it until it is away; the other picture is made."""
    taken = Path("output/run/00.jpg/mine.txt")
    taken.parent.mkdir(parents=True)
    taken.write_text("mine")
    document = await illustrate(provider="modelscope", count=2)

    assert ["failed", "saved"] == [image["status"] for image in document["images"]]
    assert "a folder is in its place" in document["images"][0]["error"]
    assert "mine" == taken.read_text()
    assert 1 == len(work.tasks)
    shutil.rmtree(taken.parent)
    document = await go_on()

    assert (True, 2) == (document["success"], len(work.tasks))
    check_all(work, document)


async def test_half_a_picture_of_an_earlier_crash_is_replaced(work):
    """A half file and a left-over part are no pictures: the run makes its own."""
    folder = Path("output/run")
    folder.mkdir(parents=True)
    (folder / "00.jpg").write_bytes(b"\xff\xd8\xff\xe0 half a picture")
    (folder / ".0123456789abcdef.part").write_bytes(b"\xff\xd8")
    document = await illustrate(provider="modelscope", count=1)
    (folder / ".0123456789abcdef.part").unlink()

    assert document["success"], document
    check_all(work, document)


@pytest.mark.parametrize("kept_bytes", [None, 0, 5000], ids=["missing", "empty", "half"])
async def test_a_picture_that_a_crash_took_is_fetched_again(work, kept_bytes):
    """The ledger says saved, the disk has nothing or half, and the checkpoints are gone: the task is still there."""
    await illustrate(provider="dashscope", count=2)
    picture = Path("output/run/01.jpg")
    if kept_bytes is None:
        picture.unlink()
    else:
        picture.write_bytes(picture.read_bytes()[:kept_bytes])
    for path in Path("data").glob("checkpoints.db*"):
        path.unlink()

    await check_collected(work)


async def test_a_database_that_is_locked_for_a_while_is_waited_for(work):
    """Another program writes a long time: the run is late, and that is all."""

    def hold() -> None:
        lock = Lock(DATABASE)
        threading.Timer(0.4, lock.release).start()

    at_first(work, "poll", hold)
    document = await illustrate(provider="dashscope", count=2, patience_s=20)

    assert document["success"], document
    assert 2 == len(work.tasks)
    check_all(work, document)


async def test_a_database_that_stays_locked_ends_the_run_with_a_line(work, monkeypatch):
    """What is paid is settled by the ledger and the provider's list when the run is resumed."""
    locks: list[Lock] = []
    at_first(work, "poll", lambda: locks.append(Lock(DATABASE)))
    with monkeypatch.context() as patch:
        patch.setattr("tools.sqlite.connection.BUSY_TIMEOUT_S", 0.1)
        with pytest.raises(PeituError, match=r"peitu\.db.*another program holds it"):
            await illustrate(provider="dashscope", count=2)
    locks.pop().release()

    assert (await go_on())["success"]
    assert 2 == len(work.tasks)


async def test_a_late_write_of_a_checkpoint_leaves_no_lock(tmp_path):
    """LangGraph does not wait for the last writes of a run that failed: some come while the file is being closed."""
    path = tmp_path / "checkpoints.db"
    config = {"configurable": {"thread_id": "run", "checkpoint_ns": "", "checkpoint_id": "1"}}
    writes = []
    for turns in range(60):
        async with open_checkpoints(path) as saver:
            writes.append(asyncio.create_task(saver.aput_writes(config, [("images", 1)], str(turns))))
            for _ in range(turns):
                await asyncio.sleep(0)
        with contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")

    results = await asyncio.gather(*writes, return_exceptions=True)
    assert {None, "Connection closed", "no active connection"} >= {result and str(result) for result in results}
    assert None in results


async def test_checkpoints_that_another_process_is_making_are_waited_for(tmp_path):
    """Two begin in a new folder: SQLite lets only one switch the file to its log, and the other must come again."""
    path = tmp_path / "checkpoints.db"
    lock = Lock(path)
    asyncio.get_running_loop().call_later(0.3, lock.release)
    async with open_checkpoints(path) as saver:
        assert saver.is_setup


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps an open file at its place")
async def test_a_database_that_is_taken_away_in_the_middle_stops_the_run(work):
    """Nothing more is bought, nor by a resume without it; once it is back, what was paid is collected."""

    def take_away() -> None:
        Path("away").mkdir()
        for path in Path("data").glob("peitu.db*"):
            path.rename(Path("away") / path.name)

    at_first(work, "poll", take_away)
    with pytest.raises(PeituError, match="was taken away or replaced while it was in use - put it back"):
        await illustrate(provider="dashscope", count=2)
    bought = len(work.tasks)
    with pytest.raises(PeituError, match="does not know run 'run'"):
        await go_on()

    assert bought == len(work.tasks)
    for path in Path("data").glob("peitu.db*"):
        path.unlink()
    for path in Path("away").iterdir():
        path.rename(Path("data") / path.name)
    await check_collected(work)


async def test_a_database_that_is_damaged_in_the_middle_is_named(work):
    """A line says so, in this run or in the next; with a copy from after the submit, resume collects."""

    def ruin() -> None:
        source, copy = sqlite3.connect(DATABASE), sqlite3.connect("copy.db")
        source.backup(copy)
        source.close()
        copy.close()
        for path in (DATABASE, DATABASE.with_name("peitu.db-wal")):
            path.write_bytes(b"x" * path.stat().st_size)

    at_first(work, "poll", ruin)
    work.fault("dashscope", "download", kind="status", status=503, every=1)
    with contextlib.suppress(PeituError):  # A connection that is open may not notice.
        await illustrate(provider="dashscope", count=1)
    with pytest.raises(PeituError, match=r"peitu\.db.*damaged or not an SQLite file"):
        await go_on()

    for path in Path("data").glob("peitu.db*"):
        if path.is_file():
            path.unlink()
    Path("copy.db").rename(DATABASE)
    work.faults.faults.clear()
    await check_collected(work, count=1)
