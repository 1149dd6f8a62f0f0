"""The ledger: what may have been paid is found again, and belongs to one image only."""

from datetime import timedelta

import pytest

from tools.errors import LostReplyError
from tools.money.ledger import Ledger
from tools.providers.provider import ImageRequest
from tools.sqlite.database import Database

MINUTE = timedelta(minutes=1)
REQUEST = ImageRequest(prompt="a lighthouse", seed=7)


@pytest.fixture
async def ledger(tmp_path):
    database = Database(tmp_path / "peitu.db")
    yield Ledger(database)
    await database.close()


async def intend(ledger: Ledger, index: int = 0):
    return await ledger.intend("run", index, provider="dashscope", model="wanx2.1-t2i-plus", request=REQUEST)


async def rows(ledger: Ledger):
    return await ledger._database.read(lambda connection: connection.execute("SELECT * FROM tasks").fetchall())


async def test_an_image_without_a_task_has_none(ledger):
    """Nothing is known of an image that was never sent."""
    assert await ledger.open_task("run", 0) is None


@pytest.mark.parametrize("step", ["intent", "submitted", "succeeded", "saved", "unknown"])
async def test_what_may_be_paid_is_open(ledger, step):
    """From the intent on, a task is adopted and never bought again."""
    task = await intend(ledger)
    if step in {"submitted", "succeeded", "saved"}:
        await ledger.submitted(task, task_id="t1")
    if step in {"succeeded", "saved"}:
        ledger.note_succeeded(task, polls=3)
    if step == "saved":
        ledger.note_saved(task)
    if step == "unknown":
        await ledger.unknown(task, "no answer came")

    assert step == (await ledger.open_task("run", 0)).status
    assert await ledger.open_task("run", 1) is None


@pytest.mark.parametrize("end", ["failed", "throttled"])
async def test_what_is_not_billed_is_not_open(ledger, end):
    """A task that the provider gave up, or never made, may be bought anew."""
    task = await intend(ledger)
    await getattr(ledger, end)(task, "reason")

    assert await ledger.open_task("run", 0) is None
    assert [(end, "reason", True)] == [
        (row["status"], row["error"], bool(row["ended_at"])) for row in await rows(ledger)
    ]


async def test_a_row_tells_when_each_step_was(ledger):
    """People read in the table what happened to a picture, and how often it was asked for."""
    task = await ledger.submitted(await intend(ledger), task_id="t1", request_id="r1")
    ledger.note_succeeded(task, polls=3, duration_s=2.5)
    ledger.note_saved(task)
    (row,) = await rows(ledger)
    steps = [row[f"{step}_at"] for step in ("intended", "submitted", "succeeded", "ended")]

    assert ("t1", "r1", 3, 2.5) == (row["task_id"], row["request_id"], row["polls"], row["duration_s"])
    assert sorted(steps) == steps


async def test_a_task_belongs_to_one_image(ledger):
    """A second image cannot have a task id that is taken: it is held."""
    first, second = await intend(ledger, 0), await intend(ledger, 1)
    await ledger.submitted(first, task_id="t1")
    with pytest.raises(LostReplyError, match="belongs to another image"):
        await ledger.submitted(second, task_id="t1")

    assert "unknown" == (await ledger.open_task("run", 1)).status


async def test_a_lost_request_claims_the_one_free_task(ledger):
    """What other images have is not free; what is left must be ours."""
    other, lost = await intend(ledger, 0), await intend(ledger, 1)
    await ledger.submitted(other, task_id="t1")
    claimed = await ledger.claim(lost, ["t1", "t2"], around=MINUTE)

    assert ("submitted", "t2") == (claimed.status, claimed.task_id)
    assert claimed.submitted_at is not None


@pytest.mark.parametrize("ids", [[], ["t1", "t2"]])
async def test_a_lost_request_claims_nothing_uncertain(ledger, ids):
    """No free task, or two of them, settle nothing."""
    lost = await intend(ledger)

    assert await ledger.claim(lost, ids, around=MINUTE) is None


async def test_two_lost_requests_do_not_claim_one_task(ledger):
    """One free task may belong to either: it stays free until the other has its answer."""
    lost, other = await intend(ledger, 0), await intend(ledger, 1)

    assert await ledger.claim(lost, ["t1"], around=MINUTE) is None

    await ledger.failed(other, "refused")

    assert "t1" == (await ledger.claim(lost, ["t1"], around=MINUTE)).task_id


async def test_an_edited_prompt_is_another_picture(ledger):
    """The task of one plan is not taken for another plan of the same place; the row says of which words it is."""
    await ledger.intend("run", 0, provider="dashscope", model="m", request=REQUEST, picture="first")

    assert await ledger.open_task("run", 0, "second") is None
    assert "a lighthouse" == (await ledger.open_task("run", 0, "first")).prompt


async def test_a_picture_is_condemned_once(ledger):
    """Of two who look at the same bad picture, one writes it down."""
    task = await intend(ledger)
    await ledger.submitted(task, task_id="t1")
    ledger.note_saved(task)

    assert [True, False] == [await ledger.refused(task.id, "blank"), await ledger.refused(task.id, "blank")]
    assert await ledger.open_task("run", 0) is None
