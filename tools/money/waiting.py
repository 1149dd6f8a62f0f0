"""Waiting for submitted tasks: what is known of each model is shared by all its tasks. None of it costs money."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from tools.money.durations import REMEMBERED, Durations
from tools.money.jobs import Report, Service
from tools.money.ledger import Ledger
from tools.money.lookout import Lookout
from tools.money.polling import Polling
from tools.providers.provider import TaskState
from tools.sqlite.task_rows import Task


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
        key = f"{task.provider} {task.model}"
        if key not in self._durations:
            known = await self._ledger.durations(task.provider, task.model, limit=REMEMBERED)
            # Those that took longer missed the deadline, and say nothing about tasks that we wait for.
            self._durations.setdefault(key, Durations(known_s for known_s in known if known_s <= service.deadline_s))
        if key not in self._lookouts:
            self._lookouts[key] = Lookout(service, now=self._now)
        lookout, durations = self._lookouts[key], self._durations[key]
        with lookout.watch(task) as watched:
            polling = Polling(
                watched=watched,
                service=service,
                lookout=lookout,
                durations=durations,
                ledger=self._ledger,
                now=self._now,
                sleep=self._sleep,
            )
            return await polling.until_done(report)
