"""One look at the provider's list for all tasks that are waited for, and polls where it does not help."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox import Sandbox
from tests.sandbox.client import DashScopeClient
from tools.clock import utc_now
from tools.dashscope import DashScope
from tools.errors import ConfigError, ThrottledError, UnavailableError
from tools.modelscope import ModelScope
from tools.money.health import Health
from tools.money.jobs import Job, Service
from tools.money.leases import Leases
from tools.money.ledger import Ledger
from tools.money.limiter import Limiter
from tools.money.lookout import MANY, Lookout
from tools.money.tasks import TaskRunner
from tools.providers.http import make_client
from tools.providers.provider import ImageRequest
from tools.sqlite.database import Database
from tools.sqlite.task_rows import Task

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Listing:
    """A provider with a list; `answer` is what it says, or what it raises."""

    name = "dashscope"
    model = "wanx2.1-t2i-plus"

    page_size = 50

    def __init__(self, answer):
        self.task_list = None if answer is None else self
        self.answer = answer
        self.looks = []

    async def look_over(self, task_ids, *, since, model, turn):
        self.looks.append((sorted(task_ids), since))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def task(number):
    empty = {"run_id": "run", "image_index": number, "picture": "", "prompt": "", "request_id": None, "error": None}
    where = {"provider": "dashscope", "model": "wanx2.1-t2i-plus", "status": "submitted"}
    made_at = NOON + timedelta(seconds=number / 100)
    times = {"intended_at": made_at - timedelta(seconds=1), "submitted_at": made_at}
    return Task(id=number, task_id=f"task-{number}", **times, **empty, **where)


class Bench:
    """A lookout at `MANY` tasks, with a clock that is set by hand."""

    def __init__(self, answer, stack, count=MANY):
        self.time = NOON + timedelta(seconds=5)
        self.provider = Listing(answer)
        self.limiter = Limiter(rate_per_s=1000, max_in_flight=50)
        service = Service(
            provider=self.provider,
            limiter=self.limiter,
            health=Health("dashscope", "wanx2.1-t2i-plus"),
            deadline_s=600,
            attempts=3,
            on_lost_reply="hold",
        )
        self.lookout = Lookout(service, now=lambda: self.time)
        self.watched = [stack.enter_context(self.lookout.watch(task(number))) for number in range(count)]

    def wait(self, seconds):
        self.time += timedelta(seconds=seconds)

    async def shows(self, number=0, usual_s=8.0):
        return await self.lookout.shows_unfinished(self.watched[number], usual_s=usual_s)

    @property
    def looks(self):
        return len(self.provider.looks)


@pytest.fixture
def stack():
    with ExitStack() as running:
        yield running


ALL_RUN = {f"task-{number}": False for number in range(MANY)}


async def test_one_look_tells_all(stack):
    """The first asks, from a little before the oldest task; the others use the answer."""
    bench = Bench(ALL_RUN, stack)

    assert [True] * MANY == [await bench.shows(number) for number in range(MANY)]
    assert [(sorted(ALL_RUN), NOON - timedelta(seconds=30))] == bench.provider.looks
    assert [5.0] * MANY == pytest.approx([watched.unfinished_s for watched in bench.watched], abs=0.05)


async def test_a_task_that_is_waited_for_no_more_is_not_looked_for(stack):
    """It would keep the looks frequent, and the list long."""
    bench = Bench(ALL_RUN, stack)
    with bench.lookout.watch(task(9)):
        pass
    await bench.shows()

    assert [sorted(ALL_RUN)] == [asked for asked, _ in bench.provider.looks]


async def test_the_oldest_unfinished_task_tells_how_long_others_take_at_least(stack):
    """Unless it is older than the one that was found done: then they do not take equally long."""
    bench = Bench(ALL_RUN, stack)

    assert [0.0] * MANY == bench.lookout.unfinished

    bench.watched[1].unfinished_s, bench.watched[2].unfinished_s = 2.0, 5.0

    assert [5.0, 0.0] == [bench.lookout.unfinished_before(age_s) for age_s in (5.1, 5.0)]


async def test_looks_at_the_same_moment_are_one(stack):
    """Whoever comes while a look is under way waits for its answer."""
    bench = Bench(ALL_RUN, stack)

    assert [True] * MANY == await asyncio.gather(*(bench.shows(number) for number in range(MANY)))
    assert 1 == bench.looks


async def test_the_next_look_comes_when_a_task_may_have_ended(stack):
    """2.5 looks a task: with four tasks of eight seconds, one in 0.8 s."""
    bench = Bench(ALL_RUN, stack)
    await bench.shows()
    bench.wait(0.79)
    await bench.shows()

    assert 1 == bench.looks

    bench.wait(0.02)
    await bench.shows()

    assert 2 == bench.looks


async def test_only_tasks_without_a_useful_list_are_asked_singly(stack):
    """A look asks for all; without a list, or while it is of no use, each task costs polls of its own.

    So does one that had to be polled although there is a list, e.g. since that is ahead.
    """
    asked = {name: Bench(answer, stack) for name, answer in {"list": ALL_RUN, "none": None, "useless": {}}.items()}
    await asked["useless"].shows()

    assert {"list": 1, "none": MANY, "useless": MANY} == {
        name: bench.lookout.asked_singly(polled=False) for name, bench in asked.items()
    }
    assert MANY == asked["list"].lookout.asked_singly(polled=True)


async def test_one_that_is_over_is_told_and_polled(stack):
    """A look that others had wakes whoever waits for a task that is over."""
    bench = Bench({**ALL_RUN, "task-1": True}, stack)

    assert await bench.shows(0)
    assert bench.watched[1].over.is_set()
    assert not await bench.shows(1)
    assert not bench.watched[2].over.is_set()


async def test_one_that_is_not_in_the_list_is_polled(stack):
    """What the list does not show may have been made a moment ago, or be another account's."""
    bench = Bench({name: over for name, over in ALL_RUN.items() if name != "task-0"}, stack)

    assert not await bench.shows(0)
    assert await bench.shows(1)


