"""OSS: objects in buckets, with real signatures (reference, section 4).

Paths are ``/bucket/key``, as oss2 uses them for an IP address. A host name in `World.domains` is a custom domain that
is bound to a bucket: there the whole path is the key.
"""

import base64
import binascii
import hashlib
from typing import Any
from urllib.parse import parse_qsl

from crcmod.crcmod import mkCrcFun  # type: ignore[import-untyped]
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.sandbox import oss_listing, oss_signature
from tests.sandbox.faults import Call
from tests.sandbox.oss_replies import http_date, oss_error, oss_headers
from tests.sandbox.wire import endpoint
from tests.sandbox.world import StoredObject, World

# Not buckets: the first part of the other services' paths.
OTHERS = {"dashscope", "modelscope", "minimax", "files", "control"}
STEPS = {"PUT": "put", "HEAD": "head", "GET": "get", "DELETE": "delete"}
# Code, message and EC by HTTP status, for faults that name none (section 4.4).
CODES = {
    400: ("InvalidArgument", "The argument is invalid.", ""),
    403: ("AccessDenied", "AccessDenied", "0003-00000001"),
    404: ("NoSuchKey", "The specified key does not exist.", "0026-00000001"),
    429: ("QpsLimitExceeded", "Please reduce your request rate.", ""),
    500: ("InternalError", "We encountered an internal error. Please try again.", ""),
    503: ("ServiceUnavailable", "The service is unavailable. Please try again.", ""),
}
KNOWN = {
    "PublicEndpointForbidden": (
        "This account cannot use the public endpoint of the bucket.",
        "0048-00000401",
    ),
    "UserDisable": ("UserDisable", "0003-00000801"),
}


def place(world: World, request: Request) -> tuple[str, str]:
    """Return the bucket and the key that a request names."""
    host = request.headers.get("host", "").partition(":")[0]
    path: str = request.scope["path"]
    if bucket := world.domains.get(host):
        return bucket, path.removeprefix("/")
    bucket, _, domain = host.partition(".")
    if bucket in world.buckets and domain.endswith(".aliyuncs.com"):
        return bucket, path.removeprefix("/")
    bucket, _, key = path.removeprefix("/").partition("/")
    return bucket, key


def refuse(call: Call, status: int, details: dict[str, Any]) -> Response:
    """Return the error that a fault asks for; the status of a well-known code may be left out."""
    code, message, ec = CODES.get(status, CODES[500])
    code = details.get("code", code)
    message, ec = KNOWN.get(code, (message, ec))
    response = oss_error(call, status, code, details.get("message", message), details.get("ec", ec))
    response.headers.update(details.get("headers", {}))
    return response


def refusal(world: World, call: Call) -> Response | None:
    """Return the answer to a request that is unsigned, wrongly signed, or for an unknown bucket; else `None`."""
    request = call.request
    bucket, key = place(world, request)
    query = dict(parse_qsl(request.url.query, keep_blank_values=True))
    headers = {name.lower(): value for name, value in request.headers.items()}
    anonymous = "authorization" not in headers and not {"Signature", "x-oss-signature"} & set(query)
    reads = request.method in {"GET", "HEAD"} and bool(key)
    if not (anonymous and reads and world.public_read):
        signed = oss_signature.Signed(
            method=request.method,
            resource=f"/{bucket}/{key}" if bucket else "/",
            query=query,
            headers=headers,
        )
        account = oss_signature.Account(
            key_id=world.keys.oss_id, secret=world.keys.oss_secret, region=world.region, now=world.now()
        )
        if found := oss_signature.refusal(signed, account):
            return oss_error(call, 403, *found, ec="0002-00000001")
    if bucket not in world.buckets:
        return oss_error(call, 404, "NoSuchBucket", "The specified bucket does not exist.", "0015-00000101")
    return None


def too_fast(world: World, call: Call) -> Response | None:
    """Return the 429 of the rate limit, if one is set and exceeded."""
    if world.books["oss"].submits.take(world.limits["oss"].submit_per_s, world.now()):
        return None
    return oss_error(call, 429, *CODES[429])


