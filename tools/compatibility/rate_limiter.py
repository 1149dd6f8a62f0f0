"""A rate limiter for threads that share the object.

All processes with the same database share a rate limit already, see `tools.money.limiter`, which also says what was
compared; this one is for a program that wants a lower rate, or one of its own.
"""

import threading
import time
from collections.abc import Callable
from math import isfinite
from types import TracebackType
from typing import Self

from tools.errors import InputError


class RateLimiter:
    """Gives turns `1 / rate` seconds apart; unused time does not add up to a burst.

    `rate` is in requests per second. As a context manager it waits for its turn on entry.

    Raises:
        InputError: The rate is not above 0.
    """

    def __init__(
        self,
        rate: float = 2.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not (isfinite(rate) and rate > 0):
            raise InputError(f"A rate of {rate!r} requests per second is not possible - give a number above 0")
        self.rate = float(rate)
        self._clock = clock
        self._sleep = sleep
        self._next_at = 0.0
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Wait until it is this caller's turn; first come, first served."""
        wait_s = self.reserve()
        if wait_s > 0:
            self._sleep(wait_s)

    def reserve(self) -> float:
        """Take the next turn without waiting for it, and return the seconds until it comes."""
        with self._lock:
            now = self._clock()
            at = max(now, self._next_at)
            self._next_at = at + 1 / self.rate
        return at - now

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing: a turn that was taken is not given back."""
