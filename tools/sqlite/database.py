"""One SQLite file behind one writer thread; a row is on the disk when a call returns.

Everything that waits is committed together (group commit): a burst of a hundred rows costs one flush to the disk
instead of a hundred. Any event loop, and any thread without one, may use the same object.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from tools.sqlite.connection import FileIdentity, connect, explain

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]
Unit = tuple[Work, Future[Any]]
WorkQueue = queue.SimpleQueue[Unit | None]

GROUP_SIZE = 500  # most units of work in one commit


class Database:
    """A SQLite file: when `write` returns, the data is on the disk; `read` sees everything written before.

    The file is opened by the first call. `close` waits until everything queued is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._work: WorkQueue = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._start = threading.Lock()
        self._identity: FileIdentity | None = None  # kept after `close`, so that reopening never creates another file

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` inside a transaction and return its result once that is committed.

        It is run again, after a rollback, if other work in the same transaction failed.

        Raises:
            StorageError: The file cannot be written; nothing of this work is kept.
        """
        return await asyncio.wrap_future(self.hand_in(work))

    read = write
    """Reads go through the same thread: they are short, and they see every write before them."""

    def hand_in(self, work: Callable[[sqlite3.Connection], T]) -> "Future[T]":
        """Queue `work` and return its future; for callers without an event loop."""
        future: Future[T] = Future()
        with self._start:
            if self._thread is None:
                # A new queue, so that this thread does not get the end mark of an earlier one.
                self._work = queue.SimpleQueue()
                name = "peitu-database"
                self._thread = threading.Thread(target=self._serve, args=(self._work,), name=name, daemon=True)
                self._thread.start()
            self._work.put((work, future))
        return future

    async def close(self) -> None:
        """Write what is waiting and close the file; a later call opens it again."""
        with self._start:
            thread, self._thread = self._thread, None
            if thread is None:
                return
            self._work.put(None)
        await asyncio.to_thread(thread.join)

    def _serve(self, work: WorkQueue) -> None:
        connection: sqlite3.Connection | None = None
        last = False
        while not last:
            units, last = _next_group(work)
            group = [unit for unit in units if unit[1].set_running_or_notify_cancel()]
            try:
                if self._identity is not None:
                    self._identity.check()
                connection = connection or connect(self.path)
                self._identity = self._identity or FileIdentity(self.path)
                _commit(connection, group, self.path)
            except (OSError, sqlite3.Error) as error:
                _fail(group, explain(error, self.path))
            except Exception as error:  # noqa: BLE001 - every caller of the group gets it; the thread lives on
                _fail(group, error)
        if connection is not None:
            connection.close()


def _next_group(work: WorkQueue) -> tuple[list[Unit], bool]:
    """Wait for work, then take all that is queued; also return whether the thread is to end after it."""
    group: list[Unit] = []
    item = work.get()
    while item is not None:
        group.append(item)
        if len(group) == GROUP_SIZE:
            return group, False
        try:
            item = work.get_nowait()
        except queue.Empty:
            return group, False
    return group, True


def _commit(connection: sqlite3.Connection, group: list[Unit], path: Path) -> None:
    """Run the group in one transaction; if a unit fails, each in its own, so that only its caller gets the error.

    A savepoint around every unit would avoid the second attempt, but cost two more statements, after each of which this
    thread waits for the interpreter.
    """
    results: list[Any] = []
    connection.execute("BEGIN IMMEDIATE")
    try:
        try:
            results += [work(connection) for work, _ in group]
        except Exception as error:  # noqa: BLE001 - whatever it is, its caller gets it
            connection.rollback()
            if len(group) > 1:
                for unit in group:
                    _commit(connection, [unit], path)
            else:
                told = isinstance(error, sqlite3.Error) and not isinstance(error, sqlite3.IntegrityError)
                group[0][1].set_exception(explain(error, path) if told else error)
            return
        connection.execute("COMMIT")
    except sqlite3.Error:
        connection.rollback()
        raise
    for (_, future), result in zip(group, results, strict=True):
        future.set_result(result)


def _fail(group: Iterable[Unit], error: Exception) -> None:
    for _, future in group:
        if not future.done():
            future.set_exception(error)
