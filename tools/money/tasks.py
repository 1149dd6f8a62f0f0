"""One picture from one provider, paid for once: ask the ledger, submit, then collect."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import datetime
from functools import partial

import httpx

from tools.clock import utc_now
from tools.errors import ElsewhereError, LostReplyError
from tools.money.collect import Collector, find_again, kept
from tools.money.jobs import Job, Made, Report, Service
from tools.money.leases import Leases
from tools.money.ledger import Ledger
from tools.money.right_of_way import RightOfWay
from tools.money.settle import Settler
from tools.money.submit import Answer, Submitter
from tools.money.waiting import Waiter
from tools.providers.provider import TaskState
from tools.sqlite.task_rows import Task, find_open

OTHERS_S = 0.5
"""Pause in seconds between attempts to take an image or a slot that another process has."""


class TaskRunner:
    """Makes pictures through the ledger, so that a crash at any instant buys none of them twice."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        leases: Leases,
        client: httpx.AsyncClient,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.ledger = ledger
        self._leases = leases
        way = RightOfWay()
        self._waiter = Waiter(ledger=ledger, now=now, sleep=sleep)
        self._collector = Collector(ledger=ledger, client=client, waiter=self._waiter, now=now, sleep=sleep, way=way)
        self._settler = Settler(ledger=ledger, now=now, sleep=sleep)
        self._submitter = Submitter(ledger=ledger, leases=leases, settler=self._settler, now=now, sleep=sleep, way=way)
        self._now = now
        self._sleep = sleep

    async def run(self, job: Job, service: Service, *, report: Report) -> Made:
        """Return the saved picture with its row in the ledger; a task that is under way or done is adopted.

        Raises:
            RejectedError: The prompt is refused; only another prompt helps.
            ConfigError: A key, a balance or a parameter is wrong at this provider, or the file cannot be written.
            TaskFailedError, UnavailableError: Not made this time; a new attempt may buy another one.
            OverdueError: Still running at the deadline, or too slow to fetch; a later call adopts it.
            LostReplyError: Nobody knows whether it was paid; held for the user.
            GoneError: It was saved once, its file is gone, and the provider does not have it any more.
            ElsewhereError: Another provider has a task of it; go on there.
        """
        report("queued", provider=service.name)
        await self._settle_first(job, service)
        with ExitStack() as lease:
            begun = await self._begin(job, service, report, lease)
            if isinstance(begun, Made):
                return begun
            return await self._collector.collect(*begun, job, service, report)

    async def close(self, *, timeout_s: float = 1.5) -> None:
        """Wait for the answers to requests whose callers were stopped, so that no task id is lost."""
        await self._submitter.close(timeout_s=timeout_s)
        self._leases.close()

    async def _settle_first(self, job: Job, service: Service) -> None:
        """Settle a lost reply of a dead process before new requests are sent, which would make the match uncertain."""
        if not job.may_be_known:
            return
        if not _has_no_answer(await self._open_task(job), service):
            return
        if await self._leases.take(job.run_id, job.image_index) == "taken":
            try:
                # Until the lease was ours, its process may have lived and written the answer down.
                if (left := await self._open_task(job)) and _has_no_answer(left, service):
                    # If the list does not settle it, `_answer` looks it up by its prompt: that need not come first.
                    with contextlib.suppress(LostReplyError):
                        await self._settler.settle(left, service)
            finally:
                self._leases.release(job.run_id, job.image_index)

    async def _begin(
        self, job: Job, service: Service, report: Report, lease: ExitStack
    ) -> Made | tuple[Task, TaskState]:
        """Hold a slot until the task has ended at the provider; the lease is given back when `lease` is closed."""
        async with service.limiter.slot(again=job.again):
            known = await self._take(job, service, report)
            lease.callback(self._leases.release, job.run_id, job.image_index)
            if known and (saved := await asyncio.to_thread(kept, job, known)):
                return Made(saved, known if known.status == "saved" else self.ledger.note_saved(known))
            if known and known.provider != service.name:
                raise ElsewhereError(f"{known.provider} has a task of this picture")
            try:
                task, ready = await self._answer(known, job, service, report)
            except asyncio.CancelledError:
                # We keep the lease until the answer is written, so that the next owner finds it in the ledger.
                self._submitter.when_answered(job, lease.pop_all().close)
                raise
            report("submitted", provider=service.name)
            ready = ready or await self._waiter.wait(task, service, report)
            await self._settler.confirm(task, ready, service)
            self._leases.leave(job.run_id, job.image_index)
            return task, ready

    async def _take(self, job: Job, service: Service, report: Report) -> Task | None:
        """Wait for the lease on the image and a slot among the tasks of all processes.

        Returns the task that the image has by then, or `None`.
        """
        known: Task | None = None

        def look(connection: sqlite3.Connection) -> None:
            nonlocal known
            known = find_open(connection, job.run_id, job.image_index, job.picture)

        limiter = service.limiter
        take = partial(self._leases.take, place=limiter.place, room=limiter.max_in_flight, then=look)
        told = ""
        while (taken := await take(job.run_id, job.image_index)) != "taken":
            if told != taken:
                told = taken
                reason = "is working on this picture" if taken == "held" else f"is using every slot at {service.name}"
                report("waiting", provider=service.name, reason=f"another process {reason}")
            await self._sleep(OTHERS_S)
        return known

    async def _answer(self, known: Task | None, job: Job, service: Service, report: Report) -> Answer:
        """Go on with the known task, or submit; a lost reply is looked for by its prompt before it is held."""
        if known and known.status == "saved":
            return known, await find_again(known, service, now=self._now())
        if known and known.task_id:
            return known, None
        try:
            found = await self._settler.settle(known, service) if known else None
            return (found, None) if found else await self._submitter.submit(job, service, report)
        except LostReplyError:
            lost = await self._open_task(job)
            if lost is None or lost.task_id:
                raise
            report("waiting", provider=service.name, reason="a request whose answer was lost is looked for")
            if (found := await self._settler.settle_by_prompt(lost, service)) is None:
                raise
            return found, None

    async def _open_task(self, job: Job) -> Task | None:
        return await self.ledger.open_task(job.run_id, job.image_index, job.picture)


def _has_no_answer(task: Task | None, service: Service) -> bool:
    return task is not None and task.status == "intent" and task.provider == service.name
