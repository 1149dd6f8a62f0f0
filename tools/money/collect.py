"""From a submitted task to a picture on the disk: poll, download, save. None of it costs money."""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from datetime import datetime

import httpx

from tools.errors import (
    LostReplyError,
    OverdueError,
    RejectedError,
    TaskFailedError,
    ThrottledError,
    UnavailableError,
)
from tools.money.durations import REMEMBERED, Durations
from tools.money.jobs import Job, Made, Report, Service
from tools.money.ledger import KEPT, Ledger
from tools.money.ledger_rows import Task, utc_now
from tools.pictures.images import SavedImage, inspect, is_whole, save_jpeg
from tools.providers.download import download
from tools.providers.provider import TaskState

COLLECT_TRIES = 3
"""How often a finished picture is fetched, each time by a fresh link, before it is left for a later run."""


FETCHES = 8
"""Pictures that are fetched at the same time: more would only take memory."""

POLL_REFUSED_S = 5.0
"""Pause of all polls after one was refused for haste and no time was named."""


class Collector:
    """Waits for tasks and brings their pictures home; writes each step to the ledger as it comes."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        client: httpx.AsyncClient,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._now = now
        self._sleep = sleep
        self._fetches = asyncio.Semaphore(FETCHES)
        # More decoders than processors would be no faster, and each holds a picture's pixels.
        self._saves = asyncio.Semaphore(os.cpu_count() or 1)
        self._durations: dict[str, Durations] = {}

    async def wait(self, task: Task, service: Service, report: Report) -> TaskState:
        """Poll until the task is done. Its deadline counts from the submit, whoever waited for it before.

        Raises:
            TaskFailedError, RejectedError: The provider gave it up, unbilled.
            OverdueError: It is not done at its deadline.
            LostReplyError: The provider does not know it any more.
        """
        durations = await self._known_durations(task)
        # Whoever comes back to a task asks at once if it may be done.
        pause_s = max(0.0, durations.pause(0.0, service.first_poll_s) - task.age_s(self._now()))
        unfinished_s, polls = 0.0, 0
        while True:
            while not await self._rest(pause_s, durations):
                pause_s = durations.pause(task.age_s(self._now()), service.first_poll_s)
            asked_at_s, state = await self._poll(task, service)
            polls += 1
            age_s = task.age_s(self._now())
            if state and state.status == "succeeded":
                took_s = state.duration_s or _estimate(unfinished_s, age_s)
                durations.add(took_s)
                self._ledger.note_succeeded(task, polls=polls, duration_s=round(took_s, 3))
                return state
            unfinished_s = asked_at_s if state else unfinished_s
            status = state.status if state else "no answer"
            report("polled", provider=service.name, status=status, age_s=round(age_s, 1))
            await self._give_up_when_too_old(task, age_s, service, answered=state is not None)
            pause_s = durations.pause(age_s, service.first_poll_s)

    async def _rest(self, seconds: float, durations: Durations) -> bool:
        """Wait so long; `False` when durations became known meanwhile, and the wait is to be thought over.

        While they are not, tasks that were submitted together are asked for at different times: the first that is
        found done tells all others.
        """
        if durations.known.is_set():
            await self._sleep(seconds)
            return True
        resting = asyncio.ensure_future(self._sleep(seconds * random.uniform(0.5, 1.0)))
        hearing = asyncio.ensure_future(durations.known.wait())
        try:
            await asyncio.wait({resting, hearing}, return_when=asyncio.FIRST_COMPLETED)
            return resting.done()
        finally:
            resting.cancel()
            hearing.cancel()

    async def _known_durations(self, task: Task) -> Durations:
        key = f"{task.provider} {task.model}"
        if key not in self._durations:
            known = await self._ledger.durations(task.provider, task.model, limit=REMEMBERED)
            self._durations.setdefault(key, Durations(known))
        return self._durations[key]

    async def _give_up_when_too_old(self, task: Task, age_s: float, service: Service, *, answered: bool) -> None:
        if not answered and age_s > KEPT.total_seconds():
            gone = f"{service.name} keeps a task for 24 hours, and task {task.task_id} is older"
            message = f"{gone} - resume with --resubmit to make the picture anew"
            await self._ledger.unknown(task, message)
            raise LostReplyError(message)
        if age_s > service.deadline_s:
            raise OverdueError(
                f"{service.name} has not finished task {task.task_id} after {age_s:.0f} s - it stays in the "
                "ledger, and resuming the run collects it"
            )

    async def _poll(self, task: Task, service: Service) -> tuple[float, TaskState | None]:
        """Ask once, when it is our turn; return the task's age then, and no state when the service did not answer."""
        await service.limiter.polls.turn()
        age_s = task.age_s(self._now())
        try:
            return age_s, await service.provider.poll(task.task_id or "")
        except ThrottledError as error:
            await service.limiter.polls.slow_down(error.retry_after_s or POLL_REFUSED_S)
            return age_s, None
        except UnavailableError:
            return age_s, None
        except (TaskFailedError, RejectedError) as error:
            await self._ledger.failed(task, str(error))
            raise
        except LostReplyError as error:
            await self._ledger.unknown(task, str(error))
            raise

    async def collect(self, task: Task, ready: TaskState, job: Job, service: Service, report: Report) -> Made:
        """Download and save the picture of a finished task; a broken one is fetched again by a fresh link.

        Raises:
            UnavailableError: It could not be fetched whole this time; the task stays for a later run.
            ConfigError: It cannot be written; the task stays for a later run.
        """
        for tries_left in reversed(range(COLLECT_TRIES)):
            try:
                async with self._fetches:
                    data = await download(ready.urls[0], client=self._client)
                    async with self._saves:
                        saved = await asyncio.to_thread(_save, data, job, task)
                break
            except UnavailableError:
                if not tries_left or not task.task_id:
                    raise
                ready = await self.wait(task, service, report)
        return Made(saved, self._ledger.note_saved(task))


def _estimate(unfinished_s: float, age_s: float) -> float:
    """Return how long a task took that was unfinished at one age and finished at another, in seconds.

    One that was finished when first asked for may have been so at any time: the middle, too, so that the next ones
    are asked for earlier, until one is found unfinished.
    """
    return (unfinished_s + age_s) / 2


def kept(job: Job) -> SavedImage | None:
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
        blank=found.blank,
    )


def _save(data: bytes, job: Job, task: Task) -> SavedImage:
    """Save the picture with what it was made of: the ledger knows, whatever is configured or planned by now."""
    description: dict[str, str | int] = {
        "prompt": task.prompt or job.request.prompt,
        "provider": task.provider,
        "model": task.model,
        "seed": job.request.seed,
    }
    return save_jpeg(data, job.path, quality=job.quality, description=description, label=job.label)
