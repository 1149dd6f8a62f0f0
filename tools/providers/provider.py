"""The interface of all image providers: submit a task, poll it, and list tasks.

Submit, poll and download are separate steps, since only the first costs money: the caller writes the ledger in between.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

Turn = Callable[[], Awaitable[object]]
"""Waits until one more request may be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """A request for one picture; the seed is in 0…2147483647.

    `request_id` is our own id of the request; if the service keeps it, a lost reply is easy to settle.
    """

    prompt: str
    negative_prompt: str = ""
    width_px: int = 1024
    height_px: int = 1024
    seed: int = 0
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The provider's answer to a submit: the id of a task to poll, or the picture itself (`urls`)."""

    task_id: str | None
    request_id: str | None = None
    urls: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """The state of a task, from a poll. `urls` may be signed, so they are secret: never log or store them.

    `prompt` is the one of the task, and `duration_s` how long it took, if the service tells them.
    """

    status: Literal["waiting", "running", "succeeded"]
    urls: tuple[str, ...] = field(default=(), repr=False)
    prompt: str | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTask:
    """An entry of the provider's own list of tasks; `is_over` tells that it has ended, successfully or not."""

    task_id: str
    model: str
    created_at: datetime
    request_id: str | None = None
    is_over: bool = False


class TaskList(Protocol):
    """A provider's own list of the tasks of an account."""

    @property
    def page_size(self) -> int:
        """How many tasks one request returns."""
        ...

    async def between(
        self, start: datetime, end: datetime, *, model: str, turn: Turn | None = None
    ) -> Sequence[ListedTask] | None:
        """Return the model's tasks made from `start` to `end`, or `None` if requests for this model make no tasks.

        `turn` is awaited before each request.
        """
        ...

    async def look_over(
        self, task_ids: Collection[str], *, since: datetime, model: str, turn: Turn | None = None
    ) -> Mapping[str, bool]:
        """Return for many tasks of a model whether each is over; a task that the list does not show is left out.

        `since` is about the time when the first of them was made; `turn` is awaited before each request but the first.

        Raises:
            UnavailableError: The list is not available now.
            ConfigError: The key may not see it.
        """
        ...


class ImageProvider(Protocol):
    """A service that makes pictures; implemented in `tools.modelscope` and `tools.dashscope`."""

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
        """Whether the model takes a negative prompt."""
        ...

    @property
    def task_list(self) -> TaskList | None:
        """The list of tasks, or `None` if the provider has none."""
        ...

    def fit(self, width_px: int, height_px: int) -> tuple[int, int] | None:
        """Return the nearest size of about the same shape that the model draws, or `None` if none is near."""
        ...

    def refusal(self, width_px: int, height_px: int) -> str | None:
        """Return why the model refuses pictures of this size, or `None` if it takes them."""
        ...

    async def submit(self, request: ImageRequest) -> Submission:
        """Submit a task for one picture. This costs money.

        Raises:
            LostReplyError: The request was sent and there was no clear answer.
            UnavailableError: The service refused it for now; no task was made.
            RejectedError: The prompt is refused.
            ConfigError: The key, the balance, a permission, the model or the size is wrong; no task was made.
        """
        ...

    async def poll(self, task_id: str) -> TaskState:
        """Return the state of the task, with one request.

        Raises:
            TaskFailedError: The provider gave up the task; it is not billed.
            RejectedError: The task failed, unbilled, for its prompt or parameters; a new one would fail too.
            LostReplyError: The provider does not know the task (any more); do not buy it again blindly.
            UnavailableError: The service did not answer; poll the same id again.
            ConfigError: The key is refused. This says nothing about the task: poll it with the right key.
        """
        ...

    async def check_key(self) -> None:
        """Check the key with a request that costs nothing.

        Raises:
            ConfigError: The key is missing or refused.
            UnavailableError: The service did not answer.
        """
        ...
