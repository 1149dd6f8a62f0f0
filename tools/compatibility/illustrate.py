"""Make pictures from finished prompts, synchronously; the functions of Peitu's predecessor call this.

Each call opens and closes everything that it needs. It also works inside a running event loop, e.g. in a notebook.
"""

import asyncio
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tools.compatibility.illustrator import Illustrator
from tools.compatibility.rate_limiter import RateLimiter
from tools.errors import ConfigError, InputError
from tools.loop_thread import LoopThread
from tools.money.jobs import Job
from tools.money.services import KEY_VARIABLES, find_key, open_services
from tools.pictures.files import check_place
from tools.setup.configuration import Settings
from tools.setup.environment import KEY_PAGES
from tools.setup.settings import load_settings

_MOST_PER_S = 1000.0
"""The highest rate that the settings allow, in requests per second."""

_SAVING = 4
"""Workers that download and save, beyond the number that may wait for the provider."""


def illustrate(
    prompts: Mapping[Path, str],
    *,
    provider: str,
    api_key: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    at_once: int | None = None,
    attempts: int | None = None,
    pace: RateLimiter | None = None,
) -> dict[Path, bool]:
    """Make a picture at each path from its prompt, and return which exist now; the log says why one does not.

    `overrides` are settings, as in `load_settings`; `at_once` and the rate of `pace` take precedence over them.
    Problems known before the first request are raised; later failures are `False`, so that other pictures are not lost.

    Raises:
        InputError: A prompt is blank, a path cannot be a picture's, or a limit is no number; nothing was paid.
        ConfigError: No key is set, or a setting, the database or a folder cannot be used; nothing was paid.
    """
    _check_numbers(at_once, attempts, pace)
    keys = {KEY_VARIABLES[provider]: api_key} if api_key else {}
    limits = {
        f"images.{provider}.max_in_flight": at_once,
        f"images.{provider}.rate_per_s": min(pace.rate, _MOST_PER_S) if pace else None,
    }
    arguments = {**(overrides or {}), **{name: value for name, value in limits.items() if value is not None}}
    settings = load_settings(None, arguments)
    _check(prompts, provider, keys)
    with closing(LoopThread()) as thread:
        return thread.run(
            _illustrate(
                prompts,
                settings,
                provider=provider,
                keys=keys,
                attempts=attempts,
                pace=pace,
                workers=(at_once or 1) + _SAVING,
            )
        )


def _check_numbers(at_once: object, attempts: object, pace: object) -> None:
    for name, value in (("number of workers", at_once), ("number of retries", attempts)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise InputError(f"The {name} is {value!r:.40} - give a whole number")
    if pace is not None and not isinstance(pace, RateLimiter):
        raise InputError(
            f"The rate limiter is {pace!r:.40} - give a RateLimiter of tools.modelscope, e.g. RateLimiter(2)"
        )


def _check(prompts: Mapping[Path, str], provider: str, keys: Mapping[str, str]) -> None:
    variable = KEY_VARIABLES[provider]
    if not find_key(variable, keys):
        raise ConfigError(
            f"{variable} is not set, and no api_key was passed - put it in .env; get one at {KEY_PAGES[variable]}"
        )
    for path, prompt in prompts.items():
        if not isinstance(prompt, str) or not prompt.strip():
            raise InputError(f"The prompt for {str(path)!r} is {prompt!r:.40} - say what the picture should show")
        check_place(path)


async def _illustrate(
    prompts: Mapping[Path, str],
    settings: Settings,
    *,
    provider: str,
    keys: Mapping[str, str],
    attempts: int | None,
    pace: RateLimiter | None,
    workers: int,
) -> dict[Path, bool]:
    async with open_services(settings, keys=keys) as opened:
        illustrator = Illustrator(
            service=opened.services[provider], runner=opened.runner, settings=settings, attempts=attempts, pace=pace
        )
        jobs = {path: illustrator.job(prompt, path) for path, prompt in prompts.items()}
        # Requests left by a dead process come first: with no new ones beside them, they are found for certain.
        unsettled = [path for path, job in jobs.items() if await illustrator.is_unsettled(job)]
        first = {path: jobs[path] for path in unsettled}
        rest = {path: job for path, job in jobs.items() if path not in first}
        made = {**await _make_all(illustrator, first, workers), **await _make_all(illustrator, rest, workers)}
    return {path: made[path] for path in prompts}


async def _make_all(illustrator: Illustrator, jobs: Mapping[Path, Job], workers: int) -> dict[Path, bool]:
    results: dict[Path, bool] = {}
    left = iter(jobs.items())

    async def work() -> None:
        for path, job in left:
            results[path] = await illustrator.make(job)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(workers, len(jobs))):
            group.create_task(work())
    return results
