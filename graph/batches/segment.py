"""One segment of a batch: what of it is there already, and its run, begun or continued."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from graph import runs
from graph.build import Workflow
from graph.events import Watch
from graph.state import Image, InputState, OutputState
from tools.sqlite.batches import Batches, Part

Existing = Callable[[Part], list[dict[str, Any]]]
"""Returns the pictures of a segment that are there already; looks at the disk."""


async def kept_pictures(part: Part, existing: Existing, batches: Batches) -> list[dict[str, Any]]:
    """Return the pictures that are at their places, but for those that the segment's own run made or has paid for."""
    found = await asyncio.to_thread(existing, part)
    if not found or not part.has_begun:
        return found
    own = await batches.own(part.run_id)
    return [picture for picture in found if picture["index"] not in own]


async def work_on(workflow: Workflow, part: Part, watch: Watch, kept: list[dict[str, Any]]) -> OutputState:
    """Begin the segment's run, or continue it where it was begun before.

    Raises:
        PeituError: The run could not go on; what it has done stays.
    """
    images = cast("list[Image]", kept)
    asked = dict(part.asked)
    if not part.has_begun:
        return await runs.run(
            workflow,
            cast("InputState", asked),
            run_id=part.run_id,
            watch=watch,
            kept=images,
            durability="exit",
            is_new=True,
        )
    recorded = {"content": asked.pop("content"), "options": asked}
    return await runs.resume(workflow, part.run_id, recorded=recorded, watch=watch, kept=images, durability="exit")
