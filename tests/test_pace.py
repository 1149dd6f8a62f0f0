"""The pace: even, never too fast, one pause for all, shared by all who use the database."""

import asyncio
import itertools
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT
from tools.money.budgets import LocalBudgets, StoredBudgets
from tools.money.pace import LEAST_MARGIN, MOST_MARGIN, Pace
from tools.sqlite.database import Database


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self):
        self.time = 100.0
        self.late = 0.0

    def now(self):
        return self.time

    async def sleep(self, seconds):
        self.time += seconds + self.late


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def database(tmp_path):
    opened = Database(tmp_path / "peitu.db")
    yield opened
    await opened.close()


def make(clock, rate_per_s=1.0, budgets=None):
    return Pace("submits", rate_per_s=rate_per_s, budgets=budgets, clock=clock.now, sleep=clock.sleep)


async def times(pace, clock, count):
    """Return when each of so many requests in a row may go out, in seconds from now."""
    begun = clock.time
    found = []
    for _ in range(count):
        await pace.turn()
        await pace.go()
        found.append(round(clock.time - begun, 3))
    return found


async def test_requests_are_evenly_spaced(clock):
    """One a second comes a second and a little margin apart: no burst, not even at the start."""
    assert [0, 1.015, 2.03] == await times(make(clock), clock, 3)


async def test_a_late_request_moves_the_next_one(clock):
    """Whoever was held up after its turn does not come close to the one behind it."""
    pace = make(clock)
    await pace.turn()
    clock.time += 0.9
    await pace.go()
    late = clock.time
    await pace.turn()
    await pace.go()

    assert round(clock.time - late, 3) == 1.015


async def test_requests_that_were_held_up_together_do_not_leave_together(clock):
    """Three turns are past when the loop comes to them: they still go out one by one."""
    pace = make(clock)
    went = []
    for _ in range(3):
        await pace.turn()
    for _ in range(3):
        await pace.go()
        went.append(clock.time)

    assert [1.015, 1.015] == [round(later - earlier, 3) for earlier, later in itertools.pairwise(went)]


async def test_a_request_that_wakes_up_late_moves_the_next_one(clock):
    """The loop was busy when it should have gone: the next one keeps its distance from when it really went."""
    pace = make(clock)
    await times(pace, clock, 1)
    clock.late = 0.3
    await pace.go()
    late, clock.late = clock.time, 0.0
    await pace.go()

    assert 1.015 == pytest.approx(clock.time - late)


async def test_a_clock_that_was_set_back_holds_no_request_up(clock):
    """The request before seems to go in an hour: nobody waits until then."""
    pace = make(clock)
    await pace.go()
    clock.time -= 3600
    back = clock.time
    await pace.go()

    assert back == clock.time


async def test_a_request_that_may_have_arrived_late_moves_the_next_one(clock):
    """The first one opened the connection, half a second long: the next keeps its distance from the answer."""
    pace = make(clock)
    await pace.turn()
    await pace.go()
    clock.time += 0.5
    pace.answered(0.5)

    assert [1.0] == await times(pace, clock, 1)


async def test_unequal_round_trips_widen_the_margin(clock):
    """Answers that come after 10 to 40 ms may have arrived 30 ms apart from when they left."""
    pace = make(clock)
    for milliseconds in (10, 40, 20, 40, 900):
        pace.answered(milliseconds / 1000)

    assert pace.spacing_s == pytest.approx(1.03)


async def test_the_margin_has_its_bounds(clock):
    """Equal round trips keep the least margin, wild ones get the most."""
    calm, wild = make(clock), make(clock)
    for _ in range(5):
        calm.answered(0.1)
    for seconds in (0.1, 2, 3, 4):
        wild.answered(seconds)

    assert [1 + LEAST_MARGIN, 1 + MOST_MARGIN] == [calm.spacing_s, wild.spacing_s]


async def test_a_refusal_pauses_and_slows_down(clock):
    """The wait that the provider asks for is kept, and afterwards requests come at half the pace."""
    pace = make(clock)
    await pace.turn()
    await pace.slow_down(5)

    assert [5, 7.03, 9.06] == await times(pace, clock, 3)


