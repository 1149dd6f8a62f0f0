"""DashScope text-to-image (reference, section 1): submits in two protocols, polls, cancel, the task list."""

import asyncio
import json
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from tests.sandbox import dashscope_tasks, submits
from tests.sandbox.dashscope_replies import refuse, refused, reply, throttled, unauthorized
from tests.sandbox.dashscope_rules import IMAGE, LEGACY, SYNC, Refused, read_order
from tests.sandbox.faults import Call
from tests.sandbox.tasks import Task
from tests.sandbox.wire import Handler, endpoint, new_id
from tests.sandbox.world import World

BASE = "/dashscope/api/v1"


def submit_to(where: str) -> Handler:
    """Return the handler of one of the three submit endpoints."""

    async def submit(world: World, call: Call) -> Response:
        if answer := unauthorized(world, call) or wrong_mode(call, where):
            return answer
        try:
            order = read_order(call.data, where)
        except Refused as no:
            return refused(call, no.status, no.code, no.message)
        if limit := submits.refusal(world, call, order.model):
            return throttled(call, limit)
        task = submits.book(world, call, order, synchronous=where == SYNC)
        return await at_once(world, call, task) if where == SYNC else accepted(call, task)

    return submit


def wrong_mode(call: Call, where: str) -> Response | None:
    """Return the answer to an async header that is missing or not allowed (section 1.2)."""
    asynchronous = call.request.headers.get("x-dashscope-async") == "enable"
    if asynchronous == (where != SYNC):
        return None
    kind = "asynchronous" if asynchronous else "synchronous"
    return refused(call, 403, "AccessDenied", f"current user api does not support {kind} calls.")


def accepted(call: Call, task: Task) -> Response:
    """Return the answer to an asynchronous submit (section 1.6)."""
    output = {"task_status": "PENDING", "task_id": task.task_id}
    return reply(call, {"output": output, "request_id": task.request_id}, submit=True)


async def at_once(world: World, call: Call, task: Task) -> Response:
    """Return the pictures of a synchronous submit (section 1.7, and the recording of qwen-image-max)."""
    await asyncio.sleep(task.duration_s)
    if task.outcome != "SUCCEEDED":
        return refused(call, 500, task.code or "InternalError", task.message)
    done = task.n - task.failed_images
    output = dashscope_tasks.choices(world, task)
    usage: dict[str, Any] = {"image_count": done, "width": task.size[0], "height": task.size[1]}
    if task.model.startswith("wan"):
        output["finished"] = True
        usage = {"image_count": done, "size": f"{task.size[0]}*{task.size[1]}"}
    else:
        output["task_metric"] = {"TOTAL": task.n, "SUCCEEDED": done, "FAILED": task.failed_images}
    return reply(call, {"output": output, "usage": usage, "request_id": task.request_id}, submit=True)


async def poll(world: World, call: Call) -> Response:
    """Return a task; a foreign or forgotten id is UNKNOWN, with HTTP 200 (section 1.8)."""
    if answer := unauthorized(world, call) or too_fast(world, call):
        return answer
    task_id = call.request.path_params["task_id"]
    with world.lock:
        task = world.books["dashscope"].find(task_id, world.now())
        if task is None or (call.fault and call.fault.kind == "unknown"):
            output = {"task_id": task_id, "task_status": "UNKNOWN"}
            return reply(call, {"request_id": new_id(), "output": output})
        task.polls += 1
        return reply(call, dashscope_tasks.state(world, task))


def too_fast(world: World, call: Call) -> Response | None:
    """Return the 429 of the query limit, 20 per second and account, if it is switched on."""
    per_s = world.limits["dashscope"].query_per_s
    if world.books["dashscope"].queries.take(per_s, world.now()):
        return None
    return throttled(call, "rate")


async def cancel(world: World, call: Call) -> Response:
    """Cancel a task that is still PENDING (section 1.8; the refusal is recorded)."""
    if answer := unauthorized(world, call):
        return answer
    with world.lock:
        task = world.books["dashscope"].find(call.request.path_params["task_id"], world.now())
        if task and world.books["dashscope"].cancel(task, world.now()):
            return reply(call, {"request_id": new_id()})
    message = "Failed to cancel the task, please confirm if the task is in PENDING status."
    content = {"request_id": new_id(), "code": "UnsupportedOperation", "message": message}
    return reply(call, content, status=400)


async def list_tasks(world: World, call: Call) -> Response:
    """Return the account's tasks, newest first, in the recorded shape (section 1.8)."""
    if answer := unauthorized(world, call) or too_fast(world, call):
        return answer
    try:
        with world.lock:
            content = dashscope_tasks.page(world, dict(call.request.query_params))
    except ValueError as error:
        return refused(call, 400, "InvalidParameter", str(error))
    return reply(call, content)


def describe(world: World, call: Call) -> str:
    """Return the prompt of the request or of its task."""
    task = world.books["dashscope"].by_id.get(call.request.path_params.get("task_id", ""))
    if task:
        return task.prompt
    given = call.data.get("input") if isinstance(call.data, dict) else None
    if not isinstance(given, dict):
        return ""
    return str(given["prompt"]) if "prompt" in given else json.dumps(given.get("messages"), ensure_ascii=False)


def routes(world: World) -> list[Route]:
    """Return the routes of DashScope."""

    def route(path: str, method: str, step: str, handler: Handler) -> Route:
        function = endpoint(world, "dashscope", step, handler, refuse=refuse, describe=describe)
        return Route(BASE + path, function, methods=[method])

    return [
        route("/services/aigc/text2image/image-synthesis", "POST", "submit", submit_to(LEGACY)),
        route("/services/aigc/multimodal-generation/generation", "POST", "submit", submit_to(SYNC)),
        route("/services/aigc/image-generation/generation", "POST", "submit", submit_to(IMAGE)),
        route("/tasks", "GET", "list", list_tasks),
        route("/tasks/{task_id}", "GET", "poll", poll),
        route("/tasks/{task_id}/cancel", "POST", "cancel", cancel),
    ]