async def test_a_few_tasks_are_not_worth_a_look(stack):
    """Their polls are aimed better."""
    bench = Bench(ALL_RUN, stack, count=MANY - 1)

    assert not await bench.shows()
    assert 0 == bench.looks


async def test_what_the_list_says_is_doubted_at_times(stack):
    """At 15 s, and whenever the age has doubled, the task itself is polled."""
    bench = Bench(ALL_RUN, stack)
    bench.wait(10)
    shown = []
    for _ in range(40):
        shown.append(await bench.shows())
        bench.wait(1)

    assert [0, 15] == [number for number, is_shown in enumerate(shown) if not is_shown]


async def test_a_list_that_lags_is_given_up(stack):
    """A task was done three seconds before the list showed it unfinished: the list helps nobody."""
    bench = Bench(ALL_RUN, stack)
    await bench.shows()
    bench.lookout.check(bench.watched[0], 3.5)

    assert await bench.shows()

    bench.lookout.check(bench.watched[0], 2.0)

    assert not await bench.shows()


@pytest.mark.parametrize("answer", [UnavailableError("503"), ThrottledError("429", retry_after_s=1.0), {}])
async def test_after_a_look_that_did_not_help_all_poll_for_a_while(stack, answer):
    """The list cannot be had, or shows none of the tasks: polls for ten seconds, then another look."""
    bench = Bench(answer, stack)

    assert not await bench.shows()

    bench.provider.answer = ALL_RUN
    bench.wait(9)

    assert not await bench.shows()
    assert 1 == bench.looks

    bench.wait(2)
    bench.watched[0].doubt_s = 60

    assert await bench.shows()


@pytest.mark.parametrize(("shown", "looks"), [(3, 2), (2, 1)])
async def test_a_list_that_shows_half_of_the_tasks_is_looked_at_again(stack, shown, looks):
    """One that shows fewer is of no use for a while."""
    bench = Bench({f"task-{number}": False for number in range(shown)}, stack, count=6)
    for _ in range(2):
        await bench.shows()
        bench.wait(1)

    assert looks == bench.looks


async def test_in_a_long_pause_of_all_polls_nobody_looks(stack):
    """The pause may be over when it is worth another look; until then each task waits for its poll."""
    bench = Bench(ALL_RUN, stack)
    await bench.limiter.polls.slow_down(60.0)

    assert not await bench.shows()
    assert (0, MANY) == (bench.looks, bench.lookout.asked_singly(polled=False))

    bench.wait(59)

    assert MANY == bench.lookout.asked_singly(polled=False)

    bench.wait(2)

    assert 1 == bench.lookout.asked_singly(polled=False)


