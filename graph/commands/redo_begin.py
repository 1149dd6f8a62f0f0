"""Find the run of which `peitu redo` makes a picture again: a recorded run, or a segment that its batch skipped."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tools.errors import InputError

if TYPE_CHECKING:
    from graph.build import Workflow
    from graph.events import Watch
    from graph.state import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A run to redo a picture of.

    `run` is as from `tools.sqlite.records.find_run`, `None` for a skipped segment; `segment` is as from `find_segment`,
    `None` outside of batches; `pictures` are those that a skipped segment has.
    """

    run: Mapping[str, Any] | None
    segment: Mapping[str, Any] | None
    pictures: list[dict[str, Any]]

    @property
    def overrides(self) -> dict[str, Any]:
        """The settings of the run's batch that replace those of the configuration."""
        return {"output_dir": (self.segment or {}).get("options", {}).get("output_dir")}

    def size(self, index: int) -> str | None:
        """Return the size of the planned picture, where it is known."""
        prompts = ((self.run or {}).get("plan") or {}).get("prompts", [])
        return next((f"{item['width_px']}x{item['height_px']}" for item in prompts if item["index"] == index), None)

    async def record(self, workflow: "Workflow", path: Path, watch: "Watch") -> Mapping[str, Any]:
        """Return the run; a skipped segment first becomes one with its existing pictures, which buys none."""
        from graph import runs
        from tools.sqlite.records import find_run

        if self.run is not None:
            return self.run
        segment = self.segment or {}
        kept = cast("list[Image]", self.pictures)
        await runs.run(workflow, segment["asked"], run_id=segment["run_id"], watch=watch, kept=kept)
        return await asyncio.to_thread(find_run, path, segment["run_id"]) or {}


def find_begun(path: Path, run_id: str) -> Begun:
    """Return the run with this id.

    Raises:
        InputError: There is none, another process works on it, or its batch has to make it first.
    """
    from tools.sqlite.batch_records import find_batch, find_segment
    from tools.sqlite.records import find_run

    segment = find_segment(path, run_id)
    found = find_run(path, run_id)
    if found is not None:
        _check_nobody_works_on(path, found)
        return Begun(run=found, segment=segment, pictures=[])
    if segment is not None:
        return Begun(run=None, segment=segment, pictures=_skipped(path, segment))
    if find_batch(path, run_id):
        raise InputError(f"{run_id!r} is a batch - name one of its runs, e.g. {run_id}-00000 for the first segment")
    raise InputError(f"There is no run {run_id!r} - `peitu runs` lists them")


def _check_nobody_works_on(path: Path, run: Mapping[str, Any]) -> None:
    from tools.sqlite.liveness import find_state

    state = find_state(path, run)
    if state == "running":
        raise InputError(f"Another process is working on run {run['run_id']!r} - wait until it is done, then redo")


def _skipped(path: Path, segment: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the pictures that were there before the batch.

    Raises:
        InputError: Some are missing, so the batch has to be continued first.
    """
    from tools.sqlite.records import find_images

    images = find_images(path, segment["run_id"])
    if len(images) < segment["requested"]:
        batch = segment["batch_id"]
        raise InputError(f"Run {segment['run_id']!r} is not made yet - first continue its batch: peitu resume {batch}")
    return images
