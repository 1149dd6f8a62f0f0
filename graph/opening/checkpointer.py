"""Open LangGraph's checkpoints, the file `checkpoints.path`, for the command line, Python and Studio's server."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite

from graph.opening.saver import Saver
from tools.errors import ConfigError, StorageError
from tools.pictures.folders import make_folder
from tools.sqlite.connection import advice_on

BUSY_TIMEOUT_S = 60.0
"""How long a step waits for another process that locks the checkpoints, in seconds."""

WAL_PAUSE_S = 0.005
"""Pause between tries to switch a new file to its write-ahead log, in seconds."""


@asynccontextmanager
async def open_checkpoints(path: Path) -> AsyncIterator[Saver]:
    """Open the checkpoints.

    WAL with `synchronous=NORMAL` survives a kill; a power cut may cost the last step, which the ledger covers.

    Raises:
        ConfigError: The file cannot be opened.
    """
    try:
        await asyncio.to_thread(make_folder, path.parent)
        connection = await aiosqlite.connect(path, timeout=BUSY_TIMEOUT_S)
    except (OSError, aiosqlite.Error) as error:
        raise _unusable(path, error) from error
    saver = Saver(connection)
    try:
        await _set_up(saver, path)
        yield saver
    finally:
        # A task cancelled during a write leaves its transaction open, and its cursor may keep it open after the close.
        # LangGraph writes for a run that failed until after its end: with the lock, no write begins in between.
        async with saver.lock:
            with contextlib.suppress(aiosqlite.Error):
                await connection.rollback()
            await connection.close()
            saver.is_closed = True


async def _set_up(saver: Saver, path: Path) -> None:
    try:
        await _use_wal(saver.conn)
        await saver.conn.execute("PRAGMA synchronous=NORMAL")
        await saver.setup()
    except aiosqlite.Error as error:
        raise _unusable(path, error) from error


async def _use_wal(connection: aiosqlite.Connection) -> None:
    """Switch to a write-ahead log; where another process is opening a new file, SQLite does not wait for it."""
    give_up_at = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            await connection.execute("PRAGMA journal_mode=WAL")
        except aiosqlite.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up_at:
                raise
            await asyncio.sleep(WAL_PAUSE_S)
        else:
            return


def _unusable(path: Path, error: Exception) -> ConfigError:
    return ConfigError(f"The checkpoints {str(path)!r} cannot be opened ({error}) - {_advice(error)}")


def unusable(error: Exception) -> StorageError:
    """Return an error of the checkpoints during a run as a `StorageError` that says what to do."""
    return StorageError(f"The checkpoints cannot be used ({error}) - {_advice(error)}")


def _advice(error: Exception) -> str:
    setting = "checkpoints.path"
    return advice_on(error, setting, damaged=f"set {setting} to another file, or move the damaged one away")
