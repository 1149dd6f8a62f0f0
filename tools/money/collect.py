"""Collect: download and save the picture of a finished task. None of it costs money."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import httpx

from tools.errors import (
    GoneError,
    LostReplyError,
    OverdueError,
    RejectedError,
    TaskFailedError,
    ThrottledError,
    UnavailableError,
)
from tools.money.jobs import Job, Made, Report, Service
from tools.money.ledger import KEPT, Ledger
from tools.money.right_of_way import RightOfWay
from tools.money.waiting import Waiter
from tools.pictures.images import SavedImage, describe, inspect, is_whole, save_picture
from tools.providers.download import download
from tools.providers.provider import TaskState
from tools.sqlite.task_rows import Task

COLLECT_TRIES = 3
"""How often a finished picture is fetched, each time by a fresh link, before it is left for a later run."""

COLLECT_S = 120.0
"""Seconds after which it is not fetched again, so that a silent or very slow file host does not hold up the run."""

SAME_LINK_PAUSES_S = (2.0, 4.0, 8.0, 16.0, 30.0, 60.0, 60.0, 60.0)
"""Pauses in seconds between downloads of a picture whose link came with the answer: a later run has no link."""

SAME_LINK_S = 500.0
"""Seconds after which such a picture is not fetched again."""

FETCHES = 8
"""Pictures that are fetched at the same time: more would only take memory."""


class Collector:
    """Downloads and saves the pictures of finished tasks, and notes in the ledger that they are saved."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        client: httpx.AsyncClient,
        waiter: Waiter,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
        way: RightOfWay,
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._waiter = waiter
        self._now = now
        self._sleep = sleep
        self._way = way
        self._fetches = asyncio.Semaphore(FETCHES)
        # More decoders than processors would be no faster, and each holds a picture's pixels.
        self._saves = asyncio.Semaphore(os.cpu_count() or 1)

    async def collect(self, task: Task, ready: TaskState, job: Job, service: Service, report: Report) -> Made:
        """Download and save the picture of a finished task; fetch a broken one again, by a fresh link if possible.

        Raises:
            UnavailableError: It could not be fetched whole this time; the task stays for a later run.
            OverdueError: The same, and it took so long that this run does not try again.
            ConfigError: It cannot be written; the task stays for a later run.
        """
        if task.task_id is None:
            saved = await self._by_the_same_link(task, ready.urls[0], job, service, report)
            return Made(saved, self._ledger.note_saved(task))
        give_up_at = self._now() + timedelta(seconds=COLLECT_S)
        for tries_left in reversed(range(COLLECT_TRIES)):
            try:
                saved = await self._fetch(task, ready.urls[0], job)
                break
            except UnavailableError as error:
                if self._now() > give_up_at:
                    finding = str(error).partition(" - ")[0]
                    raise OverdueError(f"{finding} - resuming the run fetches it again") from error
                if not tries_left:
                    raise
                ready = await self._waiter.wait(task, service, report)
        return Made(saved, self._ledger.note_saved(task))

    async def _by_the_same_link(self, task: Task, url: str, job: Job, service: Service, report: Report) -> SavedImage:
        """Fetch a picture whose link came with the answer, with many tries: the link is stored nowhere."""
        give_up_at = self._now() + timedelta(seconds=SAME_LINK_S)
        for pause_s in SAME_LINK_PAUSES_S:
            try:
                return await self._fetch(task, url, job)
            except UnavailableError as error:
                if self._now() > give_up_at:
                    raise
                report("waiting", provider=service.name, reason=str(error))
                await self._sleep(pause_s)
        return await self._fetch(task, url, job)

    async def _fetch(self, task: Task, url: str, job: Job) -> SavedImage:
        await self._way.give()
        async with self._fetches:
            data = await download(url, client=self._client)
            async with self._saves:
                return await asyncio.to_thread(_save, data, job, task)


async def find_again(task: Task, service: Service, *, now: datetime) -> TaskState:
    """Poll once for a saved picture whose file is gone: its task is over, so that one poll is enough.

    Raises:
        GoneError: The provider does not have it any more.
        UnavailableError: The provider did not answer, or did not find a task that it may still have.
    """
    if task.task_id:
        await service.limiter.polls.turn()
        try:
            state = await service.provider.poll(task.task_id)
            if state.status == "succeeded":
                return state
        except ThrottledError as error:
            # A `ThrottledError` would make the run fail over to another provider, but this picture is paid.
            await service.limiter.pause_polls(error.retry_after_s)
            raise UnavailableError(str(error), retry_after_s=error.retry_after_s) from error
        except UnavailableError:
            if task.age_s(now) <= KEPT.total_seconds():
                raise
        except (TaskFailedError, RejectedError, LostReplyError):
            pass
    raise GoneError(f"The file of a paid picture is gone, and {service.name} keeps it no longer")


def kept(job: Job, task: Task) -> SavedImage | None:
    """Return the picture of this task if it is at its path and whole, else `None`.

    If its row is not `saved` yet, because the process died in between, the metadata of the picture must match the
    task. A request without an answer has no picture.
    """
    if task.submitted_at is None or not is_whole(job.path):
        return None
    if task.status != "saved":
        said = describe(job.path)
        if any(str(said.get(name)) != str(value) for name, value in _said_of(task, job).items()):
            return None
    return inspect(job.path)


def _save(data: bytes, job: Job, task: Task) -> SavedImage:
    return save_picture(
        data,
        job.path,
        quality=job.quality,
        description=_said_of(task, job),
        label=job.label,
        visible_label=job.visible_label,
        keeps_earlier=job.keeps_earlier,
    )


def _said_of(task: Task, job: Job) -> dict[str, str | int]:
    """Return the picture's metadata, with prompt and model from the ledger: settings may have changed since."""
    return {
        "prompt": task.prompt or job.request.prompt,
        "provider": task.provider,
        "model": task.model,
        "seed": job.request.seed,
    }
