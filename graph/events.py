"""What a run tells while it goes on: one schema for the terminal, notebooks, programs and Studio.

Events come as LangGraph's stream mode ``custom``; the nodes write them, and `docs/studio.md` shows them.
"""

from collections.abc import Callable
from typing import Literal, Required

from typing_extensions import TypedDict

EventName = Literal[
    "planned",  # the prompts are there, and approved where that was asked for; `count` pictures will be made
    "queued",  # the image waits for its provider; a sketch waits for nobody
    "waiting",  # something holds it up; `reason` says what
    "submitted",  # the provider has a task of it
    "polled",  # the task is not done yet; `status` and `age_s` say how it stands
    "saved",  # the picture is on the disk, at `path`
    "failed",  # this attempt brought nothing; `error` says why, `kind` is its class; another may follow
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
"""Gets every event of a run: ``{"event": "saved", "run_id": …, "index": 0, …}``."""

WAITS_FOR_APPROVAL = "The prompts are waiting for your approval; nothing has been paid yet"
"""The note of a run that stops before its pictures are made, until somebody has seen the prompts."""
