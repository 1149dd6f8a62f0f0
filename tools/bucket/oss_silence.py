"""Whether a bucket answers at all: found out once, not by every picture, each of which would wait for minutes."""

import time
from collections.abc import Callable

from tools.bucket.oss_errors import is_silence

BELIEVED_S = 60.0
"""How long a bucket that gave no answer in time is not asked again, in seconds."""


class Silence:
    """Remembers for a while that one kind of requests got no answer in time; any thread may ask."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = clock()

    def check(self) -> None:
        """Go on if there is none.

        Raises:
            TimeoutError: No answer came a moment ago.
        """
        if self._clock() < self._until:
            raise TimeoutError("no answer came a moment ago")

    def note(self, error: Exception) -> None:
        """Remember how a request ended after its last attempt."""
        if is_silence(error):
            self._until = self._clock() + BELIEVED_S
