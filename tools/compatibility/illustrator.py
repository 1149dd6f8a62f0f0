"""Make pictures from finished prompts with one provider; a failure is returned as `False` and logged.

A picture is identified by provider, model, prompt, size and path. So the same request, repeated after a crash, collects
what was paid for, and an existing picture is not made again.
"""

import asyncio
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from loguru import logger

from tools.clock import utc_now
from tools.compatibility.rate_limiter import RateLimiter
from tools.content.wishes import parse_size
from tools.errors import LostReplyError, OverdueError, PeituError, TaskFailedError, TaskRefusedError, UnavailableError
from tools.money.jobs import Job, Service
from tools.money.ledger import KEPT
from tools.money.tasks import TaskRunner
from tools.pictures.files import set_aside
from tools.pictures.images import describe
from tools.pictures.labels import aigc_label
from tools.providers.adapt import adapt
from tools.providers.http import clean
from tools.providers.provider import ImageRequest
from tools.setup.configuration import Settings

# The errors advise to resume a run, but these pictures belong to none.
_REMEDIES: dict[type[PeituError], str] = {
    OverdueError: "; for this picture that means: make the same call again",
    LostReplyError: (
        "; for this picture that means: make the same call with PEITU_IMAGES__{provider}__ON_LOST_REPLY=resubmit in "
        "the environment"
    ),
}


class Illustrator:
    """Makes pictures with one provider; at most `attempts` tasks for each, or as many as the settings allow."""

    def __init__(
        self,
        *,
        service: Service,
        runner: TaskRunner,
        settings: Settings,
        attempts: int | None,
        pace: RateLimiter | None,
    ) -> None:
        self._service = service
        self._runner = runner
        self._settings = settings
        self._attempts = max(1, service.attempts if attempts is None else attempts)
        # A number given by the caller limits all requests, including those refused with 429: one for each attempt.
        self._most_refusals = None if attempts is None else 1
        self._pace = pace
        self._told: set[str] = set()

    def job(self, prompt: str, path: Path) -> Job:
        """Return the job of a picture, adapted to what the model takes; a change to the request is logged."""
        provider, settings = self._service.provider, self._settings
        width_px, height_px = parse_size(settings.images.size)
        parts = (provider.name, provider.model, clean(prompt), width_px, height_px, os.fsencode(path.absolute()).hex())
        mark = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        asked = ImageRequest(
            prompt=clean(prompt), width_px=width_px, height_px=height_px, seed=int(mark[-8:], 16) % 2**31
        )
        request, notes = adapt(asked, provider)
        for note in notes:
            self._tell(f"is not quite what was asked for: {note}", path)
        run_id = f"{provider.name}-{mark[:16]}"
        return Job(
            run_id=run_id,
            image_index=0,
            request=request,
            path=path,
            quality=settings.images.quality,
            label=aigc_label(f"{run_id}-0", content_producer=settings.labels.content_producer),
            visible_label=settings.labels.visible,
            may_fail_over=False,
            most_refusals=self._most_refusals,
        )

    async def is_unsettled(self, job: Job) -> bool:
        """Tell whether a request for this picture may have been sent by a process that died."""
        task = await self._runner.ledger.open_task(job.run_id, job.image_index, job.picture)
        return task is not None and task.status == "intent"

    async def make(self, job: Job) -> bool:
        """Make the picture unless it exists; return whether it exists now, and log each reason for a failure once."""
        try:
            if not await self._is_there(job):
                await self._buy(job)
        except PeituError as error:
            remedy = _REMEDIES.get(type(error), "").format(provider=self._service.name.upper())
            self._tell(f"was not made: {error}{remedy}", job.path)
            return False
        return True

    async def _is_there(self, job: Job) -> bool:
        """Tell whether exactly this picture is at its path.

        If it was paid and saved, but another picture is there now, or it is gone and too old to be downloaded again,
        its task is marked as refused, so that a new one may be bought.
        """
        task = await self._runner.ledger.open_task(job.run_id, job.image_index, job.picture)
        there = await asyncio.to_thread(_seed_of, job.path, self._service.name)
        saved = task is not None and task.status == "saved"
        if there == job.request.seed and (task is None or saved):
            return True
        if task and saved and (there is not None or task.age_s(utc_now()) > KEPT.total_seconds()):
            await self._runner.ledger.refused(task.id, "its picture is no longer where it was saved")
        return False

    async def _buy(self, job: Job) -> None:
        """Make the picture; try again after a failure that costs nothing, or a lost reply that may be resubmitted."""
        for left in reversed(range(self._attempts)):
            if self._pace:
                await asyncio.sleep(self._pace.reserve())
            try:
                return await self._buy_once(job)
            except (TaskFailedError, UnavailableError) as error:
                if not left or isinstance(error, TaskRefusedError):
                    raise
            except LostReplyError:
                if not left or self._service.on_lost_reply == "hold":
                    raise
                await self._runner.ledger.give_up_unknown(job.run_id)
        raise AssertionError("unreachable")

    async def _buy_once(self, job: Job) -> None:
        made = await self._runner.run(job, self._service, report=_silent)
        if not made.saved.blank:
            return
        # A service's safety filter may answer with an all-black picture instead of an error.
        reason = f"{self._service.name} delivered a picture of one single color"
        if await self._runner.ledger.refused(made.task.id, reason):
            await asyncio.to_thread(set_aside, job.path, str(made.task.id), sha256=made.saved.sha256)
        raise TaskFailedError(reason)

    def _tell(self, what: str, path: Path) -> None:
        """Log a reason for the first picture only: a refused key, for example, is the reason for all."""
        if what not in self._told:
            self._told.add(what)
            # Whoever gets `False` must see why, even after `tools.setup.log.be_quiet` has turned the log off.
            logger.enable(__name__)
            logger.warning("{!r} {}", str(path), what)


def _silent(event: str, **details: Any) -> None:
    """Ignore the event: only final failures are logged here."""


def _seed_of(path: Path, provider: str) -> int | None:
    """Return the seed of the picture at this path, -1 if it is another provider's, `None` if there is no whole one."""
    try:
        found = describe(path)
    except UnavailableError:
        return None
    seed = found.get("seed")
    return seed if found.get("provider") == provider and isinstance(seed, int) else -1
