"""The lists of runs, threads, batches and tasks: what is in them, and in which order."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.test_gallery import STARTED, add_image, add_run, database, insert
from tools.sqlite.lists import (
    count_runs,
    list_batches,
    list_complete_threads,
    list_runs,
    list_runs_with_effort,
    list_tasks,
    list_threads,
)

__all__ = ["database"]
RECORDS = Path("data/peitu.db")


def add_segment(database, batch_id, number, *, images=(), status="finished"):
    """Add a segment whose images each have a status and a number of attempts; its run is complete."""
    run_id = f"{batch_id}-{number}"
    segment = {"segment_id": str(number), "asked": "{}", "first_index": number, "requested": 1, "status": status}
    insert(database, "segments", batch_id=batch_id, number=number, run_id=run_id, **segment)
    for index, (state, attempts) in enumerate(images):
        add_image(database, run_id, index, status=state, attempts=attempts)


def add_task(database, run_id, **columns):
    row = {"image_index": 0, "provider": "dashscope", "model": "m", "status": "saved", "prompt": "p"}
    insert(database, "tasks", run_id=run_id, intended_at=STARTED.format(1), **{**row, **columns})


@pytest.mark.parametrize(
    "list_all",
    [
        lambda: list_runs(RECORDS, limit=None),
        lambda: list_runs_with_effort(RECORDS, limit=9),
        lambda: list_threads(RECORDS, limit=9),
        lambda: list_complete_threads(RECORDS, before=datetime.now(UTC)),
        lambda: list_tasks(RECORDS, run_id=None, limit=9),
        lambda: list_batches(RECORDS, limit=None),
    ],
    ids=["runs", "effort", "threads", "complete", "tasks", "batches"],
)
def test_without_a_database_a_list_is_empty(workplace, list_all):
    """Looking makes nothing."""
    assert [] == list_all()
    assert [] == list(workplace.iterdir())


def test_runs_are_listed_the_newest_first_and_those_of_a_batch_in_it(database):
    """Of runs that began at the same time, the one that was recorded last is the newest; no options are shown."""
    for run_id, day in (("first", 2), ("last", 3), ("second", 2), ("b-0", 4)):
        add_run(database, run_id, day=day)
    insert(database, "batches", batch_id="b", source="tea.json", requested=1, started_at=STARTED.format(4))
    add_segment(database, "b", 0)

    assert ["last", "second", "first"] == [run["run_id"] for run in list_runs(RECORDS, limit=None)]
    assert ["last"] == [run["run_id"] for run in list_runs(RECORDS, limit=1)]
    assert ["b-0", "last"] == [run["run_id"] for run in list_runs_with_effort(RECORDS, limit=2)]
    assert (3, 1) == count_runs(RECORDS)
    assert "options" not in list_runs(RECORDS, limit=1)[0]


def test_the_effort_of_a_run_is_in_seconds_and_tasks(database):
    """From its beginning to its end."""
    add_run(database, "a", finished_at="2026-11-21T08:01:02.340+00:00", options='{"count": 2}')
    add_task(database, "a")
    add_task(database, "other")
    found = list_runs_with_effort(RECORDS, limit=2)[0]

    assert (62.3, 1, {"count": 2}) == (found["duration_s"], found["tasks"], found["options"])


@pytest.mark.parametrize(
    ("columns", "requested"),
    [
        ({"requested": 4, "plan": [{"index": 0}], "options": '{"count": 9}'}, 4),
        ({"plan": [{"index": 0}, {"index": 2}], "options": '{"count": 9}'}, 2),
        ({"options": '{"count": 9}'}, 9),
        ({}, None),
    ],
)
def test_how_many_pictures_a_run_wants_is_known_before_its_end(database, columns, requested):
    """From its plan, or from its options; only saved ones are counted as made."""
    add_run(database, "a", **columns)
    add_image(database, "a", 0)
    add_image(database, "a", 1, status="failed")
    add_image(database, "a", 2)
    add_image(database, "other", 0)
    found = list_runs(RECORDS, limit=1)[0]

    assert (requested, 2) == (found["requested"], found["count"])


@pytest.mark.parametrize(("planned", "state"), [(True, "waiting for approval"), (False, "stopped")])
def test_a_run_waits_for_approval_once_it_is_planned(database, planned, state):
    """Before that nobody can approve anything."""
    plan = [{"index": 0}] if planned else None
    add_run(database, "a", plan=plan, status="running", options='{"review": true}')

    assert state == list_runs(RECORDS, limit=1)[0]["state"]


def test_a_thread_is_listed_once_with_its_last_run(database):
    """Without a title it has the beginning of its content; those of batches have none of their own."""
    add_run(database, "a", thread_id="a", day=1, title="old")
    add_run(database, "a.2", thread_id="a", day=4, title=None, content="x" * 90)
    add_run(database, "alone", day=3, content="a tea house")
    add_run(database, "b-0", day=5)
    add_run(database, "c", thread_id="c", day=2)
    add_segment(database, "b", 0)
    found = list_threads(RECORDS, limit=2)

    assert [("a", "a.2", "x" * 80), ("alone", "alone", "alone")] == [
        (row["thread"], row["run_id"], row["title"]) for row in found
    ]
    assert ["a", "alone", "c"] == [row["thread"] for row in list_threads(RECORDS, limit=9)]


def test_of_runs_that_began_together_the_last_one_is_the_threads(database):
    """It was recorded later."""
    add_run(database, "a", thread_id="a")
    add_run(database, "a.2", thread_id="a")

    assert ["a.2"] == [row["run_id"] for row in list_threads(RECORDS, limit=9)]


def test_only_threads_whose_runs_are_all_complete_and_old_can_be_pruned(database):
    """One run that failed, goes on or has just ended keeps its thread."""
    done = {"success": 1, "finished_at": STARTED.format(3)}
    for thread_id, second in {
        "complete": done,
        "failed": {**done, "success": 0},
        "running": {**done, "status": "running"},
        "recent": {**done, "finished_at": STARTED.format(5)},
    }.items():
        add_run(database, thread_id, thread_id=thread_id, **done)
        add_run(database, f"{thread_id}.2", thread_id=thread_id, **second)
        add_run(database, f"{thread_id}.3", thread_id=thread_id, **done)
    add_run(database, "without", **done)

    before = datetime.fromisoformat(STARTED.format(4))
    assert {"complete", "without"} == set(list_complete_threads(RECORDS, before=before))
    assert [] == list_complete_threads(RECORDS, before=datetime.fromisoformat(STARTED.format(3)))


def test_tasks_are_listed_the_newest_first_with_their_seconds(database):
    """As the provider tells them, or from the submit until the picture was ready."""
    add_task(database, "a", duration_s=8.04, submitted_at=STARTED.format(1), succeeded_at=STARTED.format(2))
    add_task(database, "a", submitted_at=STARTED.format(1), succeeded_at="2026-11-21T08:00:09.460+00:00")
    add_task(database, "other", status="failed")

    assert [("other", None), ("a", 9.5), ("a", 8.0)] == [
        (task["run_id"], task["duration_s"]) for task in list_tasks(RECORDS, run_id=None, limit=9)
    ]
    assert [9.5] == [task["duration_s"] for task in list_tasks(RECORDS, run_id="a", limit=1)]


@pytest.mark.parametrize(
    ("images", "status", "told"),
    [
        ([("saved", 1), ("saved", 0)], "finished", (2, 1, True)),
        ([("saved", 0), ("failed", 1)], "finished", (1, 1, False)),
        ([("saved", 1), ("saved", 1)], "failed", (2, 0, False)),
        ([("failed", 0), ("saved", 2)], "finished", (1, 0, False)),
    ],
)
def test_a_batch_is_a_success_if_all_its_pictures_are_there_and_no_segment_is_open(database, images, status, told):
    """Skipped pictures are saved ones without an attempt."""
    for batch_id in ("b", "other"):
        insert(database, "batches", batch_id=batch_id, source="tea.json", requested=2, started_at=STARTED.format(4))
    add_segment(database, "b", 0, images=images, status=status)
    add_segment(database, "other", 0, images=[("saved", 0)])
    found = {row["batch_id"]: row for row in list_batches(RECORDS, limit=None)}["b"]

    assert told == (found["count"], found["skipped"], found["success"])


def test_batches_are_listed_the_newest_first(database):
    """As many as are asked for, or all."""
    for batch_id, day in (("old", 1), ("new", 3), ("middle", 2)):
        insert(database, "batches", batch_id=batch_id, source="tea.json", requested=1, started_at=STARTED.format(day))

    assert ["new", "middle", "old"] == [row["batch_id"] for row in list_batches(RECORDS, limit=None)]
    assert ["new", "middle"] == [row["batch_id"] for row in list_batches(RECORDS, limit=2)]
