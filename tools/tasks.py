"""One picture from one provider, paid for once: ask the ledger, submit, poll, download, save."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

import httpx

from tools.download import download
from tools.errors import (
    ConfigError,
    LostReplyError,
    OverdueError,
    RejectedError,
    TaskFailedError,
    ThrottledError,
    UnavailableError,
)
from tools.images import SavedImage, inspect, is_whole, save_jpeg
from tools.ledger import Ledger, Task, utc_now
from tools.limits import Limiter
from tools.provider import ImageProvider, ImageRequest, TaskState

POLL_AT_MOST_S = 5.0
"""Longest pause between two polls of a task, in seconds."""

LOOK_BACK = timedelta(seconds=30)
LOOK_AHEAD = timedelta(seconds=120)
"""How far a task's time at the provider may lie from the time of our intent: clocks differ, a request may queue."""

LOOK_UP_PAUSES_S = (0.0, 1.0, 3.0)
"""Seconds before each look at the provider's list; a task may appear there a moment after it was made."""

COLLECT_TRIES = 3
"""How often a finished picture is fetched, each time by a fresh link, before it is left for a later run."""


class Report(Protocol):
    """Tells whoever watches how far an image is, e.g. ``report("submitted", provider="dashscope")``."""

    def __call__(self, event: str, **details: Any) -> None:
        """Take note of the event."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A picture to be made, and where it goes."""

    run_id: str
    image_index: int
    request: ImageRequest
    path: Path
    quality: int = 92
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A provider with the rules by which it is used; times in seconds."""

    provider: ImageProvider
    limiter: Limiter
    deadline_s: float
    attempts: int
    on_lost_reply: Literal["hold", "resubmit"]
    first_poll_s: float = 1.0

    @property
    def name(self) -> str:
        """The provider's name, as in the configuration."""
        return self.provider.name


def poll_pause(age_s: float, first_poll_s: float) -> float:
    """Return the seconds until the next poll: a seventh of the task's age, so that lateness stays small against the wait."""
    return min(max(first_poll_s, age_s / 7), POLL_AT_MOST_S)


