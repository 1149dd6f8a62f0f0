"""One picture, paid for once: whatever happens between submit and save."""

import asyncio
import io
import itertools
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
from PIL import Image

from tools.errors import (
    ConfigError,
    ElsewhereError,
    GoneError,
    LostReplyError,
    OverdueError,
    QuotaError,
    RejectedError,
    StorageError,
    TaskFailedError,
    ThrottledError,
    UnavailableError,
)
from tools.money.health import Health
from tools.money.jobs import Job, Service
from tools.money.leases import Leases
from tools.money.ledger import Ledger
from tools.money.limiter import Limiter
from tools.money.submit import SETTLED_S
from tools.money.tasks import TaskRunner
from tools.providers.provider import ImageRequest, ListedTask, Submission, TaskState
from tools.sqlite.database import Database

URL = "https://files.example/picture.png"
DONE = TaskState(status="succeeded", urls=(URL,))
RUNNING = TaskState(status="running")


def picture() -> bytes:
    image = Image.new("RGB", (64, 64), "white")
    image.paste((200, 40, 40), (10, 10, 40, 40))
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


class FakeProvider:
    """A provider that answers from lists, an exception being raised; the last answer to a poll is repeated."""

    name = "dashscope"
    model = "wanx2.1-t2i-plus"
    prompt_limit = 500
    page_size = 50

    def __init__(self, ledger, *, submits=(), polls=(DONE,), listed=None):
        self.ledger = ledger
        self.submits = list(submits)
        self.polls = list(polls)
        self.listed = listed
        self.task_list = None if listed is None else self
        self.submitted = 0
        self.seen = []

    def refusal(self, width_px, height_px):
        return None

    async def submit(self, request):
        self.seen.append(("submit", (await self.ledger.open_task("run", 0)).status))
        self.submitted += 1
        answer = self.submits.pop(0) if self.submits else Submission(task_id=f"task-{self.submitted}")
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def poll(self, task_id):
        self.seen.append(("poll", (await self.ledger.open_task("run", 0)).status))
        answer = self.polls.pop(0) if len(self.polls) > 1 else self.polls[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def between(self, start, end, *, model, turn):
        await turn()
        return [entry for entry in self.listed if start <= entry.created_at <= end]


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self):
        self.time = datetime.now(UTC)

    def now(self):
        return self.time

    def seconds(self):
        return self.time.timestamp()

    async def sleep(self, seconds):
        self.time += timedelta(seconds=seconds)


class Bench:
    """A runner on a real ledger with a fake provider, a fake clock, and downloads that answer from a list."""

    def __init__(self, tmp_path, ledger):
        self.ledger = ledger
        self.leases = Leases(ledger._database, tmp_path / "owners")
        self.clock = Clock()
        self.downloads = [picture()]
        self.events = []
        self.reasons = []
        request, path = ImageRequest(prompt="p"), tmp_path / "00.jpg"
        self.job = Job(run_id="run", image_index=0, request=request, path=path, quality=92, label=None)

    def _file(self, request):
        body = self.downloads.pop(0) if len(self.downloads) > 1 else self.downloads[0]
        return httpx.Response(200, content=body, headers={"content-type": "image/png"})

    def service(self, provider, **rules):
        seconds = {"sleep": self.clock.sleep, "clock": self.clock.seconds}
        return Service(
            provider=provider,
            limiter=Limiter(rate_per_s=1000, max_in_flight=2, **seconds),
            health=Health(provider.name, provider.model, clock=self.clock.seconds),
            **{"deadline_s": 60, "attempts": 3, "on_lost_reply": "hold"} | rules,
        )

    async def run(self, provider, *, paused_s=0, **rules):
        async with httpx.AsyncClient(transport=httpx.MockTransport(self._file)) as client:
            runner = TaskRunner(
                ledger=self.ledger, leases=self.leases, client=client, now=self.clock.now, sleep=self.clock.sleep
            )
            service = self.service(provider, **rules)
            self.limiter = service.limiter
            if paused_s:
                await self.limiter.polls.slow_down(paused_s)
            return await runner.run(self.job, service, report=self._report)

    def _report(self, event, *, provider, **details):
        self.events.append(event)
        self.reasons += [details["reason"]] if event == "waiting" else []


@pytest.fixture
async def ledger(tmp_path):
    database = Database(tmp_path / "peitu.db")
    yield Ledger(database)
    await database.close()


@pytest.fixture
def bench(tmp_path, ledger):
    return Bench(tmp_path, ledger)


async def statuses(ledger):
    return [task.status for task in await ledger.tasks("run", 0)]


async def test_each_step_is_in_the_ledger_before_the_next(bench, ledger):
    """The intent stands before the request, the id before the first poll, and the picture is whole before `saved`."""
    provider = FakeProvider(ledger, polls=[RUNNING, DONE])
    saved = (await bench.run(provider)).saved

    assert [("submit", "intent"), ("poll", "submitted"), ("poll", "submitted")] == provider.seen
    assert ["saved"] == await statuses(ledger)
    assert (64, 64) == (saved.width_px, saved.height_px)
    assert bench.job.path.exists()
    assert ["queued", "submitted", "polled"] == bench.events


async def test_a_saved_picture_is_not_asked_for_again(bench, ledger):
    """Once it is on the disk, nothing is sent."""
    first = (await bench.run(FakeProvider(ledger))).saved
    provider = FakeProvider(ledger)
    again = (await bench.run(provider)).saved

    assert [] == provider.seen
    assert first.sha256 == again.sha256


async def test_a_saved_picture_that_was_lost_is_collected_again(bench, ledger):
    """A damaged file is fetched anew from the same task."""
    await bench.run(FakeProvider(ledger))
    bench.job.path.write_bytes(b"half")
    provider = FakeProvider(ledger)
    await bench.run(provider)

    assert 0 == provider.submitted
    assert bench.job.path.read_bytes().startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (TaskFailedError("failed"), GoneError),
        (RejectedError("refused"), GoneError),
        (LostReplyError("unknown task"), GoneError),
        (RUNNING, GoneError),
        (ThrottledError("429", retry_after_s=7.0), UnavailableError),
    ],
)
async def test_a_lost_picture_that_is_not_to_be_had_is_not_bought_again(bench, ledger, answer, error):
    """It is paid: either its provider has it no longer, or is to be asked again, later."""
    await bench.run(FakeProvider(ledger))
    bench.job.path.unlink()
    provider = FakeProvider(ledger, polls=[answer])
    with pytest.raises(error) as caught:
        await bench.run(provider)

    assert (error, 0) == (caught.type, provider.submitted)
    assert ["saved"] == await statuses(ledger)
    assert (error is UnavailableError) == (await bench.limiter.polls.turn(patience_s=5.0) > 5.0)


