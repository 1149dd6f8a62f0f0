"""The answers of the benchmark's service, in the words of the three protocols.

Source: https://help.aliyun.com/zh/model-studio/text-to-image-v2-api-reference and
https://modelscope.cn/docs/model-service/API-Inference/intro, read 2026-11-23.
"""

import time
from datetime import datetime, timedelta, timezone
from typing import Any

from bench.tasks import Task

Answer = tuple[int, Any]
CHINA = timezone(timedelta(hours=8))
TOO_FAST = "Requests rate limit exceeded, please try again later."
NOT_MADE = "The picture was not made."


def dashscope_accepted(task: Task | None) -> Answer:
    """Return DashScope's answer to a submit; `None` is one that came too soon."""
    if task is None:
        return 429, {"code": "Throttling.RateQuota", "message": TOO_FAST, "request_id": "refused"}
    return 200, {"output": {"task_status": "PENDING", "task_id": task.task_id}, "request_id": task.task_id}


def dashscope_state(task: Task | None, over: bool, link: str, began_at: float) -> Answer:
    """Return DashScope's answer to a poll; `None` is a task that it does not know. Its times are China's."""
    if task is None:
        return 200, {"request_id": "unknown", "output": {"task_id": "unknown", "task_status": "UNKNOWN"}}
    output: dict[str, Any] = {"task_id": task.task_id, "task_status": "RUNNING"}
    if over and task.failed:
        output |= {"task_status": "FAILED", "code": "InternalError", "message": NOT_MADE}
    elif over:
        times = {"submit_time": task.created_at, "end_time": task.ready_at}
        output |= {name: _in_china(began_at + at) for name, at in times.items()}
        output |= {"task_status": "SUCCEEDED", "results": [{"url": link}]}
    return 200, {"request_id": task.task_id, "output": output}


def dashscope_list(tasks: list[Task], began_at: float) -> Answer:
    """Return every task on one page, whatever times were asked for: a run is shorter than a day."""
    entries = [
        {"task_id": task.task_id, "model_name": "wanx2.1-t2i-plus", "request_id": task.task_id}
        | {"gmt_create": round((began_at + task.created_at) * 1000)}
        for task in tasks
    ]
    pages = {"total": len(entries), "total_page": 1, "page_no": 1, "page_size": len(entries)}
    return 200, {"request_id": f"list-{time.time_ns()}", "data": entries, **pages}


def modelscope_accepted(task: Task | None) -> Answer:
    """Return ModelScope's answer to a submit; `SUCCEED` only means that it was accepted."""
    if task is None:
        return 429, {"errors": {"message": f"limit_requests: {TOO_FAST}"}, "request_id": "refused"}
    return 200, {"task_status": "SUCCEED", "task_id": task.task_id, "request_id": task.task_id}


def modelscope_state(task: Task | None, over: bool, link: str, _: float) -> Answer:
    """Return ModelScope's answer to a poll, which tells no times."""
    if task is None:
        return 200, {"task_status": "FAILED", "errors": {"code": 500, "message": "task not found"}}
    answer: dict[str, Any] = {"request_id": task.task_id, "task_id": task.task_id, "task_status": "PROCESSING"}
    if over and task.failed:
        answer |= {"task_status": "FAILED", "errors": {"code": 500, "message": NOT_MADE}}
    elif over:
        answer |= {"task_status": "SUCCEED", "output_images": [link]}
    return 200, answer


def _in_china(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, CHINA).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def openai_made(task: Task | None, link: str) -> Answer:
    """Return OpenAI's answer, which comes when the picture is there."""
    if task is None:
        return 429, {"error": {"message": TOO_FAST, "type": "requests", "code": "rate_limit_exceeded"}}
    if task.failed:
        return 500, {"error": {"message": NOT_MADE, "type": "server_error", "code": None}}
    return 200, {"created": 0, "data": [{"url": link}]}