async def test_accepted_requests_bring_the_pace_back(clock):
    """It recovers step by step, to what is allowed and no further."""
    pace = make(clock)
    await pace.slow_down(0)
    for _ in range(20):
        pace.answered(0.1)
    before, after = (await times(pace, clock, 3))[-2:]

    assert round(after - before, 3) == 1.015


async def test_whoever_waits_already_is_paused_too():
    """A refusal makes the turns in the queue void: all wait, and still come one by one."""
    pace = Pace("submits", rate_per_s=50)
    found = []

    async def request():
        await pace.turn()
        await pace.go()
        found.append(time.time())

    waiting = [asyncio.create_task(request()) for _ in range(4)]
    while not found:
        await asyncio.sleep(0)
    refused_at = time.time()
    await pace.slow_down(0.2)
    await asyncio.gather(*waiting)
    waited = [at - refused_at for at in found[1:]]

    assert all(wait >= 0.2 + number * 0.038 for number, wait in enumerate(waited)), waited


async def test_turns_reserved_before_a_refusal_are_void(clock):
    """A refusal that comes while turns are being reserved in the database pauses those, too."""

    class Slow(LocalBudgets):
        asked, free = asyncio.Event(), asyncio.Event()

        async def reserve(self, name, *, spacing_s, turns, latest):
            at = await super().reserve(name, spacing_s=spacing_s, turns=turns, latest=latest)
            if turns > 1:
                self.asked.set()
                await self.free.wait()
            return at

    async def sleep(seconds):
        await clock.sleep(seconds)
        await asyncio.sleep(0)

    budgets = Slow(clock.now)
    pace = Pace("submits", rate_per_s=100.0, budgets=budgets, clock=clock.now, sleep=sleep)
    begun = clock.time
    waiting = [asyncio.create_task(pace.turn()) for _ in range(5)]
    await budgets.asked.wait()
    await pace.slow_down(30.0)
    budgets.free.set()
    await waiting[1]

    assert clock.time - begun >= 30.0
    await asyncio.gather(*waiting)


async def test_a_fast_pace_takes_its_turns_in_shares(clock):
    """A thousand a second do not ask the common budget a thousand times."""

    class Counting(LocalBudgets):
        asked = 0

        async def reserve(self, name, **wanted):
            Counting.asked += 1
            return await super().reserve(name, **wanted)

    pace = Pace("submits", rate_per_s=1000, budgets=Counting())
    await asyncio.gather(*(pace.turn() for _ in range(200)))

    assert 10 > Counting.asked


async def test_two_runs_share_one_budget(clock, database):
    """Two paces of the same name on one database never give a turn twice."""
    budgets = StoredBudgets(database, clock.now)
    one, other = make(clock, budgets=budgets), make(clock, budgets=budgets)
    found = [(await times(pace, clock, 1))[0] for pace in (one, other, one, other)]

    assert [0, 1.015, 1.015, 1.015] == found


async def test_a_pause_holds_for_every_run(clock, database):
    """What one run is told, the other keeps."""
    budgets = StoredBudgets(database, clock.now)
    one, other = make(clock, budgets=budgets), make(clock, budgets=budgets)
    await one.slow_down(7)

    assert [7] == await times(other, clock, 1)


async def test_a_pause_that_is_too_long_is_not_waited_for(clock, database):
    """Whoever has less patience hears at once how long it lasts, and takes no turn from the others."""
    budgets = StoredBudgets(database, clock.now)
    one, other = make(clock, budgets=budgets), make(clock, budgets=budgets)
    begun = clock.time
    await one.slow_down(100)

    assert [100, 100] == [await other.turn(patience_s=99) for _ in range(2)]
    assert begun == clock.time
    assert [100] == await times(other, clock, 1)


async def test_whoever_does_not_wait_leaves_no_turn_to_those_who_do(clock, database):
    """Three want a turn at once, and two have no patience: the other takes its own, and the next comes behind it."""
    budgets = StoredBudgets(database, clock.now)
    pace = make(clock, rate_per_s=50, budgets=budgets)
    await budgets.pause("submits", clock.time + 100)
    clock_of_others = Clock()
    await asyncio.gather(pace.turn(patience_s=1), pace.turn(patience_s=1), pace.turn())
    others = StoredBudgets(database, clock_of_others.now)
    behind = await others.reserve("submits", spacing_s=1, turns=1) - clock_of_others.time

    assert behind == pytest.approx(100 + pace.spacing_s)