@pytest.mark.parametrize(("hours", "error"), [(23, UnavailableError), (25, GoneError)])
async def test_a_lost_picture_is_not_looked_for_for_ever(bench, ledger, hours, error):
    """ModelScope says of a task that it forgot the same as of one that is too new: after a day that is the former."""
    await bench.run(FakeProvider(ledger))
    bench.job.path.unlink()
    bench.clock.time += timedelta(hours=hours)
    with pytest.raises(error):
        await bench.run(FakeProvider(ledger, polls=[UnavailableError("ModelScope does not find the task")]))

    assert ["saved"] == await statuses(ledger)


async def test_a_lost_picture_holds_no_other_up_for_an_hour(bench, ledger):
    """A service that asks for an hour when it is asked for it pauses all polls no longer than other polls would."""
    await bench.run(FakeProvider(ledger))
    bench.job.path.unlink()
    with pytest.raises(UnavailableError):
        await bench.run(FakeProvider(ledger, polls=[ThrottledError("429", retry_after_s=3600.0)]))

    assert 60 == pytest.approx(await bench.limiter.polls.turn(patience_s=5.0), abs=1)


async def test_a_lost_picture_is_asked_for_at_the_pace_of_polls(bench, ledger):
    """A pause of all polls holds for it, too."""
    await bench.run(FakeProvider(ledger))
    bench.job.path.unlink()
    begun = bench.clock.time
    await bench.run(FakeProvider(ledger), paused_s=5)

    assert (bench.clock.time - begun).total_seconds() >= 5


async def test_a_request_to_another_provider_is_left_to_it(bench, ledger):
    """Whoever knows how to look for it does: here it is neither settled nor bought again."""
    await ledger.intend("run", 0, provider="modelscope", model="m", request=bench.job.request)
    provider = FakeProvider(ledger, listed=[])
    with pytest.raises(ElsewhereError, match="modelscope has a task"):
        await bench.run(provider)

    assert 0 == provider.submitted
    assert ["intent"] == await statuses(ledger)


async def test_a_picture_that_is_fetched_takes_no_place(bench, ledger, tmp_path):
    """Its task is over at the provider: another process may have one under way meanwhile."""
    other = Leases(ledger._database, tmp_path / "owners")

    async def look(request):
        bench.found = await other.take("run", 9, place=" ", room=1)
        return httpx.Response(200, content=picture(), headers={"content-type": "image/png"})

    bench._file = look
    await bench.run(FakeProvider(ledger))

    assert "taken" == bench.found

    other.close()


async def test_a_submitted_task_is_adopted(bench, ledger):
    """After a crash the task of the ledger is polled, whatever the limit of attempts."""
    task = await ledger.intend("run", 0, provider="dashscope", model="wanx2.1-t2i-plus", request=bench.job.request)
    await ledger.submitted(task, task_id="paid")
    provider = FakeProvider(ledger)
    await bench.run(provider)

    assert [("poll", "submitted")] == provider.seen


async def test_haste_is_mended_by_waiting(bench, ledger):
    """A refusal for haste makes no task: the same request goes out later, and counts as no attempt."""
    provider = FakeProvider(ledger, submits=[ThrottledError("too fast", retry_after_s=7)])
    begun = bench.clock.now()
    await bench.run(provider)

    assert ["throttled", "saved"] == await statuses(ledger)
    assert ["queued", "waiting", "submitted"] == bench.events
    assert (bench.clock.now() - begun).total_seconds() >= 7


async def test_where_another_provider_is_left_no_long_pause_is_waited_for(bench, ledger):
    """A minute of patience is asked for, and the next provider could make the picture now."""
    begun = bench.clock.now()
    with pytest.raises(ThrottledError):
        await bench.run(FakeProvider(ledger, submits=[ThrottledError("too fast", retry_after_s=60)]), deadline_s=600)

    assert begun == bench.clock.now()

    bench.job = replace(bench.job, may_fail_over=False)
    await bench.run(FakeProvider(ledger, submits=[ThrottledError("too fast", retry_after_s=60)]), deadline_s=600)

    assert ["throttled", "throttled", "saved"] == await statuses(ledger)


@pytest.mark.parametrize(("asked_s", "waited_s"), [(7.0, 7.0), (3600.0, 60.0)])
async def test_a_service_in_trouble_is_left_alone_for_as_long_as_it_asks(bench, ledger, asked_s, waited_s):
    """A 503 with `Retry-After`: attempts within that time would only be used up. An hour is not believed."""
    bench.job = replace(bench.job, may_fail_over=False)
    provider = FakeProvider(ledger, submits=[UnavailableError("503", retry_after_s=asked_s)])
    service, begun = bench.service(provider, deadline_s=600), bench.clock.time
    bench.service = lambda *_, **__: service
    with pytest.raises(UnavailableError):
        await bench.run(provider)

    assert begun == bench.clock.time

    await bench.run(provider)

    assert waited_s == pytest.approx((bench.clock.time - begun).total_seconds(), abs=1.5)
    assert ["failed", "saved"] == await statuses(ledger)


async def test_a_slow_rate_is_no_pause(bench, ledger):
    """Three requests a minute, as the settings say: the next turn is 20 s ahead, and nobody has asked for that."""
    provider = FakeProvider(ledger)
    limiter = Limiter(rate_per_s=0.05, max_in_flight=2, sleep=bench.clock.sleep, clock=bench.clock.seconds)
    service = replace(bench.service(provider), limiter=limiter)
    bench.service = lambda *_, **__: service
    begun = bench.clock.time
    for index in range(3):
        bench.job = replace(bench.job, image_index=index, path=bench.job.path.with_name(f"{index}.jpg"))
        await bench.run(provider)

    assert (3, []) == (provider.submitted, bench.reasons)
    assert 40 < (bench.clock.time - begun).total_seconds() < 50


async def test_a_pause_that_another_process_was_asked_for_is_told(bench, ledger):
    """The 429 was somebody else's: whoever waits for the end of its pause is told what for."""
    bench.job = replace(bench.job, may_fail_over=False)
    provider = FakeProvider(ledger)
    service = bench.service(provider, deadline_s=600)
    await service.limiter.submits.slow_down(300)
    bench.service = lambda *_, **__: service
    await bench.run(provider)

    assert ["dashscope asked for a pause, and 300 s of it are left"] == bench.reasons


@pytest.mark.parametrize("rule", ["hold", "resubmit"])
async def test_where_another_provider_is_left_nobody_stands_behind_who_waits(bench, ledger, monkeypatch, rule):
    """A picture for which no other provider is left waits through a long pause, and holds up none that has one."""
    monkeypatch.setattr("tools.money.submit.LEAST_PATIENCE_S", 0.1)
    provider = FakeProvider(ledger, submits=[ThrottledError("too fast", retry_after_s=1.5)])
    limiter, health = Limiter(rate_per_s=1000, max_in_flight=2), Health(provider.name, provider.model)
    service = replace(bench.service(provider, on_lost_reply=rule, first_poll_s=0.02), limiter=limiter, health=health)
    waits = asyncio.Event()
    async with httpx.AsyncClient(transport=httpx.MockTransport(bench._file)) as client:
        runner = TaskRunner(ledger=ledger, leases=bench.leases, client=client)
        patient = replace(bench.job, may_fail_over=False)
        work = asyncio.create_task(
            runner.run(patient, service, report=lambda event, **_: waits.set() if event == "waiting" else None)
        )
        await waits.wait()
        other = replace(bench.job, image_index=1, path=bench.job.path.with_name("1.jpg"))
        with pytest.raises(QuotaError, match="asked for a pause"):
            async with asyncio.timeout(0.7):
                await runner.run(other, service, report=lambda *_, **__: None)
        await work

    assert ["throttled", "saved"] == await statuses(ledger)


