"""Remove secrets from text: keys, signed queries and image bodies."""

import re

# Every pattern consumes what it scans or has a bounded reach, so that long text takes linear time.
_QUERY = re.compile(r"\?[!#-&(-;=?-~]+")  # ASCII without space, quotes and angle brackets
_SIGNATURE = re.compile(
    r"(?:signature|ossaccesskeyid|x-oss-[a-z-]{1,40}|x-amz-[a-z-]{1,40}|security-token|access_?token|(?:api|auth)_?key)"
    r"(?:=|%3D)",
    re.IGNORECASE,
)
_NAME_OF_VALUE = (
    r"(?:(?:api|access|secret)[_-]?key(?:[_-]?(?:id|secret))?|secret|password|passwd"
    r"|(?:x-oss-)?signature|x-oss-credential|(?:access|auth|security|session|sts)[_-]?token)"
)
_IMAGE_BODIES = (
    (re.compile(r"\bdata:([\w.+-]{1,60}/[\w.+-]{1,60})[;,][^\s\"'<>)\\]+"), r"data:\1;…"),
    (re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{200,}={0,2}"), "…"),
)
_KEYS = (
    (re.compile(r"\b(bearer|basic)(\s{1,3})[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), r"\1\2…"),
    (re.compile(r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]+)*"), "eyJ…"),  # MiniMax
    (re.compile(r"(?<![A-Za-z0-9])(sk-)[A-Za-z0-9_-]{12,}"), r"\1…"),  # OpenAI, DashScope
    (re.compile(r"(?<![A-Za-z0-9])(ms-)[0-9a-f]{8}-[0-9a-z_-]{12,}", re.IGNORECASE), r"\1…"),  # ModelScope
    (re.compile(r"(?<![A-Za-z0-9])(LTAI|STS\.)[A-Za-z0-9]{8,}(?::[A-Za-z0-9+/]{20,}=*)?"), r"\1…"),  # OSS
)
_VALUES = (
    # "api_key": "…", password='…', \"secret\": \"…\"
    (
        re.compile(rf"({_NAME_OF_VALUE}(?:\\?[\"'])?\s{{0,3}}(?:=|:)\s{{0,3}}b?\\?[\"'])[^\"'\\\r\n]+", re.IGNORECASE),
        r"\1…",
    ),
    # OSS_ACCESS_KEY_SECRET=…; a sentence about a key ("DASHSCOPE_API_KEY: get one") stays
    (
        re.compile(
            rf"({_NAME_OF_VALUE}(?:\s{{0,3}}=\s{{0,3}}|:|%3D))(?!None\b|null\b|SecretStr\b)"
            r"[^\s\"'\\,;&(){}\[\]<>]+",
            re.IGNORECASE,
        ),
        r"\1…",
    ),
)


KEY_CHARS = 8
"""Least length of a key that is hidden. A shorter one is a placeholder, which may also be part of other words."""


def hide(text: str, *keys: str) -> str:
    """Return the text with each of these keys replaced by `…`, whatever they look like."""
    for key in map(str.strip, keys):
        if len(key) >= KEY_CHARS:
            text = text.replace(key, "…")
    return text


def redact(text: str) -> str:
    """Return the text with everything that looks like a key, signed query or image body replaced by `…`.

    Applying it twice changes nothing more.
    """
    text = _QUERY.sub(lambda query: "?…" if _SIGNATURE.search(query[0]) else query[0], text)
    for pattern, replacement in (*_IMAGE_BODIES, *_KEYS, *_VALUES):
        text = pattern.sub(replacement, text)
    return text
