"""A provider that does not work is found out once, not by every image."""

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from tools.errors import (
    ConfigError,
    LostReplyError,
    ParameterError,
    QuotaError,
    RejectedError,
    StorageError,
    ThrottledError,
    UnavailableError,
)
from tools.money.health import FAILURES_IN_A_ROW, FIRST_PAUSE_S, Health
from tools.money.standings import Standing, StoredStandings, quota_resets_at
from tools.sqlite.database import Database

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # 12:00 in China


class Memory:
    """Standings that outlive a Health."""

    def __init__(self):
        self.known = {}
        self.written = []

    async def get(self, provider, model):
        return self.known.get((provider, model))

    async def put(self, provider, model, standing):
        self.known[provider, model] = standing
        self.written.append(standing.state)


class Watch:
    """A clock that only moves when told."""

    def __init__(self):
        self.time = 0.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Watch()


@pytest.fixture
def memory():
    return Memory()


@pytest.fixture
def health(clock, memory):
    return Health("modelscope", "m", standings=memory, clock=clock, now=lambda: NOON)


@asynccontextmanager
async def no_wait():
    """It is always our turn."""
    yield


async def submit(health, outcome=None, *, timeout_s=0.0):
    """Submit once; `outcome` is what the provider answers, an exception or nothing."""
    async with health.attempt(turn=no_wait, timeout_s=timeout_s, waiting=lambda reason: None):
        if outcome is not None:
            raise outcome


async def fail(health, error, times=1):
    for _ in range(times):
        with pytest.raises(type(error)):
            await submit(health, error)


@pytest.mark.parametrize("error", [UnavailableError("503"), LostReplyError("no answer")])
async def test_a_few_failures_in_a_row_make_it_down(health, error):
    """One or two say nothing; a success in between starts the count anew."""
    await fail(health, error, FAILURES_IN_A_ROW - 1)
    await submit(health)
    await fail(health, error, FAILURES_IN_A_ROW - 1)

    assert not health.is_down

    await fail(health, error)

    assert health.is_down


async def test_people_and_the_next_process_are_told_how_it_stands(health, clock, memory):
    """It is written down when that changes, and not for every picture; what an earlier process wrote is taken back."""
    await fail(health, UnavailableError("503"), FAILURES_IN_A_ROW)
    until = NOON + timedelta(seconds=FIRST_PAUSE_S)

    assert Standing("down", "503", until) == memory.known["modelscope", "m"]

    later = Health("modelscope", "m", standings=memory, clock=clock, now=lambda: NOON)
    for _ in range(2):
        await submit(later)
    clock.time += FIRST_PAUSE_S
    for _ in range(2):
        await submit(health)

    assert ["down", "working", "working"] == memory.written


async def test_while_it_is_down_nothing_is_sent(health):
    """Who cannot wait is refused without a request, with the reason."""
    await fail(health, UnavailableError("503"), FAILURES_IN_A_ROW)
    with pytest.raises(UnavailableError, match="down and did not come back in time: 503"):
        await submit(health, RejectedError("it was sent"))


async def test_one_submit_probes_and_the_others_follow(health, clock):
    """When the pause is over a single submit finds out; the rest go only after it came back well."""
    await fail(health, UnavailableError("503"), FAILURES_IN_A_ROW)
    clock.time += FIRST_PAUSE_S
    under_way, most, answer, told = 0, 0, asyncio.Event(), []

    async def one():
        nonlocal under_way, most
        async with health.attempt(turn=no_wait, timeout_s=60, waiting=told.append):
            under_way += 1
            most = max(most, under_way if not answer.is_set() else 0)
            await answer.wait()
            under_way -= 1

    tasks = [asyncio.create_task(one()) for _ in range(5)]
    while not under_way:
        await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)

    assert 1 == most

    answer.set()
    await asyncio.gather(*tasks)

    assert not health.is_down
    assert ["modelscope is down: 503"] * 4 == told


async def test_a_failed_probe_doubles_the_pause_up_to_a_minute(health, clock):
    """Down for longer is asked less often; once it has worked, the pauses are short again."""
    await fail(health, UnavailableError("503"), FAILURES_IN_A_ROW)
    for pause_s in (5, 10, 20, 40, 60, 60):
        clock.time += pause_s - 1

        assert health.is_down

        clock.time += 1

        assert not health.is_down

        await fail(health, UnavailableError("503"))
    clock.time += 60
    await submit(health)

    assert not health.is_down

    await fail(health, UnavailableError("503"), FAILURES_IN_A_ROW)
    clock.time += 5

    assert not health.is_down


async def test_whoever_can_wait_goes_as_soon_as_the_pause_is_over(monkeypatch):
    """And not when its patience ends."""
    monkeypatch.setattr("tools.money.health.FIRST_PAUSE_S", 0.01)
    health = Health("modelscope", "m")
    await fail(health, UnavailableError("503"), FAILURES_IN_A_ROW)
    async with asyncio.timeout(5):
        await submit(health, timeout_s=60)

    assert not health.is_down


