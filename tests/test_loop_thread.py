"""The loop in a thread: results and errors come back, and Ctrl-C waits for an orderly end."""

import asyncio
import os
import signal
import threading

import pytest

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