async def test_a_shorter_pause_does_not_end_a_longer_one(clock, database):
    """One run was told a minute, another a second after it nothing: the minute holds for both."""
    budgets = StoredBudgets(database, clock.now)
    one, other = make(clock, budgets=budgets), make(clock, budgets=budgets)
    await one.slow_down(60)
    await other.slow_down()

    assert [60] == await times(other, clock, 1)


async def test_the_turns_after_a_long_pause_are_spaced(clock, database):
    """Ten minutes of pause, four runs that wait for its end: they do not all begin at once."""
    budgets = StoredBudgets(database, clock.now)
    await budgets.pause("submits", clock.time + 600)
    found = [await budgets.reserve("submits", spacing_s=1, turns=1) - clock.time for _ in range(4)]

    assert [600, 601, 602, 603] == found


async def test_a_pause_longer_than_any_is_not_believed(clock, database):
    """The clock was set back by six hours after a pause of a second: nobody waits six hours."""
    await StoredBudgets(database, lambda: clock.time + 6 * 3600).pause("submits", clock.time + 6 * 3600 + 1)

    assert [0] == await times(make(clock, budgets=StoredBudgets(database, clock.now)), clock, 1)


async def test_a_clock_that_was_wrong_is_not_believed(clock, database):
    """A turn that lies days ahead without a pause came from a wrong clock: nobody waits for it."""
    await StoredBudgets(database, lambda: clock.time + 86400).reserve("submits", spacing_s=1, turns=1)

    assert [0] == await times(make(clock, budgets=StoredBudgets(database, clock.now)), clock, 1)


@pytest.mark.parametrize("is_stored", [True, False])
async def test_a_very_slow_pace_is_kept(clock, database, is_stored):
    """Fifteen requests an hour: a turn that is four minutes ahead was booked by no clock that was wrong."""
    budgets = StoredBudgets(database, clock.now) if is_stored else None

    assert [0, 243.6, 487.2] == await times(make(clock, 15 / 3600, budgets), clock, 3)


PROCESS = """
import asyncio, sys, time
from pathlib import Path
from tools.money.budgets import StoredBudgets
from tools.sqlite.database import Database
from tools.money.pace import Pace

async def main():
    database = Database(Path(sys.argv[1]))
    pace = Pace("submits", rate_per_s=20, budgets=StoredBudgets(database))
    for _ in range(6):
        await pace.turn()
        await pace.go()
        print(time.time())
    await database.close()

asyncio.run(main())
"""


async def test_processes_share_one_budget(tmp_path):
    """Two processes together send no more than one may: in no half second more than ten and the margin of a race."""
    command = [sys.executable, "-c", PROCESS, str(tmp_path / "peitu.db")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(2)]
    sent = sorted(float(line) for process in running for line in process.communicate()[0].split())

    assert 12 == len(sent)
    assert sent[-1] - sent[0] >= 11 * 0.05 - 0.02


@pytest.fixture(params=["local", "stored"])
def budgets(request, clock, database):
    return LocalBudgets(clock.now) if request.param == "local" else StoredBudgets(database, clock.now)


async def test_turns_that_are_taken_are_nobody_elses(budgets):
    """The next one comes behind them."""
    assert 100.0 == await budgets.reserve("submits", spacing_s=2.0, turns=3)
    assert 106.0 == await budgets.reserve("submits", spacing_s=2.0, turns=1)
    assert 100.0 == await budgets.reserve("polls", spacing_s=2.0, turns=1)


async def test_a_turn_that_comes_too_late_is_not_taken(budgets):
    """Whoever does not wait for it leaves it to others; one that is just in time is taken."""
    await budgets.pause("submits", 110.0)

    assert 110.0 == await budgets.reserve("submits", spacing_s=2.0, turns=1, latest=109.0)
    assert 110.0 == await budgets.reserve("submits", spacing_s=2.0, turns=1, latest=110.0)
    assert 112.0 == await budgets.reserve("submits", spacing_s=2.0, turns=1)