async def test_where_another_provider_is_left_short_pauses_come_to_an_end(bench, ledger):
    """A second each time, for ever: after a few seconds the next provider is asked."""
    begun = bench.clock.now()
    provider = FakeProvider(ledger, submits=[ThrottledError("too fast", retry_after_s=1)] * 100)
    with pytest.raises(ThrottledError):
        await bench.run(provider, deadline_s=600)

    assert 5 < (bench.clock.now() - begun).total_seconds() < 15
    assert 20 > provider.submitted


async def test_a_caller_may_say_how_often_haste_is_mended(bench, ledger):
    """The fifth refusal is one too many."""
    bench.job = replace(bench.job, may_fail_over=False, most_refusals=5)
    provider = FakeProvider(ledger, submits=[ThrottledError("too fast", retry_after_s=1)] * 5)
    with pytest.raises(ThrottledError):
        await bench.run(provider, deadline_s=600)

    assert 5 == provider.submitted


async def test_haste_is_not_mended_for_ever(bench, ledger):
    """Past the deadline the image is given up with the provider's reason."""
    provider = FakeProvider(ledger, submits=[ThrottledError("too fast")] * 50)
    with pytest.raises(ThrottledError, match="too fast"):
        await bench.run(provider)


async def test_a_lost_reply_is_looked_up_and_adopted(bench, ledger):
    """One unclaimed task of that model in that moment is ours: it is collected, not bought again."""
    found = ListedTask(task_id="paid", model="wanx2.1-t2i-plus", created_at=datetime.now(UTC))
    other = replace(found, task_id="other", model="wan2.2-t2i-flash")
    provider = FakeProvider(ledger, submits=[LostReplyError("no answer")], listed=[found, other])
    await bench.run(provider)

    assert 1 == provider.submitted
    assert ["paid"] == [task.task_id for task in await ledger.tasks("run", 0)]


async def test_our_own_request_id_settles_a_lost_reply(bench, ledger):
    """Where the service keeps the id that we sent, it picks our task out of many."""

    class Keeping(FakeProvider):
        async def submit(self, request):
            made = [ListedTask(task_id=name, model=self.model, created_at=datetime.now(UTC)) for name in "ab"]
            self.listed = [made[0], replace(made[1], request_id=request.request_id)]
            return await super().submit(request)

    provider = Keeping(ledger, submits=[LostReplyError("no answer")], listed=[])
    made = await bench.run(provider)

    assert ("b", provider.listed[1].request_id) == (made.task.task_id, made.task.request_id)


async def test_a_user_may_send_a_held_request_again(bench, ledger):
    """After `--resubmit` the image is bought anew, once."""
    provider = FakeProvider(ledger, submits=[LostReplyError("no answer")])
    with pytest.raises(LostReplyError):
        await bench.run(provider)

    assert 1 == await ledger.give_up_unknown("run")

    await bench.run(provider)

    assert ["failed", "saved"] == await statuses(ledger)


@pytest.mark.parametrize("error", [UnavailableError("503"), RejectedError("refused"), ConfigError("check the key")])
async def test_a_request_that_made_no_task_is_over(bench, ledger, error):
    """Whatever the provider says: it is not looked for as one whose answer was lost."""
    with pytest.raises(type(error)):
        await bench.run(FakeProvider(ledger, submits=[error]))

    assert ["failed"] == await statuses(ledger)


async def test_a_request_that_goes_out_counts_for_the_pace(bench, ledger):
    """The next one keeps its distance from it, and its round trip is known."""

    class Timing(FakeProvider):
        async def submit(self, request):
            before = bench.clock.time
            await bench.limiter.submits.go()
            self.waited = bench.clock.time - before
            return await super().submit(request)

    provider = Timing(ledger)
    await bench.run(provider)

    assert provider.waited > timedelta(0)
    assert bench.limiter.submits.round_trip_s > 0


async def test_an_earlier_picture_of_the_same_words_is_no_answer(bench, ledger):
    """A file of an earlier try is there, and the answer to a new request is lost: it stays held."""
    made = await bench.run(FakeProvider(ledger))
    await ledger.refused(made.task.id, "one single color")
    provider = FakeProvider(ledger, submits=[LostReplyError("no answer")])
    for _ in range(2):
        with pytest.raises(LostReplyError):
            await bench.run(provider)

    assert ["refused", "unknown"] == await statuses(ledger)


@pytest.mark.parametrize("listed", [None, [], ["a", "b"], ["claimed"]])
async def test_a_lost_reply_without_a_certain_match_is_held(bench, ledger, listed):
    """No list, no task, two tasks, or one that belongs to another image: held for the user, in every later run too."""
    other = await ledger.intend("run", 9, provider="dashscope", model="wanx2.1-t2i-plus", request=bench.job.request)
    await ledger.submitted(other, task_id="claimed")
    entries = listed and [
        ListedTask(task_id=name, model="wanx2.1-t2i-plus", created_at=datetime.now(UTC)) for name in listed
    ]
    provider = FakeProvider(ledger, submits=[LostReplyError("no answer")], listed=entries)
    for _ in range(2):
        with pytest.raises(LostReplyError, match="nothing is paid twice"):
            await bench.run(provider)

    assert 1 == provider.submitted
    assert ["unknown"] == await statuses(ledger)


def listed(bench, *task_ids):
    return [ListedTask(task_id=task_id, model="wanx2.1-t2i-plus", created_at=bench.clock.time) for task_id in task_ids]


async def test_a_finished_task_is_known_by_its_prompt(bench, ledger):
    """Two tasks on the list may be ours: once they have finished, the one with our words is adopted."""
    provider = FakeProvider(
        ledger,
        submits=[LostReplyError("reset")],
        polls=[
            RUNNING,
            RUNNING,
            replace(DONE, prompt="a stranger's"),
            replace(DONE, prompt="p"),
            DONE,
        ],
        listed=listed(bench, "one", "two"),
    )
    made = await bench.run(provider)

    assert (1, "two") == (provider.submitted, made.task.task_id)
    assert ["saved"] == await statuses(ledger)


@pytest.mark.parametrize("error", [UnavailableError("503"), ThrottledError("429", retry_after_s=7)])
@pytest.mark.parametrize(("silent", "ours"), [("poll", "one"), ("list", "two")])
async def test_whoever_gives_no_answer_for_once_is_asked_again(bench, ledger, error, silent, ours):
    """The request would be held, with the advice to pay for it again, although the service knows its task."""
    words = [replace(DONE, prompt="a stranger's"), replace(DONE, prompt="p"), DONE]
    provider = FakeProvider(
        ledger,
        submits=[LostReplyError("reset")],
        polls=[error, *words] if silent == "poll" else words,
        listed=listed(bench, "one", "two"),
    )
    between, looks = provider.between, itertools.count()

    async def look(*moments, **options):
        if silent == "list" and next(looks) == 3:  # behind the three looks for the only task of that moment
            raise error
        return await between(*moments, **options)

    provider.between = look
    made = await bench.run(provider)

    assert (1, ours) == (provider.submitted, made.task.task_id)


