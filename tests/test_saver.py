"""The checkpoints that Studio's server and the command line share: two names of a thread, and clearing up."""

import asyncio

import pytest
from langgraph.checkpoint.base import empty_checkpoint

from graph.opening.checkpointer import open_checkpoints
from graph.opening.saver import server_name


@pytest.fixture
async def saver(workplace):
    """Checkpoints in a file."""
    async with open_checkpoints(workplace / "checkpoints.db") as opened:
        yield opened


def at(thread_id, **more):
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": "", **more}}


async def put(saver, config, number, run_id="none"):
    """Write a checkpoint with the number as its id, and a write of its next step."""
    checkpoint = {**empty_checkpoint(), "id": f"{number:032}"}
    written = await saver.aput(config, checkpoint, {"step": number, "run_id": run_id}, {})
    await saver.aput_writes(written, [("content", str(number))], f"task-{number}")
    return written


async def steps(saver, thread_id):
    return [found.metadata["step"] async for found in saver.alist(at(thread_id))]


async def test_a_thread_has_two_names(saver):
    """What is written under one is read under the other, each by the name that was asked for."""
    name = server_name("kettle")
    await put(saver, at("kettle"), 1)

    assert await saver.aget_tuple(at(name)) is None

    await saver.introduce(["kettle"])
    written = await put(saver, at(name), 2)
    found = await saver.aget_tuple(at(name))

    assert name == written["configurable"]["thread_id"] == found.config["configurable"]["thread_id"]
    assert [("task-2", "content", "2")] == found.pending_writes
    assert [2, 1] == await steps(saver, "kettle") == await steps(saver, name)
    assert {"kettle"} == await saver.begun(["kettle", "other"])


def test_a_uuid_is_a_name_already():
    """A thread of the server keeps its own; others always get the same."""
    name = server_name("tea")

    assert name == server_name(name) == server_name("tea")
    assert name != server_name("coffee")


async def test_a_thread_is_deleted_by_either_name(saver):
    """Deleted in Studio, it is gone for all."""
    await put(saver, at("kettle"), 1)
    await saver.introduce(["kettle"])
    await saver.adelete_thread(server_name("kettle"))

    assert [] == await steps(saver, "kettle")


async def test_only_the_last_state_is_kept(saver):
    """Pruning takes the way there, with its writes, and leaves other threads alone."""
    for number in (1, 2, 3):
        await put(saver, at("kettle"), number)
        await put(saver, at("lamp"), number)
    await saver.aprune(["kettle"])

    assert [3] == await steps(saver, "kettle")
    assert [3, 2, 1] == await steps(saver, "lamp")
    assert [("task-3", "content", "3")] == (await saver.aget_tuple(at("kettle"))).pending_writes

    await saver.aprune(["lamp"], strategy="delete_all")

    assert [] == await steps(saver, "lamp")


async def test_a_run_is_rolled_back(saver):
    """The checkpoints of a canceled run go, those of the others stay."""
    await put(saver, at("kettle"), 1, run_id="first")
    await put(saver, at("kettle"), 2, run_id="second")
    await saver.adelete_for_runs(["second"])

    assert [1] == await steps(saver, "kettle")


async def test_a_write_that_was_stopped_half_way_locks_nobody_out(workplace):
    """Its cursor is still there when the file is closed: the next one to open the file can write all the same."""
    path = workplace / "checkpoints.db"
    async with open_checkpoints(path) as stopped:
        cursor = await stopped.conn.execute("INSERT INTO thread_names VALUES ('a', 'b'), ('c', 'd') RETURNING uuid")
        await cursor.fetchone()
    async with asyncio.timeout(10), open_checkpoints(path) as opened:
        await put(opened, at("kettle"), 1)

        assert [1] == await steps(opened, "kettle")


async def test_whoever_is_stopped_while_it_opens_leaves_nothing_open(workplace, monkeypatch):
    """Ctrl-C between the file and its tables: the connection is closed all the same."""
    opened = []
    setting_up = asyncio.Event()

    async def never_ends(saver):
        opened.append(saver.conn)
        setting_up.set()
        await asyncio.Event().wait()

    async def open_and_use():
        async with open_checkpoints(workplace / "checkpoints.db"):
            raise AssertionError("unreachable: it is stopped before")

    monkeypatch.setattr("graph.opening.saver.Saver.setup", never_ends)
    opening = asyncio.create_task(open_and_use())
    await setting_up.wait()
    opening.cancel()
    await asyncio.wait([opening])

    with pytest.raises(ValueError, match="no active connection"):
        await opened[0].execute("SELECT 1")
