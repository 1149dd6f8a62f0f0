"""The health of a provider's model as this process knows it: found out once, not by every image.

A provider is *down* after a few failures in a row: submits wait, then a single one probes whether it is back (a
circuit breaker, half-open). It is *stopped* when its key, its balance or today's allowance is the reason: then every
submit fails at once, with that reason. Of several libraries none did both: purgatory 3.0.1 and aiobreaker 1.2.0 let
every caller through when half-open, pybreaker 1.4.1 takes a failed coroutine for a success, and none knows a reason
that ends at midnight.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta

from tools.clock import utc_now
from tools.errors import (
    ConfigError,
    LostReplyError,
    ParameterError,
    PeituError,
    QuotaError,
    StorageError,
    ThrottledError,
    UnavailableError,
)
from tools.money.standings import Standing, Standings, quota_resets_at

Turn = Callable[[], AbstractAsyncContextManager[None]]
"""Opens the turn of one submit: waits for it on entry, gives it up on exit."""

FAILURES_IN_A_ROW = 3
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 60.0
STOPPED_S = 60.0
"""How long a refused key or an empty balance is believed before it is tried again, in seconds."""


class Health:
    """The standing of one provider's model, shared by all images and runs of the process."""

    def __init__(
        self,
        provider: str,
        model: str,
        *,
        standings: Standings | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.provider = provider
        self.model = model
        self._standings = standings
        self._clock = clock
        self._now = now
        self._known = standings is None
        self._recalling = asyncio.Lock()
        self._was_bad = False
        self._failures = 0
        self._retry_at = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._probing = False
        self._reason: PeituError | None = None
        self._changed = asyncio.Event()

    @property
    def is_down(self) -> bool:
        """Whether a submit would have to wait, or fail at once; another provider is better meanwhile."""
        return self._reason is not None and (self._probing or self._clock() < self._retry_at)

    @asynccontextmanager
    async def attempt(self, *, turn: Turn, timeout_s: float, waiting: Callable[[str], None]) -> AsyncIterator[None]:
        """Let one submit through when it is its turn and the provider may work, and learn from how it ends.

        `turn` is entered for it, and left when it has ended; `waiting` is called once with the reason for a wait.

        Raises:
            ConfigError, QuotaError: The key, the balance or the allowance was refused before; see the message.
            UnavailableError: It is down and did not come back within `timeout_s`.
        """
        await self._recall()
        async with AsyncExitStack() as held:
            probing = await self._admit(turn, held, timeout_s, waiting)
            async with self._learning(probing=probing):
                yield

    @asynccontextmanager
    async def _learning(self, *, probing: bool) -> AsyncIterator[None]:
        """Learn from how a submit ends."""
        try:
            yield
        except (UnavailableError, LostReplyError) as error:
            await (self._worked() if isinstance(error, ThrottledError) else self._failed(error, probing=probing))
            raise
        except StorageError:
            self._leave(probing=probing)
            raise
        except PeituError as error:
            is_ours = isinstance(error, ConfigError) and not isinstance(error, ParameterError)
            await (self._stopped(error) if is_ours else self._worked())
            raise
        except BaseException:  # stopped, or a fault of ours: it tells nothing, and another one may probe
            self._leave(probing=probing)
            raise
        await self._worked()

    async def _admit(self, turn: Turn, held: AsyncExitStack, timeout_s: float, waiting: Callable[[str], None]) -> bool:
        """Wait until a submit may go out and enter its turn in `held`; return whether it is the one that probes."""
        give_up_at = self._clock() + timeout_s
        told = False
        while True:
            probing = self._may_probe()
            if probing or self._reason is None:
                try:
                    await held.enter_async_context(turn())
                except BaseException:
                    self._leave(probing=probing)
                    raise
                if probing or self._reason is None:
                    return probing
                # Meanwhile another submit has found out that the provider is down.
                await held.aclose()
            if isinstance(self._reason, ConfigError):
                # A new one each time: a raised exception collects the traceback of everyone who got it.
                raise type(self._reason)(str(self._reason))
            if self._clock() >= give_up_at:
                raise UnavailableError(f"{self.provider} is down and did not come back in time: {self._reason}")
            if not told:
                waiting(f"{self.provider} is down: {self._reason}")
                told = True
            next_look = give_up_at if self._probing else min(give_up_at, self._retry_at)
            await self._pause(next_look - self._clock())

    def _may_probe(self) -> bool:
        """Become the one submit that finds out whether the provider is back, if it is time and no other does."""
        if self._reason is None or self._probing or self._clock() < self._retry_at:
            return False
        self._probing = True
        return True

    def _leave(self, *, probing: bool) -> None:
        if probing:
            self._probing = False
            self._tell()

    async def _pause(self, seconds: float) -> None:
        """Wait this long, or until something changes."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._changed.wait()
        except TimeoutError:
            return

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _worked(self) -> None:
        was_bad = self._was_bad or self._reason is not None
        self._failures, self._pause_s, self._probing, self._reason = 0, FIRST_PAUSE_S, False, None
        if was_bad:
            self._was_bad = False
            self._tell()
            await self._remember(Standing("working"))

    async def _failed(self, error: PeituError, *, probing: bool) -> None:
        """Pause after a few failures, longer after a failed probe; submits that were under way by then add nothing."""
        self._failures += 1
        self._leave(probing=probing)
        if self._failures >= FAILURES_IN_A_ROW and (probing or self._reason is None):
            self._reason = error
            pause_s, self._pause_s = self._pause_s, min(self._pause_s * 2, LONGEST_PAUSE_S)
            self._retry_at = self._clock() + pause_s
            self._tell()
            await self._remember(Standing("down", str(error), self._now() + timedelta(seconds=pause_s)))

    async def _stopped(self, error: PeituError) -> None:
        resets_at = quota_resets_at(self.provider, self._now()) if isinstance(error, QuotaError) else None
        seconds = (resets_at - self._now()).total_seconds() if resets_at else STOPPED_S
        self._probing, self._reason, self._retry_at = False, error, self._clock() + seconds
        self._tell()
        await self._remember(Standing("stopped", str(error), resets_at))

    async def _remember(self, standing: Standing) -> None:
        if self._standings is not None:
            await self._standings.put(self.provider, self.model, standing)

    async def _recall(self) -> None:
        """Take over from earlier processes what only time can mend: an allowance that is spent until it resets."""
        async with self._recalling:
            if self._known or self._standings is None:
                return
            found = await self._standings.get(self.provider, self.model)
            self._known = True
        self._was_bad = found is not None and found.state != "working"
        if found and found.state == "stopped" and found.until and found.until > self._now():
            self._reason = QuotaError(found.reason)
            self._retry_at = self._clock() + (found.until - self._now()).total_seconds()
