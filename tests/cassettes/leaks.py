"""Finds in a cassette what should have been scrubbed; the recorder then refuses to save it, and a test fails.

It shares no code with `scrub`, so that it finds what that misses.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

import yaml

_PATTERNS = {
    "a key": r"(?<![A-Za-z0-9])(?:sk-[\w-]{6,}|ms-[0-9a-f]{8}-|LTAI[\w-]{4,}|STS\.\w{6,}|eyJ[\w-]{10,})",
    "a key of the sandbox": r"-sandbox-(?:key|secret|id|results)|sandbox-key",
    "an authorization": r"(?i)\b(?:bearer|basic) [\w.~+/=-]{4,}|OSS4-HMAC|\bOSS \w+:",
    "a private header": (
        r"(?im)^[\s-]*['\"]?(?:authorization|cookie|set-cookie|date|user-agent|x-dashscope-uid|x-oss-date"
        r"|x-oss-security-token|x-stainless-[\w-]+)['\"]?:"
    ),
    "a signed query": (
        r"(?i)[?&;](?:expires|signature|ossaccesskeyid|(?:security-|access_)?token|auth_key|x-oss-[\w-]+)="
        r"(?!scrubbed\b)[^&\s]"
    ),
    "an id of an account": (
        r"(?i)\"(?:api_?key_?id|caller_\w*id|user_api_unique_key|\w*uid|(?:account|owner|user)_?id)\""
        r"\s*:(?!\s*(?:\"scrubbed\"|null\b))|(?<!\d)[12]\d{15}(?!\d)"
    ),
    "what OSS quotes of a signature": (
        r"<(?:OSSAccessKeyId|SignatureProvided|StringToSign\w*|CanonicalRequest\w*|Owner)>(?!scrubbed<)"
    ),
    "an address of this machine": r"127\.0\.0\.1|localhost|\[::1\]",
}


def leaks(cassette: str) -> list[str]:
    """Return what the text of a cassette contains, perhaps encoded, and must not contain."""
    texts = [cassette, *_texts(yaml.safe_load(cassette))]
    return [name for name, pattern in _PATTERNS.items() if any(re.search(pattern, text) for text in texts)]


def _texts(value: Any) -> Iterator[str]:
    """Yield every text of a YAML document without YAML's quoting, with base64 decoded."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _texts(name)
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, bytes):
        yield value.decode("latin-1")
    elif isinstance(value, str):
        yield value
        try:
            yield base64.b64decode(value, validate=True).decode("latin-1")
        except (binascii.Error, ValueError):
            return
