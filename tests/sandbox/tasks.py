"""The image tasks of one service, their states, and their cost."""

import heapq
import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import Any

Seconds = float | tuple[float, float]


@dataclass(slots=True, kw_only=True)
class Limits:
    """What a service allows and how long it takes. Every field may be changed while the sandbox runs.

    `task_seconds` is fixed, or a range to draw from; `lifetime_s` is how long a task and its pictures are
    kept. A limit of `None` is no limit.
    """

    task_seconds: Seconds = 0.0
    latency_s: float = 0.0
    submit_per_s: float | None = None
    query_per_s: float | None = None
    running: int | None = None
    queue: int | None = None
    per_day: int | None = None
    lifetime_s: float = 86_400.0


@dataclass(slots=True, kw_only=True)
class Task:
    """A task that the service accepted: from here on it is paid.

    `status` is one of PENDING, RUNNING, SUCCEEDED, FAILED and CANCELED, whatever the service calls it.
    """

    service: str
    model: str
    prompt: str
    task_id: str
    request_id: str
    size: tuple[int, int]
    n: int
    seed: int
    headers: dict[str, str]
    body: dict[str, Any]
    created_at: float
    duration_s: float
    status: str = "PENDING"
    started_at: float | None = None
    ended_at: float | None = None
    polls: int = 0
    outcome: str = "SUCCEEDED"
    code: str = ""
    message: str = ""
    failed_images: int = 0
    synchronous: bool = False

    @property
    def billed(self) -> int:
        """Count the images that are, or will be, charged for; what fails is free."""
        return self.n - self.failed_images if self.outcome == "SUCCEEDED" and self.status != "CANCELED" else 0


@dataclass(slots=True)
class TokenBucket:
    """A rate: a burst of one second's worth, then evenly."""

    tokens: float | None = None
    filled_at: float = 0.0

    def take(self, per_s: float | None, now: float) -> bool:
        """Return whether one more request is within the rate."""
        if per_s is None:
            return True
        burst = max(1.0, per_s)
        known = burst if self.tokens is None else self.tokens
        self.tokens = min(burst, known + (now - self.filled_at) * per_s)
        self.filled_at = now
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True


@dataclass(slots=True)
class TaskBook:
    """All tasks of one service; only `advance` changes their states, never a timer."""

    service: str
    all_limits: dict[str, Limits]
    tasks: list[Task] = field(default_factory=list)
    by_id: dict[str, Task] = field(default_factory=dict)
    waiting: deque[Task] = field(default_factory=deque)
    running: list[tuple[float, int, Task]] = field(default_factory=list)
    submits: TokenBucket = field(default_factory=TokenBucket)
    queries: TokenBucket = field(default_factory=TokenBucket)
    order: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def limits(self) -> Limits:
        """The limits of this service, which may have been replaced."""
        return self.all_limits[self.service]

    def full(self, now: float) -> bool:
        """Return whether the queue is full."""
        self.advance(now)
        busy = self.limits.running is not None and len(self.running) >= self.limits.running
        return busy and self.limits.queue is not None and len(self.waiting) >= self.limits.queue

    def add(self, task: Task) -> None:
        """Accept a task; it starts at once if a slot is free."""
        self.advance(task.created_at)
        self.tasks.append(task)
        self.by_id[task.task_id] = task
        if task.synchronous:
            task.status, task.started_at = task.outcome, task.created_at
            task.ended_at = task.created_at + task.duration_s
            return
        self.waiting.append(task)
        self._fill(task.created_at)

    def advance(self, now: float) -> None:
        """Update every task to its state at `now`."""
        while self.running and self.running[0][0] <= now:
            ended_at, _, task = heapq.heappop(self.running)
            task.status, task.ended_at = task.outcome, ended_at
            self._fill(ended_at)
        self._fill(now)

    def _fill(self, now: float) -> None:
        while self.waiting and (self.limits.running is None or len(self.running) < self.limits.running):
            task = self.waiting.popleft()
            task.status, task.started_at = "RUNNING", max(now, task.created_at)
            heapq.heappush(self.running, (task.started_at + task.duration_s, next(self.order), task))

    def find(self, task_id: str, now: float) -> Task | None:
        """Return the task, or `None` once it is unknown or forgotten."""
        self.advance(now)
        task = self.by_id.get(task_id)
        known = task is not None and not task.synchronous and now - task.created_at < self.limits.lifetime_s
        return task if known else None

    def cancel(self, task: Task, now: float) -> bool:
        """Cancel a task that has not started, and return whether it was so."""
        if task not in self.waiting:
            return False
        self.waiting.remove(task)
        task.status, task.ended_at = "CANCELED", now
        return True