async def test_a_request_of_a_dead_process_is_known_by_its_prompt(bench, ledger):
    """Killed between request and answer: the next run adopts the finished task with these words."""
    await ledger.intend("run", 0, provider="dashscope", model="wanx2.1-t2i-plus", request=bench.job.request)
    provider = FakeProvider(
        ledger,
        polls=[replace(DONE, prompt="a stranger's"), replace(DONE, prompt="p"), DONE],
        listed=listed(bench, "one", "two"),
    )
    made = await bench.run(provider)

    assert (0, "two") == (provider.submitted, made.task.task_id)


@pytest.mark.parametrize("end", [TaskFailedError("failed"), RejectedError("refused"), LostReplyError("gone")])
async def test_a_stranger_s_task_that_failed_is_passed_over(bench, ledger, end):
    """How it ended says nothing of ours, which is found behind it and not bought anew."""
    provider = FakeProvider(
        ledger,
        submits=[LostReplyError("reset")],
        polls=[end, replace(DONE, prompt="p"), DONE],
        listed=listed(bench, "one", "two"),
    )
    made = await bench.run(provider)

    assert (1, "two") == (provider.submitted, made.task.task_id)


async def test_a_task_that_failed_is_known_when_the_others_have_theirs(bench, ledger):
    """It tells no words; once the only other request of that moment has found its own task, it can only be ours."""
    other = replace(bench.job.request, prompt="other")
    rival = await ledger.intend("run", 9, provider="dashscope", model="wanx2.1-t2i-plus", request=other)
    polled = []

    class Ended(FakeProvider):
        async def poll(self, task_id):
            polled.append(task_id)
            if task_id == "one":
                raise TaskFailedError("failed")
            return replace(DONE, prompt="other")

    sleep = bench.clock.sleep

    async def sleep_while_the_other_finds_its_task(seconds):
        if len(polled) == 2:
            await ledger.submitted(rival, task_id="two")
            polled.clear()
        await sleep(seconds)

    bench.clock.sleep = sleep_while_the_other_finds_its_task
    provider = Ended(ledger, submits=[LostReplyError("reset")], listed=listed(bench, "one", "two"))
    with pytest.raises(TaskFailedError):
        await bench.run(provider)

    assert 1 == provider.submitted
    assert ["failed"] == await statuses(ledger)


async def test_two_lost_requests_with_the_same_words_find_a_task_each(bench, ledger):
    """The other one takes the task that this one was about to take: the next with these words is as good."""
    rival = await ledger.intend("run", 9, provider="dashscope", model="wanx2.1-t2i-plus", request=bench.job.request)

    class Raced(FakeProvider):
        async def poll(self, task_id):
            if not [task for task in await ledger.tasks("run", 9) if task.task_id]:
                await ledger.submitted(rival, task_id=task_id)
            return replace(DONE, prompt=" p")

    provider = Raced(ledger, submits=[LostReplyError("reset")], listed=listed(bench, "one", "two"))
    made = await bench.run(provider)

    assert (1, "two") == (provider.submitted, made.task.task_id)


async def test_a_provider_without_a_list_is_not_said_to_have_one(bench, ledger):
    """ModelScope keeps none: what is held there is not said to be missing in it."""
    with pytest.raises(LostReplyError, match="was lost and it keeps no list of tasks in which to look - held"):
        await bench.run(FakeProvider(ledger, submits=[LostReplyError("reset")], listed=None))


async def test_a_list_that_cannot_be_had_now_is_said_to_be_why(bench, ledger):
    """A bare "try again later" would not say that the request may have been taken, and paid."""

    class Silent(FakeProvider):
        async def between(self, start, end, *, model, turn=None):
            raise UnavailableError("DashScope has trouble (503)", retry_after_s=7)

    provider = Silent(ledger, submits=[LostReplyError("reset")], listed=[])
    words = r"may have taken the request of .* UTC, but its answer was lost and its task list cannot be had now .*503"
    with pytest.raises(UnavailableError, match=words) as caught:
        await bench.run(provider)

    assert 7 == caught.value.retry_after_s
    assert ["unknown"] == await statuses(ledger)


async def test_a_stranger_s_task_is_not_adopted(bench, ledger):
    """Every task of that moment has finished, and none has our words: the request stays held."""
    provider = FakeProvider(
        ledger,
        submits=[LostReplyError("reset")],
        polls=[replace(DONE, prompt="a stranger's")],
        listed=listed(bench, "one", "two"),
    )
    with pytest.raises(LostReplyError):
        await bench.run(provider)

    assert ["unknown"] == await statuses(ledger)


async def test_a_stranger_s_task_that_never_ends_is_not_waited_for_for_ever(bench, ledger):
    """It might be ours until it tells its words: at the deadline the request is held all the same."""
    provider = FakeProvider(
        ledger, submits=[LostReplyError("reset")], polls=[RUNNING], listed=listed(bench, "one", "two")
    )
    begun = bench.clock.time
    async with asyncio.timeout(5):
        with pytest.raises(LostReplyError):
            await bench.run(provider, deadline_s=60)

    assert 60 <= (bench.clock.time - begun).total_seconds() < 80
    assert ["unknown"] == await statuses(ledger)


@pytest.mark.parametrize(("sent_s", "made_s"), [(140, 115), (-140, -25)])
async def test_a_task_that_another_lost_request_may_have_made_is_not_adopted(bench, ledger, sent_s, made_s):
    """The service's clock is 25 s behind, or the request stood in a queue for 115 s: both are allowed for.

    So requests that are farther apart than the longest queue may still have made the same task.
    """
    other = await ledger.intend("run", 9, provider="dashscope", model=FakeProvider.model, request=bench.job.request)
    sent_at = (bench.clock.time + timedelta(seconds=sent_s)).isoformat()
    await ledger._update(other, status="unknown", intended_at=sent_at)
    entries = [replace(one, created_at=one.created_at + timedelta(seconds=made_s)) for one in listed(bench, "theirs")]
    with pytest.raises(LostReplyError, match="held"):
        await bench.run(FakeProvider(ledger, submits=[LostReplyError("reset")], listed=entries))

    assert ["unknown"] == await statuses(ledger)


async def test_words_that_a_service_changes_take_no_picture_away(bench, ledger):
    """A task whose id came with the answer is ours, whatever prompt it shows when it is finished."""
    await bench.run(FakeProvider(ledger, polls=[replace(DONE, prompt="p, in other words")]))

    assert ["saved"] == await statuses(ledger)


