"""The provider ModelScope API-Inference (魔搭): submit a task, poll it.

Source: https://modelscope.cn/docs/model-service/API-Inference/intro, read 2026-11-23.
"""

from typing import Any, Literal
from urllib.parse import quote

import httpx

from tools.compatibility.modelscope_functions import generate_image, generate_images_batch
from tools.compatibility.rate_limiter import RateLimiter
from tools.providers.http import Api, clean
from tools.providers.models import Model, ModelRules
from tools.providers.provider import ImageRequest, Submission, TaskState
from tools.providers.verdicts import Step

__all__ = ["ModelScope", "RateLimiter", "generate_image", "generate_images_batch"]

_UNFINISHED: dict[str, Literal["waiting", "running"]] = {
    "PENDING": "waiting",
    "QUEUED": "waiting",
    "PROCESSING": "running",
    "RUNNING": "running",
}

# Without it, every poll is answered with "task not found".
_TASK_TYPE = {"X-ModelScope-Task-Type": "image_generation"}


class ModelScope(ModelRules):
    """ModelScope as an `ImageProvider`, for any model that the service runs.

    Sizes are in `tools.providers.models.MODELSCOPE_MODELS`. If `steps` (1…100) or `guidance` (1.5…20) is `None`, the
    model decides.
    """

    task_list = None  # the service has none

    def __init__(
        self,
        *,
        api_key: str | None,
        client: httpx.AsyncClient,
        base_url: str = "https://api-inference.modelscope.cn/v1",
        model: str = "Tongyi-MAI/Z-Image-Turbo",
        steps: int | None = None,
        guidance: float | None = None,
        loras: str | dict[str, float] | None = None,
    ) -> None:
        super().__init__("modelscope", model)
        tuning = {"steps": steps, "guidance": guidance, "loras": loras}
        self._tuning = {name: value for name, value in tuning.items() if value is not None}
        self._api = Api(name=self.name, title="ModelScope", api_key=api_key, client=client, base_url=base_url)

    async def submit(self, request: ImageRequest) -> Submission:
        """Submit a task for one picture; it counts against the daily quota.

        The answer says `SUCCEED` even though the task is only accepted, so only its id is used. The old synchronous
        form, which contains the pictures, is understood as well.
        """
        rules = self.rules()
        rules.check(self.model, request)
        answer = await self._api.ask(
            "submit",
            "POST",
            rules.endpoint.path,
            json=self._body(rules, request),
            headers={"X-ModelScope-Async-Mode": "true"},
        )
        task_id, urls = answer.get("task_id"), _urls(answer.get("images"))
        if not (task_id or urls):
            raise self._api.fault("submit", answer)
        return Submission(task_id=str(task_id) if task_id else None, request_id=answer.get("request_id"), urls=urls)

    async def poll(self, task_id: str) -> TaskState:
        """Return the state of the task.

        "Not found" counts as no answer, whatever the task's age: the service also says so about tasks that are a few
        seconds old, and the caller has a deadline.
        """
        answer = await self._api.ask("poll", "GET", f"/tasks/{quote(task_id, safe='')}", headers=_TASK_TYPE)
        status = str(answer.get("task_status"))
        if status in _UNFINISHED:
            return TaskState(status=_UNFINISHED[status])
        if status in {"SUCCEED", "SUCCEEDED"} and (urls := _urls(answer.get("output_images"))):
            return TaskState(status="succeeded", urls=urls)
        step: Step = "task" if status == "FAILED" else "poll"
        raise self._api.fault(step, answer, about=f"task {task_id}")

    async def check_key(self) -> None:
        """Check the key by polling a task that cannot exist: for a good key, it is not found. This costs nothing.

        The list of models cannot be used: it is sent for wrong keys, too.

        Raises:
            ConfigError: The key is missing or wrong, or has no Alibaba Cloud account.
        """
        reply = await self._api.exchange("poll", "GET", "/tasks/0", headers=_TASK_TYPE)
        if reply.answer is None or reply.status not in {200, 400, 404}:
            raise self._api.fault("poll", reply.answer or {}, status=reply.status, headers=reply.headers)

    def _body(self, rules: Model, request: ImageRequest) -> dict[str, Any]:
        """Return the request's body, without `n`, whose effect is not documented."""
        body: dict[str, Any] = {
            "model": self.model,
            "prompt": clean(request.prompt),
            "size": f"{request.width_px}x{request.height_px}",
            "seed": request.seed,
            **self._tuning,
        }
        if request.negative_prompt:
            body["negative_prompt"] = clean(request.negative_prompt)[: rules.negative_limit]
        return body


def _urls(images: Any) -> tuple[str, ...]:
    """Return the links in a list of pictures, each a link or an object with `url`."""
    entries = images if isinstance(images, list) else []
    links = (entry.get("url") if isinstance(entry, dict) else entry for entry in entries)
    return tuple(link for link in links if link and isinstance(link, str))
