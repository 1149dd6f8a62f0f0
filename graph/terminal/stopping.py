"""An orderly end of what runs in the terminal: what Ctrl-C and SIGTERM do, and what is said then."""

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
    """Return what the work returns.

    Ctrl-C, SIGTERM and a terminal that is closed let nothing new be submitted and write down what is under way; then
    comes `last_word`, and the process ends with status 1. A second Ctrl-C ends it at once. `go_on` is what to resume,
    where something `has_begun`. Once the work is over, the signals end the process without a last word: its result may
    be half printed by then.
    """

    def end() -> NoReturn:
        begun = True
        with contextlib.suppress(PeituError, OSError):  # nobody may be there to read it
            begun = has_begun()
            last_word()
        leave(begun=begun)

    def leave(*, begun: bool = True) -> NoReturn:
        kept = f"what is under way is kept - continue with: peitu resume {go_on}"
        # Who is stopped amid printing cannot print this line; Python says so by a RuntimeError.
        with contextlib.suppress(RuntimeError, OSError):
            say(f"stopped; {kept if begun else 'nothing was begun - run it again'}")
            sys.stdout.flush()
        # Threads may still upload or decode: nobody waits for them, what they have not finished is made again.
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
    """The handler of these signals: the first one cancels the work, the next one breaks it off."""

    def __init__(self, loop: asyncio.AbstractEventLoop, leave: Callable[[], NoReturn]) -> None:
        self.is_asked = False
        self._loop = loop
        self._leave = leave
        self._task: asyncio.Task[Any] | None = None

    def take_over(self) -> None:
        """Become what the signals call."""
        # A shell without job control starts what runs in the background deaf to Ctrl-C, and SIGTERM alone reaches it.
        if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
            signal.signal(signal.SIGINT, self)
        signal.signal(signal.SIGTERM, self)
        # A terminal that is closed, unless `nohup` said that it does not matter.
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self)

    async def stoppable(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work returns, unless a signal comes first."""
        self._task = asyncio.current_task()
        return await work

    def __call__(self, number: int, _: object) -> None:
        """Cancel the work; break it off the second time, and leave when it is over."""
        if number == getattr(signal, "SIGHUP", None):
            signal.signal(number, signal.SIG_IGN)  # the shell and the system may both tell of the terminal
        if self._task is not None and self._task.done():
            self._leave()
        if self._task is None or self.is_asked:
            raise KeyboardInterrupt
        self.is_asked = True
        self._task.cancel()
        self._loop.call_soon_threadsafe(lambda: None)  # It may sleep until the network answers.
