"""The ids of runs: a thread may hold several, and its name may be that of another's run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tools.sqlite.database import Database
from tools.sqlite.records import Records
from tools.sqlite.run_ids import BEGINNING_CHARS, next_run_id


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[Records]:
    database = Database(tmp_path / "peitu.db")
    yield Records(database)
    await database.close()


async def begun(records: Records, thread_id: str, content: str, run_id: str | None = None, **options: object) -> tuple:
    return await records.start_run(run_id=run_id or thread_id, thread_id=thread_id, content=content, options=options)


@pytest.mark.parametrize(
    ("thread_id", "last", "expected"),
    [
        ("tea", None, "tea"),
        ("tea", "tea", "tea.2"),
        ("tea", "tea.2", "tea.3"),
        ("tea", "tea.9", "tea.10"),
        ("tea", "coffee", "tea.2"),
        ("7", "7", "7.2"),
    ],
)
def test_the_runs_of_a_thread_are_numbered(thread_id: str, last: str | None, expected: str) -> None:
    """The first has the thread's own name, and a name that is a number is no number of a run."""
    assert expected == next_run_id(thread_id, last)


async def test_the_same_content_in_its_thread_is_the_same_run(records: Records) -> None:
    """It goes on as it began, with the options of then; of a long content the state has the beginning alone."""
    content = "tea " * BEGINNING_CHARS
    first = await begun(records, "tea", content, count=2)

    assert ("tea", content, {"count": 2}) == first
    assert first == await begun(records, "tea", content, count=3)
    assert first == await begun(records, "tea", content[:BEGINNING_CHARS])


async def test_another_content_in_its_thread_is_the_next_run(records: Records) -> None:
    """A thread that was taken back to an earlier state may be given other words: nothing is written over."""
    await begun(records, "tea", "tea")

    assert "tea.2" == (await begun(records, "tea", "coffee"))[0]
    assert "tea.2" == (await begun(records, "tea", "coffee"))[0]
    assert "tea.3" == (await begun(records, "tea", "water"))[0]


async def test_the_run_of_another_thread_is_left_alone(records: Records) -> None:
    """Its id is that of this thread, and even its content is the same."""
    await begun(records, "other", "tea", run_id="tea")

    assert "tea.2" == (await begun(records, "tea", "tea"))[0]