async def test_a_list_that_hangs_holds_up_nobody(stack, monkeypatch):
    """Everybody stands behind a look: one that does not come is given up, and all poll."""
    monkeypatch.setattr("tools.money.lookout.MOST_LOOK_S", 0.05)
    bench = Bench(ALL_RUN, stack)
    bench.provider.look_over = lambda *_, **__: asyncio.sleep(60)
    async with asyncio.timeout(5):
        assert [False] * MANY == await asyncio.gather(*(bench.shows(number) for number in range(MANY)))


async def test_a_list_that_is_asked_too_often_is_asked_less(stack):
    """It may have a limit of its own: the looks are four times as far apart, and the polls keep their pace."""
    bench = Bench(ThrottledError("429", retry_after_s=20.0), stack)
    await bench.shows()
    bench.provider.answer = ALL_RUN
    bench.wait(19)
    await bench.shows()

    assert 1 == bench.looks
    assert 1 == pytest.approx(bench.limiter.polls.spacing_s * bench.limiter.polls.rate_per_s, abs=0.1)

    bench.wait(2)
    for _ in range(9):
        bench.watched[0].doubt_s = 60
        await bench.shows(usual_s=0.1)
        bench.wait(0.1)

    assert 3 == bench.looks


@pytest.mark.parametrize(("answer", "looks"), [(ConfigError("no access"), 1), (None, 0)])
async def test_a_list_that_may_not_be_seen_is_asked_for_once(stack, answer, looks):
    """A key without the permission, or a provider that keeps no list: polls from then on."""
    bench = Bench(answer, stack)
    for _ in range(5):
        assert not await bench.shows()
        bench.wait(1)

    assert looks == bench.looks


async def test_each_page_of_the_list_has_its_turn(sandbox, stack):
    """A hundred and twenty tasks fill three pages: the service counts each of them, as it counts polls."""
    sandbox.set_limits("dashscope", task_seconds=60.0)
    with DashScopeClient(sandbox) as script:
        ids = [script.submit().json()["output"]["task_id"] for _ in range(120)]
    sandbox.set_limits("dashscope", query_per_s=4.0)
    async with make_client() as client:
        service = Service(
            provider=DashScope(api_key=sandbox.keys.dashscope, client=client, base_url=sandbox.dashscope_url),
            limiter=Limiter(rate_per_s=1000, max_in_flight=120, polls_per_s=4.0),
            health=Health("dashscope", "wanx2.1-t2i-plus"),
            deadline_s=600,
            attempts=3,
            on_lost_reply="hold",
        )
        lookout, now = Lookout(service, now=utc_now), utc_now()
        sent = [replace(task(number), task_id=name, submitted_at=now) for number, name in enumerate(ids)]
        watched = [stack.enter_context(lookout.watch(one)) for one in sent]
        over = asyncio.Event()

        async def poll_on():
            while not over.is_set():
                await service.limiter.polls.turn()
                await service.provider.poll(ids[0])

        polling, shown = asyncio.create_task(poll_on()), []
        for _ in range(2):
            shown.append(await lookout.shows_unfinished(watched[0], usual_s=1.0))
            await asyncio.sleep(0.7)
        over.set()
        await polling

    assert [True] * 2 == shown
    assert 6 == looks(sandbox)
    assert {200} == {request.status for request in sandbox.requests}


