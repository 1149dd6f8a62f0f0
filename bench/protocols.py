"""The answers of the benchmark's service in its three protocols.

Source: https://help.aliyun.com/zh/model-studio/text-to-image-v2-api-reference and
https://modelscope.cn/docs/model-service/API-Inference/intro, read 2026-11-23.
"""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from bench.tasks import Task

Answer = tuple[int, Any]
CHINA = timezone(timedelta(hours=8))
TOO_FAST = "Requests rate limit exceeded, please try again later."
NOT_MADE = "The picture was not made."


def dashscope_accepted(task: Task | None) -> Answer:
    """Return DashScope's answer to a submit; `None` stands for one that came too early."""
    if task is None:
        return 429, {"code": "Throttling.RateQuota", "message": TOO_FAST, "request_id": "refused"}
    return 200, {"output": {"task_status": "PENDING", "task_id": task.task_id}, "request_id": task.task_id}


def dashscope_state(task: Task | None, over: bool, link: str, began_at: float) -> Answer:
    """Return DashScope's answer to a poll; `None` stands for an unknown task. Times are in China's time zone."""
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


def dashscope_list(tasks: list[Task], query: Mapping[str, str], now: float, began_at: float) -> Answer:
    """Return the asked page of the tasks that were made from `start_time` on, newest first."""
    since = datetime.strptime(query["start_time"], "%Y%m%d%H%M%S").replace(tzinfo=CHINA).timestamp() - began_at
    number, size = int(query["page_no"]), int(query["page_size"])
    found = [task for task in reversed(tasks) if task.created_at >= since]
    pages = {"total": len(found), "total_page": -(-len(found) // size), "page_no": number, "page_size": size}
    entries = [_listed(task, now, began_at) for task in found[(number - 1) * size : number * size]]
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


def _listed(task: Task, now: float, began_at: float) -> dict[str, Any]:
    status = "RUNNING" if now < task.ready_at else "FAILED" if task.failed else "SUCCEEDED"
    entry = {"task_id": task.task_id, "model_name": "wanx2.1-t2i-plus", "request_id": task.task_id, "status": status}
    return entry | {"gmt_create": round((began_at + task.created_at) * 1000)}


def _in_china(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, CHINA).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def openai_made(task: Task | None, link: str) -> Answer:
    """Return OpenAI's answer, which is sent when the picture is ready."""
    if task is None:
        return 429, {"error": {"message": TOO_FAST, "type": "requests", "code": "rate_limit_exceeded"}}
    if task.failed:
        return 500, {"error": {"message": NOT_MADE, "type": "server_error", "code": None}}
    return 200, {"created": 0, "data": [{"url": link}]}
