"""Settle lost replies: find out whether the provider took a paid request, or hold it. Never guess."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from tools.clock import utc_now
from tools.errors import (
    ConfigError,
    LostReplyError,
    RejectedError,
    StorageError,
    TaskFailedError,
    ThrottledError,
    UnavailableError,
)
from tools.money.jobs import Service
from tools.money.ledger import Ledger
from tools.money.lost_reply import held, lost, not_fetched
from tools.providers.provider import ListedTask, TaskState
from tools.sqlite.task_rows import Task

LOOK_BACK = timedelta(seconds=30)
LOOK_AHEAD = timedelta(seconds=120)
"""How far before and after our intent a task's time at the provider may lie: clocks differ, requests queue."""

NEAR = LOOK_BACK + LOOK_AHEAD
"""How far apart two requests may be that may have made the same task: so far, these times overlap."""

LOOK_UP_PAUSES_S = (0.0, 1.0, 3.0)
"""Seconds before each look at the provider's list; a task may appear there a moment after it was made."""

FINISHED_PAUSE_S = 3.0
"""Pause between looks at tasks that must finish before they tell their prompts, in seconds."""


class Settler:
    """Finds the tasks of requests without an answer in the provider's own list."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ledger = ledger
        self._now = now
        self._sleep = sleep

    async def settle(self, task: Task, service: Service) -> Task | None:
        """Return the task adopted from the provider's list, or `None` when it may be sent again.

        Raises:
            LostReplyError: The list does not settle it, and its loss would cost money: held for the user.
            UnavailableError: The list is not available now; nothing is decided.
        """
        why = "its task list does not show whether it did"
        if service.provider.task_list is None:
            why = "it keeps no list of tasks in which to look"
        try:
            if found := await self._look_up(task, service):
                return found
        except StorageError:
            raise
        except ConfigError as error:
            # The request itself went through: that the key may not see the list stops nobody else.
            why = f"its task list cannot be read ({error})"
        except UnavailableError as error:
            why = f"its task list cannot be had now ({error}) - resume to look again"
            raise UnavailableError(lost(task, service, why), retry_after_s=error.retry_after_s) from error
        if service.on_lost_reply == "resubmit":
            await self._ledger.failed(task, "its answer was lost, and on_lost_reply allows to send it again")
            return None
        message = not_fetched(task, service) if task.submitted_at else held(task, service, why)
        await self._ledger.unknown(task, message)
        raise LostReplyError(message)

    async def settle_by_prompt(self, task: Task, service: Service) -> Task | None:
        """Find the task by its prompt, which a finished task tells where the service keeps it; return it adopted.

        Waits until all unclaimed tasks of that moment have finished, `deadline_s` at most, and costs nothing. A task
        that failed tells no prompt: it is ours if all others are somebody else's. `None` when none is ours.
        """
        if task.submitted_at is not None:
            return None
        give_up_at = self._now() + timedelta(seconds=service.deadline_s)
        prompts: dict[str, str] = {}  # by task id
        try:
            while True:
                unclaimed = await self._unclaimed(task, service)
                for task_id in sorted((unclaimed or set()) - prompts.keys()):
                    prompt = await self._prompt_of(task_id, service)
                    if prompt is not None:
                        prompts[task_id] = prompt
                    if _are_same(prompt, task.prompt) and (found := await self._adopt(task, task_id)):
                        return found
                if unclaimed is not None and unclaimed <= prompts.keys():
                    break
                if self._now() > give_up_at:
                    return None
                await self._sleep(FINISHED_PAUSE_S)
            return await self._left_over(task, {task_id for task_id, prompt in prompts.items() if not prompt})
        except StorageError:
            raise
        except (LostReplyError, ConfigError):
            return None

    async def _left_over(self, task: Task, silent: set[str]) -> Task | None:
        """Return the task adopted if one that tells no prompt is left, and no other request that it may belong to.

        Others of that moment may be about to adopt theirs, so it is looked for more than once.
        """
        for pause_s in LOOK_UP_PAUSES_S if silent else ():
            await self._sleep(pause_s)
            if found := await self._ledger.claim(task, silent, around=NEAR):
                return found
        return None

    async def _adopt(self, task: Task, task_id: str) -> Task | None:
        """Return the task adopted, or `None` when another request with the same prompt was quicker."""
        try:
            return await self._ledger.submitted(task, task_id=task_id)
        except LostReplyError:
            return None

    async def confirm(self, task: Task, ready: TaskState, service: Service) -> None:
        """Check the prompt of a finished task that was adopted because it was the only one of that moment.

        Raises:
            LostReplyError: It has another prompt, so it is somebody else's: given back, and the request is held.
        """
        if task.is_guess and ready.prompt and not _are_same(ready.prompt, task.prompt):
            message = held(task, service, f"the only task of that moment, {task.task_id}, shows other words")
            await self._ledger.give_back(task, message)
            raise LostReplyError(message)

    async def _unclaimed(self, task: Task, service: Service) -> set[str] | None:
        """Return the tasks of that moment that belong to nobody, or `None` if the list is not available now."""
        try:
            listed = await self._listed(task, service)
        except UnavailableError:
            return None
        ids = {entry.task_id for entry in listed or () if entry.model == task.model}
        return await self._ledger.unclaimed(task.provider, ids)

    async def _prompt_of(self, task_id: str, service: Service) -> str | None:
        """Return the prompt of a finished task, ``""`` where it does not tell, or `None` while nobody knows it."""
        await service.limiter.polls.turn()
        try:
            state = await service.provider.poll(task_id)
        except UnavailableError as error:
            if isinstance(error, ThrottledError):
                await service.limiter.pause_polls(error.retry_after_s)
            return None
        except (TaskFailedError, RejectedError, LostReplyError):
            return ""
        return (state.prompt or "") if state.status == "succeeded" else None

    async def _listed(self, task: Task, service: Service) -> Sequence[ListedTask] | None:
        if service.provider.task_list is None:
            return None
        try:
            return await service.provider.task_list.between(
                task.intended_at - LOOK_BACK,
                task.intended_at + LOOK_AHEAD,
                model=task.model,
                turn=service.limiter.polls.turn,
            )
        except ThrottledError as error:
            await service.limiter.pause_polls(error.retry_after_s)
            # A `ThrottledError` would mean that no task was made, but of this request nobody knows.
            raise UnavailableError(str(error), retry_after_s=error.retry_after_s) from error

    async def _look_up(self, task: Task, service: Service) -> Task | None:
        """Return the task adopted from the provider's list, or `None` where the match is not certain.

        Other requests of that moment may still wait for their answers, each of which takes a task off the list: so it
        looks again.
        """
        if task.submitted_at is not None:
            return None  # a picture that came with the answer is no task of the list
        for pause_s in LOOK_UP_PAUSES_S:
            await self._sleep(pause_s)
            listed = await self._listed(task, service)
            if listed is None:
                return None
            ours = [entry for entry in listed if entry.model == task.model]
            # Our own request id settles it at once, where the service keeps it.
            marked = {entry.task_id for entry in ours if entry.request_id and entry.request_id == task.request_id}
            if len(marked) == 1:
                return await self._ledger.submitted(task, task_id=marked.pop())
            if found := await self._ledger.claim(task, {entry.task_id for entry in ours}, around=NEAR):
                return found
        return None


def _are_same(words: str | None, others: str) -> bool:
    """Tell whether these are the same words; a service may have changed the spaces."""
    return words is not None and words.split() == others.split()
