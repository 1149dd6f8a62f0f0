"""Look at the provider's list once for all waiting tasks: a poll for each would cost far more requests.

DashScope allows 20 polls a second to an account and advises the list for many tasks
(https://www.alibabacloud.com/help/en/model-studio/manage-asynchronous-tasks, read 2026-11-24). The list
only decides which tasks are polled: whether a task is done, and with which picture, is known from its own poll.
"""

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from tools.errors import PeituError, ThrottledError, UnavailableError
from tools.money.jobs import Service
from tools.providers.provider import TaskList
from tools.sqlite.task_rows import Task

MANY = 4
"""Least number of waiting tasks for which a look is cheaper than polls."""

LOOKS = 2.5
"""Looks per task if the tasks end one after another; a poll for each task comes on top."""

LEAST_APART_S = 0.2
"""Least time between two looks, in seconds, for each page of the list that the waiting tasks fill."""

LOOK_BACK = timedelta(seconds=30)
"""How far our clock may be before the provider's."""

DOUBT_S = 15.0
"""Age at which a task is polled whatever the list says, in seconds; again at each doubling."""

LAG_S = 2.0
"""How far the list may lag behind, in seconds; a list that is slower is not used any more."""

MOST_LOOK_S = 3.0
"""Longest that a look may take, in seconds: everybody waits for it."""

OFF_S = 10.0
"""Pause of the looks after a useless one, in seconds."""


@dataclass(slots=True)
class Watched:
    """A task that is waited for.

    `over` is set by the look that finds it over; `unfinished_s` is its age when it was last seen unfinished, and
    `listed_at` the time of the last look that showed it; at the age `doubt_s` it is polled, whatever the list says.
    `trouble` is why its last poll had no answer, or ``""``.
    """

    task: Task
    over: asyncio.Event = field(default_factory=asyncio.Event)
    unfinished_s: float = 0.0
    listed_at: datetime | None = None
    doubt_s: float = DOUBT_S
    trouble: str = ""


class Lookout:
    """Looks for all tasks of a model that are waited for in this process. It belongs to one event loop."""

    def __init__(self, service: Service, *, now: Callable[[], datetime]) -> None:
        self._limiter = service.limiter
        self._task_list = service.provider.task_list
        """`None` if there is none, or it proved useless."""
        self._now = now
        self._watched: dict[str, Watched] = {}
        self._looking = asyncio.Lock()
        self._looked_at: datetime | None = None
        self._off_until: datetime | None = None
        self._least_apart_s = LEAST_APART_S

    @contextmanager
    def watch(self, task: Task) -> Iterator[Watched]:
        """Include the task in the looks inside the `with`."""
        watched = Watched(task)
        self._watched[task.task_id or ""] = watched
        try:
            yield watched
        finally:
            self._watched.pop(task.task_id or "", None)

    async def shows_unfinished(self, watched: Watched, *, usual_s: float) -> bool:
        """Tell whether the list shows the task unfinished; otherwise it is to be polled.

        A recent look for another task is not repeated; `usual_s` is how long such tasks usually take, in seconds.
        """
        age_s = watched.task.age_s(self._now())
        if age_s >= watched.doubt_s:
            watched.doubt_s = 2 * age_s
            return False
        async with self._looking:
            if self._task_list is None or not self._is_worth_it() or watched.over.is_set():
                return False
            # A clock that was set back makes a look old, too.
            apart = self._apart(usual_s, self._task_list.page_size)
            if self._looked_at is None or abs(self._now() - self._looked_at) >= apart:
                await self._look(self._task_list)
            is_fresh = watched.listed_at is not None and watched.listed_at == self._looked_at
            return is_fresh and not watched.over.is_set()

    def check(self, watched: Watched, took_s: float) -> None:
        """Stop looking at a list that showed a task unfinished long after it was done; it took `took_s` seconds."""
        if watched.listed_at and watched.task.age_s(watched.listed_at) > took_s + LAG_S:
            self._task_list = None

    @property
    def unfinished(self) -> list[float]:
        """The ages in seconds at which the tasks that are waited for were last seen unfinished."""
        return [watched.unfinished_s for watched in self._watched.values()]

    def asked_singly(self, *, polled: bool) -> int:
        """Return how many tasks are polled one by one: 1 if a look asks for all, and it was no poll that asked last."""
        looks = self._task_list is not None and self._is_worth_it() and not polled
        return 1 if looks else len(self._watched)

    def unfinished_before(self, age_s: float) -> float:
        """Return the oldest age at which one of them was seen unfinished, or 0 if one was older than this age."""
        oldest_s = max(self.unfinished)
        return oldest_s if oldest_s < age_s else 0.0

    def _is_worth_it(self) -> bool:
        is_off = self._off_until is not None and self._now() < self._off_until
        return not is_off and len(self._watched) >= MANY

    def _apart(self, usual_s: float, page_size: int) -> timedelta:
        count = len(self._watched)
        return timedelta(seconds=max(self._least_apart_s * math.ceil(count / page_size), usual_s / (LOOKS * count)))

    async def _look(self, task_list: TaskList) -> None:
        """Ask for the list and mark the tasks that it shows; if it is not available, all are polled for a while."""
        if pause_s := await self._limiter.polls.turn(patience_s=MOST_LOOK_S):
            self._rest(pause_s)
            return
        began_at = self._now()
        asked = dict(self._watched)
        model = next(watched.task.model for watched in asked.values())
        since = min(watched.task.submitted_at or watched.task.intended_at for watched in asked.values())
        try:
            async with asyncio.timeout(MOST_LOOK_S):
                # Further pages go before the polls that wait: nobody should wait behind those for a look.
                turn = partial(self._limiter.polls.turn, again=True)
                found = await task_list.look_over(asked, since=since - LOOK_BACK, model=model, turn=turn)
        except ThrottledError as error:
            # The list may have an undocumented limit of its own.
            self._least_apart_s *= 4
            self._rest(error.retry_after_s)
            return
        except (UnavailableError, TimeoutError):
            self._rest()
            return
        except PeituError:  # e.g. a key without access to the list; if it does not work for polls either, they raise
            self._task_list = None
            return
        self._looked_at = began_at
        for task_id, is_over in found.items():
            if is_over:
                asked[task_id].over.set()
            else:
                asked[task_id].listed_at = began_at
                asked[task_id].unfinished_s = max(asked[task_id].unfinished_s, asked[task_id].task.age_s(began_at))
        if 2 * len(found) < len(asked):
            self._rest()

    def _rest(self, seconds: float | None = None) -> None:
        self._off_until = self._now() + timedelta(seconds=max(OFF_S, seconds or 0.0))
