"""MiniMax chat completions, OpenAI-compatible with some differences (reference, section 3)."""

import asyncio
import json
import time
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from tests.sandbox.faults import Call
from tests.sandbox.wire import endpoint, json_reply, new_id
from tests.sandbox.world import World

BASE = "/minimax/v1"
# By prefix: each has faster variants.
MODELS = ("MiniMax-M1", "MiniMax-M2", "MiniMax-M3", "MiniMax-Text-01")
THINKING = "The user wants an answer in a given form. I look at the text and write it."
ROLES = {"system", "user", "assistant", "tool"}
# Error kinds and the number in the message, by HTTP status (section 3.4).
ERRORS = {
    400: ("bad_request_error", 2013, "invalid params"),
    401: (
        "authorized_error",
        1004,
        "login fail: Please carry the API secret key in the request",
    ),
    429: ("rate_limit_error", 1002, "rate limit exceeded"),
}


def refused(call: Call, status: int, message: str, kind: str) -> Response:
    """Return an error in MiniMax's first shape (section 3.4)."""
    error = {"type": kind, "message": message, "http_code": str(status)}
    return json_reply(call.request, {"type": "error", "error": error, "request_id": new_id()}, status=status)


def refuse(call: Call, status: int, details: dict[str, Any]) -> Response:
    """Return the error that a fault asks for; `code` is the number in the message."""
    kind, code, message = ERRORS.get(status, ("api_error", 1000, "unknown error"))
    text = f"{details.get('message', message)} ({details.get('code', code)})"
    response = refused(call, status, text, details.get("type", kind))
    if "retry_after" in details:
        response.headers["retry-after"] = str(details["retry_after"])
    response.headers.update(details.get("headers", {}))
    return response


def problem(body: Any) -> str | None:
    """Return why a request is answered with 2013, or `None` if it is good (sections 3.2 and 3.4)."""
    if not isinstance(body, dict):
        return "body is not a JSON object"
    if not str(body.get("model", "")).startswith(MODELS):
        return f"unknown model '{body.get('model')}'"
    for name in ("temperature", "top_p"):
        value = body.get(name)
        if value is not None and (not isinstance(value, int | float) or not 0 < value <= 1):
            return f"{name} should be in (0, 1]"
    for name, allowed in (("n", (None, 1)), ("tool_choice", (None, "none", "auto"))):
        if body.get(name) not in allowed:
            return f"{name} is not supported"
    return bad_messages(body.get("messages"))


def bad_messages(messages: Any) -> str | None:
    """Return what is wrong with the messages: there is at most one of the system, and it is the first."""
    if not isinstance(messages, list) or not messages:
        return "chat content is empty"
    for index, message in enumerate(messages):
        role = message.get("role") if isinstance(message, dict) else None
        if str(role) not in ROLES or (role == "system" and index > 0):
            return f"chat content has invalid message role: {role}"
    return None


async def chat(world: World, call: Call) -> Response:
    """Answer as a thinking model does."""
    if call.request.headers.get("authorization") != f"Bearer {world.keys.minimax}":
        kind, code, message = ERRORS[401]
        return refused(call, 401, f"{message} ({code})", kind)
    if text := problem(call.data):
        return refused(call, 400, f"invalid params, {text} (2013)", "bad_request_error")
    limits = world.limits["minimax"]
    if not world.books["minimax"].submits.take(limits.submit_per_s, world.now()):
        return refused(call, 429, "rate limit exceeded(RPM) (1002)", "rate_limit_error")
    await asyncio.sleep(world.draw_seconds("minimax"))
    if call.fault and call.fault.kind == "base_resp":
        return json_reply(call.request, broken(call.fault.details, call.data["model"]))
    text = await asyncio.to_thread(written, world, call.data["messages"])
    world.chats.append({"body": call.data, "headers": dict(call.request.headers), "answer": text})
    return completed(call, text)


def written(world: World, messages: list[dict[str, Any]]) -> str:
    """Return the next canned answer, or what the answering function writes."""
    with world.lock:
        if world.answers:
            return world.answers.popleft()
    return world.answer(messages)


def broken(details: dict[str, Any], model: str) -> dict[str, Any]:
    """Return an error under HTTP 200 (section 3.4)."""
    return {
        "id": new_id().replace("-", ""),
        "choices": [] if details.get("choices") == "empty" else None,
        "created": int(time.time()),
        "model": model,
        "object": "chat.completion",
        "input_sensitive": bool(details.get("input_sensitive", False)),
        "output_sensitive": bool(details.get("output_sensitive", False)),
        "base_resp": {
            "status_code": details.get("code", 1008),
            "status_msg": details.get("message", "insufficient balance"),
        },
    }


def completed(call: Call, text: str) -> Response:
    """Return the completion, whole or as a stream."""
    message: dict[str, Any] = {"role": "assistant", "content": f"<think>\n{THINKING}\n</think>\n\n{text}"}
    finish = "stop"
    if call.data.get("reasoning_split"):
        message |= {"content": text, "reasoning_details": [{"type": "reasoning.text", "text": THINKING}]}
    if call.fault and call.fault.kind == "cut":
        message, finish = {"role": "assistant", "content": f"<think>\n{THINKING}"}, "length"
    asked = sum(len(str(given.get("content"))) for given in call.data["messages"]) // 3
    told = len(str(message["content"])) // 3
    content = {
        "id": new_id().replace("-", ""),
        "choices": [{"finish_reason": finish, "index": 0, "message": message}],
        "created": int(time.time()),
        "model": call.data["model"],
        "object": "chat.completion",
        "usage": {"total_tokens": asked + told, "prompt_tokens": asked, "completion_tokens": told},
        "input_sensitive": False,
        "output_sensitive": False,
        "base_resp": {"status_code": 0, "status_msg": ""},
    }
    return streamed(content) if call.data.get("stream") else json_reply(call.request, content)


def streamed(content: dict[str, Any]) -> Response:
    """Return the completion as server-sent events, a few dozen characters each."""
    choice = content["choices"][0]
    text = choice["message"]["content"]
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "content": text[at : at + 40]} for at in range(0, len(text), 40)
    ]
    shared = {name: content[name] for name in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    chunks = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    chunks.append({"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]})
    lines = [json.dumps({**shared, "choices": [chunk]}, ensure_ascii=False) for chunk in chunks]
    body = "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"])
    return Response(body, media_type="text/event-stream")


def describe(world: World, call: Call) -> str:
    """Return the text of the last message."""
    del world
    messages = call.data.get("messages") if isinstance(call.data, dict) else None
    last = messages[-1] if isinstance(messages, list) and messages else None
    return str(last.get("content")) if isinstance(last, dict) else ""


def routes(world: World) -> list[Route]:
    """Return the routes of MiniMax."""
    function = endpoint(world, "minimax", "chat", chat, refuse=refuse, describe=describe)
    return [Route(f"{BASE}/chat/completions", function, methods=["POST"])]
