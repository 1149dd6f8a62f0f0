"""Run a batch in the terminal: show its progress, stop in an orderly way, print and write the report."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from graph.batches.begin import open_leases
from graph.batches.workers import PREPARING, BatchRun
from graph.build import Workflow
from graph.opening.assembly import language_model, uploads_by_default
from graph.opening.providers import Feasible
from graph.terminal.batch_progress import BatchWatcher
from graph.terminal.console import print_json, say
from graph.terminal.next_steps import tell_beside, ways_on_with
from graph.terminal.report import make_report, print_report, write_report
from graph.terminal.stopping import until_stopped
from graph.wiring import open_workflow
from tools.errors import StorageError
from tools.money.leases import Leases
from tools.pictures.files import inside
from tools.setup.configuration import Settings
from tools.sqlite.batch_records import batch_document, count_settled, notes_of
from tools.sqlite.batches import Batches, SegmentRow
from tools.sqlite.liveness import BATCH_INDEX
from tools.sqlite.provenance import asked_sizes, newer_versions, other_prompts
from tools.sqlite.rivals import check_no_rival_at_work, owed_elsewhere
from tools.storyboards.existing import existing_picture
from tools.storyboards.picture_names import picture_names


def follow_batch(
    config: Path | None, settings: Settings, row: Mapping[str, Any], *, as_json: bool, leases: Leases | None = None
) -> NoReturn:
    """Work on the batch, print what came of it, and exit: 0 all is there, 1 something is missing."""
    session = BatchSession(config, settings, row, as_json=as_json, leases=leases)
    document = session.until_stopped(go_on=row["batch_id"])
    if as_json:
        print_json(document)
        if not document["success"]:
            tell_beside(ways_on_with({**document, "run_id": row["batch_id"]}))
    sys.exit(0 if document["success"] else 1)


@asynccontextmanager
async def _lease(leases: Leases, batch_id: str) -> AsyncIterator[None]:
    """Hold the lease on a batch inside the `async with`, as soon as no other process has it."""
    taking = asyncio.create_task(leases.take_when_free(batch_id, BATCH_INDEX))
    try:
        yield
    finally:
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
        leases.release(batch_id, BATCH_INDEX)


class BatchSession:
    """A batch that this process runs; `row` is its row in the table `batches`; `leases` may hold its lease already."""

    def __init__(
        self,
        config: Path | None,
        settings: Settings,
        row: Mapping[str, Any],
        *,
        as_json: bool = False,
        leases: Leases | None = None,
    ) -> None:
        self._config = config
        self._settings = settings
        self._row = row
        self._as_json = as_json
        self._leases = leases or open_leases(settings)
        self._options: Mapping[str, Any] = row["options"]
        self._feasible = Feasible(settings, self._options.get("provider"))
        self._before = batch_document(settings.database.path, row["batch_id"])
        self._watch = BatchWatcher(self._before["requested"])
        self._newer: dict[tuple[str, str], Path] = {}
        self._trouble: str | None = None
        self.leaves_to_others = False
        """Whether pictures were left out because another batch has requests under way for them."""
        self._go_on = f"continue with: peitu resume {row['batch_id']}"

    def until_stopped(self, *, go_on: str) -> dict[str, Any]:
        """Work until everything was tried, and return the result document; the report is written and printed."""

        def last_word() -> None:
            document = self._end(reason=None)
            if self._as_json:
                print_json(document)

        until_stopped(self._work(), go_on=go_on, last_word=last_word)
        try:
            return self._end(reason=self._trouble)
        except StorageError:
            if self._trouble is None:
                raise
            return {**self._before, "success": False, "images": []}  # the same error, printed already

    def _end(self, *, reason: str | None) -> dict[str, Any]:
        """Write the report, print it for people, and return the result document."""
        document = batch_document(self._settings.database.path, self._row["batch_id"], reason=reason)
        made_now = document["count"] - document["skipped"] - (self._before["count"] - self._before["skipped"])
        report = make_report(
            document,
            source=self._row["source"],
            seconds=self._watch.seconds,
            made_now=max(0, made_now),
            other_prompts=other_prompts(self._settings.database.path, self._row["batch_id"]),
            notes=notes_of(self._settings.database.path, self._row["batch_id"]),
            by_model=self._feasible.by_model,
        )
        path = None
        try:
            path = write_report(report, self._settings.output_dir)
        except StorageError as error:
            say(str(error))
        if not self._as_json:
            print_report(report, path=path)
        return document

    async def _work(self) -> None:
        leases, overrides = self._leases, {"output_dir": str(self._settings.output_dir)}
        try:
            owed = await self._take_lease()
            lease = _lease(leases, self._row["batch_id"])
            async with lease, open_workflow(self._config, overrides=overrides) as workflow:
                await self._work_with(workflow, Batches(leases.database), owed)
        finally:
            leases.close()
            await leases.database.close()

    async def _take_lease(self) -> dict[str, str]:
        """Take the lease on the batch, and return the pictures that are left to other batches, see `BatchRun`."""
        leases, batch_id, options = self._leases, self._row["batch_id"], self._options
        path = self._settings.database.path
        # Where the lease is ours already, the same was checked when it was taken.
        await leases.take(batch_id, BATCH_INDEX, then=lambda db: check_no_rival_at_work(db, path, batch_id, options))
        owed = await leases.database.read(lambda db: owed_elsewhere(db, batch_id, options))
        self.leaves_to_others = bool(owed)
        for other, count in Counter(owed.values()).items():
            say(f"batch {other} has {count} of its pictures under way - first continue with: peitu resume {other}")
        return owed

    async def _work_with(self, workflow: Workflow, batches: Batches, owed: Mapping[str, str]) -> None:
        path, batch_id = self._settings.database.path, self._row["batch_id"]
        await batches.reopen(batch_id)
        # Pictures whose files are gone since are made again.
        self._before["count"] -= await batches.reopen_lost(batch_id)
        self._newer = await asyncio.to_thread(newer_versions, path)
        self._watch.before = await asyncio.to_thread(count_settled, path, batch_id)
        reads = language_model(self._settings) is not None
        workers = self._options.get("workers") or self._feasible.workers(reads=reads)
        with self._watch:
            run = BatchRun(
                workflow,
                batch_id,
                batches=batches,
                existing=self._existing,
                observer=self._watch,
                preparing=workers if reads else PREPARING,
                uploads=uploads_by_default(self._settings),
                owed=owed,
            )
            await self._to_the_end(run, workers)
        if self._trouble is None:
            await batches.finish(batch_id)
        self._trouble = self._trouble or run.given_up

    async def _to_the_end(self, run: BatchRun, workers: int) -> None:
        try:
            await run.work_off(workers)
            if run.given_up:
                say(f"the next segments would fail alike and were not tried - fix it, then {self._go_on}")
        except StorageError as error:
            self._trouble = str(error)
            say(f"{error} - the batch stopped there; fix it, then {self._go_on}")

    def _existing(self, segment: SegmentRow) -> list[dict[str, Any]]:
        """Return the existing pictures of a segment that are whole and have the right size; reads the disk."""
        sizes = self._feasible.sizes(segment.asked.get("size"))
        find = partial(existing_picture, sizes=sizes, asked=partial(asked_sizes, self._settings.database.path))
        found = []
        for index, name in enumerate(picture_names(segment.asked["filename"], segment.requested)):
            path = Path(inside(self._settings.output_dir, name).as_posix())
            picture = find(path, index=index)
            if picture and (newer := self._newer.get((picture["path"], picture["sha256"]))):
                picture = find(newer, index=index) or picture
            if picture is not None:
                found.append(picture)
        return found
