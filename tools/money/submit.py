"""Submit: send a paid request when the provider works and it is our turn, after its row was written to the ledger."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tools.errors import (
    ConfigError,
    LostReplyError,
    QuotaError,
    RejectedError,
    StorageError,
    ThrottledError,
    UnavailableError,
)
from tools.money.jobs import Job, Report, Service
from tools.money.leases import Leases
from tools.money.ledger import Ledger
from tools.money.right_of_way import RightOfWay
from tools.money.settle import Settler
from tools.providers.provider import Submission, TaskState
from tools.sqlite.task_rows import Task

SETTLED_S = 6.0
"""How long submits wait for the requests of a process that died to be settled, in seconds."""

LEAST_PATIENCE_S = 10.0
"""A pause that everybody waits for, in seconds, even if the deadline is near or another provider could be asked: it is
the usual one after a 429."""

MOST_TROUBLE_S = 60.0
"""Longest pause of all submits, in seconds, that a service in trouble (503) may ask for: it may be back before."""

WRITTEN_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between tries to write down a task that was made, where the database cannot be written."""

Answer = tuple[Task, TaskState | None]
"""A submitted task, and its final state where the provider answered with the picture itself."""


class Submitter:
    """Submits, and writes the answer down even if the caller is stopped meanwhile."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        leases: Leases,
        settler: Settler,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
        way: RightOfWay,
    ) -> None:
        self._ledger = ledger
        self._leases = leases
        self._settler = settler
        self._now = now
        self._sleep = sleep
        self._way = way
        self._answers: dict[Job, asyncio.Task[Answer]] = {}
        self._settled_by: dict[str, datetime] = {}

    async def submit(self, job: Job, service: Service, report: Report) -> Answer:
        """Submit the job and return its task; see `Answer`.

        After a refusal for haste it is sent again, more slowly: until the deadline or, if it may fail over, for
        `LEAST_PATIENCE_S`.

        Raises:
            RejectedError, ConfigError, UnavailableError: No task was made; see `tools.providers.provider`.
            LostReplyError: Nobody knows whether one was made.
        """
        give_up_at = self._now() + timedelta(seconds=service.deadline_s)

        def waiting(reason: str) -> None:
            report("waiting", provider=service.name, reason=reason)

        def latest_turn() -> datetime:
            soon = self._now() + timedelta(seconds=LEAST_PATIENCE_S)
            return soon if job.may_fail_over else max(soon, give_up_at)

        for refusals in itertools.count(1):
            try:
                async with service.health.attempt(
                    turn=lambda: self._turn(service, latest_turn(), waiting, again=job.again),
                    timeout_s=0.0 if job.may_fail_over else service.deadline_s,
                    waiting=waiting,
                ):
                    with self._way.taken():
                        return await self._to_the_end(job, self._submit_once(job, service))
            except ThrottledError as error:
                if refusals == 1 and job.may_fail_over:
                    give_up_at = min(give_up_at, self._now() + timedelta(seconds=LEAST_PATIENCE_S))
                pause_s = await service.limiter.submits.slow_down(error.retry_after_s)
                if self._now() + timedelta(seconds=pause_s) > give_up_at or refusals == job.most_refusals:
                    raise
                waiting(f"{service.name} asks for {pause_s:.0f} s of waiting")
        raise AssertionError("unreachable")

    def when_answered(self, job: Job, then: Callable[[], None]) -> None:
        """Call `then` once the request of this job is answered and written down; at once if none is under way."""
        if answer := self._answers.get(job):
            answer.add_done_callback(lambda _: then())
        else:
            then()

    async def close(self, *, timeout_s: float) -> None:
        """Wait for answers to requests under way when their caller was stopped, so that no task id is lost."""
        if self._answers:
            await asyncio.wait(self._answers.values(), timeout=timeout_s)

    @asynccontextmanager
    async def _turn(
        self, service: Service, latest: datetime, waiting: Callable[[str], None], *, again: bool
    ) -> AsyncIterator[None]:
        """Wait for our turn; where a lost answer costs money, few requests are out at once, to tell them apart.

        A long pause is waited for outside the line: those with less patience need not stand behind us.

        Raises:
            QuotaError: The provider asked for a pause, here or in another process, that ends after `latest`.
        """
        while True:
            async with AsyncExitStack() as place:
                if service.on_lost_reply == "hold":
                    await place.enter_async_context(service.limiter.unanswered(again=again))
                    settled_by = self._settled_by.setdefault(service.name, self._now() + timedelta(seconds=SETTLED_S))
                    while self._now() < settled_by and await self._leases.has_abandoned(service.name):
                        await self._sleep(0.05)
                # At a low rate the next turn is far ahead without a pause.
                in_line_s = max(LEAST_PATIENCE_S, 2 * service.limiter.submits.spacing_s)
                if not (pause_s := await service.limiter.submits.turn(again=again, patience_s=in_line_s)):
                    yield
                    return
            asked = f"{service.name} asked for a pause, and {pause_s:.0f} s of it are left"
            if self._now() + timedelta(seconds=pause_s) > latest:
                raise QuotaError(f"{asked} - resume the run then")
            waiting(asked)
            await self._sleep(pause_s)

    async def _to_the_end(self, job: Job, answer: Coroutine[Any, Any, Answer]) -> Answer:
        """Await `answer`; if we are cancelled, it still goes on until the ledger has it."""

        def over(ended: asyncio.Task[Answer]) -> None:
            self._answers.pop(job)
            if not ended.cancelled():
                ended.exception()  # nobody may be left to retrieve it, and asyncio would print a warning

        under_way = asyncio.create_task(answer)
        self._answers[job] = under_way
        under_way.add_done_callback(over)
        return await asyncio.shield(under_way)

    async def _submit_once(self, job: Job, service: Service) -> Answer:
        provider = service.provider
        request = replace(job.request, request_id=str(uuid4()))
        known = {"provider": provider.name, "model": provider.model, "picture": job.picture}
        task = await self._ledger.intend(job.run_id, job.image_index, request=request, **known)
        try:
            await service.limiter.submits.go()
            sent_at = time.monotonic()
            submission = await provider.submit(request)
            service.limiter.submits.answered(time.monotonic() - sent_at)
        except ThrottledError as error:
            await self._ledger.throttled(task, str(error))
            raise
        except (UnavailableError, RejectedError, ConfigError) as error:
            await self._ledger.failed(task, str(error))
            if isinstance(error, UnavailableError) and error.retry_after_s:
                await service.limiter.submits.pause(min(error.retry_after_s, MOST_TROUBLE_S))
            raise
        except LostReplyError as error:
            task = await self._ledger.unknown(task, str(error))
            found = await self._settler.settle(task, service)
            if found is None:
                raise UnavailableError(str(error)) from error
            return found, None
        task = await self._written(task, submission)
        return task, TaskState(status="succeeded", urls=submission.urls) if submission.urls else None

    async def _written(self, task: Task, submission: Submission) -> Task:
        """Write the answer down, with several tries: it is the only trace of what was paid."""
        for pause_s in (*WRITTEN_PAUSES_S, None):
            try:
                return await self._ledger.submitted(task, task_id=submission.task_id, request_id=submission.request_id)
            except ConfigError as error:
                if pause_s is None:
                    made = f"{task.provider} made task {submission.task_id}, which may be paid"
                    raise StorageError(f"{made}, and it could not be written down: {error}") from error
                await self._sleep(pause_s)
        raise AssertionError("unreachable")
