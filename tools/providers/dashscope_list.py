"""DashScope's list of an account's tasks: what became of a lost request, and how many tasks do at once.

Source: https://help.aliyun.com/zh/model-studio/manage-asynchronous-tasks, read 2026-11-23.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from tools.clock import CHINA, utc_now
from tools.errors import ParameterError
from tools.providers.http import Api
from tools.providers.models import DASHSCOPE_MODELS, find_model
from tools.providers.provider import ListedTask, Turn

MOST_PAGES = 4
"""Pages of the list that one look at many tasks reads at most."""

DEFAULT_PAGE_SIZE = 10
"""Entries of a page that nobody asked for more of: the one number that is documented."""

LONGEST = timedelta(hours=23)
"""The longest span that is asked for: more than a day is refused (UNCONFIRMED)."""

_OVER = {"SUCCEEDED", "FAILED", "CANCELED"}


class DashScopeTaskList:
    """The `TaskList` of DashScope."""

    def __init__(self, api: Api) -> None:
        self.page_size = 50  # the most that the service takes is UNCONFIRMED: fewer where it refuses that
        self._api = api
        self._zone: tzinfo = CHINA

    async def between(
        self, start: datetime, end: datetime, *, model: str, turn: Turn | None = None
    ) -> Sequence[ListedTask] | None:
        """Return the account's tasks of a model that were made from `start` to `end`, whoever made them.

        `None` for a model that answers us with the picture: our request made no task, others' may have.

        The service takes times without a zone (China's, or UNCONFIRMED its region's) and spans of 24 hours at
        most: so it is asked for eight hours more, in pieces, and the time of each entry decides.
        """
        rules = find_model(model, DASHSCOPE_MODELS)
        if rules is not None and not rules.endpoint.makes_task:
            return None
        found: dict[str, ListedTask] = {}
        for since, until in _windows(start, end):
            page = last_page = 1
            while page <= last_page:
                if turn is not None:
                    await turn()
                entries, last_page = await self._page(page, since, until, model=model)
                found |= {task.task_id: task for task in entries if start <= task.created_at <= end}
                page += 1
        return list(found.values())

    async def look_over(self, task_ids: Collection[str], *, since: datetime, model: str) -> Mapping[str, bool]:
        """Return which of the tasks are over, by as many pages of the list as show them, `MOST_PAGES` at most.

        That the newest come first is UNCONFIRMED, and so is the zone of the times that are asked for: where a list
        is empty, the next look is at the other zone.
        """
        end = utc_now() + timedelta(hours=1)
        times = [_spelled(time, self._zone) for time in (max(since, end - LONGEST), end)]
        found: dict[str, bool] = {}
        page = last_page = 1
        while page <= min(last_page, MOST_PAGES) and len(found) < len(task_ids):
            entries, last_page = await self._page(page, *times, model=model)
            found |= {task.task_id: task.is_over for task in entries if task.task_id in task_ids}
            page += 1
        if not found:
            self._zone = UTC if self._zone == CHINA else CHINA
        return found

    async def _page(self, page: int, since: str, until: str, *, model: str) -> tuple[list[ListedTask], int]:
        query = {"start_time": since, "end_time": until, "model_name": model}
        query |= {"page_no": str(page), "page_size": str(self.page_size)}
        try:
            answer = await self._api.ask("list", "GET", "/tasks", params=query)
        except ParameterError:
            if self.page_size == DEFAULT_PAGE_SIZE:
                raise
            self.page_size = DEFAULT_PAGE_SIZE
            return await self._page(page, since, until, model=model)
        try:
            entries = answer["data"] if "data" in answer else answer["tasks"]
            return [_listed(entry) for entry in entries], int(answer["total_page"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            # Half a list is worse than none: a task that is missing in it would be bought again.
            raise self._api.fault("list", {}) from error


def _listed(entry: dict[str, Any]) -> ListedTask:
    return ListedTask(
        task_id=str(entry["task_id"]),
        model=str(entry["model_name"]),
        created_at=datetime.fromtimestamp(entry["gmt_create"] / 1000, UTC),
        request_id=entry.get("request_id"),
        is_over=entry.get("status") in _OVER,
    )


def _windows(start: datetime, end: datetime) -> Iterator[tuple[str, str]]:
    """Yield the times to ask for, as `YYYYMMDDhhmmss` in China, in pieces that stay under 24 hours."""
    while start < end:
        until = min(start + timedelta(hours=12), end)
        padded = (start - timedelta(hours=8), until + timedelta(hours=1))
        since, to = (_spelled(time, CHINA) for time in padded)
        yield since, to
        start = until


def _spelled(time: datetime, zone: tzinfo) -> str:
    return time.astimezone(zone).strftime("%Y%m%d%H%M%S")
