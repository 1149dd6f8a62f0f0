"""DashScope's tasks in its answers: to a poll, and as an entry of the list (reference, section 1.8)."""

from datetime import datetime, timedelta, timezone
from typing import Any

from tests.sandbox.dashscope_rules import IMAGE, MODELS
from tests.sandbox.files import link
from tests.sandbox.tasks import Task
from tests.sandbox.wire import new_id
from tests.sandbox.world import World

CHINA = timezone(timedelta(hours=8))


def local(seconds: float) -> str:
    """Return a time as in answers to polls: China's, without a zone, with milliseconds."""
    return datetime.fromtimestamp(seconds, CHINA).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def state(world: World, task: Task) -> dict[str, Any]:
    """Return the answer to a poll, its fields in the recorded order."""
    output: dict[str, Any] = {"task_id": task.task_id, "task_status": task.status}
    output["submit_time"] = local(task.created_at)
    if task.started_at is not None:
        output["scheduled_time"] = local(task.started_at)
    if task.ended_at is not None:
        output["end_time"] = local(task.ended_at)
    content: dict[str, Any] = {"request_id": new_id(), "output": output}
    if task.status == "SUCCEEDED":
        output |= pictures(world, task)
        content["usage"] = {"image_count": task.billed}
    if task.status == "FAILED":
        output |= {"code": task.code, "message": task.message}
    output["task_metrics"] = metrics(task)
    return content


def metrics(task: Task) -> dict[str, int]:
    """Return the counts of a task's images."""
    done = {"SUCCEEDED": task.n - task.failed_images}.get(task.status, 0)
    failed = {"SUCCEEDED": task.failed_images, "FAILED": task.n}.get(task.status, 0)
    return {"TOTAL": task.n, "SUCCEEDED": done, "FAILED": failed}


def pictures(world: World, task: Task) -> dict[str, Any]:
    """Return `results` for the legacy protocol, `choices` for the other."""
    if IMAGE in MODELS[task.model].endpoints:
        return choices(world, task)
    return {"results": [_result(world, task, index) for index in range(task.n)]}


def _result(world: World, task: Task, index: int) -> dict[str, str]:
    if index >= task.n - task.failed_images:
        message = "An internal timeout error has occurred during execution, please try again later."
        return {"code": "InternalError.Timeout", "message": message}
    result = {"orig_prompt": task.prompt, "url": link(world, task, index)}
    # The rewritten prompt is there only if rewriting was on, which is the default (section 1.5).
    if (task.body.get("parameters") or {}).get("prompt_extend", True):
        result["actual_prompt"] = f"{task.prompt}, highly detailed, soft light"
    return result


def choices(world: World, task: Task) -> dict[str, Any]:
    """Return the images of the messages protocol: qwen's as parts of one choice, wan's as a choice each."""
    links = [link(world, task, index) for index in range(task.n - task.failed_images)]
    if task.model.startswith("wan"):
        groups = [[{"image": url, "type": "image"}] for url in links]
    else:
        groups = [[{"image": url} for url in links]]
    if task.model == "z-image-turbo":
        groups[0].append({"text": task.prompt})
    messages = [{"content": parts, "role": "assistant"} for parts in groups]
    return {"choices": [{"finish_reason": "stop", "message": message} for message in messages]}


def page(world: World, query: dict[str, str]) -> dict[str, Any]:
    """Return a page of the list, or raise `ValueError` for an invalid query."""
    start, end = (moment(query.get(name)) for name in ("start_time", "end_time"))
    number, size = int(query.get("page_no", "1")), int(query.get("page_size", "10"))
    if number < 1 or not 1 <= size <= 100:
        raise ValueError("page_no must be positive and page_size between 1 and 100")
    if start is not None and end is not None and not 0 <= end - start <= 86_400:
        # UNCONFIRMED: that a span of more than a day is refused.
        raise ValueError("the time range must be within 24 hours")
    found = listed(world, query, start=start, end=end)
    return {
        "total": len(found),
        "data": [entry(task) for task in found[(number - 1) * size : number * size]],
        "total_page": -(-len(found) // size),
        "page_no": number,
        "request_id": new_id(),
        "page_size": size,
    }


def moment(text: str | None) -> float | None:
    """Return a time of the query in seconds.

    UNCONFIRMED: that it is in China's time, as the times in a poll are.
    """
    return None if text is None else datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=CHINA).timestamp()


def listed(world: World, query: dict[str, str], *, start: float | None, end: float | None) -> list[Task]:
    """Return the tasks that match the filters, newest first; by default those of the last 24 hours."""
    now, book = world.now(), world.books["dashscope"]
    book.advance(now)
    first = now - 86_400 if start is None else start
    last = now if end is None else end
    kept = [task for task in book.tasks if first <= task.created_at <= last and not task.synchronous]
    kept = [task for task in kept if now - task.created_at < book.limits.lifetime_s]
    wanted = [("model_name", "model"), ("status", "status"), ("task_id", "task_id")]
    for name, field in wanted:
        kept = [task for task in kept if query.get(name) in {None, "", getattr(task, field)}]
    return sorted(kept, key=lambda task: task.created_at, reverse=True)


def entry(task: Task) -> dict[str, Any]:
    """Return a task as the list shows it, with its submit's request id; times in milliseconds since 1970."""
    found: dict[str, Any] = {"api_key_id": "1", "caller_parent_id": "1", "caller_uid": "1"}
    if task.ended_at is not None:
        found["end_time"] = int(task.ended_at * 1000)
    found |= {"gmt_create": int(task.created_at * 1000), "model_name": task.model, "region": "cn-beijing"}
    found["request_id"] = task.request_id
    if task.started_at is not None:
        found["start_time"] = int(task.started_at * 1000)
    found |= {"status": task.status, "task_id": task.task_id}
    found["user_api_unique_key"] = f"apikey:v1:aigc:text2image:image-synthesis:{task.model}"
    return found
