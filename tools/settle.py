"""A paid request whose answer was lost: find out whether the provider took it, or hold it. Never guess."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from tools.errors import LostReplyError, ThrottledError, UnavailableError
from tools.jobs import Service
from tools.ledger import Ledger
from tools.ledger_rows import Task
from tools.provider import ListedTask

LOOK_BACK = timedelta(seconds=30)
LOOK_AHEAD = timedelta(seconds=120)
"""How far a task's time at the provider may lie from the time of our intent: clocks differ, a request may queue."""

LOOK_UP_PAUSES_S = (0.0, 1.0, 3.0)
"""Seconds before each look at the provider's list; a task may appear there a moment after it was made."""


async def settle(
    task: Task, service: Service, *, ledger: Ledger, sleep: Callable[[float], Awaitable[None]]
) -> Task | None:
    """Return the task adopted from the provider's list, or `None` when it may be sent again.

    Raises:
        LostReplyError: The list does not settle it, and its loss would cost money: held for the user.
        UnavailableError: The list cannot be had now; nothing is decided.
    """
    if found := await _look_up(task, service, ledger=ledger, sleep=sleep):
        return found
    if service.on_lost_reply == "resubmit":
        await ledger.failed(task, "its answer was lost, and on_lost_reply allows to send it again")
        return None
    message = (
        f"{service.name} may have taken the request of {task.intended_at:%Y-%m-%d %H:%M:%S} UTC, but its answer was "
        "lost and its list of tasks does not settle it - held, so that nothing is paid twice; see the provider's "
        "console, then resume with --resubmit to send it again"
    )
    await ledger.unknown(task, message)
    raise LostReplyError(message)


async def _listed(task: Task, service: Service) -> Sequence[ListedTask] | None:
    try:
        return await service.provider.list_tasks(task.intended_at - LOOK_BACK, task.intended_at + LOOK_AHEAD)
    except ThrottledError as error:
        # To whoever submits, that class would mean that no task was made; of this request nobody knows.
        raise UnavailableError(str(error), retry_after_s=error.retry_after_s) from error


async def _look_up(
    task: Task, service: Service, *, ledger: Ledger, sleep: Callable[[float], Awaitable[None]]
) -> Task | None:
    """Return the task adopted from the provider's list, or `None` where the match is not certain.

    Other requests of that moment may still wait for their answers, each of which takes a task off the list: so it
    looks again.
    """
    for pause_s in LOOK_UP_PAUSES_S:
        await sleep(pause_s)
        listed = await _listed(task, service)
        if listed is None:
            return None
        ours = [entry for entry in listed if entry.model == task.model]
        # Our own request id settles it at once, where the service keeps it.
        marked = {entry.task_id for entry in ours if entry.request_id and entry.request_id == task.request_id}
        if len(marked) == 1:
            return await ledger.submitted(task, task_id=marked.pop(), request_id=task.request_id)
        if found := await ledger.claim(task, {entry.task_id for entry in ours}, around=LOOK_AHEAD):
            return found
    return None
