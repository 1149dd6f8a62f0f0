"""The checkpoints of Studio's server, and what it does at its start and its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from graph.opening.checkpointer import open_checkpoints
from graph.opening.saver import Saver
from graph.studio.server import close_server
from tools.setup.settings import load_settings

RUNS_AT_ONCE = 32
"""Runs that Studio's server works on at the same time; mostly they wait for a provider."""


@asynccontextmanager
async def server_checkpoints() -> AsyncIterator[Saver]:
    """Give Studio's server the checkpoints of the command line; see `langgraph.json`.

    The server closes them last, when it has stopped its runs: first the tools are closed, which wait for the answers to
    paid requests. The end of the event loop would cancel these.
    """
    _allow_many_runs()
    settings = await asyncio.to_thread(load_settings)
    async with open_checkpoints(settings.checkpoints.path) as saver:
        try:
            yield saver
        finally:
            await close_server(asyncio.get_running_loop())


def _allow_many_runs() -> None:
    """Let the server work on more than one run at a time.

    `langgraph dev` should take `N_JOBS_PER_WORKER` from the environment or from `langgraph.json`, but it sets it to 1
    itself unless it is started with `--n-jobs-per-worker`. The queue reads it after the checkpoints are open.

    Source: langgraph-api 0.16.7, `run_server` in `langgraph_api/cli.py`, read 2026-11-24.
    """
    from langgraph_api import config  # type: ignore[import-untyped]

    if config.N_JOBS_PER_WORKER == 1:
        config.N_JOBS_PER_WORKER = RUNS_AT_ONCE
