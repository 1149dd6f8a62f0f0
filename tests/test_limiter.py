"""The allowance of a provider: bounded tasks, few unanswered requests."""

import asyncio
from contextlib import asynccontextmanager

from tools.money.limiter import Limiter


async def most_at_once(place):
    """Return how many of twelve who want it hold the place at the same time."""
    inside = most = 0

    async def hold():
        nonlocal inside, most
        async with place():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*(hold() for _ in range(12)))
    return most


async def test_only_so_many_tasks_are_under_way():
    """A fourth task waits until one of three is over."""
    limiter = Limiter(rate_per_s=1000, max_in_flight=3)

    assert 3 == await most_at_once(limiter.slot)


async def test_one_request_is_out_at_a_time():
    """Answers that come faster than requests may go out need no second one under way."""
    limiter = Limiter(rate_per_s=2, max_in_flight=20)
    limiter.submits.answered(0.1)

    assert 1 == await most_at_once(limiter.unanswered)


async def test_slow_answers_let_more_out():
    """At five a second, answers of half a second need three requests under way."""
    limiter = Limiter(rate_per_s=5, max_in_flight=20)
    limiter.submits.answered(0.5)

    assert 3 == await most_at_once(limiter.unanswered)


async def test_whoever_stops_waiting_leaves_the_turn_to_others():
    """A request that is canceled just when it may go out holds nobody up."""
    limiter = Limiter(rate_per_s=2, max_in_flight=20)

    async def request():
        async with limiter.unanswered():
            return "sent"

    async with limiter.unanswered():
        first, second = asyncio.create_task(request()), asyncio.create_task(request())
        await asyncio.sleep(0)
    first.cancel()

    assert "sent" == await asyncio.wait_for(second, 1)
    await asyncio.gather(first, return_exceptions=True)


async def test_what_failed_once_goes_before_what_is_new():
    """At each of the three doors, a second attempt does not wait behind all first ones."""
    limiter = Limiter(rate_per_s=1000, max_in_flight=1)

    @asynccontextmanager
    async def turn(*, again):
        await limiter.submits.turn(again=again)
        yield

    for door in (limiter.slot, limiter.unanswered, turn):
        order = []

        async def go(name, again, door=door, order=order):
            async with door(again=again):
                order.append(name)
                await asyncio.sleep(0)

        await asyncio.gather(go("first", False), go("second", False), go("third", False), go("failed", True))

        assert ["first", "failed", "second", "third"] == order
