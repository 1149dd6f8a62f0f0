"""Process the segments of a batch with a bounded pool of workers.

Every segment is a LangGraph thread of its own. Segments and results are in the database; memory holds only one page of
segments and the results of the last second.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import ExitStack
from typing import Protocol

from loguru import logger

from graph.batches.segment import Existing, look_at, work_on
from graph.build import Workflow
from graph.events import Event
from graph.opening.checkpointer import unusable
from tools.errors import ConfigError, PeituError, PlaceError, QuotaError, StorageError
from tools.sqlite.batches import Batches, SegmentResult, SegmentRow, Status

PAGE = 200
"""Segments that are read from the database at once."""

FLUSH_S = 1.0
"""Longest that a result waits until it is written; a kill in between costs a look at the records, nothing else."""

HOPELESS = {ConfigError.__name__, QuotaError.__name__, PlaceError.__name__}
"""Failures that every other segment may meet as well: a refused key, an empty balance, a spent allowance, a folder that
cannot be written."""

HOPELESS_IN_A_ROW = 20
"""After this many segments in a row that met them, the rest is not tried."""

PREPARING = 4
"""Segments that are prepared at the same time without a language model. Preparing all at once would make each ready
later, and take the processor from those whose picture could be submitted or collected by then."""


class Observer(Protocol):
    """Receives the progress of a batch; each call must be cheap, since it runs in the event loop."""

    def __call__(self, event: Event) -> None:
        """Receive an event of a run."""
        ...

    def began(self, segment: SegmentRow) -> None:
        """Learn that a worker has begun a segment."""
        ...

    def ended(self, result: SegmentResult) -> None:
        """Receive the result of a segment."""
        ...


class BatchRun:
    """One pass over all segments of a batch that are not finished.

    At most `preparing` segments are read and planned at the same time. `uploads` tells whether pictures are uploaded
    where their segment does not say. `owed` maps the file name of a picture to another batch that has requests under
    way for it: such a picture is not bought here.
    """

    def __init__(
        self,
        workflow: Workflow,
        batch_id: str,
        *,
        batches: Batches,
        existing: Existing,
        observer: Observer,
        preparing: int,
        uploads: bool,
        owed: Mapping[str, str],
    ) -> None:
        self._workflow = workflow
        self._batch_id = batch_id
        self._batches = batches
        self._existing = existing
        self._observer = observer
        self._segments = _segments(batches, batch_id)
        self._next = asyncio.Lock()
        self._results: list[SegmentResult] = []
        self._flushed_at = 0.0
        self._hopeless = 0
        self._preparing = asyncio.Semaphore(preparing)
        self._uploads = uploads
        self._owed = owed
        self.given_up: str | None = None
        """Why the rest was not tried, if so."""

    async def work_off(self, workers: int) -> None:
        """Process every segment; one that fails does not stop the others.

        Raises:
            StorageError: A database or the disk cannot be used; what was made is kept.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(self._work())
        except BaseExceptionGroup as errors:
            raise _first(errors) from None
        finally:
            await self._flush()

    async def _work(self) -> None:
        while self.given_up is None:
            await self._preparing.acquire()
            with ExitStack() as prepared:
                prepared.callback(self._preparing.release)
                async with self._next:
                    segment = await anext(self._segments, None)
                if segment is None or self.given_up is not None:
                    return
                self._observer.began(segment)
                with logger.contextualize(run=segment.run_id):
                    result = await self._result(segment, prepared)
            self._observer.ended(result)
            self._results.append(result)
            if asyncio.get_running_loop().time() - self._flushed_at > FLUSH_S:
                await self._flush()

    async def _flush(self) -> None:
        results, self._results = self._results, []
        self._flushed_at = asyncio.get_running_loop().time()
        if results:
            await self._batches.note(self._batch_id, results)

    async def _result(self, segment: SegmentRow, prepared: ExitStack) -> SegmentResult:
        failures: dict[str, Event] = {}  # the last one of each provider

        def watch(event: Event) -> None:
            if event["event"] != "planned":
                prepared.close()  # from here on it waits for its provider: the next one may begin
            if event["event"] == "failed":
                failures[event.get("provider", "")] = event
            self._observer(event)

        if other := self._owed.get(segment.asked["filename"]):
            error = f"batch {other} has a request under way for it - first continue that one: peitu resume {other}"
            return SegmentResult(segment=segment, status="failed", error=error, errors=(error,))
        try:
            kept, has_begun = await look_at(segment, self._existing, self._batches)
            if len(kept) == segment.requested and not has_begun and not segment.asked.get("upload", self._uploads):
                return SegmentResult(segment=segment, status="skipped", count=len(kept), skipped=len(kept), images=kept)
            found = await work_on(self._workflow, segment, watch, kept, has_begun=has_begun)
        except sqlite3.Error as error:
            raise unusable(error) from error
        except StorageError:
            raise
        except PeituError as error:
            logger.warning("The segment failed: {}", error)
            return SegmentResult(segment=segment, status="failed", error=str(error), errors=(str(error),))
        errors = tuple(str(image["error"]) for image in found["images"] if image["error"])
        self._judge(failures.values(), errors)
        status: Status = "finished" if found["success"] else "failed"
        return SegmentResult(
            segment=segment,
            status=status,
            count=found["count"],
            skipped=len(kept),
            errors=errors,
            notes=tuple(found["notes"]),
        )

    def _judge(self, failures: Collection[Event], errors: tuple[str, ...]) -> None:
        """Stop at once if the disk cannot be used, and after `HOPELESS_IN_A_ROW` segments if the rest would fail alike.

        Raises:
            StorageError: The disk cannot be written; the next picture would fail, too.
        """
        kinds = {event.get("kind") for event in failures}
        if StorageError.__name__ in kinds:
            raise StorageError(next(event["error"] for event in failures if event["kind"] == StorageError.__name__))
        self._hopeless = self._hopeless + 1 if errors and kinds and HOPELESS.issuperset(kinds) else 0
        if self._hopeless >= HOPELESS_IN_A_ROW:
            self.given_up = errors[0]


async def _segments(batches: Batches, batch_id: str) -> AsyncIterator[SegmentRow]:
    after = -1
    while page := await batches.waiting(batch_id, after=after, limit=PAGE):
        for segment in page:
            yield segment
        after = page[-1].number


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
