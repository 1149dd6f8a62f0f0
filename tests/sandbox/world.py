"""The state that the services of one sandbox share: clock, keys, tasks, objects and logs."""

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.sandbox.faults import FaultBook
from tests.sandbox.tasks import Limits, Task, TaskBook
from tests.sandbox.writer import write

SERVICES = ("dashscope", "modelscope", "minimax", "oss")
Answer = Callable[[list[dict[str, Any]]], str]


@dataclass(slots=True, kw_only=True)
class StoredObject:
    """An object in a bucket; `puts` counts how often its bytes were sent."""

    body: bytes
    content_type: str
    etag: str
    crc64: int
    modified_at: float
    metadata: dict[str, str]
    puts: int = 1


@dataclass(slots=True, kw_only=True)
class LoggedRequest:
    """One line of the log; a status of 0 is a connection that was dropped."""

    method: str
    path: str
    status: int
    service: str
    step: str
    at: float


@dataclass(slots=True, kw_only=True)
class Keys:
    """The keys that are accepted; all others are refused as the services do."""

    modelscope: str = "ms-sandbox-key"
    dashscope: str = "sk-sandbox-key"
    minimax: str = "minimax-sandbox-key"
    oss_id: str = "LTAI-sandbox-id"
    oss_secret: str = "oss-sandbox-secret"


@dataclass(kw_only=True)
class World:
    """The state of one sandbox. The server's thread writes it, tests read it."""

    url: str = ""
    seed: int = 0
    keys: Keys = field(default_factory=Keys)
    limits: dict[str, Limits] = field(default_factory=dict)
    buckets: set[str] = field(default_factory=lambda: {"peitu-sandbox"})
    domains: dict[str, str] = field(default_factory=dict)
    region: str = "cn-hangzhou"
    public_read: bool = True
    answer: Answer = write
    answers: deque[str] = field(default_factory=deque)
    chats: list[dict[str, Any]] = field(default_factory=list)
    requests: list[LoggedRequest] = field(default_factory=list)
    objects: dict[tuple[str, str], StoredObject] = field(default_factory=dict)
    log: Callable[[LoggedRequest], None] | None = None

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        for service in SERVICES:
            self.limits.setdefault(service, Limits())
        self.reset()

    def reset(self) -> None:
        """Forget tasks, objects, chats, faults and logs; keep limits and keys."""
        with self.lock:
            self.offset_s = 0.0
            self.random = random.Random(self.seed)
            self.faults = FaultBook(random=random.Random(self.seed))
            self.books = {name: TaskBook(name, self.limits) for name in SERVICES}
            self.accepted_today: Counter[tuple[str, str]] = Counter()
            for log in (self.chats, self.requests, self.objects, self.answers):
                log.clear()

    def set_limits(self, service: str, **changed: Any) -> None:
        """Change some of a service's limits by their names in `Limits`; another name is a `TypeError`."""
        with self.lock:
            self.limits[service] = replace(self.limits[service], **changed)

    def now(self) -> float:
        """Return the sandbox's time, in seconds since 1970."""
        return time.time() + self.offset_s

    def pass_time(self, seconds: float) -> None:
        """Move the clock forward: tasks end and links expire without waiting.

        After more than 15 minutes OSS refuses signatures made by the real clock.
        """
        self.offset_s += seconds

    def draw_seconds(self, service: str) -> float:
        """Return how long the next task of this service takes."""
        wanted = self.limits[service].task_seconds
        return self.random.uniform(*wanted) if isinstance(wanted, tuple) else wanted

    @property
    def tasks(self) -> list[Task]:
        """Every task that was accepted, oldest first, as it is now."""
        with self.lock:
            for book in self.books.values():
                book.advance(self.now())
            found = [task for book in self.books.values() for task in book.tasks]
        return sorted(found, key=lambda task: task.created_at)

    @property
    def billed(self) -> int:
        """The images that all tasks together are charged for."""
        return sum(task.billed for task in self.tasks)

    @property
    def polls(self) -> int:
        """The polls of all tasks together."""
        return sum(1 for request in list(self.requests) if request.step == "poll")
