"""The provider Alibaba DashScope (百炼): submit a task, poll it, list the account's tasks.

Source: https://help.aliyun.com/zh/model-studio/text-to-image-v2-api-reference and
https://help.aliyun.com/zh/model-studio/manage-asynchronous-tasks, read 2026-11-23.
"""

from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import httpx

from tools.compatibility.dashscope_script import as_program, generate_single_task, main
from tools.providers.dashscope_list import DashScopeTaskList
from tools.providers.http import Api, clean, section
from tools.providers.models import Model, ModelRules
from tools.providers.provider import ImageRequest, Submission, TaskState
from tools.providers.verdicts import Step

__all__ = ["DashScope", "generate_single_task", "main"]

# Settings that `tools.compatibility.dashscope_script` reads at each call, so that a program may change them.
JSON_PATH: str | Path = "segments.json"  # the storyboard: a list of segments, or an object with `segments`
OUTPUT_DIR: str | Path = "output"  # the folder of the pictures, which are named `{id}.jpg`
MAX_WORKERS = 2  # how many pictures are under way at once; few, since an account's limits are low
STYLE_PREFIX = "黑白线稿，单色线条插画，线条粗细均匀："
STYLE_SUFFIX = "简洁的白色背景，无阴影，无填色，画面中没有文字，没有水印，没有签名。"

_UNFINISHED: dict[str, Literal["waiting", "running"]] = {
    "PENDING": "waiting",
    "SUSPENDED": "waiting",
    "RUNNING": "running",
}

# For an endpoint that answers with the picture itself; the SDK waits 300 s as well.
_DRAWING_TIMEOUT = httpx.Timeout(300, connect=10, pool=None)


class DashScope(ModelRules):
    """DashScope as an `ImageProvider`; its models are listed in `tools.providers.models.DASHSCOPE_MODELS`."""

    def __init__(
        self,
        *,
        api_key: str | None,
        client: httpx.AsyncClient,
        base_url: str = "https://dashscope.aliyuncs.com/api/v1",
        model: str = "wanx2.1-t2i-plus",
    ) -> None:
        super().__init__("dashscope", model)
        self._api = Api(name=self.name, title="DashScope", api_key=api_key, client=client, base_url=base_url)
        self.task_list = DashScopeTaskList(self._api)

    async def submit(self, request: ImageRequest) -> Submission:
        """Submit a task for one picture. This costs money, unless an error says that nothing was made."""
        rules = self.rules()
        rules.check(self.model, request)
        # Whether the gateway keeps an id that the caller chose is UNCONFIRMED; the task list would show it.
        headers = {"X-Request-ID": request.request_id} if request.request_id else {}
        options: dict[str, Any] = {"timeout": _DRAWING_TIMEOUT, "headers": headers}
        if rules.endpoint.makes_task:
            options = {"headers": {"X-DashScope-Async": "enable", **headers}}
        body = self._body(rules, request)
        answer = await self._api.ask("submit", "POST", rules.endpoint.path, json=body, **options)
        output = section(answer, "output")
        task_id = output.get("task_id")
        if not (task_id or _urls(output)):
            raise self._api.fault("submit", {**answer, **output})
        return Submission(
            task_id=str(task_id) if task_id else None,
            request_id=answer.get("request_id"),
            urls=_urls(output),
        )

    async def poll(self, task_id: str) -> TaskState:
        """Return the state of the task; its record and its links are kept for 24 hours."""
        answer = await self._api.ask("poll", "GET", f"/tasks/{quote(task_id, safe='')}")
        output = section(answer, "output")
        status = str(output.get("task_status"))
        if status in _UNFINISHED:
            return TaskState(status=_UNFINISHED[status])
        if status in {"CANCELED", "UNKNOWN"}:
            raise self._api.fault("task", {"code": status}, about=f"task {task_id}")
        if status == "FAILED":
            raise self._api.fault("task", output, about=f"task {task_id}")
        if status == "SUCCEEDED" and (urls := _urls(output)):
            return _succeeded(output, urls)
        # A task succeeds if one of its pictures does; ours has a single one, whose result may still be an error.
        failed = [result for result in _results(output) if result.get("code")]
        step: Step = "task" if failed else "poll"
        raise self._api.fault(step, failed[0] if failed else {}, about=f"task {task_id}")

    async def check_key(self) -> None:
        """Check the key by asking for one entry of the task list, which costs nothing.

        Raises:
            ConfigError: The key is missing, wrong or of another region.
        """
        await self._api.ask("list", "GET", "/tasks", params={"page_no": 1, "page_size": 1})

    def _body(self, rules: Model, request: ImageRequest) -> dict[str, Any]:
        """Return the request's body.

        `n` is always sent: without it some models draw, and bill, four pictures. Prompt rewriting is turned off: it
        costs seconds, and changes the picture that a seed gives.
        """
        prompt = clean(request.prompt)
        body: dict[str, Any] = {"model": self.model, "input": {"prompt": prompt}}
        if rules.endpoint.body == "messages":
            body["input"] = {"messages": [{"role": "user", "content": [{"text": prompt}]}]}
        size = f"{request.width_px}*{request.height_px}"
        body["parameters"] = {"size": size, "n": 1, "seed": request.seed, **dict.fromkeys(rules.off, False)}
        if rules.negative_in and request.negative_prompt:
            body[rules.negative_in]["negative_prompt"] = clean(request.negative_prompt)[: rules.negative_limit]
        return body


def _succeeded(output: dict[str, Any], urls: tuple[str, ...]) -> TaskState:
    """Return the state of a finished task, with its prompt and duration if the service tells them."""
    prompts = {str(result["orig_prompt"]) for result in _results(output) if result.get("orig_prompt")}
    return TaskState(
        status="succeeded",
        urls=urls,
        prompt=prompts.pop() if len(prompts) == 1 else None,
        duration_s=_seconds_between(output.get("submit_time"), output.get("end_time")),
    )


def _seconds_between(start: Any, end: Any) -> float | None:
    """Return the seconds between two of the service's times, e.g. ``2025-01-08 19:36:01.521``."""
    try:
        # Both are in the same unnamed time zone, and only their difference is used.
        seconds = (datetime.fromisoformat(str(end)) - datetime.fromisoformat(str(start))).total_seconds()
    except (ValueError, TypeError):
        return None
    return seconds if seconds > 0 else None


def _results(output: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the result of each picture: an entry of `results`, or a part of a message of `choices`."""
    results = _objects(output.get("results"))
    for choice in _objects(output.get("choices")):
        results += _objects(section(choice, "message").get("content"))
    return results


def _urls(output: dict[str, Any]) -> tuple[str, ...]:
    urls = (result.get("url") or result.get("image") for result in _results(output))
    return tuple(url for url in urls if url and isinstance(url, str))


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


if __name__ == "__main__":
    as_program()