async def test_the_only_task_of_that_moment_may_be_a_stranger_s(bench, ledger):
    """It was taken over, and when it is finished it shows other words: it is given back, and ours is held."""
    other = replace(DONE, prompt="a pile of skulls")
    entries = listed(bench, "stranger")
    provider = FakeProvider(ledger, submits=[LostReplyError("no answer")], listed=entries, polls=[other])
    for _ in range(2):
        with pytest.raises(LostReplyError, match=r"stranger, shows other words - held"):
            await bench.run(provider)

    assert 1 == provider.submitted
    assert ["unknown"] == await statuses(ledger)
    assert not bench.job.path.exists()


async def test_a_stranger_s_task_is_found_out_by_a_later_run_too(bench, ledger):
    """The run that took it over was stopped before it was finished: its words are seen by the one that resumes."""
    entries, other = listed(bench, "stranger"), replace(DONE, prompt="a pile of skulls")
    provider = FakeProvider(ledger, submits=[LostReplyError("no answer")], listed=entries, polls=[RUNNING])
    with pytest.raises(OverdueError):
        await bench.run(provider)
    with pytest.raises(LostReplyError, match=r"stranger, shows other words - held"):
        await bench.run(FakeProvider(ledger, listed=entries, polls=[other]))

    assert ["unknown"] == await statuses(ledger)
    assert not bench.job.path.exists()


async def test_a_lost_reply_of_a_free_service_is_sent_again(bench, ledger):
    """With `on_lost_reply: resubmit` the attempt failed, and the next one submits anew."""
    provider = FakeProvider(ledger, submits=[LostReplyError("no answer")])
    with pytest.raises(UnavailableError):
        await bench.run(provider, on_lost_reply="resubmit")
    await bench.run(provider, on_lost_reply="resubmit")

    assert 2 == provider.submitted
    assert ["failed", "saved"] == await statuses(ledger)


async def test_a_failed_task_may_be_bought_anew(bench, ledger):
    """The provider does not bill it."""
    provider = FakeProvider(ledger, polls=[TaskFailedError("internal error"), DONE])
    with pytest.raises(TaskFailedError):
        await bench.run(provider)
    await bench.run(provider)

    assert ["failed", "saved"] == await statuses(ledger)


async def test_a_refused_prompt_is_over(bench, ledger):
    """A task that failed for its prompt is closed in the ledger."""
    provider = FakeProvider(ledger, polls=[RejectedError("refused the content")])
    with pytest.raises(RejectedError):
        await bench.run(provider)

    assert ["failed"] == await statuses(ledger)


async def test_a_silent_poll_is_repeated(bench, ledger):
    """A poll without an answer says nothing about the task."""
    provider = FakeProvider(ledger, polls=[UnavailableError("503"), UnavailableError("503"), DONE])
    await bench.run(provider)

    assert 1 == provider.submitted
    assert ["saved"] == await statuses(ledger)


async def test_an_overdue_task_stays_and_is_collected_later(bench, ledger):
    """Its deadline ends our waiting, not the task."""
    provider = FakeProvider(ledger, polls=[RUNNING])
    with pytest.raises(OverdueError, match="resuming the run collects it"):
        await bench.run(provider)

    assert ["submitted"] == await statuses(ledger)

    provider.polls = [DONE]
    await bench.run(provider)

    assert 1 == provider.submitted
    assert ["saved"] == await statuses(ledger)


async def test_a_deadline_without_an_answer_says_so(bench, ledger):
    """The task may long be finished: that nobody tells is what to look into."""
    provider = FakeProvider(ledger, polls=[RUNNING, UnavailableError("DashScope has trouble (500) - try again later")])
    with pytest.raises(OverdueError) as caught:
        await bench.run(provider)

    assert re.fullmatch(
        r"dashscope does not say after 6\d s whether task task-1 is finished \(DashScope has trouble \(500\)\)"
        " - it stays in the ledger, and resuming the run collects it",
        str(caught.value),
    )
    assert ["submitted"] == await statuses(ledger)


@pytest.mark.parametrize(
    ("answer", "error", "status"),
    [(UnavailableError("500"), LostReplyError, "unknown"), (RUNNING, OverdueError, "submitted")],
)
async def test_a_task_of_yesterday_is_held_where_nobody_answers_for_it(bench, ledger, answer, error, status):
    """The provider keeps it for a day; one that it still knows is under way, however old."""
    provider = FakeProvider(ledger, polls=[RUNNING])
    with pytest.raises(OverdueError):
        await bench.run(provider)
    bench.clock.time += timedelta(hours=25)
    provider.polls = [answer]
    with pytest.raises(error):
        await bench.run(provider)

    assert [status] == await statuses(ledger)


async def test_a_task_that_its_provider_does_not_know_is_held(bench, ledger):
    """It may have been paid: it is not bought anew without a word of the user."""
    provider = FakeProvider(ledger, polls=[LostReplyError("unknown task")])
    with pytest.raises(LostReplyError, match="unknown task"):
        await bench.run(provider)

    assert ["unknown"] == await statuses(ledger)


async def test_an_overdue_task_is_asked_for_behind_a_short_pause_of_polls(bench, ledger):
    """Others were refused for haste a moment ago: that is no reason to leave a paid picture where it is."""
    provider = FakeProvider(ledger, polls=[RUNNING])
    with pytest.raises(OverdueError):
        await bench.run(provider)
    provider.polls = [DONE]
    await bench.run(provider, paused_s=5)

    assert ["saved"] == await statuses(ledger)


async def durations(ledger):
    return await ledger.durations("dashscope", FakeProvider.model, limit=9)


async def test_how_long_a_task_took_is_kept_for_the_next(bench, ledger):
    """A time between the last poll that found it unfinished and the one that found it done; the row counts all."""
    asked = []

    class Watching(FakeProvider):
        async def poll(self, task_id):
            (task,) = await ledger.tasks("run", 0)
            asked.append(task.age_s(bench.clock.time))
            return await super().poll(task_id)

    await bench.run(Watching(ledger, polls=[RUNNING, RUNNING, RUNNING, DONE]))
    (took_s,) = await durations(ledger)
    question = "SELECT polls FROM tasks"
    (row,) = await ledger._database.read(lambda connection: connection.execute(question).fetchall())

    assert asked[2] < took_s < asked[3]
    assert 4 == row["polls"]


async def test_a_task_that_is_collected_late_tells_no_duration(bench, ledger):
    """Found done at the first look of the next morning: nobody saw how long it took, and no other waits so long."""
    provider = FakeProvider(ledger, polls=[RUNNING])
    with pytest.raises(OverdueError):
        await bench.run(provider)
    bench.clock.time += timedelta(hours=8)
    provider.polls = [DONE]
    await bench.run(provider)

    assert [] == await durations(ledger)


