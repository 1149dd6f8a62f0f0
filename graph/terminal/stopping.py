"""Stop a command in an orderly way: how Ctrl-C, SIGTERM and a closed terminal end it, and what is printed then."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

from graph.terminal.console import say
from tools.errors import PeituError

T = TypeVar("T")


def until_stopped(
    work: Coroutine[Any, Any, T],
    *,
    go_on: str,
    last_word: Callable[[], None] = lambda: None,
    has_begun: Callable[[], bool] = lambda: True,
) -> T:
    """Run the work in an event loop of its own and return its result.

    Ctrl-C, SIGTERM or a closed terminal cancel the work: nothing new is submitted, and requests under way are written
    down. Then `last_word` is called, and the process exits with status 1. A second Ctrl-C skips the wait. The message
    names `peitu resume` with `go_on`, unless `has_begun` returns `False`. Once the work is over, the signals exit
    without `last_word`, since the result may be half printed by then.
    """

    def end() -> NoReturn:
        begun = True
        with contextlib.suppress(PeituError, OSError):  # the terminal may be gone
            begun = has_begun()
            last_word()
        leave(begun=begun)

    def leave(*, begun: bool = True) -> NoReturn:
        kept = f"what is under way is kept - continue with: peitu resume {go_on}"
        # If the signal came during a print, Python refuses a second one with a RuntimeError.
        with contextlib.suppress(RuntimeError, OSError):
            say(f"stopped; {kept if begun else 'nothing was begun - run it again'}")
            sys.stdout.flush()
        # Threads may still upload or decode. They are not waited for: unfinished work is done again later.
        os._exit(1)

    with asyncio.Runner() as runner:
        stop = _Stop(runner.get_loop(), leave)
        try:
            stop.take_over()
            return runner.run(stop.stoppable(work))
        except KeyboardInterrupt:
            end()
        except asyncio.CancelledError:
            if not stop.is_asked:
                raise
            end()


class _Stop:
    """The signal handler: the first signal cancels the work, the second raises `KeyboardInterrupt`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, leave: Callable[[], NoReturn]) -> None:
        self.is_asked = False
        self._loop = loop
        self._leave = leave
        self._task: asyncio.Task[Any] | None = None

    def take_over(self) -> None:
        """Install this object as the handler of the signals."""
        # A shell without job control lets background jobs ignore Ctrl-C; only SIGTERM reaches them.
        if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
            signal.signal(signal.SIGINT, self)
        signal.signal(signal.SIGTERM, self)
        # SIGHUP: the terminal was closed; `nohup` lets the process ignore it.
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self)

    async def stoppable(self, work: Coroutine[Any, Any, T]) -> T:
        """Await the work and return its result; a signal cancels it."""
        self._task = asyncio.current_task()
        return await work

    def __call__(self, number: int, _: object) -> None:
        """Handle a signal: cancel the work; the second time interrupt it; exit if it is over."""
        if number == getattr(signal, "SIGHUP", None):
            signal.signal(number, signal.SIG_IGN)  # both the shell and the system may send it
        if self._task is not None and self._task.done():
            self._leave()
        if self._task is None or self.is_asked:
            raise KeyboardInterrupt
        self.is_asked = True
        self._task.cancel()
        self._loop.call_soon_threadsafe(lambda: None)  # Wakes the loop, which may be waiting for the network.
