"""One picture from one provider, paid for once: ask the ledger, submit, then collect."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from tools.collect import Collector, kept
from tools.errors import ConfigError, ElsewhereError, LostReplyError, RejectedError, ThrottledError, UnavailableError
from tools.jobs import Job, Made, Report, Service
from tools.leases import Leases
from tools.ledger import Ledger
from tools.ledger_rows import Task, utc_now
from tools.provider import Submission, TaskState
from tools.settle import settle

OTHERS_S = 0.5
"""Pause between looks at an image that another process works on, in seconds."""

SETTLED_S = 6.0
"""How long a new submit waits for the requests of an earlier process to be settled, in seconds."""

Answer = tuple[Task, TaskState | None]


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
        self._collector = Collector(ledger=ledger, client=client, now=now, sleep=sleep)
        self._now = now
        self._sleep = sleep
        self._answers: set[asyncio.Task[Answer]] = set()
        self._one_at_a_time: dict[str, asyncio.Lock] = {}

    async def run(self, job: Job, service: Service, *, report: Report) -> Made:
        """Return the saved picture with its row of the ledger, adopting what the ledger says is under way or done.

        Raises:
            RejectedError: The prompt is refused; only another prompt helps.
            ConfigError: A key, a balance or a parameter is wrong with this provider, or the disk is.
            TaskFailedError, UnavailableError: Not made this time; a new attempt may buy anew.
            OverdueError: Still running at the deadline; a later call adopts it.
            LostReplyError: Nobody knows whether it was paid; held for the user.
            ElsewhereError: Another provider has a task of it; go on there.
        """
        report("queued", provider=service.name)
        await self._settle_first(job, service)
        told = False
        while True:
            async with AsyncExitStack() as lease:
                begun = await self._begin(job, service, report, lease)
                if isinstance(begun, Made):
                    return begun
                if begun is not None:
                    return await self._collector.collect(*begun, job, service, report)
            if not told:
                report("waiting", provider=service.name, reason="another process works on this picture")
                told = True
            await self._sleep(OTHERS_S)

    async def close(self, *, timeout_s: float = 1.5) -> None:
        """Wait for answers to requests under way when their caller was stopped, so that no task id is lost."""
        if self._answers:
            await asyncio.wait(self._answers, timeout=timeout_s)
        self._leases.close()

    async def _settle_first(self, job: Job, service: Service) -> None:
        """Settle what a dead process left unanswered before anybody submits anew: alone, the match is certain."""
        known = await self.ledger.open_task(job.run_id, job.image_index, job.picture)
        if known is None or known.status != "intent" or known.provider != service.name:
            return
        if await self._leases.take(job.run_id, job.image_index):
            try:
                await settle(known, service, ledger=self.ledger, sleep=self._sleep)
            finally:
                await self._leases.release(job.run_id, job.image_index)

    @asynccontextmanager
    async def _unanswered(self, job: Job, service: Service) -> AsyncIterator[None]:
        """Let one request alone be without an answer where a lost one costs money, to tell it from all others."""
        if service.on_lost_reply == "resubmit":
            yield
            return
        async with self._one_at_a_time.setdefault(service.name, asyncio.Lock()):
            give_up_at = self._now() + timedelta(seconds=SETTLED_S)
            while await self.ledger.has_intent(job.run_id, service.name) and self._now() < give_up_at:
                await self._sleep(0.05)
            yield

    async def _begin(
        self, job: Job, service: Service, report: Report, lease: AsyncExitStack
    ) -> Made | tuple[Task, TaskState] | None:
        """Bring the task to its end at the provider, in one of its places; `None` while another has the image."""
        async with service.limiter.slot():
            if not await self._leases.take(job.run_id, job.image_index):
                return None
            lease.push_async_callback(self._leases.release, job.run_id, job.image_index)
            known = await self.ledger.open_task(job.run_id, job.image_index, job.picture)
            if known and known.status == "saved" and (saved := await asyncio.to_thread(kept, job)):
                return Made(saved, known)
            if known and known.provider != service.name:
                raise ElsewhereError(f"{known.provider} has a task of this picture")
            task, ready = await (
                self._adopt(known, job, service, report) if known else self._submit(job, service, report)
            )
            report("submitted", provider=service.name)
            return task, ready or await self._collector.wait(task, service, report)

    async def _adopt(self, task: Task, job: Job, service: Service, report: Report) -> Answer:
        """Go on with a task of the ledger; buy anew only where its loss costs nothing."""
        if task.task_id:
            return task, None
        found = await settle(task, service, ledger=self.ledger, sleep=self._sleep)
        return (found, None) if found else await self._submit(job, service, report)

    async def _submit(self, job: Job, service: Service, report: Report) -> Answer:
        """Submit when the provider is well and it is our turn; refused for haste, again and more slowly."""
        give_up_at = self._now() + timedelta(seconds=service.deadline_s)

        def waiting(reason: str) -> None:
            report("waiting", provider=service.name, reason=reason)

        while True:
            try:
                async with (
                    service.health.attempt(turn=service.limiter.turn, timeout_s=job.patience_s, waiting=waiting),
                    self._unanswered(job, service),
                ):
                    answer = await self._to_the_end(self._submit_once(job, service))
            except ThrottledError as error:
                left_s = (give_up_at - self._now()).total_seconds()
                pause_s = service.limiter.slow_down(error.retry_after_s)
                if pause_s > left_s:
                    raise
                waiting(f"{service.name} asks for {pause_s:.0f} s of patience")
            else:
                service.limiter.recover()
                return answer

    async def _to_the_end(self, answer: Coroutine[Any, Any, Answer]) -> Answer:
        """Await `answer` so that it goes on to the ledger even when we are cancelled meanwhile."""
        under_way = asyncio.create_task(answer)
        self._answers.add(under_way)
        under_way.add_done_callback(self._answers.discard)
        return await asyncio.shield(under_way)

    async def _submit_once(self, job: Job, service: Service) -> Answer:
        provider = service.provider
        request = replace(job.request, request_id=str(uuid4()))
        task = await self.ledger.intend(
            job.run_id,
            job.image_index,
            provider=provider.name,
            model=provider.model,
            request=request,
            picture=job.picture,
        )
        try:
            submission = await provider.submit(request)
        except ThrottledError as error:
            await self.ledger.throttled(task, str(error))
            raise
        except (UnavailableError, RejectedError, ConfigError) as error:
            await self.ledger.failed(task, str(error))
            raise
        except LostReplyError as error:
            task = await self.ledger.unknown(task, str(error))
            found = await settle(task, service, ledger=self.ledger, sleep=self._sleep)
            if found is None:
                raise UnavailableError(str(error)) from error
            return found, None
        task = await self._written(task, submission)
        return task, TaskState(status="succeeded", urls=submission.urls) if submission.urls else None

    async def _written(self, task: Task, submission: Submission) -> Task:
        try:
            return await self.ledger.submitted(task, task_id=submission.task_id, request_id=submission.request_id)
        except ConfigError as error:
            paid = (
                f"{task.provider} made task {submission.task_id}, which may be paid, and it could not be written down"
            )
            raise ConfigError(f"{paid}: {error}") from error
