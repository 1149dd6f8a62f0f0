"""The limiter: even pace, bounded tasks, one pause for all."""

import asyncio
import time

from tools.limits import Limiter


async def test_submits_are_evenly_spaced():
    """Twenty submits a second come fifty milliseconds apart: no burst, not even at the start."""
    limiter = Limiter(rate_per_s=20, max_in_flight=10)
    times = []

    async def submit():
        await limiter.turn()
        times.append(time.monotonic())

    await asyncio.gather(*(submit() for _ in range(6)))
    gaps = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]

    assert min(gaps) > 0.045


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


async def test_a_pause_holds_every_submit():
    """After a refusal for haste nobody goes on before the pause is over."""
    now = 100.0
    slept = []

    async def sleep(seconds):
        nonlocal now
        slept.append(seconds)
        now += seconds

    limiter = Limiter(rate_per_s=1000, max_in_flight=3, clock=lambda: now, sleep=sleep)
    limiter.pause(5)
    limiter.pause(2)
    await limiter.turn()
    await limiter.turn()

    assert [5] == slept
