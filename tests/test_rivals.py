"""A storyboard is not begun anew while an earlier batch of it may still pay for the same pictures."""

import json
from pathlib import Path

import pytest
from filelock import FileLock

from tests.test_gallery import STARTED, add_image, database, insert
from tools.errors import InputError
from tools.sqlite.liveness import BATCH_INDEX
from tools.sqlite.owners import lock_path, owners_folder
from tools.sqlite.rivals import check_no_rival_at_work, find_rival, owed_elsewhere, place_of, writes_here

__all__ = ["database"]
RECORDS = Path("data/peitu.db")
HERE = {"reads": "/boards/tea.json", "writes": "/output"}


def add_batch(database, batch_id, *statuses, day=1, is_over=False, image="failed", **options):
    """Add a batch with a task of each status, whose image has the status `image`, or no row if that is empty."""
    row = {"options": json.dumps({**HERE, **options}), "finished_at": STARTED.format(9) if is_over else None}
    insert(database, "batches", batch_id=batch_id, source="tea", requested=1, started_at=STARTED.format(day), **row)
    for number, status in enumerate(statuses):
        run_id = f"{batch_id}-{number}"
        segment = {"segment_id": str(number), "asked": json.dumps({"filename": f"{number}.jpg"})}
        row = {"batch_id": batch_id, "number": number, "run_id": run_id, "first_index": number, "requested": 1}
        insert(database, "segments", status="waiting", **row, **segment)
        task = {"run_id": run_id, "image_index": 0, "provider": "dashscope", "model": "m", "status": status}
        insert(database, "tasks", prompt="p", intended_at=STARTED.format(day), **task)
        if image:
            add_image(database, run_id, 0, status=image)


@pytest.fixture
def at_work(database):
    """Take the lease on a batch as another process would, until the test ends."""
    locks = []

    def take(batch_id):
        path = lock_path(owners_folder(RECORDS), batch_id)
        path.parent.mkdir(exist_ok=True)
        locks.append(FileLock(path))
        locks[-1].acquire()
        row = {"image_index": BATCH_INDEX, "owner": batch_id, "taken_at": STARTED.format(1)}
        insert(database, "leases", run_id=batch_id, **row)

    yield take
    for lock in locks:
        lock.release()


def test_a_batch_of_another_storyboard_or_folder_is_no_rival(database, at_work):
    """Both must be the same."""
    for batch_id, other in {"a": {"reads": "/boards/cups.json"}, "b": {"writes": "/elsewhere"}}.items():
        add_batch(database, batch_id, "submitted", **other)
        at_work(batch_id)

    check_no_rival_at_work(database, RECORDS, "new", HERE)

    assert find_rival(database, RECORDS, HERE) is None
    assert {} == owed_elsewhere(database, "new", HERE)


def test_a_batch_at_work_is_a_rival_but_to_itself(database, at_work):
    """Whatever it has under way."""
    add_batch(database, "a", day=1, is_over=True)
    add_batch(database, "b", day=2)
    at_work("a")
    rival = find_rival(database, RECORDS, HERE)

    assert ("a", True) == (rival.batch_id, rival.is_at_work)
    assert "is being worked on by another process" in rival.why

    with pytest.raises(InputError, match="Batch a of this storyboard is being worked on"):
        check_no_rival_at_work(database, RECORDS, "b", HERE)
    check_no_rival_at_work(database, RECORDS, "a", HERE)


@pytest.mark.parametrize(
    ("statuses", "image", "told"),
    [
        (["submitted"], "failed", "has 1 request under way, paid already - continue it with: peitu resume a; to make"),
        (["submitted", "failed", "succeeded"], "", "has 2 requests under way, paid already - "),
        (["unknown", "submitted"], "failed", "has 2 requests under way that may be paid, 1 held - "),
        (["intent"], "unknown", "re-send what stays held (you may pay twice): peitu resume a --resubmit; to make"),
        (["submitted"], "saved", None),
        (["failed", "saved", "refused", "throttled"], "failed", None),
    ],
)
def test_requests_under_way_make_a_finished_batch_a_rival(database, statuses, image, told):
    """They would be paid for again; what is saved, failed or refused would not."""
    add_batch(database, "a", *statuses, is_over=True, image=image)
    rival = find_rival(database, RECORDS, HERE)

    if told is None:
        assert rival is None
    else:
        assert ("a", False) == (rival.batch_id, rival.is_at_work)
        assert told in rival.why


@pytest.mark.parametrize(("newest_is_over", "found"), [(False, "new"), (True, None)])
def test_the_newest_batch_is_continued_if_it_was_stopped(database, newest_is_over, found):
    """An older one was given up when the newer one began."""
    add_batch(database, "old", day=1)
    add_batch(database, "new", day=3, is_over=newest_is_over)
    add_batch(database, "middle", day=2)
    rival = find_rival(database, RECORDS, HERE)

    assert found == (rival and rival.batch_id)
    assert rival is None or (False, None) == (rival.is_at_work, rival.why)


def test_requests_under_way_go_before_a_newer_batch_that_was_stopped(database):
    """They are paid already."""
    add_batch(database, "old", "submitted", day=1, is_over=True)
    add_batch(database, "new", day=2)

    assert "old" == find_rival(database, RECORDS, HERE).batch_id


def test_pictures_for_which_another_batch_pays_are_left_to_it(database):
    """Those for which this batch pays too are collected by both."""
    add_batch(database, "a", "submitted", "submitted", "failed")
    add_batch(database, "b", "submitted", day=2)

    assert {"1.jpg": "a"} == owed_elsewhere(database, "b", HERE)


def test_the_place_of_a_batch_is_absolute(database, workplace):
    """A relative folder is one of the working directory."""
    place = place_of(Path("tea.json"), Path("output"))

    assert {"reads": str(workplace / "tea.json"), "writes": str(workplace / "output")} == place
    for batch_id, folder, is_here in (("a", "output", True), ("b", "other", False), ("c", None, False)):
        add_batch(database, batch_id, output_dir=folder)

        assert is_here == writes_here(database, batch_id, place)
