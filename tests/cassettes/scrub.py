"""Removes from a recording what is secret, personal or large.

Only headers that a client reads are kept, so that no list of names of account headers is needed. Values in queries,
JSON fields and XML elements are replaced by the word ``scrubbed``, which keeps the form of the answer.
"""

import base64
import binascii
import io
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx
from PIL import Image
from vcr.request import Request  # type: ignore[import-untyped]

from tools.pictures.images import sniff_format

WORD = "scrubbed"
_SENT = {"content-type", "content-md5", "x-dashscope-async", "x-modelscope-async-mode", "x-modelscope-task-type"}
_RECEIVED = {"content-type", "etag", "last-modified", "location", "retry-after", "x-request-id"}
_RECEIVED |= {"x-oss-ec", "x-oss-err", "x-oss-hash-crc64ecma", "x-oss-request-id"}
_RECEIVED |= {
    f"modelscope-ratelimit-{kind}-{number}"
    for kind in ("requests", "model-requests")
    for number in ("limit", "remaining")
}

_SIGNED_QUERY = re.compile(
    r"expires|signature|ossaccesskeyid|((security|access)[-_])?token|((api|access|auth)[-_])?key|x-(oss|amz)-.*",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://[^\s\"'<>\\]+\?[^\s\"'<>\\]+")
_PERSONAL = re.compile(
    r"api_?key(_?id)?|access_?key(_?id)?|user_api_unique_key|.*_?token|(.*_)?uid|(user|account|owner|caller\w*)_?id",
    re.IGNORECASE,
)
_ELEMENT = re.compile(
    r"<(OSSAccessKeyId|SignatureProvided|StringToSign\w*|CanonicalRequest\w*|Owner)>.*?</\1>", re.DOTALL
)
# Ids of Alibaba Cloud accounts have 16 digits.
_ACCOUNT = re.compile(r"(?<!\d)[12]\d{15}(?!\d)")
_SIDE_PX = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrubber:
    """Scrubs interactions: `rewrites` maps texts to their replacements, `secrets` are the keys in use."""

    rewrites: Mapping[str, str] = field(default_factory=dict)
    secrets: Collection[str] = ()

    def interaction(self, request: Request, response: dict[str, Any]) -> tuple[Request, dict[str, Any]]:
        """Return both without anything that is not public; a hook of vcrpy."""
        return self._request(request), self._response(response)

    def _request(self, request: Request) -> Request:
        headers = {name: value for name, value in request.headers.items() if name.lower() in _SENT}
        return Request(request.method, unsigned(self.text(request.uri)), request.body_bytes, headers)

    def _response(self, response: dict[str, Any]) -> dict[str, Any]:
        given = httpx.Headers([(name, value) for name, values in response["headers"].items() for value in values])
        # httpx unpacks whatever compression it, or requests, asked for.
        whole = httpx.Response(200, headers=given, content=response["body"]["string"] or b"").content
        body = self.body(whole)
        headers = {name: [self._header(name, given[name])] for name in sorted(_RECEIVED & set(given))}
        if body:
            headers["content-length"] = [str(len(body))]
        if sniff_format(whole):
            # It is the hash of the picture that was there.
            headers.pop("etag", None)
        return {"status": response["status"], "headers": headers, "body": {"string": body}}

    def _header(self, name: str, value: str) -> str:
        if name != "x-oss-err":
            return self.text(value)
        try:
            return base64.b64encode(self.body(base64.b64decode(value, validate=True))).decode()
        except binascii.Error:
            return WORD

    def body(self, body: bytes) -> bytes:
        """Return a body: of a picture a tiny version, of JSON and text what is not secret.

        Raises:
            ValueError: It is neither, so nobody knows what is in it.
        """
        if sniff_format(body):
            return shrunk(body)
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise ValueError("A body is neither text nor a picture, and cannot be scrubbed") from error
        try:
            content = json.loads(text)
        except ValueError:
            return self.text(text).encode()
        return json.dumps(self._json(content), separators=(",", ":")).encode()

    def _json(self, content: Any, name: str = "") -> Any:
        if isinstance(content, dict):
            return {key: self._json(value, key) for key, value in content.items()}
        if isinstance(content, list):
            return [self._json(value, name) for value in content]
        if content is not None and _PERSONAL.fullmatch(name):
            return WORD
        return self.text(content) if isinstance(content, str) else content

    def text(self, text: str) -> str:
        """Return the text with the real addresses, and without keys, signatures and account ids."""
        for found, wanted in self.rewrites.items():
            text = text.replace(found, wanted)
        for secret in self.secrets:
            text = text.replace(secret, WORD)
        text = _URL.sub(lambda url: unsigned(url[0]), text)
        text = _ELEMENT.sub(rf"<\1>{WORD}</\1>", text)
        return _ACCOUNT.sub(WORD, text)


def unsigned(url: str) -> str:
    """Return an address with its query's names and order, but without what signs it."""
    parts = urlsplit(url)
    if not parts.query:
        return url
    query = [
        (name, WORD if value and _SIGNED_QUERY.fullmatch(name) else value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    return urlunsplit(parts._replace(query=urlencode(query)))


def shrunk(picture: bytes) -> bytes:
    """Return a picture in the same format, of 16 pixels a side at most and without metadata."""
    with Image.open(io.BytesIO(picture)) as image:
        small = image.convert("RGB")
        small.thumbnail((_SIDE_PX, _SIDE_PX))
        small.info.clear()
        file = io.BytesIO()
        small.save(file, image.format)
    return file.getvalue()
