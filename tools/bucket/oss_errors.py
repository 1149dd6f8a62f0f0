"""Turn OSS's errors into ours, which tell the user what to do.

Source: https://help.aliyun.com/en/oss/support (pages by EC), and `oss2/exceptions.py` 2.19.1, read 2026-11-24
"""

import re
from collections.abc import Sequence
from typing import Any

from tools.bucket.oss_address import Address
from tools.errors import ConfigError, PeituError, RejectedError, UnavailableError
from tools.setup.redact import hide

NOT_OSS = "The answer does not come from OSS"
# Statuses that oss2 uses for errors without an HTTP status.
_CLIENT, _NETWORK, _CHECKSUM = -1, -2, -3

_REMEDIES = {
    "AccessDenied": (
        "the key may not write there; check that OSS_BUCKET_NAME is a bucket of yours, and give the key's RAM"
        " user oss:PutObject, oss:GetObject and oss:ListObjects on it"
    ),
    "InvalidAccessKeyId": (
        "the key is unknown, disabled or deleted; check OSS_ACCESS_KEY_ID at https://ram.console.aliyun.com/manage/ak"
    ),
    "InvalidBucketName": "the name is not valid; check OSS_BUCKET_NAME",
    "NoSuchBucket": ("there is no such bucket; check OSS_BUCKET_NAME, and that OSS_ENDPOINT is in the bucket's region"),
    "PublicEndpointForbidden": (
        "accounts newer than 2025-03-20 cannot use this endpoint; bind your domain to the bucket and set"
        " OSS_ENDPOINT to it, e.g. https://img.example.com, and OSS_REGION"
    ),
    "RequestTimeTooSkewed": "this machine's clock is more than 15 minutes off; correct it",
    "SignatureDoesNotMatch": (
        "the secret does not fit the key, or the region is wrong; copy OSS_ACCESS_KEY_SECRET again, and check"
        " OSS_REGION"
    ),
    "UserDisable": ("OSS is not activated or a bill is unpaid; see https://oss.console.aliyun.com and your balance"),
}


def is_passing(error: Exception) -> bool:
    """Return whether the same request may succeed in a moment; a PUT of the same key is safe to repeat."""
    status = _status(error)
    return status in {_NETWORK, _CHECKSUM, 429} or status >= 500 or _code(error) == "InvalidDigest"


def is_silence(error: Exception) -> bool:
    """Return whether no answer came in time."""
    text = _network_text(error)
    return _status(error) == _NETWORK and ("timeout" in text or "timed out" in text)


def explain(error: Exception, address: Address, keys: Sequence[str] = ()) -> PeituError:
    """Return our error for one of oss2's.

    oss2's own text quotes the key's id and the signature, so only the code and the id of the request are passed on,
    with any of the `keys` in them hidden.
    """
    status, code, request = _status(error), _code(error, keys), _request(error, keys)
    what = f"OSS bucket {address.bucket!r} at {address.host} cannot be used"
    if status == _NETWORK:
        return _explain_network(error, what)
    if status == _CLIENT:
        return ConfigError(f"{what}: the settings are not valid; check OSS_BUCKET_NAME and OSS_ENDPOINT")
    if is_passing(error):
        busy = f"OSS cannot do it now (HTTP {status}{request})"
        reason = "it arrived damaged" if status in {_CHECKSUM, 400} else busy
        return UnavailableError(f"{what}: {reason}; try again later", retry_after_s=_retry_after_s(error))
    answer = f"{code or 'HTTP'} {status}{request}"
    remedy = _other_region(error) or _REMEDIES.get(code)
    if remedy:
        return ConfigError(f"{what}: {remedy} ({answer})")
    if status in {401, 403}:
        return ConfigError(f"{what}: check the key's permissions and the bucket's policy ({answer})")
    return RejectedError(f"{what}: OSS refuses the request; check OSS_BASE_PATH and OSS_ENDPOINT ({answer})")


def _explain_network(error: Exception, what: str) -> PeituError:
    text = _network_text(error)
    if "certificate" in text:
        return ConfigError(
            f"{what}: the host has no valid certificate; add one to the domain in the OSS console,"
            " or set OSS_ENDPOINT with http://"
        )
    if "resolve" in text or "getaddrinfo" in text:
        return UnavailableError(f"{what}: the host cannot be found; check OSS_ENDPOINT and the network")
    if "proxy" in text:
        return UnavailableError(f"{what}: the proxy does not work; check HTTPS_PROXY")
    if NOT_OSS.lower() in text:
        return UnavailableError(f"{what}: something else answered; check OSS_ENDPOINT and the network")
    reason = "no answer came in time" if is_silence(error) else "the connection broke"
    return UnavailableError(f"{what}: {reason}; check the network and try again")


def _network_text(error: Exception) -> str:
    cause = getattr(error, "exception", error)
    return f"{type(cause).__name__} {cause}".lower()


def _other_region(error: Exception) -> str | None:
    """Return the remedy for a bucket in another region, with the endpoint that OSS's answer names, or `None`."""
    endpoint = _details(error).get("Endpoint") or ""
    if _code(error) != "AccessDenied" or not re.fullmatch(r"[a-z0-9.-]+\.aliyuncs\.com", endpoint):
        return None
    return f"the bucket is in another region; set OSS_ENDPOINT to https://{endpoint}"


def _details(error: Exception) -> dict[str, Any]:
    return getattr(error, "details", None) or {}


def _status(error: Exception) -> int:
    # oss2 does not wrap errors that occur while an answer is read.
    return int(getattr(error, "status", _NETWORK))


def _code(error: Exception, keys: Sequence[str] = ()) -> str:
    return re.sub(r"[^A-Za-z0-9.]", "", hide(getattr(error, "code", None) or "", *keys))[:60]


def _request(error: Exception, keys: Sequence[str]) -> str:
    request = re.sub(r"[^A-Za-z0-9-]", "", hide(getattr(error, "request_id", None) or "", *keys))[:60]
    return f", request {request}" if request else ""


def _retry_after_s(error: Exception) -> float | None:
    value = str(dict(getattr(error, "headers", {})).get("retry-after", ""))
    return float(value) if re.fullmatch(r"[0-9]{1,5}", value) else None
