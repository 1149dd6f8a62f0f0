"""Submits go first: what can wait a moment, such as fetching a finished picture, gives them the processor."""

import asyncio
import contextlib
from collections.abc import Iterator

MOST_S = 0.3
"""Longest that anything gives way, in seconds: where submits never stop, everything else goes on beside them."""


class RightOfWay:
    """Shared by all that submit and all that give way. It belongs to one event loop."""

    def __init__(self) -> None:
        self._submitting = 0
        self._clear = asyncio.Event()
        self._clear.set()

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Have the right of way inside the `with`."""
        self._submitting += 1
        self._clear.clear()
        try:
            yield
        finally:
            self._submitting -= 1
            if not self._submitting:
                self._clear.set()

    async def give(self) -> None:
        """Wait until nobody submits, for `MOST_S` at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MOST_S):
                await self._clear.wait()
