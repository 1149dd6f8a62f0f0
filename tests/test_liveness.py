"""Whether somebody works on a run or a batch: leases whose owners live say so, and those of the dead do not."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tools.clock import utc_now
from tools.sqlite.connection import connect
from tools.sqlite.database import Database
from tools.sqlite.liveness import BATCH_INDEX, RUN_INDEX, find_state, state_of_batch, state_of_run
from tools.sqlite.owners import lock_path, owners_folder, sweep_owners
from tools.sqlite.rows import insert
from tools.sqlite.uploads import Uploads

NOW = timedelta()
LONG_AGO = timedelta(minutes=3)

Tell = Callable[..., str]


@pytest.fixture
async def path(tmp_path: Path) -> AsyncIterator[Path]:
    """A database with all its tables."""
    database = Database(tmp_path / "peitu.db")
    await database.read(lambda _: None)
    yield tmp_path / "peitu.db"
    await database.close()


@pytest.fixture
def living(path: Path) -> Iterator[None]:
    """The owner `living` runs, as its locked file tells."""
    owners_folder(path).mkdir(exist_ok=True)
    with FileLock(lock_path(owners_folder(path), "living")):
        yield


@pytest.fixture
def tell(path: Path, living: None) -> Tell:
    """Return the state of a run that began `ago`, with leases by place and owner, and perhaps a task."""

    def go(
        *leases: tuple[int, str], ago: timedelta = NOW, task: bool = False, waits: bool = False, **run: object
    ) -> str:
        run = {"run_id": "a", "status": "running", "success": None, "started_at": (utc_now() - ago).isoformat()} | run
        with contextlib.closing(connect(path)) as connection, connection:
            for place, owner in leases:
                insert(connection, "leases", {"run_id": "a", "image_index": place, "owner": owner})
            if task:
                now = utc_now().isoformat()
                row = {"provider": "dashscope", "model": "m", "status": "submitted", "intended_at": now}
                insert(connection, "tasks", {"run_id": "a", "image_index": 0, **row})
            return state_of_run(run, connection, path, waits=waits)

    return go


def test_a_run_that_is_over_tells_how_it_ended(tell: Tell) -> None:
    """Whoever has a lease on it."""
    assert "complete" == tell((0, "living"), status="finished", success=1)
    assert "incomplete" == tell(status="finished", success=0)


def test_a_run_is_going_on_while_one_of_its_owners_lives(tell: Tell) -> None:
    """However long ago it began, and whoever else died."""
    assert "running" == tell((0, "dead"), (1, "living"), ago=LONG_AGO)


@pytest.mark.parametrize("place", [0, RUN_INDEX])
def test_a_run_whose_owners_died_is_stopped(tell: Tell, place: int) -> None:
    """Even if it began just now."""
    assert "stopped" == tell((place, "dead"))


@pytest.mark.parametrize("waits", [False, True])
def test_a_run_that_is_planned_is_going_on_while_its_owner_lives(tell: Tell, waits: bool) -> None:
    """The lease on the whole run is the sign; one that is to be approved waits all the same."""
    state = tell((RUN_INDEX, "living"), ago=LONG_AGO, waits=waits)

    assert ("waiting for approval" if waits else "running") == state


def test_a_run_without_any_sign_has_two_minutes(tell: Tell) -> None:
    """Between its steps nothing is leased."""
    assert "running" == tell(ago=NOW)
    assert "stopped" == tell(ago=LONG_AGO)


def test_a_run_that_has_bought_has_no_time_of_doubt(tell: Tell) -> None:
    """Whoever works on it has a lease."""
    assert "stopped" == tell(task=True, waits=True)


@pytest.mark.parametrize(
    ("review", "plan", "expected"), [(True, {"prompts": []}, "waiting for approval"), (None, {"a": 1}, "running")]
)
def test_a_plan_that_somebody_wanted_to_see_waits(path: Path, review: object, plan: object, expected: str) -> None:
    """Once there is one; of other runs the plan is no sign."""
    run: dict[str, Any] = {"run_id": "a", "status": "running", "started_at": utc_now().isoformat(), "plan": plan}

    assert expected == find_state(path, {**run, "options": {"review": review}})
    assert "running" == find_state(path, {**run, "options": {"review": review}, "plan": None})


@pytest.mark.parametrize(("owner", "expected"), [("living", "running"), ("dead", "stopped"), (None, "stopped")])
def test_a_batch_is_going_on_while_its_owner_lives(path: Path, living: None, owner: str | None, expected: str) -> None:
    """Its lease has a place of its own."""
    with contextlib.closing(connect(path)) as connection, connection:
        if owner:
            insert(connection, "leases", {"run_id": "b", "image_index": BATCH_INDEX, "owner": owner})
        batch = {"batch_id": "b", "finished_at": None, "success": None}

        assert expected == state_of_batch(batch, connection, path)
        assert "complete" == state_of_batch({**batch, "finished_at": "2026", "success": True}, connection, path)
        assert "incomplete" == state_of_batch({**batch, "finished_at": "2026", "success": False}, connection, path)


def test_the_files_of_the_dead_are_swept_away(path: Path, living: None) -> None:
    """And counted; that of a living owner stays."""
    folder = owners_folder(path)
    for owner in ("dead", "gone"):
        lock_path(folder, owner).touch()

    assert 2 == sweep_owners(folder)
    assert ["living.lock"] == [file.name for file in folder.iterdir()]


async def test_what_lies_in_a_bucket_is_known_by_its_content(tmp_path: Path) -> None:
    """The newest object counts; what another was written over is there no more, and another bucket is another."""
    database = Database(tmp_path / "uploads.db")
    uploads = Uploads(database)

    def add(object_key: str, md5: str, bucket: str = "ours") -> None:
        url = f"https://{bucket}/{object_key}"
        uploads.add(bucket=bucket, object_key=object_key, md5=md5, size_bytes=1, url=url, content_type="image/jpeg")

    add("a", "1")
    add("b", "1")
    add("c", "2")
    add("c", "3")
    add("d", "4", bucket="theirs")
    found = [uploads.find("ours", md5) for md5 in "1234"]
    await database.close()

    assert [("b", "https://ours/b"), None, ("c", "https://ours/c"), None] == found