async def serve(world: World, call: Call) -> Response:
    """Answer a request by its method."""
    if answer := refusal(world, call) or too_fast(world, call):
        return answer
    bucket, key = place(world, call.request)
    if not key:
        return oss_listing.bucket_reply(world, call, bucket)
    match call.request.method:
        case "PUT":
            return put(world, call, bucket, key)
        case "DELETE":
            with world.lock:
                world.objects.pop((bucket, key), None)
            return Response(status_code=204, headers=oss_headers())
        case _:
            return get(world, call, bucket, key)


def put(world: World, call: Call, bucket: str, key: str) -> Response:
    """Store an object (section 4.3)."""
    headers = call.request.headers
    digest = hashlib.md5(call.body, usedforsecurity=False)
    if (given := headers.get("content-md5")) and not _is_md5(given, digest.digest()):
        return oss_error(call, 400, "InvalidDigest", "The Content-MD5 you specified was invalid.", "0016-00000003")
    with world.lock:
        known = world.objects.get((bucket, key))
        if known and headers.get("x-oss-forbid-overwrite") == "true":
            message = "The object you specified already exists and can not be overwritten."
            return oss_error(call, 409, "FileAlreadyExists", message, "0026-00000008")
        world.objects[bucket, key] = stored = StoredObject(
            body=call.body,
            content_type=headers.get("content-type", "application/octet-stream"),
            etag=digest.hexdigest().upper(),
            crc64=crc64(call.body),
            modified_at=world.now(),
            metadata={name: value for name, value in headers.items() if _is_kept(name)},
            puts=known.puts + 1 if known else 1,
        )
    sent = {"etag": f'"{stored.etag}"', "x-oss-hash-crc64ecma": str(stored.crc64), "x-oss-server-time": "1"}
    return Response(headers={**oss_headers(), **sent})


def _is_md5(given: str, digest: bytes) -> bool:
    try:
        return base64.b64decode(given, validate=True) == digest
    except binascii.Error:
        return False


def _is_kept(name: str) -> bool:
    return name.startswith("x-oss-meta-") or name in {
        "cache-control",
        "content-disposition",
        "x-oss-storage-class",
    }


def crc64(body: bytes) -> int:
    """Return the CRC-64/XZ that OSS reports; oss2 compares it with its own."""
    checksum = mkCrcFun(0x142F0E1EBA9EA3693, initCrc=0, xorOut=0xFFFFFFFFFFFFFFFF)
    return int(checksum(body))


def get(world: World, call: Call, bucket: str, key: str) -> Response:
    """Return an object, or for HEAD only its headers; `?objectMeta` is the short form."""
    stored = world.objects.get((bucket, key))
    if stored is None:
        return oss_error(call, 404, "NoSuchKey", "The specified key does not exist.", "0026-00000001")
    headers = {
        **oss_headers(),
        "content-length": str(len(stored.body)),
        "etag": f'"{stored.etag}"',
        "last-modified": http_date(stored.modified_at),
        "x-oss-hash-crc64ecma": str(stored.crc64),
    }
    if "objectMeta" not in call.request.query_params:
        headers |= {"content-type": stored.content_type, "x-oss-object-type": "Normal", **stored.metadata}
        headers.setdefault("x-oss-storage-class", "Standard")
    return Response(b"" if call.request.method == "HEAD" else stored.body, headers=headers)


def describe(world: World, call: Call) -> str:
    """Return the key of the object."""
    return place(world, call.request)[1]


def routes(world: World) -> list[Route]:
    """Return the one route for all paths that no other service has."""
    by_step = {
        step: endpoint(world, "oss", step, serve, refuse=refuse, describe=describe)
        for step in (*STEPS.values(), "list")
    }

    async def dispatch(request: Request) -> Response:
        if place(world, request)[0] in OTHERS:
            return JSONResponse({"error": "The sandbox has no such path or method"}, status_code=404)
        step = STEPS.get(request.method, "get")
        return await by_step["list" if step == "get" and not place(world, request)[1] else step](request)

    return [Route("/{path:path}", dispatch, methods=[*STEPS, "POST"])]
