"""One segment of a batch: find its existing pictures, and begin or continue its run."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from graph import runs
from graph.build import Workflow
from graph.events import Watch
from graph.state import Image, InputState, OutputState
from tools.sqlite.batches import Batches, SegmentRow

Existing = Callable[[SegmentRow], list[dict[str, Any]]]
"""Returns the existing pictures of a segment; reads the disk."""


async def look_at(segment: SegmentRow, existing: Existing, batches: Batches) -> tuple[list[dict[str, Any]], bool]:
    """Return the pictures that exist already, and whether the segment's run has begun.

    Those that this run made or has paid for are left out. The database is read after the disk, so that a picture found
    on the disk is in its maker's records by then.
    """
    found = await asyncio.to_thread(existing, segment)
    has_begun = await batches.has_begun(segment.run_id)
    own = await batches.own(segment.run_id) if found and has_begun else set()
    return [picture for picture in found if picture["index"] not in own], has_begun


async def work_on(
    workflow: Workflow, segment: SegmentRow, watch: Watch, kept: list[dict[str, Any]], *, has_begun: bool
) -> OutputState:
    """Begin the segment's run, or continue it if it has begun.

    Raises:
        PeituError: The run could not go on; what it has done stays.
    """
    images = cast("list[Image]", kept)
    asked = dict(segment.asked)
    if not has_begun:
        return await runs.run(
            workflow,
            cast("InputState", asked),
            run_id=segment.run_id,
            watch=watch,
            kept=images,
            durability="exit",
            is_new=True,
        )
    recorded = {"content": asked.pop("content"), "options": asked}
    return await runs.resume(workflow, segment.run_id, recorded=recorded, watch=watch, kept=images, durability="exit")
