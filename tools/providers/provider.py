"""What every image provider does: submit a task, poll it, and name what came of it.

Submit, poll and download are separate steps, since only the first costs money: whoever calls them writes the
ledger in between.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

Turn = Callable[[], Awaitable[object]]
"""Waits until one more question may be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """One picture to be made: sizes in pixels, the seed in 0…2147483647.

    `request_id` is our own mark on the request; a service that keeps it makes a lost reply easy to settle.
    """

    prompt: str
    negative_prompt: str = ""
    width_px: int = 1024
    height_px: int = 1024
    seed: int = 0
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The provider's answer to a submit: a task to poll, or the pictures at once (`urls`) where it works so."""

    task_id: str | None
    request_id: str | None = None
    urls: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """What a poll found. `urls` may be signed: they are secrets and go into no log, row or state.

    `prompt` is the one that the task was made with, and `duration_s` how long it took, where the service tells.
    """

    status: Literal["waiting", "running", "succeeded"]
    urls: tuple[str, ...] = field(default=(), repr=False)
    prompt: str | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTask:
    """An entry of the provider's own list of tasks; `is_over` tells that it has ended, well or not."""

    task_id: str
    model: str
    created_at: datetime
    request_id: str | None = None
    is_over: bool = False


class TaskList(Protocol):
    """A provider's own list of the tasks of an account."""

    @property
    def page_size(self) -> int:
        """How many tasks one request tells of."""
        ...

    async def between(
        self, start: datetime, end: datetime, *, model: str, turn: Turn | None = None
    ) -> Sequence[ListedTask] | None:
        """Return the tasks of a model that were made from `start` to `end`, `None` where requests make no tasks.

        `turn` is awaited before each request.
        """
        ...

    async def look_over(self, task_ids: Collection[str], *, since: datetime, model: str) -> Mapping[str, bool]:
        """Return of many tasks of a model at once which are over.

        All were made after `since`, or a little before. A task that the list does not show is not in the answer.

        Raises:
            UnavailableError: The list cannot be had now.
            ConfigError: The key may not see it.
        """
        ...


class ImageProvider(Protocol):
    """A service that makes pictures; `tools.modelscope` and `tools.dashscope` are two."""

    @property
    def name(self) -> str:
        """The name in the configuration, e.g. `dashscope`."""
        ...

    @property
    def model(self) -> str:
        """The name of the model, as the service spells it."""
        ...

    @property
    def prompt_limit(self) -> int:
        """The longest prompt, in characters."""
        ...

    @property
    def takes_negative(self) -> bool:
        """Whether the model has a place for what must not be seen."""
        ...

    @property
    def task_list(self) -> TaskList | None:
        """The list of tasks, or `None` where the provider keeps none."""
        ...

    def fit(self, width_px: int, height_px: int) -> tuple[int, int] | None:
        """Return the nearest size of the same shape that the model draws, or `None` when none is near."""
        ...

    def refusal(self, width_px: int, height_px: int) -> str | None:
        """Return why the model refuses pictures of this size, or `None` if it takes them."""
        ...

    async def submit(self, request: ImageRequest) -> Submission:
        """Ask for one picture. This costs money.

        Raises:
            LostReplyError: The request was sent and no answer came.
            UnavailableError: The service refused it for now; no task was made.
            RejectedError: The prompt is refused.
            ConfigError: The key, the balance, a permission, the model or the size is wrong; no task was made.
        """
        ...

    async def poll(self, task_id: str) -> TaskState:
        """Ask once how the task is doing.

        Raises:
            TaskFailedError: The provider gave up the task; it is not billed.
            RejectedError: The task failed, unbilled, for its prompt or parameters; a new one would fail too.
            LostReplyError: The provider does not know the task (any more); nobody may buy it again blindly.
            UnavailableError: The service did not answer; poll the same id again.
            ConfigError: The key is refused. This says nothing about the task: poll it with the right key.
        """
        ...

    async def check_key(self) -> None:
        """Ask for something that costs nothing and that only a good key gets.

        Raises:
            ConfigError: The key is missing or refused.
            UnavailableError: The service did not answer.
        """
        ...