class TaskRunner:
    """Makes pictures through the ledger, so that a crash at any instant buys none of them twice."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        client: httpx.AsyncClient,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.ledger = ledger
        self._client = client
        self._now = now
        self._sleep = sleep
        self._answers: set[asyncio.Task[Any]] = set()

    async def run(self, job: Job, service: Service, *, report: Report) -> SavedImage:
        """Return the saved picture, adopting what the ledger says is under way or done.

        Raises:
            RejectedError: The prompt is refused; only another prompt helps.
            ConfigError: A key, a balance or a parameter is wrong with this provider.
            TaskFailedError, UnavailableError: Not made this time; a new attempt may buy anew.
            OverdueError: Still running at the deadline; a later call adopts it.
            LostReplyError: Nobody knows whether it was paid; held for the user.
        """
        report("queued", provider=service.name)
        task = await self.ledger.open_task(job.run_id, job.image_index)
        if task and task.status == "saved" and (kept := await asyncio.to_thread(_kept, job)):
            return kept
        async with service.limiter.slot():
            task, ready = await self._adopt(task, job, service) if task else await self._submit(job, service)
            report("submitted", provider=service.name)
            ready = ready or await self._wait(task, service, report)
        return await self._collect(task, ready, job, service, report)

    async def close(self, *, timeout_s: float = 2.0) -> None:
        """Wait for answers to requests that were under way when their caller was stopped, so that no task id is lost."""
        if self._answers:
            await asyncio.wait(self._answers, timeout=timeout_s)

    async def _adopt(self, task: Task, job: Job, service: Service) -> tuple[Task, TaskState | None]:
        """Go on with a task of the ledger; buy anew only where its loss costs nothing."""
        if task.task_id:
            return task, None
        found = await self._settle(task, service)
        return (found, None) if found else await self._submit(job, service)

    async def _settle(self, task: Task, service: Service) -> Task | None:
        """Find the task of a request whose answer was lost; `None` when it may be sent again."""
        if found := await self._look_up(task, service):
            return found
        if service.on_lost_reply == "resubmit":
            await self.ledger.failed(task, "its answer was lost, and on_lost_reply allows to send it again")
            return None
        message = (
            f"{service.name} may have taken the request of {task.intended_at:%Y-%m-%d %H:%M:%S} UTC, but its answer was lost "
            "and its list of tasks does not settle it - held, so that nothing is paid twice"
        )
        await self.ledger.unknown(task, message)
        raise LostReplyError(message)

    async def _look_up(self, task: Task, service: Service) -> Task | None:
        """Return the task adopted from the provider's list, or `None` where the match is not certain.

        Other requests of that moment may still wait for their answers, each of which takes a task off the list: so it
        looks again.
        """
        for pause_s in LOOK_UP_PAUSES_S:
            await self._sleep(pause_s)
            listed = await service.provider.list_tasks(task.intended_at - LOOK_BACK, task.intended_at + LOOK_AHEAD)
            if listed is None:
                return None
            ids = {entry.task_id for entry in listed if entry.model == task.model}
            if found := await self.ledger.claim(task, ids, around=LOOK_AHEAD):
                return found
        return None

    async def _submit(self, job: Job, service: Service) -> tuple[Task, TaskState | None]:
        give_up_at = self._now() + timedelta(seconds=service.deadline_s)
        pause_s = 1.0
        while True:
            await service.limiter.turn()
            try:
                return await self._to_the_end(self._submit_once(job, service))
            except ThrottledError as error:
                if self._now() >= give_up_at:
                    raise
                pause_s = min(pause_s * 2, 60.0)
                service.limiter.pause(error.retry_after_s or pause_s)

    async def _to_the_end(
        self, answer: Coroutine[Any, Any, tuple[Task, TaskState | None]]
    ) -> tuple[Task, TaskState | None]:
        """Await `answer` so that it goes on to the ledger even when we are cancelled meanwhile."""
        under_way = asyncio.create_task(answer)
        self._answers.add(under_way)
        under_way.add_done_callback(self._answers.discard)
        return await asyncio.shield(under_way)

    async def _submit_once(self, job: Job, service: Service) -> tuple[Task, TaskState | None]:
        provider = service.provider
        task = await self.ledger.intend(
            job.run_id, job.image_index, provider=provider.name, model=provider.model, request=job.request
        )
        try:
            submission = await provider.submit(job.request)
        except ThrottledError as error:
            await self.ledger.throttled(task, str(error))
            raise
        except (UnavailableError, RejectedError, ConfigError) as error:
            await self.ledger.failed(task, str(error))
            raise
        except LostReplyError as error:
            found = await self._settle(await self.ledger.unknown(task, str(error)), service)
            if found is None:
                raise UnavailableError(str(error)) from error
            return found, None
        task = await self.ledger.submitted(task, task_id=submission.task_id, request_id=submission.request_id)
        return task, TaskState(status="succeeded", urls=submission.urls) if submission.urls else None

    async def _wait(self, task: Task, service: Service, report: Report) -> TaskState:
        """Poll until the task is done. Its deadline counts from the submit, whoever waited for it before."""
        await self._sleep(max(0.0, service.first_poll_s - task.age_s(self._now())))
        polls = 0
        while True:
            state = await self._poll(task, service)
            polls += 1
            if state and state.status == "succeeded":
                await self.ledger.succeeded(task, polls=polls)
                return state
            age_s = task.age_s(self._now())
            report(
                "polled", provider=service.name, status=state.status if state else "no answer", age_s=round(age_s, 1)
            )
            if age_s > service.deadline_s:
                raise OverdueError(
                    f"{service.name} has not finished task {task.task_id} after {age_s:.0f} s - it stays in the ledger, and "
                    "resuming the run collects it"
                )
            await self._sleep(poll_pause(age_s, service.first_poll_s))

    async def _poll(self, task: Task, service: Service) -> TaskState | None:
        """Ask once; `None` when the service did not answer this time."""
        try:
            return await service.provider.poll(task.task_id or "")
        except UnavailableError:
            return None
        except (TaskFailedError, RejectedError) as error:
            await self.ledger.failed(task, str(error))
            raise
        except LostReplyError as error:
            await self.ledger.unknown(task, str(error))
            raise

    async def _collect(self, task: Task, ready: TaskState, job: Job, service: Service, report: Report) -> SavedImage:
        """Download and save the picture of a finished task; a broken one is fetched again by a fresh link."""
        for tries_left in reversed(range(COLLECT_TRIES)):
            try:
                data = await download(ready.urls[0], client=self._client)
                saved = await asyncio.to_thread(_save, data, job, service.provider)
                break
            except UnavailableError:
                if not tries_left or not task.task_id:
                    raise
                ready = await self._wait(task, service, report)
        await self.ledger.saved(task)
        return saved

    async def discard(self, job: Job, reason: str) -> None:
        """Write down that the image's picture is unusable, so that the next attempt makes a new one."""
        if task := await self.ledger.open_task(job.run_id, job.image_index):
            await self.ledger.failed(task, reason)


def _kept(job: Job) -> SavedImage | None:
    """Return the picture that an earlier run saved, if it is still there and whole."""
    if not is_whole(job.path):
        return None
    found = inspect(job.path)
    return SavedImage(
        path=job.path,
        width_px=found.width_px,
        height_px=found.height_px,
        size_bytes=job.path.stat().st_size,
        sha256=found.sha256,
    )


def _save(data: bytes, job: Job, provider: ImageProvider) -> SavedImage:
    description: dict[str, str | int] = {
        "prompt": job.request.prompt,
        "provider": provider.name,
        "model": provider.model,
        "seed": job.request.seed,
    }
    return save_jpeg(data, job.path, quality=job.quality, description=description, label=job.label)
