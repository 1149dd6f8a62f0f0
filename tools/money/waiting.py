"""Waiting for a submitted task: poll it when it is likely done, or look at the list. None of it costs money."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

from tools.errors import LostReplyError, OverdueError, RejectedError, TaskFailedError, ThrottledError, UnavailableError
from tools.money.durations import LEAST_PAUSE_S, REMEMBERED, Durations
from tools.money.jobs import Report, Service
from tools.money.ledger import KEPT, Ledger
from tools.money.lookout import Lookout, Watched
from tools.providers.provider import TaskState
from tools.sqlite.task_rows import Task

LATE, LATE_S = 1.5, 1.0
"""A poll at an age of more than `LATE` times the age when it was due, plus `LATE_S`, does not show the duration."""

PATIENCE_S = 10.0
"""How long the first poll of a task waits in a pause of all polls, in seconds, even beyond the deadline."""

NOT_POLLED = TaskState(status="running")
"""Stands for a poll that was not needed: the provider's list shows the task unfinished, or all polls pause."""


class Waiter:
    """Waits for tasks until each is done, and learns from each how long tasks of its model take."""

    def __init__(
        self, *, ledger: Ledger, now: Callable[[], datetime], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._ledger = ledger
        self._now = now
        self._sleep = sleep
        self._durations: dict[str, Durations] = {}
        self._lookouts: dict[str, Lookout] = {}

    async def wait(self, task: Task, service: Service, report: Report) -> TaskState:
        """Poll until the task is done and return its last state. The deadline counts from the submit, in any process.

        Raises:
            TaskFailedError, RejectedError: The task failed at the provider, unbilled.
            OverdueError: It is not done at its deadline.
            LostReplyError: The provider does not know it any more.
        """
        durations = await self._known_durations(task, service)
        if _key(task) not in self._lookouts:
            self._lookouts[_key(task)] = Lookout(service, now=self._now)
        lookout = self._lookouts[_key(task)]
        with lookout.watch(task) as watched:
            due_s = _first_due_s(service, lookout, durations)
            polls = 0
            while True:
                while not await self._rest(self._left_s(due_s, task, service), durations, watched):
                    due_s = _due_s(task.age_s(self._now()), service, lookout, durations, polled=polls > 0)
                state: TaskState | None = NOT_POLLED
                if not await self._is_listed_unfinished(watched, lookout, durations):
                    state = await self._poll(watched, service, is_first=polls == 0)
                    polls += 1
                age_s = task.age_s(self._now())
                if state and state.status == "succeeded":
                    # A duration longer than the task's age is wrong, e.g. computed from times in two zones.
                    took_s = state.duration_s if (state.duration_s or 0.0) <= age_s + LATE_S else None
                    # A poll that came far too late, e.g. after the computer slept, does not show how long it took.
                    if took_s is not None or age_s <= LATE * due_s + LATE_S:
                        way_s = service.limiter.polls.quickest_s
                        took_s = _learn(watched, took_s, age_s, lookout, durations, way_s=way_s)
                    self._ledger.note_succeeded(task, polls=polls, duration_s=took_s and round(took_s, 3))
                    return state
                status = state.status if state else "no answer"
                report("polled", provider=service.name, status=status, age_s=round(age_s, 1))
                await self._give_up_when_too_old(watched, age_s, service, answered=state is not None)
                due_s = _due_s(age_s, service, lookout, durations, polled=state is not NOT_POLLED)

    def _left_s(self, due_s: float, task: Task, service: Service) -> float:
        """Return the seconds until the task is polled: 0 if that is overdue, e.g. after a resume."""
        return max(0.0, min(due_s, service.deadline_s) - task.age_s(self._now()))

    async def _rest(self, seconds: float, durations: Durations, watched: Watched) -> bool:
        """Wait this long, or until the list shows the task over; `False` if the wait must be computed anew."""
        resting = asyncio.ensure_future(self._sleep(seconds))
        hearing = [asyncio.ensure_future(news.wait()) for news in (watched.over, durations.news)]
        try:
            await asyncio.wait([resting, *hearing], return_when=asyncio.FIRST_COMPLETED)
            return resting.done() or watched.over.is_set()
        finally:
            resting.cancel()
            for piece in hearing:
                piece.cancel()

    async def _is_listed_unfinished(self, watched: Watched, lookout: Lookout, durations: Durations) -> bool:
        """Tell whether the provider's list shows the task unfinished; otherwise it is to be polled.

        One that has come to the age at which all known tasks were done is likely done: a look would delay its poll.
        """
        age_s = watched.task.age_s(self._now())
        if durations.are_all_within(age_s) and not durations.are_all_within(watched.unfinished_s):
            return False
        return await lookout.shows_unfinished(watched, usual_s=durations.usual_s(age_s))

    async def _known_durations(self, task: Task, service: Service) -> Durations:
        key = _key(task)
        if key not in self._durations:
            known = await self._ledger.durations(task.provider, task.model, limit=REMEMBERED)
            # Those that took longer missed the deadline, and say nothing about tasks that we wait for.
            self._durations.setdefault(key, Durations(known_s for known_s in known if known_s <= service.deadline_s))
        return self._durations[key]

    async def _give_up_when_too_old(self, watched: Watched, age_s: float, service: Service, *, answered: bool) -> None:
        task = watched.task
        if not answered and age_s > KEPT.total_seconds():
            gone = f"{service.name} keeps a task for 24 hours, and task {task.task_id} is older"
            message = f"{gone} - resume with --resubmit to make the picture again"
            await self._ledger.unknown(task, message)
            raise LostReplyError(message)
        if age_s > service.deadline_s:
            what = f"has not finished task {task.task_id} after {age_s:.0f} s"
            if watched.trouble:
                finding = watched.trouble.partition(" - ")[0]
                what = f"does not say after {age_s:.0f} s whether task {task.task_id} is finished ({finding})"
            raise OverdueError(f"{service.name} {what} - it stays in the ledger, and resuming the run collects it")

    async def _poll(self, watched: Watched, service: Service, *, is_first: bool) -> TaskState | None:
        """Poll once when it is our turn; `None` if the service was asked and did not answer.

        A pause of all polls is waited for up to the deadline; if it lasts longer, the state is `NOT_POLLED`.
        """
        patience_s = max(PATIENCE_S if is_first else 0.0, service.deadline_s - watched.task.age_s(self._now()))
        if pause_s := await service.limiter.polls.turn(patience_s=patience_s):
            # A little more, so that the deadline is past then.
            await self._sleep(min(pause_s, patience_s + LEAST_PAUSE_S))
            return NOT_POLLED
        watched.over.clear()  # from here on the poll decides: the list may have been ahead of it
        task = watched.task
        age_s = task.age_s(self._now())
        sent_at = time.monotonic()
        try:
            state = await service.provider.poll(task.task_id or "")
            service.limiter.polls.answered(time.monotonic() - sent_at)
        except UnavailableError as error:
            watched.trouble = str(error)
            if isinstance(error, ThrottledError):
                await service.limiter.pause_polls(error.retry_after_s)
            return None
        except (TaskFailedError, RejectedError) as error:
            await self._ledger.failed(task, str(error))
            raise
        except LostReplyError as error:
            await self._ledger.unknown(task, str(error))
            raise
        watched.trouble = ""
        if state.status != "succeeded":
            watched.unfinished_s = max(watched.unfinished_s, age_s)
        return state


def _key(task: Task) -> str:
    return f"{task.provider} {task.model}"


def _first_due_s(service: Service, lookout: Lookout, durations: Durations) -> float:
    """Return the age in seconds at which a new task is polled first.

    While too little is known it is random, and the first polls of many are spread over seconds: the first task that is
    found done tells all others.
    """
    pause_s = durations.first_pause(service.first_poll_s, asked_singly=lookout.asked_singly(polled=False))
    return pause_s if durations.is_known else random.uniform(service.first_poll_s / 2, pause_s)


def _due_s(age_s: float, service: Service, lookout: Lookout, durations: Durations, *, polled: bool) -> float:
    """Return the age in seconds at which a task of this age is polled next; `polled` if it was just now.

    While too little is known it is random as well.
    """
    singly = lookout.asked_singly(polled=polled)
    pause_s = durations.pause(age_s, service.first_poll_s, lookout.unfinished, asked_singly=singly)
    return age_s + (pause_s if durations.is_known else random.uniform(pause_s / 2, pause_s))


def _learn(
    watched: Watched, told_s: float | None, age_s: float, lookout: Lookout, durations: Durations, *, way_s: float
) -> float:
    """Record and return how long a task took that was found done at `age_s`; `told_s` is what the provider says.

    The provider's times need a correction before they say when to poll: the age counts from the answer to the submit,
    which was under way, and so will be the poll. Together that is `way_s`, a round trip.
    """
    if told_s is None:
        return durations.add_between(watched.unfinished_s, lookout.unfinished_before(age_s), age_s)
    lookout.check(watched, told_s)
    durations.add(max(0.0, told_s - way_s))
    return told_s
