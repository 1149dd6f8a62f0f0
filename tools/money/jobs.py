"""The types that buying a picture works with: the job, the service that makes it, the result, and event reports."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from tools.money.health import Health
from tools.money.limiter import Limiter
from tools.pictures.images import SavedImage
from tools.providers.provider import ImageProvider, ImageRequest
from tools.sqlite.task_rows import Task


class Report(Protocol):
    """Reports the events of an image, e.g. ``report("submitted", provider="dashscope")``."""

    def __call__(self, event: str, **details: Any) -> None:
        """Report an event with its details."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A picture to be made, and where it goes.

    Attributes:
        path: The file; it ends in `.png` or becomes a JPEG of this `quality` (1 to 95).
        label: The AIGC label, see `tools.pictures.labels`.
        keeps_earlier: Whether another picture at the path is renamed instead of written over.
        may_fail_over: Another provider may be asked, so this one gets little time to come back; if not, it has until
            its deadline.
        most_refusals: How often it may be refused for haste (429); `None` sends it again until the deadline.
        picture: Names what was planned, so that an edited prompt for the same image is another picture.
        may_be_known: `False` where the ledger was asked just now and has no task of it.
        again: An earlier attempt failed. It goes before all new pictures: the last one of a batch should not be one
            that failed early.
    """

    run_id: str
    image_index: int
    request: ImageRequest
    path: Path
    quality: int
    label: str | None
    visible_label: bool = False
    keeps_earlier: bool = False
    may_fail_over: bool = True
    most_refusals: int | None = None
    picture: str = ""
    may_be_known: bool = True
    again: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A picture on the disk, and its row of the ledger, which knows the prompt that it was made from."""

    saved: SavedImage
    task: Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A provider with the rules by which it is used; `attempts` are tasks for one picture."""

    provider: ImageProvider
    limiter: Limiter
    health: Health
    deadline_s: float
    attempts: int
    on_lost_reply: Literal["hold", "resubmit"]
    first_poll_s: float = 1.0

    @property
    def name(self) -> str:
        """The provider's name, as in the configuration."""
        return self.provider.name
