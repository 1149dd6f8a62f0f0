"""The answers of DashScope's gateway: headers as recorded, flat errors (reference, sections 1.6 and 1.10)."""

import time
from typing import Any

from starlette.responses import Response

from tests.sandbox.faults import Call
from tests.sandbox.wire import json_reply, new_id
from tests.sandbox.world import World

# Codes by HTTP status, for faults that name none (section 1.10).
CODES = {
    400: "InvalidParameter",
    401: "InvalidApiKey",
    403: "AccessDenied",
    404: "ModelNotFound",
    408: "RequestTimeOut",
    429: "Throttling.RateQuota",
    503: "ModelUnavailable",
}


def reply(call: Call, content: dict[str, Any], *, status: int = 200, submit: bool = False) -> Response:
    """Return JSON with the gateway's headers, as recorded."""
    arrived = str(int(time.time() * 1000))
    headers = {"server": "istio-envoy", "req-arrive-time": arrived, "resp-start-time": arrived}
    headers |= {"req-cost-time": "1", "x-envoy-upstream-service-time": "1"}
    if submit:
        headers |= {"content-type": "application/json", "x-dashscope-call-gateway": "true"}
        headers |= {"x-request-id": content.get("request_id", ""), "eagleeye-traceid": new_id().replace("-", "")}
    return json_reply(call.request, content, status=status, headers=headers)


def refused(call: Call, status: int, code: str, message: str) -> Response:
    """Return an error: flat, without `output` (section 1.6)."""
    content = {"code": code, "message": message, "request_id": new_id()}
    response = reply(call, content, status=status, submit=True)
    if status == 401:
        # The recorded 401 has no content type.
        del response.headers["content-type"]
    return response


def refuse(call: Call, status: int, details: dict[str, Any]) -> Response:
    """Return the error that a fault asks for."""
    code = details.get("code", CODES.get(status, "InternalError"))
    response = refused(call, status, code, details.get("message", "This is a fault of the sandbox."))
    if "retry_after" in details:
        response.headers["retry-after"] = str(details["retry_after"])
    response.headers.update(details.get("headers", {}))
    return response


def unauthorized(world: World, call: Call) -> Response | None:
    """Return the answer to a missing or wrong key, or `None` if the key is right."""
    given = call.request.headers.get("authorization")
    if given == f"Bearer {world.keys.dashscope}":
        return None
    return refused(call, 401, "InvalidApiKey", "Invalid API-key provided." if given else "No API-key provided.")


def throttled(call: Call, limit: str) -> Response:
    """Return the 429 of a limit; no task was made (section 1.9)."""
    if limit == "day":
        message = "Free allocated quota exceeded."
        return refused(call, 429, "Throttling.AllocationQuota", message)
    message = {
        "rate": "Requests rate limit exceeded, please try again later.",
        "queue": "Too many requests in route. Please try again later.",
    }[limit]
    return refused(call, 429, "Throttling.RateQuota" if limit == "rate" else "Throttling", message)
