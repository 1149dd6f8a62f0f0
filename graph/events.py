"""The events of a run: one schema for the terminal, notebooks, programs and Studio.

The nodes write them; they arrive in LangGraph's stream mode ``custom``. `docs/studio.md` shows examples.
"""

from collections.abc import Callable
from typing import Literal, Required

from typing_extensions import TypedDict

EventName = Literal[
    "planned",  # the prompts are written, and approved if that was asked for; `count` pictures will be made
    "queued",  # the image waits for its provider; a sketch waits for nobody
    "waiting",  # something delays it; `reason` says what
    "submitted",  # the provider has a task for it
    "polled",  # the task is not done yet; `status` is the provider's, `age_s` the task's age
    "saved",  # the picture is on the disk, at `path`
    "failed",  # this attempt failed; `error` says why, `kind` is its class; another attempt may follow
    "uploaded",  # the picture is in the bucket, at `url`
    "upload failed",  # it is not, and `error` says why
]


class Event(TypedDict, total=False):
    """One thing that happened; `index` counts the images of a run from 0 and is missing in ``planned``."""

    event: Required[EventName]
    run_id: Required[str]
    index: int
    count: int
    provider: str
    status: str
    age_s: float
    reason: str
    error: str
    kind: str
    path: str
    url: str


Watch = Callable[[Event], None]
"""Called with every event of a run, e.g. ``{"event": "saved", "run_id": …, "index": 0, …}``."""

WAITS_FOR_APPROVAL = "The prompts are waiting for your approval; nothing has been paid yet"
"""The note of a run that waits for a review of its prompts."""
