"""How both image services handle a submit: check the rate limits, record the task, apply its fault."""

import math
from dataclasses import dataclass
from typing import Any

from tests.sandbox.faults import Call, Fault
from tests.sandbox.tasks import Task
from tests.sandbox.wire import new_id
from tests.sandbox.world import World


def refusal(world: World, call: Call, model: str) -> str | None:
    """Return which limit refuses this submit (`rate`, `queue`, `day`), or `None`; a refused one is free."""
    now, limits, book = world.now(), world.limits[call.service], world.books[call.service]
    with world.lock:
        if limits.per_day is not None and world.accepted_today[call.service, model] >= limits.per_day:
            return "day"
        if book.full(now):
            return "queue"
        return None if book.submits.take(limits.submit_per_s, now) else "rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A request that passed the checks."""

    model: str
    prompt: str
    size: tuple[int, int]
    seed: int | None
    n: int = 1


def book(world: World, call: Call, order: Order, *, synchronous: bool = False) -> Task:
    """Accept the task: from here on it is paid."""
    with world.lock:
        task = Task(
            service=call.service,
            model=order.model,
            prompt=order.prompt,
            task_id=new_id(),
            request_id=new_id(),
            size=order.size,
            n=order.n,
            seed=world.random.randrange(2**31) if order.seed is None else order.seed,
            headers=dict(call.request.headers),
            body=call.data,
            created_at=world.now(),
            duration_s=world.draw_seconds(call.service),
            synchronous=synchronous,
        )
        if call.fault:
            bend(task, call.fault)
        world.accepted_today[call.service, order.model] += 1
        world.books[call.service].add(task)
    return task


def bend(task: Task, fault: Fault) -> None:
    """Change how the task goes, as a fault says."""
    details = fault.details
    match fault.kind:
        case "failed":
            task.outcome = "FAILED"
            task.code = str(details.get("code", "InternalError.Timeout"))
            task.message = details.get("message", "An internal timeout error has occurred during execution.")
        case "canceled":
            task.outcome = "CANCELED"
        case "partial":
            task.failed_images = min(details.get("failed", 1), task.n)
        case "never":
            task.duration_s = math.inf
        case "takes":
            task.duration_s = float(details["seconds"])


def valid_seed(seed: Any) -> bool:
    """Return whether a seed is in 0…2147483647, or left out (reference, sections 1.5 and 2.2)."""
    return seed is None or (type(seed) is int and 0 <= seed < 2**31)
