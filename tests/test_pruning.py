"""Pruning: the way to the end of a complete run goes, its state and everything unfinished stays."""

import os
import sqlite3
import time
from contextlib import closing

import pytest

from graph.commands.pruning import prune
from graph.wiring import open_workflow
from tools.setup.settings import load_settings

pytestmark = pytest.mark.usefixtures("workplace")


def config(thread_id):
    return {"configurable": {"thread_id": thread_id}}


def count_checkpoints():
    with closing(sqlite3.connect("data/checkpoints.db")) as connection:
        return connection.execute("SELECT count(*) FROM checkpoints").fetchone()[0]


async def make(thread_id, **asked):
    async with open_workflow() as workflow:
        state = {"content": "A cat", "count": 1, "size": "256x256", **asked}
        return await workflow.ainvoke(state, config(thread_id))


async def test_a_complete_run_keeps_its_state_alone(workplace):
    """One checkpoint is left, with the whole result in it, and the file is smaller."""
    made = await make("done")
    found = prune(load_settings(), days=0)

    async with open_workflow() as workflow:
        state = await workflow.aget_state(config("done"))

    assert 1 == found.runs
    assert 1 == count_checkpoints()
    assert found.bytes_after < found.bytes_before
    assert made["images"] == state.values["images"]


async def test_what_is_not_complete_stays_whole(workplace):
    """A run that waits for its approval is not touched, and goes on afterwards."""
    await make("waits", review=True)
    before = count_checkpoints()
    found = prune(load_settings(), days=0)

    assert (0, before) == (found.runs, count_checkpoints())


async def test_young_runs_stay_whole(workplace):
    """What is younger than asked for keeps its history, to go back in time."""
    await make("done")

    assert 0 == prune(load_settings(), days=7).runs


def test_leftovers_of_killed_processes_go(workplace):
    """Half-written files of yesterday and lock files of the dead are cleared away, others are not."""
    names = (f".{'a' * 16}.part", f".{'b' * 16}.part", ".thesis.pdf.part", ".A123456789abcdef.part", "00.jpg")
    old, young, *others = (workplace / "output" / name for name in names)
    lock = workplace / "data" / "peitu.owners" / "dead.lock"
    for path in (old, young, *others, lock):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for path in (old, *others):
        os.utime(path, (time.time() - 90000,) * 2)

    assert 2 == prune(load_settings(), days=30).files
    assert {young, *others} == set((workplace / "output").iterdir())
