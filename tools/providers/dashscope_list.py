"""DashScope's list of an account's tasks: find the task of a lost request, and see which of many tasks are over.

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
"""Most pages of the list that one look reads."""

DEFAULT_PAGE_SIZE = 10
"""The default number of entries on a page, the only number that is documented."""

LONGEST = timedelta(hours=23)
"""The longest time span of a request: more than a day is refused (UNCONFIRMED)."""

_OVER = {"SUCCEEDED", "FAILED", "CANCELED"}


class DashScopeTaskList:
    """The `TaskList` of DashScope."""

    def __init__(self, api: Api) -> None:
        self.page_size = 50  # the maximum is UNCONFIRMED; if this is refused, it becomes `DEFAULT_PAGE_SIZE`
        self._api = api
        self._zone: tzinfo = CHINA

    async def between(
        self, start: datetime, end: datetime, *, model: str, turn: Turn | None = None
    ) -> Sequence[ListedTask] | None:
        """Return all tasks of the account and model that were made from `start` to `end`, by whatever program.

        `None` for a model whose endpoint answers with the picture itself: our request made no task.

        The service takes times without a zone (China's or, UNCONFIRMED, its region's) and spans of at most 24 hours. So
        the requests start eight hours earlier and are split, and the time of each entry decides.
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

    async def look_over(
        self, task_ids: Collection[str], *, since: datetime, model: str, turn: Turn | None = None
    ) -> Mapping[str, bool]:
        """Return whether each of these tasks is over, from as many pages as are needed, at most `MOST_PAGES`.

        Whether the newest come first is UNCONFIRMED, and so is the time zone of the request: if none of the tasks is
        found, the next look uses the other zone.
        """
        end = utc_now() + timedelta(hours=1)
        times = [_spelled(time, self._zone) for time in (max(since, end - LONGEST), end)]
        found: dict[str, bool] = {}
        page = last_page = 1
        while page <= min(last_page, MOST_PAGES) and len(found) < len(task_ids):
            if turn is not None and page > 1:
                await turn()
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
            # An incomplete list is worse than none: a task that is missing from it would be bought again.
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
    """Yield start and end of each request as `YYYYMMDDhhmmss` in China's time, each less than 24 hours apart."""
    while start < end:
        until = min(start + timedelta(hours=12), end)
        padded = (start - timedelta(hours=8), until + timedelta(hours=1))
        since, to = (_spelled(time, CHINA) for time in padded)
        yield since, to
        start = until


def _spelled(time: datetime, zone: tzinfo) -> str:
    return time.astimezone(zone).strftime("%Y%m%d%H%M%S")