async def test_a_task_is_not_called_gone_before_it_was_asked_for(ledger, bench):
    """The computer slept for a day, or its clock was set: the polls rest just then, and nobody was told anything."""
    provider = FakeProvider(ledger, polls=[RUNNING])
    awake = bench.clock.sleep

    async def sleep(seconds):
        await awake(seconds)
        if len(provider.seen) == 2:
            provider.seen.append("slept")
            bench.clock.time += timedelta(hours=25)
            await bench.limiter.polls.slow_down(30.0)

    bench.clock.sleep = sleep
    with pytest.raises(OverdueError, match="resuming the run collects it"):
        await bench.run(provider)

    assert "submitted" == (await ledger.open_task("run", 0)).status


async def test_a_computer_that_slept_tells_no_duration(bench, ledger):
    """The rest until the next poll took all night."""
    provider = FakeProvider(ledger, polls=[RUNNING, DONE])
    awake = bench.clock.sleep

    async def sleep(seconds):
        await awake(seconds if len(provider.seen) < 2 else 8 * 3600)

    bench.clock.sleep = sleep
    await bench.run(provider, deadline_s=600)

    assert [] == await durations(ledger)


async def test_what_took_longer_than_the_deadline_is_not_waited_for(bench, ledger):
    """Durations beyond it, written by an earlier version or for a longer one, tell nothing: the poll comes at once."""
    provider = FakeProvider(ledger)
    for number in range(8):
        other = replace(bench.job, image_index=1 + number)
        made = await ledger.intend(
            "run", other.image_index, provider="dashscope", model=provider.model, request=other.request
        )
        ledger.note_succeeded(made, polls=1, duration_s=26_000.0 if number < 6 else 50.0)
    began_at = bench.clock.time
    await bench.run(provider, deadline_s=20)

    assert 2 > (bench.clock.time - began_at).total_seconds()


async def test_a_clock_that_was_set_back_makes_nobody_wait(bench, ledger):
    """The next poll comes by the time that has passed, not by the clock."""
    provider = FakeProvider(ledger, polls=[RUNNING, RUNNING, DONE])
    awake, slept = bench.clock.sleep, []

    async def sleep(seconds):
        slept.append(seconds)
        await awake(seconds)
        if len(slept) == 1:
            bench.clock.time -= timedelta(hours=1)

    bench.clock.sleep = sleep
    await bench.run(provider)

    assert 10 > max(slept)


async def test_the_pause_of_polls_is_bounded(bench, ledger):
    """A service that asks for an hour before the next poll: the picture is paid, and is asked for in a minute."""
    provider = FakeProvider(ledger, polls=[ThrottledError("429", retry_after_s=3600.0), DONE])
    began_at = bench.clock.time
    await bench.run(provider, deadline_s=600)

    assert 90 > (bench.clock.time - began_at).total_seconds()


async def test_a_refused_poll_pauses_all_where_no_time_is_named(bench, ledger):
    """Five seconds, so that not one refusal follows the other."""
    provider = FakeProvider(ledger, polls=[ThrottledError("429"), DONE])
    began_at = bench.clock.time
    await bench.run(provider)

    assert 5 < (bench.clock.time - began_at).total_seconds() < 9


async def test_refused_polls_do_not_move_the_deadline(bench, ledger):
    """Every poll is refused, and each refusal pauses all of them for a minute: the wait ends about when it should."""
    provider = FakeProvider(ledger, polls=[ThrottledError("429", retry_after_s=60.0)])
    began_at = bench.clock.time
    with pytest.raises(OverdueError):
        await bench.run(provider, deadline_s=100)

    assert 115 > (bench.clock.time - began_at).total_seconds()


async def test_a_duration_that_cannot_be_true_is_not_learned(bench, ledger):
    """The service tells eight hours of a task that was submitted a moment ago, as by times of two zones."""
    await bench.run(FakeProvider(ledger, polls=[replace(DONE, duration_s=28_810.0)]))

    assert [
        seconds for seconds in await ledger.durations("dashscope", "wanx2.1-t2i-plus", limit=9) if seconds > 60
    ] == []


async def test_polls_come_back_to_their_pace_after_a_refusal(bench, ledger):
    """One 429 halves the pace, and thirty answers bring it back: it is not slow for ever."""
    provider = FakeProvider(ledger, polls=[ThrottledError("429", retry_after_s=1.0), *[RUNNING] * 30, DONE])
    await bench.run(provider, deadline_s=6000)
    polls = bench.limiter.polls

    assert 1.1 > polls.spacing_s * polls.rate_per_s


async def test_a_broken_download_is_fetched_again(bench, ledger):
    """A cut picture or a page in its place costs another download by a fresh link, no other task."""
    bench.downloads = [picture()[:100], b"<html>busy</html>", picture()]
    provider = FakeProvider(ledger)
    await bench.run(provider)

    assert ["submit", "poll", "poll", "poll"] == [step for step, _ in provider.seen]
    assert ["saved"] == await statuses(ledger)


async def test_a_picture_that_comes_too_slowly_is_left_for_later(bench, ledger):
    """It is paid, and its file host takes minutes to send nothing of use: the run ends, and resuming collects it."""
    seconds_each = 70

    def slow(request):
        bench.clock.time += timedelta(seconds=seconds_each)
        return httpx.Response(200, content=b"Service Unavailable", headers={"content-type": "text/plain"})

    bench._file = slow
    provider = FakeProvider(ledger)
    with pytest.raises(OverdueError, match=r"contains text .* - resuming the run fetches it again"):
        await bench.run(provider)

    assert ["submit", "poll", "poll"] == [step for step, _ in provider.seen]
    assert ["succeeded"] == await statuses(ledger)


async def test_pictures_at_once_need_no_poll(bench, ledger):
    """A service may answer the submit with the picture itself."""
    provider = FakeProvider(ledger, submits=[Submission(task_id=None, urls=(URL,))])
    await bench.run(provider)

    assert [("submit", "intent")] == provider.seen
    assert ["saved"] == await statuses(ledger)


class Slow(FakeProvider):
    """A provider whose answers to submits wait until they are let go."""

    def __init__(self, ledger):
        super().__init__(ledger)
        self.asked, self.answer = asyncio.Event(), asyncio.Event()
        self.order = []

    async def submit(self, request):
        self.order.append(request.seed)
        self.submitted += 1
        made = Submission(task_id=f"paid-{self.submitted}")
        self.asked.set()
        await self.answer.wait()
        return made


async def stopped_in_mid_submit(bench, runner, service):
    work = asyncio.create_task(runner.run(bench.job, service, report=lambda *_, **__: None))
    await service.provider.asked.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


async def test_a_picture_that_came_with_the_answer_is_fetched_until_it_comes(bench, ledger):
    """Its link is kept nowhere, so a minute of trouble at the file host is waited out."""
    bench.downloads = [b"Service Unavailable"] * 5 + [picture()]
    provider = FakeProvider(ledger, submits=[Submission(task_id=None, urls=(URL,))])
    made = await bench.run(provider)

    assert (1, "saved") == (provider.submitted, made.task.status)


