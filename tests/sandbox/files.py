"""Result pictures behind signed links, as OSS serves them.

A link works for the task's lifetime, with its exact query, and without an `Authorization` header: OSS refuses a request
that is authenticated twice (reference, section 1.8).
"""

import asyncio
import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.responses import Response
from starlette.routing import Route

from tests.sandbox import pictures
from tests.sandbox.faults import Call
from tests.sandbox.oss_replies import oss_error
from tests.sandbox.tasks import Task
from tests.sandbox.wire import endpoint
from tests.sandbox.world import World

KEY_ID = "LTAI-sandbox-results"


def kind_of(task: Task) -> str:
    """Return the picture's format: DashScope makes PNG, ModelScope either, by the seed."""
    return "JPEG" if task.service == "modelscope" and task.seed % 2 else "PNG"


def link(world: World, task: Task, index: int = 0) -> str:
    """Return the signed URL of one of a task's pictures."""
    extension = {"PNG": "png", "JPEG": "jpg"}[kind_of(task)]
    path = f"/files/{task.service}/{task.task_id}/{index}.{extension}"
    expires = int((task.ended_at or task.created_at) + world.limits[task.service].lifetime_s)
    signature = quote(_sign(world, path, expires), safe="")
    return f"{world.url}{path}?Expires={expires}&OSSAccessKeyId={KEY_ID}&Signature={signature}"


def _sign(world: World, path: str, expires: int) -> str:
    text = f"GET\n\n\n{expires}\n/results{path}".encode()
    return base64.b64encode(hmac.new(world.keys.oss_secret.encode(), text, hashlib.sha1).digest()).decode()


def refusal(world: World, call: Call) -> Response | None:
    """Return why this link is not served, or `None` if it is."""
    request = call.request
    if "authorization" in request.headers:
        return oss_error(call, 403, "AccessDenied", "The request is signed twice, in a header and in the query.")
    query = dict(parse_qsl(request.url.query, keep_blank_values=True))
    expires = int(query["Expires"]) if query.get("Expires", "").isdigit() else 0
    wanted = {"Expires": str(expires), "OSSAccessKeyId": KEY_ID}
    wanted["Signature"] = _sign(world, request.url.path, expires)
    if not query:
        return oss_error(call, 403, "AccessDenied", "You have no right to access this object.")
    if query != wanted:
        return oss_error(call, 403, "SignatureDoesNotMatch", "The signature we calculated does not match.")
    if expires < world.now():
        return oss_error(call, 403, "AccessDenied", "Request has expired.")
    return None


async def download(world: World, call: Call) -> Response:
    """Serve a picture, or the one that its fault asks for."""
    if refused := refusal(world, call):
        return refused
    task = find(world, call)
    if task is None:
        return oss_error(call, 404, "NoSuchKey", "The specified key does not exist.")
    index = call.request.path_params["file"].partition(".")[0]
    subject = f"{task.prompt}|{task.seed}|{index}"
    kind = kind_of(task)
    body = await asyncio.to_thread(pictures.picture, *task.size, subject, kind)
    if call.fault:
        body, kind = await asyncio.to_thread(spoiled, call.fault.kind, call.fault.details, task, body, kind)
    etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest().upper()}"'
    headers = {"server": "AliyunOSS", "etag": etag, "x-oss-force-download": "true"}
    return Response(body, media_type=f"image/{kind.lower()}", headers=headers)


def spoiled(fault: str, details: dict[str, Any], task: Task, body: bytes, kind: str) -> tuple[bytes, str]:
    """Return the picture that a fault asks for instead of the good one, and its format."""
    match fault:
        case "blank":
            return pictures.blank(*task.size, details.get("color", "black")), "PNG"
        case "bomb":
            return pictures.bomb(details.get("side", 20_000)), "PNG"
        case "half":
            return body[: len(body) // 2], kind
        case "resized":
            return pictures.picture(details["width"], details["height"], task.prompt, kind), kind
    return body, kind


def find(world: World, call: Call) -> Task | None:
    """Return the task that a link belongs to."""
    with world.lock:
        return world.books[call.service].by_id.get(call.request.path_params["task_id"])


def describe(world: World, call: Call) -> str:
    """Return the prompt of the picture."""
    task = find(world, call)
    return task.prompt if task else ""


def refuse(call: Call, status: int, details: dict[str, Any]) -> Response:
    """Answer with the error that a fault asks for."""
    code = details.get("code", "AccessDenied" if status == 403 else "InternalError")
    return oss_error(call, status, code, details.get("message", "This is a fault of the sandbox."))


def routes(world: World) -> list[Route]:
    """Return the routes of the pictures."""
    return [
        Route(
            f"/files/{service}/{{task_id}}/{{file}}",
            endpoint(world, service, "download", download, refuse=refuse, describe=describe),
        )
        for service in ("dashscope", "modelscope")
    ]
