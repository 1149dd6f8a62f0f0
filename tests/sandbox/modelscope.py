"""ModelScope API-Inference image generation (reference, section 2)."""

import asyncio
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from tests.sandbox import submits
from tests.sandbox.faults import Call
from tests.sandbox.files import link
from tests.sandbox.modelscope_rules import MODELS, parse_size, problem
from tests.sandbox.tasks import Task
from tests.sandbox.wire import Handler, endpoint, json_reply, new_id
from tests.sandbox.world import World

BASE = "/modelscope/v1"
STATUSES = {"PENDING": "PENDING", "RUNNING": "PROCESSING", "SUCCEEDED": "SUCCEED"}
UNKNOWN_TOKEN = "Authentication failed, please make sure that a valid ModelScope token is supplied."
# The kinds of 429 (section 2.4).
THROTTLED = {
    "rate": "limit_burst_rate: Request rate increased too quickly, please slow down.",
    "queue": "limit_requests: You have exceeded the concurrency limit, please try again later.",
    "day": "You have exceeded today's quota for model {model}, please try again tomorrow",
}


def refused(call: Call, status: int, message: str, code: object = None) -> Response:
    """Return an error in the shape of the image endpoints (section 2.4)."""
    errors = {"message": message} if code is None else {"message": message, "code": code}
    return json_reply(call.request, {"errors": errors, "request_id": new_id()}, status=status)


def refuse(call: Call, status: int, details: dict[str, Any]) -> Response:
    """Return the error that a fault asks for."""
    default = THROTTLED["rate"] if status == 429 else "Server is busy, please try again later"
    response = refused(call, status, details.get("message", default), details.get("code"))
    if "retry_after" in details:
        response.headers["retry-after"] = str(details["retry_after"])
    response.headers.update(details.get("headers", {}))
    return response


def unauthorized(world: World, call: Call) -> Response | None:
    """Return the answer to a missing or wrong token, or `None` if the token is right."""
    if call.request.headers.get("authorization") == f"Bearer {world.keys.modelscope}":
        return None
    return refused(call, 401, UNKNOWN_TOKEN)


async def submit(world: World, call: Call) -> Response:
    """Accept a task, or without the async header make the picture at once (sections 2.1 and 2.3)."""
    if answer := unauthorized(world, call):
        return answer
    body = call.data
    if text := problem(body):
        return refused(call, 400, text)
    if limit := submits.refusal(world, call, body["model"]):
        return refused(call, 429, THROTTLED[limit].format(model=body["model"]))
    waits = call.request.headers.get("x-modelscope-async-mode", "").lower() == "true"
    size = parse_size(body.get("size", "1024x1024"))
    order = submits.Order(model=body["model"], prompt=body["prompt"], size=size, seed=body.get("seed"))
    task = submits.book(world, call, order, synchronous=not waits)
    return accepted(world, call, task) if waits else await at_once(world, call, task)


def accepted(world: World, call: Call, task: Task) -> Response:
    """Return the answer to an async submit: its SUCCEED is a trap, there is no picture yet (section 2.3)."""
    content = {"task_status": "SUCCEED", "task_id": task.task_id, "request_id": task.request_id}
    return json_reply(call.request, content, headers=quota(world, task.model))


async def at_once(world: World, call: Call, task: Task) -> Response:
    """Return the picture itself: the old synchronous form (section 2.3)."""
    await asyncio.sleep(task.duration_s)
    if task.outcome != "SUCCEEDED":
        return refused(call, 500, task.message, task.code)
    content = {"images": [{"url": link(world, task)}], "request_id": task.request_id}
    return json_reply(call.request, content, headers=quota(world, task.model))


def quota(world: World, model: str) -> dict[str, str]:
    """Return the quota headers: 2000 calls a day, fewer of one model (section 2.4)."""
    per_model = world.limits["modelscope"].per_day or 500
    used = sum(count for (service, _), count in world.accepted_today.items() if service == "modelscope")
    return {
        "modelscope-ratelimit-requests-limit": "2000",
        "modelscope-ratelimit-requests-remaining": str(max(0, 2000 - used)),
        "modelscope-ratelimit-model-requests-limit": str(per_model),
        "modelscope-ratelimit-model-requests-remaining": str(
            max(0, per_model - world.accepted_today["modelscope", model])
        ),
    }


async def poll(world: World, call: Call) -> Response:
    """Return a task; without the right type header it is "not found", with HTTP 200 (section 2.3)."""
    if answer := unauthorized(world, call):
        return answer
    if not world.books["modelscope"].queries.take(world.limits["modelscope"].query_per_s, world.now()):
        return refused(call, 429, THROTTLED["rate"])
    typed = call.request.headers.get("x-modelscope-task-type") == "image_generation"
    with world.lock:
        task = world.books["modelscope"].find(call.request.path_params["task_id"], world.now())
        hidden = call.fault is not None and call.fault.kind == "unknown"
        if task is None or not typed or hidden:
            errors = {"code": 500, "message": "task not found"}
            return json_reply(call.request, {"task_status": "FAILED", "errors": errors, "request_id": new_id()})
        task.polls += 1
        return json_reply(call.request, state(world, task))


def state(world: World, task: Task) -> dict[str, Any]:
    """Return the answer to a poll."""
    content: dict[str, Any] = {"request_id": new_id(), "task_id": task.task_id}
    content["task_status"] = STATUSES.get(task.status, "FAILED")
    if task.status == "SUCCEEDED" and task.ended_at is not None:
        content["output_images"] = [link(world, task)]
        content["input"] = task.body
        content["time_taken"] = int((task.ended_at - task.created_at) * 1000)
    elif content["task_status"] == "FAILED":
        content["errors"] = {"code": int(task.code) if task.code.isdigit() else 500, "message": task.message}
    return content


async def models(world: World, call: Call) -> Response:
    """List the models; this is public and says nothing about a token (section 2.1)."""
    del world
    data = [{"id": name, "object": "model", "owned_by": "system"} for name in MODELS]
    return json_reply(call.request, {"object": "list", "data": data})


def describe(world: World, call: Call) -> str:
    """Return the prompt of the request or of its task."""
    task = world.books["modelscope"].by_id.get(call.request.path_params.get("task_id", ""))
    if task:
        return task.prompt
    return str(call.data.get("prompt", "")) if isinstance(call.data, dict) else ""


def routes(world: World) -> list[Route]:
    """Return the routes of ModelScope."""

    def route(path: str, method: str, step: str, handler: Handler) -> Route:
        function = endpoint(world, "modelscope", step, handler, refuse=refuse, describe=describe)
        return Route(BASE + path, function, methods=[method])

    return [
        route("/images/generations", "POST", "submit", submit),
        route("/tasks/{task_id}", "GET", "poll", poll),
        route("/models", "GET", "models", models),
    ]
