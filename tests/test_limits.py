"""The limiter: even pace, bounded tasks, one pause for all."""

import asyncio
import time

from tools.limits import Limiter


async def test_submits_are_evenly_spaced():
    """Twenty submits a second come fifty milliseconds apart: no burst, not even at the start."""
    limiter = Limiter(rate_per_s=20, max_in_flight=10)
    begun = time.monotonic()
    times = []

    async def submit():
        await limiter.turn()
        times.append(time.monotonic() - begun)

    await asyncio.gather(*(submit() for _ in range(6)))

    assert all(at >= number * 0.05 - 0.001 for number, at in enumerate(times)), times


async def test_only_so_many_tasks_are_under_way():
    """A fourth task waits until one of three is over."""
    limiter = Limiter(rate_per_s=1000, max_in_flight=3)
    under_way = most = 0

    async def task():
        nonlocal under_way, most
        async with limiter.slot():
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.001)
            under_way -= 1

    await asyncio.gather(*(task() for _ in range(12)))

    assert most == 3


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self):
        self.time = 100.0

    def now(self):
        return self.time

    async def sleep(self, seconds):
        self.time += seconds


async def turns(limiter, clock, count):
    """Return when each of so many submits in a row may be sent, in seconds from now."""
    begun = clock.time
    times = []
    for _ in range(count):
        await limiter.turn()
        times.append(round(clock.time - begun, 3))
    return times


async def test_a_refusal_pauses_and_slows_down():
    """The wait that the provider asks for is kept, and afterwards submits come at half the pace."""
    clock = Clock()
    limiter = Limiter(rate_per_s=1, max_in_flight=3, clock=clock.now, sleep=clock.sleep)
    await limiter.turn()
    limiter.slow_down(5)

    assert [5, 7, 9] == await turns(limiter, clock, 3)


async def test_accepted_submits_bring_the_pace_back():
    """It recovers step by step, to what is allowed and no further."""
    clock = Clock()
    limiter = Limiter(rate_per_s=1, max_in_flight=3, clock=clock.now, sleep=clock.sleep)
    limiter.slow_down(0)
    for _ in range(20):
        await limiter.turn()
        limiter.recover()
    before, after = (await turns(limiter, clock, 3))[-2:]

    assert 1 == after - before


async def test_whoever_waits_already_is_paused_too():
    """A refusal makes the places in the queue void: all wait, and still come one by one."""
    limiter = Limiter(rate_per_s=50, max_in_flight=10)
    times = []

    async def submit():
        await limiter.turn()
        times.append(time.monotonic())

    waiting = [asyncio.create_task(submit()) for _ in range(4)]
    while not times:
        await asyncio.sleep(0)
    refused_at = time.monotonic()
    limiter.slow_down(0.2)
    await asyncio.gather(*waiting)
    waited = [at - refused_at for at in times[1:]]

    assert all(wait >= 0.2 + number * 0.04 - 0.001 for number, wait in enumerate(waited)), waited
