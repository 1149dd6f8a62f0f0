"""Poll a submitted task when it is likely done, or look at the provider's list first. None of it costs money."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from tools.errors import LostReplyError, OverdueError, RejectedError, TaskFailedError, ThrottledError, UnavailableError
from tools.money.durations import LEAST_PAUSE_S, Durations
from tools.money.jobs import Report, Service
from tools.money.ledger import KEPT, Ledger
from tools.money.lookout import Lookout, Watched
from tools.providers.provider import TaskState

LATE, LATE_S = 1.5, 1.0
"""A poll at an age of more than `LATE` times the age when it was due, plus `LATE_S`, does not show the duration."""

PATIENCE_S = 10.0
"""How long the first poll of a task waits in a pause of all polls, in seconds, even beyond the deadline."""

NOT_POLLED = TaskState(status="running")
"""Stands for a poll that was not needed: the provider's list shows the task unfinished, or all polls pause."""


@dataclass(slots=True, kw_only=True)
class Polling:
    """The polls of one task until it is done; `lookout` and `durations` are those of its model."""

    watched: Watched
    service: Service
    lookout: Lookout
    durations: Durations
    ledger: Ledger
    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    polls: int = 0

    async def until_done(self, report: Report) -> TaskState:
        """Poll until the task is done and return its last state; see `tools.money.waiting.Waiter.wait`."""
        due_s = self._first_due_s()
        while True:
            while not await self._rest(due_s):
                due_s = self._next_due_s(polled=self.polls > 0)
            state: TaskState | None = NOT_POLLED
            if not await self._is_listed_unfinished():
                state = await self._poll()
                self.polls += 1
            if state and state.status == "succeeded":
                took_s = self._learn(state.duration_s, due_s)
                duration_s = None if took_s is None else round(took_s, 3)
                self.ledger.note_succeeded(self.watched.task, polls=self.polls, duration_s=duration_s)
                return state
            status = state.status if state else "no answer"
            report("polled", provider=self.service.name, status=status, age_s=round(self._age_s(), 1))
            await self._give_up_when_too_old(answered=state is not None)
            due_s = self._next_due_s(polled=state is not NOT_POLLED)

    def _age_s(self) -> float:
        return self.watched.task.age_s(self.now())

    def _first_due_s(self) -> float:
        """Return the age in seconds at which the task is polled first.

        While too little is known it is random, and the first polls of many are spread over seconds: the first task that
        is found done tells all others.
        """
        first_poll_s = self.service.first_poll_s
        pause_s = self.durations.first_pause(first_poll_s, asked_singly=self.lookout.asked_singly(polled=False))
        return pause_s if self.durations.is_known else random.uniform(first_poll_s / 2, pause_s)

    def _next_due_s(self, *, polled: bool) -> float:
        """Return the age in seconds at which the task is polled next; `polled` if it was just now.

        While too little is known it is random as well.
        """
        age_s, singly = self._age_s(), self.lookout.asked_singly(polled=polled)
        first_poll_s, unfinished = self.service.first_poll_s, self.lookout.unfinished
        pause_s = self.durations.pause(age_s, first_poll_s, unfinished, asked_singly=singly)
        return age_s + (pause_s if self.durations.is_known else random.uniform(pause_s / 2, pause_s))

    async def _rest(self, due_s: float) -> bool:
        """Wait until that age, or until the list shows the task over; `False` if the age must be computed anew.

        It does not wait if that age is past, e.g. after a resume.
        """
        seconds = max(0.0, min(due_s, self.service.deadline_s) - self._age_s())
        resting = asyncio.ensure_future(self.sleep(seconds))
        hearing = [asyncio.ensure_future(news.wait()) for news in (self.watched.over, self.durations.news)]
        try:
            await asyncio.wait([resting, *hearing], return_when=asyncio.FIRST_COMPLETED)
            return resting.done() or self.watched.over.is_set()
        finally:
            resting.cancel()
            for piece in hearing:
                piece.cancel()

    async def _is_listed_unfinished(self) -> bool:
        """Tell whether the provider's list shows the task unfinished; otherwise it is to be polled.

        One that has come to the age at which all known tasks were done is likely done: a look would delay its poll.
        """
        age_s, durations = self._age_s(), self.durations
        if durations.are_all_within(age_s) and not durations.are_all_within(self.watched.unfinished_s):
            return False
        return await self.lookout.shows_unfinished(self.watched, usual_s=durations.usual_s(age_s))

    async def _poll(self) -> TaskState | None:
        """Poll once when it is our turn; `None` if the service was asked and did not answer.

        A pause of all polls is waited for up to the deadline; if it lasts longer, the state is `NOT_POLLED`.
        """
        service, watched = self.service, self.watched
        patience_s = max(0.0 if self.polls else PATIENCE_S, service.deadline_s - self._age_s())
        if pause_s := await service.limiter.polls.turn(patience_s=patience_s):
            # A little more, so that the deadline is past then.
            await self.sleep(min(pause_s, patience_s + LEAST_PAUSE_S))
            return NOT_POLLED
        watched.over.clear()  # from here on the poll decides: the list may have been ahead of it
        age_s = self._age_s()
        sent_at = time.monotonic()
        try:
            state = await service.provider.poll(self.watched.task.task_id or "")
            service.limiter.polls.answered(time.monotonic() - sent_at)
        except UnavailableError as error:
            watched.trouble = str(error)
            if isinstance(error, ThrottledError):
                await service.limiter.pause_polls(error.retry_after_s)
            return None
        except (TaskFailedError, RejectedError) as error:
            await self.ledger.failed(self.watched.task, str(error))
            raise
        except LostReplyError as error:
            await self.ledger.unknown(self.watched.task, str(error))
            raise
        watched.trouble = ""
        if state.status != "succeeded":
            watched.unfinished_s = max(watched.unfinished_s, age_s)
        return state

    def _learn(self, told_s: float | None, due_s: float) -> float | None:
        """Remember how long the finished task took, and return it, or `None` if nothing shows it.

        `told_s` is what the provider says, and `due_s` the age at which the task was to be polled.
        """
        age_s = self._age_s()
        # A duration longer than the task's age is wrong, e.g. computed from times in two zones.
        if told_s is not None and told_s <= age_s + LATE_S:
            self.lookout.check(self.watched, told_s)
            # The age counts from the answer to the submit, which was under way, and so will be the poll: together
            # that is a round trip.
            self.durations.add(max(0.0, told_s - self.service.limiter.polls.quickest_s))
            return told_s
        if age_s > LATE * due_s + LATE_S:
            return None  # the poll came far too late, e.g. after the computer slept
        return self.durations.add_between(self.watched.unfinished_s, self.lookout.unfinished_before(age_s), age_s)

    async def _give_up_when_too_old(self, *, answered: bool) -> None:
        age_s, task, name = self._age_s(), self.watched.task, self.service.name
        if not answered and age_s > KEPT.total_seconds():
            gone = f"{name} keeps a task for 24 hours, and task {task.task_id} is older"
            message = f"{gone} - resume with --resubmit to make the picture again"
            await self.ledger.unknown(task, message)
            raise LostReplyError(message)
        if age_s > self.service.deadline_s:
            what = f"has not finished task {task.task_id} after {age_s:.0f} s"
            if self.watched.trouble:
                finding = self.watched.trouble.partition(" - ")[0]
                what = f"does not say after {age_s:.0f} s whether task {task.task_id} is finished ({finding})"
            raise OverdueError(f"{name} {what} - it stays in the ledger, and resuming the run collects it")
