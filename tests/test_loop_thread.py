"""The loop in a thread: results and errors come back, and Ctrl-C waits for an orderly end."""

import asyncio
import gc
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tools.errors import ClosedError
from tools.loop_thread import LoopThread


@pytest.fixture
def loop_thread():
    thread = LoopThread()
    yield thread
    thread.close()


def test_a_result_comes_back(loop_thread):
    """What the coroutine returns is returned."""

    async def work():
        await asyncio.sleep(0)
        return threading.current_thread().name

    assert "peitu-loop" == loop_thread.run(work())


def test_an_error_comes_back(loop_thread):
    """What the coroutine raises is raised."""

    async def work():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        loop_thread.run(work())


def test_ctrl_c_waits_for_an_orderly_end(loop_thread):
    """The coroutine is canceled, and has tidied up when KeyboardInterrupt arrives at the caller."""
    tidied = []

    async def work():
        os.kill(os.getpid(), signal.SIGINT)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            tidied.append(True)

    with pytest.raises(KeyboardInterrupt):
        loop_thread.run(work())

    assert [True] == tidied


def test_ctrl_c_between_two_lines_is_not_lost(loop_thread, monkeypatch):
    """A signal in the instant before the coroutine is handed over cancels it as one that comes later."""
    hand_over = loop_thread._loop.call_soon_threadsafe

    async def work():
        await asyncio.sleep(60)

    def interrupted(callback, *arguments):
        monkeypatch.undo()
        signal.raise_signal(signal.SIGINT)
        return hand_over(callback, *arguments)

    monkeypatch.setattr(loop_thread._loop, "call_soon_threadsafe", interrupted)

    with pytest.raises(KeyboardInterrupt):
        loop_thread.run(work())

    assert set() == asyncio.all_tasks(loop_thread._loop)
    assert signal.default_int_handler is signal.getsignal(signal.SIGINT)


def test_a_stream_is_closed_when_nobody_wants_more(loop_thread):
    """Leaving the loop early closes the generator."""
    closed = []

    async def numbers():
        try:
            for number in range(9):
                yield number
        finally:
            closed.append(True)

    found = loop_thread.iterate(numbers())
    first = next(found)
    found.close()

    assert (0, [True]) == (first, closed)


def test_closing_breaks_off_what_another_thread_waits_for(loop_thread):
    """It has tidied up before the last work begins, and who waits for it gets one clear error, at once."""
    order, begun = [], threading.Event()

    async def work():
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            order.append("tidied")

    async def last():
        order.append("last")

    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(loop_thread.run, work())
        begun.wait()
        loop_thread.close(last)

        with pytest.raises(ClosedError, match="closed while it worked"):
            waiting.result(timeout=5)

    assert ["tidied", "last"] == order


def test_what_nobody_waits_for_goes_on_until_the_last_work_is_done(loop_thread):
    """A paid request whose caller was stopped is written down by the last work; only then it ends, without a word."""
    written = asyncio.Event()

    async def request():
        await asyncio.sleep(0.01)
        written.set()
        await asyncio.sleep(60)

    async def work():
        return asyncio.create_task(request())

    under_way = loop_thread.run(work())
    loop_thread.close(written.wait)

    assert under_way.cancelled()


def test_a_call_after_closing_is_told(loop_thread):
    """Nothing is left that was never awaited."""
    loop_thread.close()

    with pytest.raises(ClosedError, match="open it again"):
        loop_thread.run(asyncio.sleep(0))
    loop_thread.close()
    gc.collect()


def test_an_abandoned_stream_is_closed_before_the_last_work(loop_thread):
    """What it works with is there until then; later nobody is told of it, and who wants more is."""
    order = []

    async def numbers():
        try:
            for number in range(9):
                yield number
        finally:
            await asyncio.sleep(0)
            order.append("closed")

    async def last():
        order.append("last")

    kept, dropped = loop_thread.iterate(numbers()), loop_thread.iterate(numbers())
    next(kept), next(dropped)
    loop_thread.close(last)
    del dropped
    gc.collect()

    assert ["closed", "closed", "last"] == order
    with pytest.raises(ClosedError):
        next(kept)


def test_a_failure_of_the_last_work_comes_back(loop_thread):
    """The loop is stopped all the same."""

    async def last():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        loop_thread.close(last)

    assert not loop_thread._thread.is_alive()
