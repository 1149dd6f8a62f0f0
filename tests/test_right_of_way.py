"""Whoever submits has the right of way; fetching finished pictures waits a moment for it."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from tests.test_tasks import Bench, FakeProvider, picture
from tools.money.ledger import Ledger
from tools.money.limiter import Limiter
from tools.money.right_of_way import RightOfWay
from tools.money.tasks import TaskRunner
from tools.sqlite.database import Database


@pytest.fixture
async def bench(tmp_path):
    database = Database(tmp_path / "peitu.db")
    yield Bench(tmp_path, Ledger(database))
    await database.close()


async def test_nobody_waits_where_nobody_submits():
    """The way is clear at first, and again after the last submit."""
    way = RightOfWay()
    with way.taken():
        pass

    async with asyncio.timeout(0.2):
        await way.give()


async def test_the_way_is_given_until_the_last_submit_is_over():
    """Two submit: when the first has its answer, the other still goes first."""
    way, order = RightOfWay(), []

    async def give():
        await way.give()
        order.append("given")

    with way.taken():
        with way.taken():
            waiting = asyncio.create_task(give())
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        order.append("last submit")
    await waiting

    assert ["last submit", "given"] == order


async def test_submits_that_never_stop_hold_nobody_up(monkeypatch):
    """After a moment everything else goes on beside them."""
    monkeypatch.setattr("tools.money.right_of_way.MOST_S", 0.01)
    way = RightOfWay()
    with way.taken():
        async with asyncio.timeout(5):
            await way.give()


async def test_a_picture_is_fetched_after_the_submit_that_is_under_way(bench, monkeypatch):
    """One picture is ready while another is being submitted: its file is asked for once the answer is there."""
    monkeypatch.setattr("tools.money.right_of_way.MOST_S", 30.0)
    order, ready, answer = [], asyncio.Event(), asyncio.Event()

    class Slow(FakeProvider):
        async def submit(self, request):
            if request.seed == 1:
                await answer.wait()
                order.append("answer")
            return await super().submit(request)

        async def poll(self, task_id):
            ready.set()
            return await super().poll(task_id)

    def file(request):
        order.append("fetched")
        return httpx.Response(200, content=picture(), headers={"content-type": "image/png"})

    service = replace(
        bench.service(Slow(bench.ledger), on_lost_reply="resubmit"), limiter=Limiter(rate_per_s=1000, max_in_flight=2)
    )
    async with httpx.AsyncClient(transport=httpx.MockTransport(file)) as client:
        runner = TaskRunner(ledger=bench.ledger, leases=bench.leases, client=client)
        work = []
        for index in range(2):
            request = replace(bench.job.request, seed=index)
            job = replace(bench.job, image_index=index, request=request, path=bench.job.path.with_name(f"{index}.jpg"))
            work.append(asyncio.create_task(runner.run(job, service, report=lambda *_, **__: None)))
        async with asyncio.timeout(10):
            await ready.wait()
            await asyncio.sleep(0.05)
            answer.set()
            await asyncio.gather(*work)

    assert ["answer", "fetched", "fetched"] == order