async def test_a_turn_that_comes_when_it_is_down_is_left_again(health, clock):
    """Others found out while this one waited for its turn: it is not sent, and holds nobody up while it waits on."""
    steps = []

    @asynccontextmanager
    async def turn():
        steps.append("turn")
        if len(steps) == 1:
            await fail(health, UnavailableError("503"), FAILURES_IN_A_ROW)
        yield
        steps.append("left")

    def waiting(reason):
        steps.append("waiting")
        clock.time += FIRST_PAUSE_S

    async with health.attempt(turn=turn, timeout_s=60, waiting=waiting):
        steps.append("sent")

    assert ["turn", "left", "waiting", "turn", "sent", "left"] == steps


async def test_a_probe_that_is_stopped_before_its_turn_leaves_the_place(health, clock):
    """The next one probes."""
    await fail(health, UnavailableError("503"), FAILURES_IN_A_ROW)
    clock.time += FIRST_PAUSE_S

    @asynccontextmanager
    async def stopped():
        raise asyncio.CancelledError
        yield

    with pytest.raises(asyncio.CancelledError):
        async with health.attempt(turn=stopped, timeout_s=0.0, waiting=lambda reason: None):
            pass
    await submit(health)

    assert not health.is_down


async def fail_later(health, answer):
    """Submit once; the provider fails at its `answer`."""
    with suppress(UnavailableError):
        async with health.attempt(turn=no_wait, timeout_s=0.0, waiting=lambda reason: None):
            await answer.wait()
            raise UnavailableError("503")


async def test_submits_that_fail_together_make_one_pause(health, clock):
    """Eight were on their way when it went down: the first probe is after the first pause all the same."""
    answer = asyncio.Event()
    under_way = [asyncio.create_task(fail_later(health, answer)) for _ in range(8)]
    await asyncio.sleep(0)
    answer.set()
    await asyncio.gather(*under_way)

    assert health.is_down

    clock.time += FIRST_PAUSE_S

    assert not health.is_down


async def test_a_late_failure_lets_no_second_probe_out(health, clock):
    """A submit from before the pause fails while the probe is out: the probe is still the only one."""
    late, probe = asyncio.Event(), asyncio.Event()
    under_way = [asyncio.create_task(fail_later(health, late))]
    await asyncio.sleep(0)
    await fail(health, UnavailableError("503"), FAILURES_IN_A_ROW)
    clock.time += FIRST_PAUSE_S
    under_way.append(asyncio.create_task(fail_later(health, probe)))
    await asyncio.sleep(0)
    late.set()
    await under_way[0]
    clock.time += 60

    assert health.is_down

    probe.set()
    await under_way[1]


@pytest.mark.parametrize("end", [asyncio.CancelledError(), ZeroDivisionError(), StorageError("the disk is full")])
async def test_a_probe_that_tells_nothing_leaves_the_place(health, clock, end):
    """Whoever is stopped while it probes, or ends by a fault of ours, does not block the others for ever."""
    await fail(health, UnavailableError("503"), FAILURES_IN_A_ROW)
    clock.time += FIRST_PAUSE_S
    await fail(health, end)
    await submit(health)

    assert not health.is_down


@pytest.mark.parametrize("error", [ThrottledError("429"), RejectedError("refused"), ParameterError("size")])
async def test_a_refusal_of_one_request_is_no_failure(health, error):
    """The provider works: it answered."""
    await fail(health, error, FAILURES_IN_A_ROW * 2)

    assert not health.is_down


async def test_a_wrong_key_stops_it_at_once(health, clock):
    """The second image is told the same without a request; after a minute it is tried again."""
    await fail(health, ConfigError("check the key"))
    with pytest.raises(ConfigError, match="check the key"):
        await submit(health, RejectedError("it was sent"), timeout_s=60)
    clock.time += 60
    await submit(health)

    assert not health.is_down


async def test_a_spent_quota_is_remembered_by_the_next_process(health, clock, memory):
    """Until midnight in China nothing is sent, whoever asks; then it is tried again."""
    await fail(health, QuotaError("today's quota is spent"))
    midnight = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)

    assert Standing("stopped", "today's quota is spent", midnight) == memory.known["modelscope", "m"]

    later = Health("modelscope", "m", standings=memory, clock=clock, now=lambda: NOON)
    with pytest.raises(QuotaError, match="spent"):
        await submit(later, RejectedError("it was sent"))
    clock.time += 12 * 3600
    await submit(later)

    tomorrow = Health("modelscope", "m", standings=memory, clock=clock, now=lambda: midnight)
    await submit(tomorrow)


@pytest.mark.parametrize("standing", [Standing("stopped", "today's quota is spent", NOON), Standing("working")])
async def test_a_standing_is_kept_in_the_database(tmp_path, standing):
    """With its reason and its end, where it has them; that of another model is another one."""
    database = Database(tmp_path / "peitu.db")
    stored = StoredStandings(database)
    await stored.put("modelscope", "m", Standing("down", "503", NOON))
    await stored.put("modelscope", "m", standing)

    assert standing == await stored.get("modelscope", "m")
    assert await stored.get("modelscope", "other") is None

    await database.close()


def test_quotas_reset_at_midnight_in_china():
    """DashScope's free allowance does not come back by itself."""
    assert datetime(2026, 11, 24, 16, 0, tzinfo=UTC) == quota_resets_at("modelscope", NOON)
    assert quota_resets_at("dashscope", NOON) is None
