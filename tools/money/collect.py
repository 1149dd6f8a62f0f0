"""From a finished task to a picture on the disk: download, save. None of it costs money."""

import asyncio
import os

import httpx

from tools.errors import UnavailableError
from tools.money.jobs import Job, Made, Report, Service
from tools.money.ledger import Ledger
from tools.money.ledger_rows import Task
from tools.money.waiting import Waiter
from tools.pictures.images import SavedImage, inspect, is_whole, save_jpeg
from tools.providers.download import download
from tools.providers.provider import TaskState

COLLECT_TRIES = 3
"""How often a finished picture is fetched, each time by a fresh link, before it is left for a later run."""

FETCHES = 8
"""Pictures that are fetched at the same time: more would only take memory."""


class Collector:
    """Brings the pictures of finished tasks home; writes each step to the ledger as it comes."""

    def __init__(self, *, ledger: Ledger, client: httpx.AsyncClient, waiter: Waiter) -> None:
        self._ledger = ledger
        self._client = client
        self._waiter = waiter
        self._fetches = asyncio.Semaphore(FETCHES)
        # More decoders than processors would be no faster, and each holds a picture's pixels.
        self._saves = asyncio.Semaphore(os.cpu_count() or 1)

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
                ready = await self._waiter.wait(task, service, report)
        return Made(saved, self._ledger.note_saved(task))


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