async def test_a_slow_link_that_is_the_only_one_is_not_tried_for_ever(bench, ledger):
    """Each try takes minutes, and nine of them would take the better part of an hour."""
    tries = itertools.count()

    def slow(request):
        next(tries)
        bench.clock.time += timedelta(seconds=300)
        return httpx.Response(200, content=b"Service Unavailable", headers={"content-type": "text/plain"})

    bench._file = slow
    with pytest.raises(UnavailableError, match="contains text"):
        await bench.run(FakeProvider(ledger, submits=[Submission(task_id=None, urls=(URL,))]))

    assert 2 == next(tries)


async def test_a_picture_that_never_came_is_not_said_to_be_lost_on_the_way(bench, ledger):
    """It was answered, made and perhaps paid: that is what the user is told, and it is looked for in no list."""
    bench.downloads = [b"Service Unavailable"]
    provider = FakeProvider(
        ledger,
        submits=[Submission(task_id=None, urls=(URL,))],
        polls=[replace(DONE, prompt="p")],
        listed=listed(bench, "other", "one more"),
    )
    with pytest.raises(UnavailableError):
        await bench.run(provider)
    for _ in range(2):
        with pytest.raises(LostReplyError, match=r"made this picture at .* resume with --resubmit to make it again"):
            await bench.run(provider)

    assert 1 == provider.submitted
    assert 1 == await ledger.give_up_unknown("run")


async def test_a_picture_on_the_disk_is_its_own_witness(bench, ledger):
    """Killed between the file and its row, resumed when the provider has forgotten the task: it is there."""
    provider = FakeProvider(ledger)
    made = await bench.run(provider)
    await ledger._update(made.task, status="succeeded")
    provider.polls = [LostReplyError("unknown task")]
    again = await bench.run(provider)

    assert made.saved == again.saved
    assert (1, ["saved"]) == (provider.submitted, await statuses(ledger))


async def test_another_picture_in_its_place_is_no_witness(bench, ledger):
    """A picture of other words does not stand for the task that is under way."""
    provider = FakeProvider(ledger)
    made = await bench.run(provider)
    await ledger._update(made.task, status="submitted", prompt="another")
    await bench.run(provider)

    assert 2 == sum(step == "poll" for step, _ in provider.seen)


async def test_a_key_that_may_not_see_the_list_stops_nobody_else(bench, ledger):
    """The request went through: it is held, and the provider goes on for the other pictures."""

    class Hidden(FakeProvider):
        async def between(self, start, end, *, model, turn):
            raise ConfigError("DashScope gives no access to tasks")

    provider = Hidden(ledger, submits=[LostReplyError("no answer")], listed=[])
    service = bench.service(provider)
    async with httpx.AsyncClient(transport=httpx.MockTransport(bench._file)) as client:
        clock = {"now": bench.clock.now, "sleep": bench.clock.sleep}
        runner = TaskRunner(ledger=ledger, leases=bench.leases, client=client, **clock)
        with pytest.raises(LostReplyError, match=r"cannot be read .*no access to tasks.* nothing is paid twice"):
            await runner.run(bench.job, service, report=lambda *_, **__: None)
        other = replace(bench.job, image_index=1, path=bench.job.path.with_name("01.jpg"))
        made = await runner.run(other, service, report=lambda *_, **__: None)

    assert "saved" == made.task.status


async def test_a_lost_request_is_looked_for_under_its_own_model(bench, ledger):
    """Another model is configured by now: the list is asked for the one that was paid."""
    asked = []

    class Listing(FakeProvider):
        async def between(self, start, end, *, model, turn):
            asked.append(model)
            return [ListedTask(task_id="paid", model="wan2.2-t2i-flash", created_at=bench.clock.time)]

    await ledger.intend("run", 0, provider="dashscope", model="wan2.2-t2i-flash", request=bench.job.request)
    provider = Listing(ledger, listed=[])
    made = await bench.run(provider)

    assert (0, "paid", {"wan2.2-t2i-flash"}) == (provider.submitted, made.task.task_id, set(asked))


async def test_a_cancelled_submit_still_reaches_the_ledger(bench, ledger):
    """Whoever stops the program between request and answer does not lose the task's id."""
    async with httpx.AsyncClient() as client:
        runner = TaskRunner(ledger=ledger, leases=bench.leases, client=client)
        service = bench.service(Slow(ledger))
        await stopped_in_mid_submit(bench, runner, service)
        service.provider.answer.set()
        await runner.close()

    assert ["submitted"] == await statuses(ledger)


