"""Begin a batch: write it to the database, or continue an earlier one of the same storyboard."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from graph.terminal.console import say
from graph.terminal.stopping import until_stopped
from tools.errors import InputError
from tools.money.leases import Leases
from tools.setup.configuration import Settings
from tools.sqlite.batch_records import find_batch
from tools.sqlite.batches import Batch, asks_for_the_same, write_batch
from tools.sqlite.database import Database
from tools.sqlite.liveness import BATCH_INDEX
from tools.sqlite.owners import owners_folder
from tools.sqlite.rivals import Rival, at_work, find_rival, writes_here
from tools.storyboards.storyboard import Segment


def begin(
    settings: Settings, batch: Batch, segments: Sequence[Segment], for_all: Mapping[str, Any]
) -> tuple[str, Leases]:
    """Write the whole batch to the database before any segment begins; return its id, and the leases that hold it.

    If an earlier batch asked for the same from this working directory, and was stopped or has requests under way, that
    batch is continued instead.

    Raises:
        InputError: A batch of the storyboard is running, or one that asked for something else has requests under way.
        StorageError: The database cannot be used.
    """
    leases, path = open_leases(settings), settings.database.path
    to_continue: list[Rival] = []  # one at the most

    def write(connection: sqlite3.Connection) -> None:
        to_continue.clear()  # this may run again, see `Database.write`
        rival = find_rival(connection, path, batch.options)
        if rival and can_be_continued(rival, connection):
            to_continue.append(rival)
        elif rival and rival.why:
            raise InputError(rival.why)
        else:
            write_batch(connection, batch, segments, for_all)

    def can_be_continued(rival: Rival, connection: sqlite3.Connection) -> bool:
        return (
            not rival.is_at_work
            and writes_here(connection, rival.batch_id, batch.options)
            and asks_for_the_same(connection, rival.batch_id, segments, for_all)
        )

    async def take() -> str:
        try:
            await leases.take(batch.batch_id, BATCH_INDEX, then=write)
            if to_continue:
                leases.release(batch.batch_id, BATCH_INDEX)
                await _take_over(to_continue[0], leases)
        except BaseException:
            leases.close()
            raise
        finally:
            await leases.database.close()
        return to_continue[0].batch_id if to_continue else batch.batch_id

    name = until_stopped(take(), go_on=batch.batch_id, has_begun=lambda: find_batch(path, batch.batch_id) is not None)
    return name, leases


async def _take_over(rival: Rival, leases: Leases) -> None:
    if await leases.take(rival.batch_id, BATCH_INDEX) != "taken":  # another process was quicker
        raise InputError(at_work(rival.batch_id))
    say(f"batch {rival.batch_id} of this storyboard is unfinished - continuing it")


def open_leases(settings: Settings) -> Leases:
    """Return the leases of this process on batches; nothing is opened before the first one is taken."""
    return Leases(Database(settings.database.path), owners_folder(settings.database.path))
