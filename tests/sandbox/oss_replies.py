"""The headers and the error XML of OSS (reference, section 4.4)."""

import base64
from email.utils import formatdate
from xml.sax.saxutils import escape

from starlette.responses import Response

from tests.sandbox.faults import Call
from tests.sandbox.wire import new_id


def oss_headers() -> dict[str, str]:
    """Return the headers that every answer of OSS has."""
    return {"server": "AliyunOSS", "x-oss-request-id": new_id().replace("-", "").upper()[:24]}


def http_date(seconds: float) -> str:
    """Return a time as HTTP headers spell it."""
    return formatdate(seconds, usegmt=True)


def oss_error(call: Call, status: int, code: str, message: str, ec: str = "") -> Response:
    """Return an error; one to a HEAD has no body, its XML is in the header `x-oss-err`."""
    headers = oss_headers()
    fields = {
        "Code": code,
        "Message": message,
        "RequestId": headers["x-oss-request-id"],
        "HostId": call.request.headers.get("host", ""),
        "EC": ec,
    }
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items() if text)
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode()
    if ec:
        headers["x-oss-ec"] = ec
    if call.request.method == "HEAD":
        headers["x-oss-err"] = base64.b64encode(xml).decode()
        return Response(status_code=status, headers=headers)
    return Response(xml, status_code=status, headers=headers, media_type="application/xml")