async def made(
    sandbox: Sandbox,
    tmp_path,
    count: int,
    kind: type[DashScope | ModelScope] = DashScope,
    *,
    first_poll_s: float = 0.3,
    known_s: Sequence[float] = (),
) -> list[int]:
    """Make pictures, all at once, and return the polls of each task; `known_s` is how long earlier ones took."""
    database = Database(tmp_path / "peitu.db")
    async with make_client() as client:
        name = "modelscope" if kind is ModelScope else "dashscope"
        key, url = getattr(sandbox.keys, name), getattr(sandbox, f"{name}_url")
        provider = kind(api_key=key, client=client, base_url=url)
        service = Service(
            provider=provider,
            limiter=Limiter(rate_per_s=1000, max_in_flight=count, polls_per_s=1000),
            health=Health(name, provider.model),
            deadline_s=60,
            attempts=1,
            on_lost_reply="hold",
            first_poll_s=first_poll_s,
        )
        leases = Leases(database, tmp_path / "owners")
        runner = TaskRunner(ledger=Ledger(database), leases=leases, client=client)
        request = ImageRequest(prompt="a lamp", width_px=512, height_px=512)
        of_model = {"provider": name, "model": provider.model, "request": request}
        for number, seconds in enumerate(known_s):
            earlier = await runner.ledger.intend("earlier", number, **of_model)
            await runner.ledger.submitted(earlier, task_id=f"earlier-{number}")
            runner.ledger.note_succeeded(earlier, polls=1, duration_s=seconds)
        jobs = [
            Job(
                run_id="run",
                image_index=number,
                request=request,
                path=tmp_path / f"{number}.jpg",
                quality=92,
                label=None,
            )
            for number in range(count)
        ]
        await asyncio.gather(*(runner.run(job, service, report=lambda *_, **__: None) for job in jobs))
        await runner.close()
    await database.close()
    return [task.polls for task in sandbox.tasks]


def looks(sandbox: Sandbox) -> int:
    return sum(request.step == "list" for request in sandbox.requests)


async def test_many_tasks_cost_few_requests(sandbox, tmp_path):
    """Twenty tasks of one to two seconds: few polls for each, and some looks for all of them."""
    sandbox.set_limits("dashscope", task_seconds=(1.0, 2.0))
    polls = await made(sandbox, tmp_path, 20)

    assert 20 == len(list(tmp_path.glob("*.jpg")))
    assert 2 >= statistics.median(polls)
    assert 2 <= looks(sandbox) < 40


async def test_without_the_list_all_are_made_by_polls(sandbox, tmp_path):
    """The service refuses the list: it is asked for once."""
    sandbox.set_limits("dashscope", task_seconds=(0.5, 1.0))
    sandbox.fault("dashscope", "list", kind="status", status=403, code="AccessDenied", message="no", every=1)
    polls = await made(sandbox, tmp_path, 8)

    assert 8 == len(list(tmp_path.glob("*.jpg")))
    assert all(polls)
    assert 1 == looks(sandbox)


async def test_the_first_of_many_tasks_are_found_soon(sandbox, tmp_path):
    """Nothing is known of their durations: they are asked for at different ages, not all at one and then long at none.

    Polled after 0.5 to 1 s, and then after 2.5 to 5 s more, none would be found before 3 s.
    """
    sandbox.set_limits("modelscope", task_seconds=1.2)
    await made(sandbox, tmp_path, 40, ModelScope, first_poll_s=1.0)
    found_at = [request.at for request in sandbox.requests if request.step == "download"]

    assert 40 == len(list(tmp_path.glob("*.jpg")))
    assert 2.9 > min(found_at) - sandbox.tasks[0].created_at


async def test_a_service_that_became_faster_keeps_nobody_waiting(sandbox, tmp_path):
    """Six seconds each until now, and a third of a second today: the first, polled early, wakes the others."""
    sandbox.set_limits("modelscope", task_seconds=0.3)
    began_at = time.monotonic()
    await made(sandbox, tmp_path, 3, ModelScope, known_s=[6.0] * 8)

    assert 3 == len(list(tmp_path.glob("*.jpg")))
    assert 3.0 < time.monotonic() - began_at < 5.9


class Ahead(DashScope):
    """Its list says that all tasks are over, whatever their polls say."""

    def __init__(self, **options):
        super().__init__(**options)
        self.task_list.look_over = self._all_over

    async def _all_over(self, task_ids, *, since, model, turn):
        return dict.fromkeys(task_ids, True)


async def test_a_list_that_is_ahead_makes_nobody_hurry(sandbox, tmp_path):
    """A task that is over by the list, and not by its poll, is asked for again after a pause."""
    sandbox.set_limits("dashscope", task_seconds=1.5)
    polls = await made(sandbox, tmp_path, 8, Ahead)

    assert 8 == len(list(tmp_path.glob("*.jpg")))
    assert 12 > max(polls)