async def test_a_picture_stopped_in_mid_submit_is_not_bought_by_the_next(bench, ledger):
    """A cell of a notebook is interrupted and run again: the image is taken only when the answer is written down."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(bench._file)) as client:
        runner = TaskRunner(ledger=ledger, leases=bench.leases, client=client)
        service = bench.service(Slow(ledger), on_lost_reply="resubmit")
        await stopped_in_mid_submit(bench, runner, service)
        waiting = asyncio.Event()
        again = runner.run(bench.job, service, report=lambda event, **_: waiting.set() if event == "waiting" else None)
        work = asyncio.create_task(again)
        async with asyncio.timeout(5):
            await waiting.wait()
        service.provider.answer.set()
        made = await work

    assert 1 == service.provider.submitted
    assert "paid-1" == made.task.task_id
    assert ["saved"] == await statuses(ledger)


async def order_of_submits(bench, *, again, places, rule, out=1):
    """Run a picture for each of `again` beside each other; return who is out at first, `out` at least, and all."""
    provider = Slow(bench.ledger)
    limiter = Limiter(rate_per_s=1000, max_in_flight=places)
    service = replace(bench.service(provider, on_lost_reply=rule, first_poll_s=0.02), limiter=limiter)
    async with httpx.AsyncClient(transport=httpx.MockTransport(bench._file)) as client:
        runner = TaskRunner(ledger=bench.ledger, leases=bench.leases, client=client)
        work = []
        for index, is_again in enumerate(again):
            request = replace(bench.job.request, seed=index)
            path = bench.job.path.with_name(f"{index}.jpg")
            job = replace(bench.job, image_index=index, request=request, path=path, again=is_again)
            work.append(asyncio.create_task(runner.run(job, service, report=lambda *_, **__: None)))
        async with asyncio.timeout(10):
            while len(provider.order) < out:
                await bench.ledger.tasks("run", 1)
        for _ in range(20):  # whoever may go on does so between two answers of the database
            await bench.ledger.tasks("run", 1)
        at_first = list(provider.order)
        provider.answer.set()
        await asyncio.gather(*work)
    return at_first, provider.order


@pytest.mark.parametrize(("rule", "out"), [("hold", [0]), ("resubmit", [0, 1])])
async def test_where_a_lost_answer_costs_money_one_request_is_out_at_a_time(bench, rule, out):
    """The second picture waits for the answer of the first: one that is lost is told from no other."""
    at_first, _ = await order_of_submits(bench, again=(False, False), places=2, rule=rule, out=len(out))

    assert out == at_first


@pytest.mark.parametrize(("places", "rule"), [(1, "resubmit"), (4, "hold")])
async def test_a_second_attempt_goes_before_what_is_new(bench, places, rule):
    """Neither for a place nor for the answers of others does it wait behind pictures that are new."""
    _, order = await order_of_submits(bench, again=(False, False, False, True), places=places, rule=rule)

    assert [0, 3, 1, 2] == order


@pytest.mark.parametrize(("settled_after", "waited_s"), [(3, 0.15), (None, SETTLED_S)])
async def test_what_a_dead_process_left_is_settled_before_anything_new_is_sent(bench, ledger, settled_after, waited_s):
    """Its request is the only one of that moment then; nobody waits for it longer than a few seconds."""
    left = await ledger.intend("run", 1, provider="dashscope", model=FakeProvider.model, request=bench.job.request)
    provider, begun, waits = FakeProvider(ledger), bench.clock.time, []
    submit, sleep = provider.submit, bench.clock.sleep

    async def sleep_and_settle(seconds):
        waits.append(seconds)
        if len(waits) == settled_after:
            await ledger.failed(left, "settled")
        await sleep(seconds)

    async def submit_and_look(request):
        provider.waited_s = (bench.clock.time - begun).total_seconds()
        return await submit(request)

    bench.clock.sleep, provider.submit = sleep_and_settle, submit_and_look
    await bench.run(provider)

    assert provider.waited_s == pytest.approx(waited_s, abs=0.06)


@pytest.mark.parametrize(
    ("theirs", "reason"), [((0,), "is working on this picture"), ((8, 9), "is using every slot at dashscope")]
)
async def test_another_process_that_is_waited_for_is_told_once(bench, ledger, tmp_path, theirs, reason):
    """It has the picture, or both places: as soon as it is gone, ours goes on."""
    other, waits = Leases(ledger._database, tmp_path / "owners"), []
    for index in theirs:
        await other.take("run", index, place=" ", room=2)

    async def sleep(seconds):
        waits.append(seconds)
        if len(waits) == 3:
            other.close()

    bench.clock.sleep = sleep
    await bench.run(FakeProvider(ledger))

    assert [f"another process {reason}"] == bench.reasons


async def test_an_answer_that_comes_too_late_undoes_nothing(ledger, bench):
    """The task was found in the list and its picture saved meanwhile: the row stays saved."""
    task = await ledger.intend("run", 0, provider="dashscope", model=FakeProvider.model, request=bench.job.request)
    adopted = await ledger.submitted(task, task_id="paid")
    ledger.note_saved(adopted)
    late = await ledger.submitted(task, task_id="paid")

    assert "saved" == late.status
    assert ["saved"] == await statuses(ledger)


async def test_what_nobody_looked_for_is_not_written_off(bench, ledger):
    """`--resubmit` is for held requests: one of a process that was killed is looked for first, and found."""
    await ledger.intend("run", 0, provider="dashscope", model=FakeProvider.model, request=bench.job.request)

    assert 0 == await ledger.give_up_unknown("run")

    provider = FakeProvider(ledger, listed=listed(bench, "paid"))
    made = await bench.run(provider)

    assert (0, "paid") == (provider.submitted, made.task.task_id)


@pytest.mark.parametrize("listed_tasks", [None, ["stranger's"]])
async def test_what_was_answered_meanwhile_is_not_taken_for_lost(bench, ledger, tmp_path, listed_tasks):
    """Another process, which is being stopped, writes its answer down and leaves, just after we saw its request.

    What we saw is the past by then: it is neither sent again nor given another task.
    """
    other, look = Leases(ledger._database, tmp_path / "owners"), ledger.open_task
    intent = await ledger.intend("run", 0, provider="dashscope", model=FakeProvider.model, request=bench.job.request)
    await other.take("run", 0)

    async def look_before_the_answer(*image):
        ledger.open_task = look
        seen = await look(*image)
        await ledger.submitted(intent, task_id="paid")
        other.release("run", 0)
        return seen

    ledger.open_task = look_before_the_answer
    provider = FakeProvider(ledger, listed=listed_tasks and listed(bench, *listed_tasks))
    made = await bench.run(provider, on_lost_reply="resubmit")

    assert (0, "paid") == (provider.submitted, made.task.task_id)
    assert ["saved"] == await statuses(ledger)


class Locked(Ledger):
    """A ledger whose file another program holds for so many answers."""

    refusals = 2

    async def submitted(self, task, *, task_id, request_id=None):
        if self.refusals:
            self.refusals -= 1
            raise StorageError("the database is locked")
        return await super().submitted(task, task_id=task_id, request_id=request_id)


async def test_an_answer_is_written_down_again_and_again(bench, ledger):
    """A file that is locked for a while costs no task: its id is kept until it can be written."""
    bench.ledger = Locked(ledger._database)
    provider = FakeProvider(ledger)
    await bench.run(provider)

    assert 1 == provider.submitted
    assert ["saved"] == await statuses(ledger)


async def test_an_answer_that_cannot_be_written_names_its_task(bench, ledger):
    """It is the disk that is wrong, not the provider, and the message has the paid task's id."""
    bench.ledger = Locked(ledger._database)
    bench.ledger.refusals = 100
    with pytest.raises(StorageError, match="made task task-1, which may be paid, and it could not be written down"):
        await bench.run(FakeProvider(ledger))


class Distant(FakeProvider):
    """A provider that needs `takes_s` for a picture and tells so; each request is under way for `way_s` in all."""

    def __init__(self, ledger, clock, *, way_s, takes_s):
        super().__init__(ledger)
        self.half_s, self.takes_s, self.clock, self.late = way_s / 2, takes_s, clock, []

    async def submit(self, request):
        await self.clock.sleep(self.half_s)
        self.ready_at = self.clock.time + timedelta(seconds=self.takes_s)
        await self.clock.sleep(self.half_s)
        return await super().submit(request)

    async def poll(self, task_id):
        await self.clock.sleep(self.half_s)
        late_s = (self.clock.time - self.ready_at).total_seconds()
        await self.clock.sleep(self.half_s)
        if late_s < 0:
            return RUNNING
        self.late.append(late_s)
        return replace(DONE, duration_s=self.takes_s)


async def test_a_poll_that_is_long_under_way_is_sent_the_earlier(bench, ledger, monkeypatch):
    """The answer to the submit and the poll are under way for 0.2 s together: that is no reason to be late."""
    monkeypatch.setattr("tools.money.polling.time", SimpleNamespace(monotonic=bench.clock.seconds))
    monkeypatch.setattr("tools.money.ledger.utc_now", bench.clock.now)
    provider = Distant(ledger, bench.clock, way_s=0.2, takes_s=8.0)
    service = bench.service(provider)
    async with httpx.AsyncClient(transport=httpx.MockTransport(bench._file)) as client:
        clock = {"now": bench.clock.now, "sleep": bench.clock.sleep}
        runner = TaskRunner(ledger=ledger, leases=bench.leases, client=client, **clock)
        for index in range(6):
            job = replace(bench.job, image_index=index, path=bench.job.path.with_name(f"{index}.jpg"))
            await runner.run(job, service, report=lambda *_, **__: None)

    assert 6 == len(provider.late)
    assert 0.05 > max(provider.late[-2:])
    assert {8.0} == set(await durations(ledger))
