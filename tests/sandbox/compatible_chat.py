"""Chat completions of DashScope and ModelScope: OpenAI's form, without MiniMax's additions (reference, section 2.4)."""

import asyncio
import time
from functools import partial
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from tests.sandbox.faults import Call
from tests.sandbox.minimax import bad_messages, describe, written
from tests.sandbox.wire import endpoint, json_reply, new_id
from tests.sandbox.world import World

BASES = {"dashscope": "/dashscope/compatible-mode/v1", "modelscope": "/modelscope/v1"}


def refused(call: Call, status: int, message: str) -> Response:
    """Return an error in OpenAI's shape."""
    return json_reply(call.request, {"error": {"message": message}, "request_id": new_id()}, status=status)


def refuse(call: Call, status: int, details: dict[str, Any]) -> Response:
    """Return the error that a fault asks for."""
    return refused(call, status, details.get("message", "This is a fault of the sandbox."))


async def chat(world: World, call: Call, *, service: str) -> Response:
    """Answer at once, without thinking."""
    if call.request.headers.get("authorization") != f"Bearer {getattr(world.keys, service)}":
        return refused(call, 401, "Incorrect API key provided.")
    body = call.data if isinstance(call.data, dict) else {}
    if text := bad_messages(body.get("messages")):
        return refused(call, 400, text)
    told = await asyncio.to_thread(written, world, body["messages"])
    world.chats.append({"body": body, "headers": dict(call.request.headers), "answer": told})
    message = {"role": "assistant", "content": told}
    content = {
        "id": f"chatcmpl-{new_id()}",
        "choices": [{"finish_reason": "stop", "index": 0, "message": message, "logprobs": None}],
        "created": int(time.time()),
        "model": body.get("model"),
        "object": "chat.completion",
        "usage": {"total_tokens": 2, "prompt_tokens": 1, "completion_tokens": 1},
    }
    return json_reply(call.request, content)


def routes(world: World) -> list[Route]:
    """Return the routes of both services, each of which takes the key that makes its pictures."""

    def route(service: str, base: str) -> Route:
        answer = partial(chat, service=service)
        function = endpoint(world, service, "completion", answer, refuse=refuse, describe=describe)
        return Route(f"{base}/chat/completions", function, methods=["POST"])

    return [route(service, base) for service, base in BASES.items()]
