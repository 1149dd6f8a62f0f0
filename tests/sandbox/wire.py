"""The layer between the socket and the services: log, latency, faults, and broken connections."""

import asyncio
import gzip
import json
import random
import socket
import struct
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from tests.sandbox.faults import Call, Fault
from tests.sandbox.world import LoggedRequest, World

Handler = Callable[[World, Call], Awaitable[Response]]
Refuse = Callable[[Call, int, dict[str, Any]], Response]
Describe = Callable[[World, Call], str]

# What stands in for the real answer, and its content type.
REPLIES = {
    "empty": (b"", "application/json"),
    "garbage": (random.Random(0).randbytes(512), "application/json"),
    "html": (b"<!DOCTYPE html><html><body><h1>Bad Gateway</h1></body></html>", "text/html; charset=utf-8"),
    "envoy": (
        b"upstream connect error or disconnect/reset before headers. reset reason: connection termination",
        "text/plain",
    ),
}
STATUSES = {"envoy": 503}


def new_id() -> str:
    """Return a request id or task id."""
    return str(uuid.uuid4())


class Dropped(Response):
    """No answer, or the first `sent` bytes of one; then the connection closes.

    The protocol class puts its transport into the scope (see `tests.sandbox.serving`): closing it is the one
    way to make a client see what it sees when a proxy or a network dies.
    """

    def __init__(self, answer: Response | None = None, *, sent: int = 0, reset: bool = False) -> None:
        super().__init__(status_code=answer.status_code if answer else 0)
        self.answer, self.sent, self.reset = answer, sent, reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what there is to send and close."""
        transport: asyncio.Transport = scope["state"]["transport"]
        if self.answer is not None:
            await send(_start(self.answer))
            body = bytes(self.answer.body)[: self.sent]
            await send({"type": "http.response.body", "body": body, "more_body": True})
        if self.reset:
            # Linger of zero seconds: the kernel answers with RST instead of FIN.
            raw: socket.socket = transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            transport.close()
        # Returning before uvicorn has noticed would make it log an error and answer 500.
        while (await receive())["type"] != "http.disconnect":
            pass


def _start(answer: Response) -> Message:
    headers = [pair for pair in answer.raw_headers if pair[0] != b"content-length"]
    length = (b"content-length", str(len(answer.body)).encode())
    return {"type": "http.response.start", "status": answer.status_code, "headers": [*headers, length]}


def json_reply(
    request: Request, content: object, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return JSON as the gateways send it: gzipped if the client takes that, and chunked."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    sent = {"content-type": "application/json;charset=UTF-8", "vary": "Accept-Encoding", **(headers or {})}
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, compresslevel=1, mtime=0)
        sent["content-encoding"] = "gzip"
    reply = Response(body, status_code=status, headers=sent)
    # Without a length uvicorn sends chunks, as all recorded answers do.
    del reply.headers["content-length"]
    return reply


def endpoint(
    world: World, service: str, step: str, handler: Handler, *, refuse: Refuse, describe: Describe
) -> Callable[[Request], Awaitable[Response]]:
    """Return the route's function: log, wait, then the handler, or the fault that strikes it."""

    async def serve(request: Request) -> Response:
        call = Call(service=service, step=step, request=request, body=await request.body())
        call.data = parse(call.body)
        call.text = describe(world, call)
        with world.lock:
            call.fault = world.faults.take(call)
        if latency_s := world.limits[service].latency_s:
            await asyncio.sleep(latency_s)
        response = await answer(world, call, handler, refuse)
        write_log(world, call, response.status_code)
        return response

    return serve


def parse(body: bytes) -> Any:
    """Return the JSON of a body, or `None` if it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def write_log(world: World, call: Call, status: int) -> None:
    """Add the request to the log, and call the listener, if any."""
    line = LoggedRequest(
        method=call.request.method,
        path=call.request.url.path,
        status=status,
        service=call.service,
        step=call.step,
        at=world.now(),
    )
    world.requests.append(line)
    if world.log:
        world.log(line)


async def answer(world: World, call: Call, handler: Handler, refuse: Refuse) -> Response:
    """Carry the request out unless its fault forbids it, and replace the answer if its fault says so."""
    fault = call.fault
    real = None if fault and not fault.processed else await handler(world, call)
    if fault is None:
        assert real is not None
        return real
    if fault.kind == "slow":
        await asyncio.sleep(fault.details.get("seconds", 1.0))
    if fault.kind == "status":
        return refuse(call, fault.details.get("status", 500), fault.details)
    return spoil(fault, real)


def spoil(fault: Fault, real: Response | None) -> Response:
    """Return what the client gets instead of the real answer."""
    details = fault.details
    if fault.kind in REPLIES:
        body, kind = REPLIES[fault.kind]
        media_type = details.get("content_type", kind)
        return Response(body, status_code=details.get("status", STATUSES.get(fault.kind, 200)), media_type=media_type)
    if fault.kind in {"drop", "lost_reply"}:
        return Dropped(reset=details.get("reset", False))
    if fault.kind == "redirect":
        return Response(status_code=302, headers={"location": details.get("location", "file:///etc/hostname")})
    assert real is not None
    return Dropped(real, sent=len(real.body) // 2) if fault.kind == "truncated" else real
