"""Register runs that Studio's server did not begin itself, so that they appear in its list of threads.

The server writes its list to its own folder, `.langgraph_api/`, every 10 seconds: runs that it began in the last
seconds before a kill are in our database only.
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
"""How many runs are registered at most, none of them of a batch; `peitu resume` can continue all."""


async def keep_known(settings: Settings) -> None:
    """Register new runs as long as the server runs, each time one of the two databases was written.

    Not at every interval: opening and closing the database creates and deletes files, and `langgraph dev` reports each
    one in the terminal.
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
    """Create a thread in the server for each new one of ours that has a checkpoint; add it to `known`."""
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
    """Return when the databases and their write-ahead logs were last written, in nanoseconds; 0 for a missing file."""
    return [_mtime_ns(file) for path in paths for file in (path, path.with_name(f"{path.name}-wal"))]


def _mtime_ns(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:  # e.g. a log, which SQLite creates and deletes
        return 0
