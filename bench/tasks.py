"""The books of the benchmark's service: requests and refusals, and when each task was ready and was found to be.

For every program, the picture with the same number takes the same time and fails as often.
"""

import heapq
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the service allows and how long it takes, in seconds; `None` is no limit.

    `submits_per_s` is the number of submits in any span of one second; what is refused does not count. `running` tasks
    are made at once, the others wait in the order they came. `failing` is the share of tasks that fail at their end.
    """

    seconds: tuple[float, float] = (8.0, 8.0)
    latency_s: float = 0.03
    submits_per_s: int | None = None
    running: int | None = None
    failing: float = 0.0
    seed: int = 1

    def fate(self, number: int, attempt: int) -> tuple[float, bool]:
        """Return how long a picture's attempt takes, and whether it fails."""
        chance = random.Random(f"{self.seed} {number} {attempt}")
        return chance.uniform(*self.seconds), chance.random() < self.failing


@dataclass(slots=True, kw_only=True)
class Task:
    """A task that was accepted; its times are seconds since the service started."""

    task_id: str
    number: int
    size: tuple[int, int]
    created_at: float
    ready_at: float
    failed: bool
    polls: int = 0
    learned_at: float | None = None
    fetched_at: float | None = None


@dataclass(slots=True)
class Book:
    """Accepts or refuses submits, and records what happens."""

    rules: Rules
    tasks: dict[str, Task] = field(default_factory=dict)
    refused_at: list[float] = field(default_factory=list)
    first_request_at: float | None = None
    last_request_at: float | None = None
    polled_at: list[float] = field(default_factory=list)
    """Times of polls, including requests for the list of tasks."""
    _attempts: dict[int, int] = field(default_factory=dict)
    _accepted_at: deque[float] = field(default_factory=deque)
    _running_until: list[float] = field(default_factory=list)

    def submit(self, number: int, size: tuple[int, int], now: float) -> Task | None:
        """Return a new task, or `None` when it came too soon."""
        if self.rules.submits_per_s is not None:
            while self._accepted_at and self._accepted_at[0] <= now - 1.0:
                self._accepted_at.popleft()
            if len(self._accepted_at) >= self.rules.submits_per_s:
                self.refused_at.append(now)
                return None
            self._accepted_at.append(now)
        attempt = self._attempts[number] = self._attempts.get(number, 0) + 1
        seconds, failed = self.rules.fate(number, attempt)
        task = Task(
            task_id=f"task-{number:06}-{attempt}",
            number=number,
            size=size,
            created_at=now,
            ready_at=self._start(now) + seconds,
            failed=failed,
        )
        heapq.heappush(self._running_until, task.ready_at)
        self.tasks[task.task_id] = task
        return task

    def poll(self, task: Task, now: float) -> bool:
        """Return whether a task is over."""
        task.polls += 1
        self.polled_at.append(now)
        if now < task.ready_at:
            return False
        if task.learned_at is None:
            task.learned_at = now
        return True

    def report(self, cpu_s: float) -> dict[str, Any]:
        """Return everything recorded, for the benchmark."""
        return {
            "tasks": [asdict(task) for task in self.tasks.values()],
            "refused_at": self.refused_at,
            "first_request_at": self.first_request_at,
            "last_request_at": self.last_request_at,
            "polls": len(self.polled_at),
            "most_polls_in_a_second": busiest_second(self.polled_at),
            "service_cpu_s": round(cpu_s, 2),
        }

    def _start(self, now: float) -> float:
        """Return when a task that comes now gets one of the places."""
        if self.rules.running is None or len(self._running_until) < self.rules.running:
            return now
        return max(now, heapq.heappop(self._running_until))


def busiest_second(times: Sequence[float]) -> int:
    """Return the most events in any span of one second."""
    most, first = 0, 0
    for last, time in enumerate(times):
        while times[first] <= time - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


def floor_s(rules: Rules, *, images: int, at_once: int) -> float:
    """Return the seconds that an ideal client needs: without latency, and knowing at once what is ready.

    Submits are evenly spaced; a picture that failed goes before the ones not yet tried.
    """
    spacing = 1 / rules.submits_per_s if rules.submits_per_s else 0.0
    fresh, again = deque((number, 1) for number in range(images)), list[tuple[float, int, int]]()
    places = [0.0] * min(at_once, rules.running or at_once)
    turn = end = 0.0
    while fresh or again:
        now = max(turn, heapq.heappop(places))
        if again and (again[0][0] <= now or not fresh):
            failed_at, number, attempt = heapq.heappop(again)
            now = max(now, failed_at)
        else:
            number, attempt = fresh.popleft()
        seconds, failed = rules.fate(number, attempt)
        heapq.heappush(places, now + seconds)
        if failed:
            heapq.heappush(again, (now + seconds, number, attempt + 1))
        turn, end = now + spacing, max(end, now + seconds)
    return end
