"""Tell Studio's server of the runs that it did not begin itself, so that they stand in its list of threads.

The server keeps its list in a file of its own, `.langgraph_api/`, written every 10 seconds: what it had begun in the
last seconds before a kill is known to us, and not to it.
"""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from loguru import logger

from graph.opening.checkpointer import open_checkpoints
from graph.opening.saver import Saver, server_name
from tools.errors import PeituError
from tools.setup.configuration import Settings
from tools.sqlite.lists import list_threads

LOOK_EVERY_S = 1.0
NEWEST = 200
"""So many runs are shown, none of a batch; all of them can be continued with `peitu resume`."""


async def keep_known(settings: Settings) -> None:
    """Look for new runs as long as the server runs, whenever something was written: a look opens the database.

    Opening and closing it makes and removes files, and `langgraph dev` tells of each one in the terminal.
    """
    import httpx
    from langgraph_sdk import get_client
    from langgraph_sdk.errors import LangGraphError

    client = get_client()  # inside the server: it calls without the network
    known: set[str] = set()
    looked_at: list[int] = []
    async with open_checkpoints(settings.checkpoints.path) as saver:
        while True:
            try:
                written_at = await asyncio.to_thread(_written_at, settings.database.path, settings.checkpoints.path)
                if written_at != looked_at:
                    await _introduce(client, saver, settings.database.path, known)
                    looked_at = written_at
            except (LangGraphError, httpx.HTTPError, PeituError, sqlite3.Error) as error:
                logger.warning("Runs of others are not shown in Studio yet: {}", error)
            await asyncio.sleep(LOOK_EVERY_S)


async def _introduce(client: Any, saver: Saver, database_path: Path, known: set[str]) -> None:
    """Make a thread of the server for each new one of ours that has a checkpoint."""
    found = await asyncio.to_thread(list_threads, database_path, limit=NEWEST)
    new = [thread for thread in reversed(found) if thread["thread"] not in known]
    begun = await saver.begun(thread["thread"] for thread in new)
    await saver.introduce(begun)
    for thread in new:
        if thread["thread"] in begun:
            told = {"run": thread["run_id"], "title": thread["title"]}
            name = server_name(thread["thread"])
            await client.threads.create(thread_id=name, if_exists="do_nothing", graph_id="peitu", metadata=told)
            known.add(thread["thread"])


def _written_at(*paths: Path) -> list[int]:
    """Return when the databases and their logs were written last, in nanoseconds; 0 for what is not there."""
    return [_mtime_ns(file) for path in paths for file in (path, path.with_name(f"{path.name}-wal"))]


def _mtime_ns(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:  # A log comes and goes.
        return 0
