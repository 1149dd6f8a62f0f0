"""Remember that a bucket does not answer, so that not every picture waits for minutes."""

import time
from collections.abc import Callable

from tools.bucket.oss_errors import is_silence

BELIEVED_S = 60.0
"""Seconds for which a bucket that did not answer in time is not asked again."""


class Silence:
    """Remembers for a while that one kind of request got no answer in time; safe to use from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = clock()

    def check(self) -> None:
        """Raise if the bucket was silent recently.

        Raises:
            TimeoutError: A request got no answer within the last `BELIEVED_S` seconds.
        """
        if self._clock() < self._until:
            raise TimeoutError("no answer came a moment ago")

    def note(self, error: Exception) -> None:
        """Remember the error of a request's last attempt if it means that no answer came in time."""
        if is_silence(error):
            self._until = self._clock() + BELIEVED_S
