"""One SQLite file behind one writer thread, so that a row is on the disk when a call returns.

Everything waiting is committed together (group commit): a burst of a hundred rows costs one flush to the disk
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

from tools.sqlite.connection import connect, explain

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]
WorkQueue = queue.SimpleQueue[tuple[Work, Future[Any]] | None]

GROUP_SIZE = 500  # most units of work in one commit


class Database:
    """A SQLite file: `write` is on the disk when it returns, `read` sees all that was written.

    The file is opened by the first call. `close` waits until everything handed in is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._work: WorkQueue = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._start = threading.Lock()

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` inside a transaction and return its result once that is committed.

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
                # A queue of its own: the end of an earlier thread is none of this one's business.
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
            group, last = _next_group(work)
            try:
                connection = connection or connect(self.path)
                _commit(connection, group, self.path)
            except (OSError, sqlite3.Error) as error:
                _fail(group, explain(error, self.path))
            except Exception as error:  # noqa: BLE001 - every caller of the group gets it; the thread lives on
                _fail(group, error)
        if connection is not None:
            connection.close()


def _next_group(work: WorkQueue) -> tuple[list[tuple[Work, Future[Any]]], bool]:
    """Wait for work, then take all that is there; `True` when the thread is to end after it."""
    group: list[tuple[Work, Future[Any]]] = []
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


def _commit(connection: sqlite3.Connection, group: list[tuple[Work, Future[Any]]], path: Path) -> None:
    """Run the group in one transaction; a unit that fails is undone alone, and only its caller hears of it."""
    done: list[tuple[Future[Any], Any]] = []
    connection.execute("BEGIN IMMEDIATE")
    try:
        for work, future in group:
            if future.set_running_or_notify_cancel():
                done.append((future, _attempt(connection, work)))
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    for future, result in done:
        if isinstance(result, _Failure):
            told = isinstance(result.error, sqlite3.Error) and not isinstance(result.error, sqlite3.IntegrityError)
            future.set_exception(explain(result.error, path) if told else result.error)
        else:
            future.set_result(result)


class _Failure:
    def __init__(self, error: Exception) -> None:
        self.error = error


def _attempt(connection: sqlite3.Connection, work: Work) -> Any:
    connection.execute("SAVEPOINT work")
    try:
        result = work(connection)
    except Exception as error:
        if not connection.in_transaction:  # The whole transaction is gone, e.g. the disk is full.
            raise
        connection.execute("ROLLBACK TO work")
        result = _Failure(error)
    connection.execute("RELEASE work")
    return result


def _fail(group: Iterable[tuple[Work, Future[Any]]], error: Exception) -> None:
    for _, future in group:
        if not future.done() and (future.running() or future.set_running_or_notify_cancel()):
            future.set_exception(error)
