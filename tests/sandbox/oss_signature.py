"""The signatures of OSS, computed from the request as it arrived (reference, section 4.2).

Written from the service's side, without the client's code, so that a mistake there is found. Version 1 is HMAC-SHA1
over a few headers and the sub-resources, version 4 HMAC-SHA256 over a canonical request within a scope.

Source: `oss2/auth.py` of oss2 2.19.1 (https://github.com/aliyun/aliyun-oss-python-sdk), read 2026-11-24.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote

SKEW_S = 15 * 60
LIFE_LIMIT_S = 604_800
SUBRESOURCES = frozenset(
    {
        "acl",
        "uploads",
        "uploadId",
        "partNumber",
        "delete",
        "location",
        "objectInfo",
        "objectMeta",
        "bucketInfo",
    }
    | {"stat", "append", "position", "symlink", "security-token", "tagging", "versions", "versioning"}
    | {"versionId", "restore", "x-oss-process", "continuation-token", "x-oss-traffic-limit"}
    | {"response-content-type", "response-content-language", "response-cache-control"}
    | {"response-content-encoding", "response-expires", "response-content-disposition"}
)
V4 = re.compile(
    r"OSS4-HMAC-SHA256 Credential=(?P<id>[^/]+)/(?P<date>\d{8})/(?P<region>[^/]+)/oss/aliyun_v4_request,"
    r" ?(?:AdditionalHeaders=(?P<before>[^,]+), ?)?Signature=(?P<signature>[0-9a-f]+)"
    r"(?:, ?AdditionalHeaders=(?P<after>.+))?"
)
Refusal = tuple[str, str]
MISMATCH = (
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your key.",
)
TOO_SKEWED = (
    "RequestTimeTooSkewed",
    "The difference between the request time and the current time is too large.",
)
UNKNOWN_ID = ("InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist in our records.")
EXPIRED = ("AccessDenied", "Request has expired.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What a signature covers. `resource` is ``/bucket/key``, unquoted; header names are in lower case."""

    method: str
    resource: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account whose signatures are valid, with the current time and the region."""

    key_id: str
    secret: str
    region: str
    now: float


def refusal(request: Signed, account: Account) -> Refusal | None:
    """Return the error code and message for this request (HTTP 403), or `None` if its signature is good."""
    authorization = request.headers.get("authorization", "")
    if authorization.startswith("OSS4-"):
        return _v4_header(request, account, authorization)
    if authorization.startswith("OSS "):
        return _v1_header(request, account, authorization)
    if "x-oss-signature" in request.query:
        return _v4_link(request, account)
    if "Signature" in request.query:
        return _v1_link(request, account)
    return ("AccessDenied", "You have no right to access this object.")


def _v1_header(request: Signed, account: Account, authorization: str) -> Refusal | None:
    key_id, _, signature = authorization.removeprefix("OSS ").partition(":")
    date = request.headers.get("x-oss-date") or request.headers.get("date", "")
    try:
        moment = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return ("AccessDenied", "OSS authentication requires a valid Date.")
    if key_id != account.key_id:
        return UNKNOWN_ID
    if abs(moment - account.now) > SKEW_S:
        return TOO_SKEWED
    return None if hmac.compare_digest(signature, v1(request, account.secret, date)) else MISMATCH


def _v1_link(request: Signed, account: Account) -> Refusal | None:
    if request.query.get("OSSAccessKeyId") != account.key_id:
        return UNKNOWN_ID
    expires = request.query.get("Expires", "")
    if not expires.isdigit() or int(expires) < account.now:
        return EXPIRED
    wanted = v1(request, account.secret, expires)
    return None if hmac.compare_digest(request.query["Signature"], wanted) else MISMATCH


def v1(request: Signed, secret: str, date: str) -> str:
    """Return the version 1 signature."""
    names = sorted(name for name in request.headers if name.startswith("x-oss-"))
    headers = "".join(f"{name}:{request.headers[name]}\n" for name in names)
    chosen = sorted((name, value) for name, value in request.query.items() if name in SUBRESOURCES)
    query = "&".join(f"{name}={value}" if value else name for name, value in chosen)
    resource = f"{request.resource}?{query}" if query else request.resource
    typed = [request.headers.get(name, "") for name in ("content-md5", "content-type")]
    text = "\n".join([request.method, *typed, date, headers + resource])
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _v4_header(request: Signed, account: Account, authorization: str) -> Refusal | None:
    found = V4.fullmatch(authorization)
    stamp = request.headers.get("x-oss-date", "")
    if found is None or not re.fullmatch(r"\d{8}T\d{6}Z", stamp):
        return ("AccessDenied", "The Authorization header or x-oss-date is not valid.")
    if found["id"] != account.key_id:
        return UNKNOWN_ID
    if abs(_moment(stamp) - account.now) > SKEW_S:
        return TOO_SKEWED
    if found["region"] != account.region or found["date"] != stamp[:8]:
        return ("SignatureDoesNotMatch", "Invalid signing region or date in Authorization header.")
    additional = (found["before"] or found["after"] or "").split(";")
    wanted = v4(request, account.secret, stamp=stamp, region=account.region, additional=additional)
    return None if hmac.compare_digest(found["signature"], wanted) else MISMATCH


def _v4_link(request: Signed, account: Account) -> Refusal | None:
    query = request.query
    key_id, _, scope = query.get("x-oss-credential", "").partition("/")
    stamp, life = query.get("x-oss-date", ""), query.get("x-oss-expires", "")
    if key_id != account.key_id:
        return UNKNOWN_ID
    if not re.fullmatch(r"\d{8}T\d{6}Z", stamp) or not life.isdigit() or int(life) > LIFE_LIMIT_S:
        return ("AccessDenied", "Invalid x-oss-date or x-oss-expires.")
    if _moment(stamp) + int(life) < account.now:
        return EXPIRED
    if scope != f"{stamp[:8]}/{account.region}/oss/aliyun_v4_request":
        return ("SignatureDoesNotMatch", "Invalid signing region or date in the credential.")
    additional = query.get("x-oss-additional-headers", "").split(";")
    wanted = v4(request, account.secret, stamp=stamp, region=account.region, additional=additional)
    return None if hmac.compare_digest(query["x-oss-signature"], wanted) else MISMATCH


def _moment(stamp: str) -> float:
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


def v4(request: Signed, secret: str, *, stamp: str, region: str, additional: list[str]) -> str:
    """Return the version 4 signature."""
    scope = (stamp[:8], region, "oss", "aliyun_v4_request")
    digest = hashlib.sha256(canonical(request, additional).encode()).hexdigest()
    text = "\n".join(["OSS4-HMAC-SHA256", stamp, "/".join(scope), digest])
    key = f"aliyun_v4{secret}".encode()
    for part in scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def canonical(request: Signed, additional: list[str]) -> str:
    """Return version 4's canonical request."""
    pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in request.query.items())
    kept = [(name, value) for name, value in pairs if name != "x-oss-signature"]
    query = "&".join(f"{name}={value}" if value else name for name, value in kept)
    extra = sorted(name for name in additional if name)
    names = sorted(
        name for name in request.headers if name.startswith("x-oss-") or name in {"content-type", "content-md5", *extra}
    )
    headers = "".join(f"{name}:{request.headers[name].strip()}\n" for name in names)
    payload = request.headers.get("x-oss-content-sha256", "UNSIGNED-PAYLOAD")
    path = quote(request.resource, safe="/")
    return "\n".join([request.method, path, query, headers, ";".join(extra), payload])
