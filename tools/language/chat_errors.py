"""What a chat service's error means, by code first and HTTP status second; MiniMax's come under HTTP 200 too.

Source: https://platform.minimax.io/docs/api-reference/errorcode, read 2026-11-23.
"""

import re
from dataclasses import dataclass
from typing import Any

from tools.errors import ConfigError, PeituError, QuotaError, RejectedError, UnavailableError
from tools.setup.redact import hide, redact

_TRANSIENT = {"1000", "1001", "1002", "1024", "1033", "1039", "1041", "2045", "408", "409", "425", "429"}
# Codes, the class that says who must act, and what there is to do.
_MEANINGS: tuple[tuple[set[str], type[PeituError], str], ...] = (
    ({"2056"}, QuotaError, "wait for the plan's window to reset, or choose another llm.provider"),
    (
        {"1008", "402", "Arrearage", "insufficient_quota", "insufficient_balance"},
        ConfigError,
        "top up the account, or choose another llm.provider",
    ),
    (
        {"1004", "2049", "401", "403", "invalid_api_key", "InvalidApiKey"},
        ConfigError,
        "check the key, and that it is of the same region as the address",
    ),
    (
        {"1026", "1027", "1042", "data_inspection_failed", "DataInspectionFailed", "content_filter"},
        RejectedError,
        "the service refuses this content",
    ),
    ({"context_length_exceeded", "413"}, RejectedError, "lower llm.max_content_chars"),
)
_IN_TEXT = re.compile(r"\((\d{4})\)")


@dataclass(frozen=True, slots=True)
class ChatError:
    """The error, and whether the same request may be sent again soon."""

    error: PeituError
    again: bool = False


class ReportedError(Exception):
    """Carries what a service reported out of the HTTP client; langchain-openai never reads it."""

    def __init__(self, told: ChatError) -> None:
        super().__init__(str(told.error))
        self.told = told


def chat_error(
    status: int, body: Any, *, service: str, key: str, retry_after_s: float | None = None
) -> ChatError | None:
    """Return what the reply reports, or `None` if it holds an answer.

    `service` is how messages call the model, e.g. ``MiniMax-M2.5 at api.minimaxi.com``. `key` is what was sent to it,
    and what no message may repeat.
    """
    code, text = _code_and_text(body)
    if status < 400 and code is None:
        return _without_answer(body, service)
    code = code or str(status)
    told = f"{service} answered {_safe(code, key)}: {_safe(text, key) or 'no reason given'}"
    for codes, kind, remedy in _MEANINGS:
        if code in codes:
            return ChatError(kind(f"{told} - {remedy}"))
    if code in _TRANSIENT or status >= 500 or str(status) in _TRANSIENT:
        return ChatError(UnavailableError(told, retry_after_s=retry_after_s), again=True)
    if status in {401, 403}:
        return ChatError(ConfigError(f"{told} - check the key, and what it may be used for"))
    return ChatError(ConfigError(f"{told} - check model, base_url and temperature of the llm.provider"))


def _without_answer(body: Any, service: str) -> ChatError | None:
    """Return the error of a reply that reports none and still holds no answer."""
    choices = body.get("choices") if isinstance(body, dict) else None
    if isinstance(body, dict) and (body.get("input_sensitive") or body.get("output_sensitive")):
        return ChatError(RejectedError(f"{service} marked the content as sensitive and refuses it"))
    if isinstance(choices, list) and choices:
        return None
    return ChatError(UnavailableError(f"{service} sent a reply without an answer - try again later"))


def _code_and_text(body: Any) -> tuple[str | None, str]:
    """Return the code and the message of an error body, in each of the shapes that are about."""
    if not isinstance(body, dict):
        return None, str(body or "")
    base = body.get("base_resp")
    if isinstance(base, dict) and base.get("status_code") not in {None, 0, "0"}:
        return str(base["status_code"]), str(base.get("status_msg") or "")
    error = body.get("error")
    if error:
        error = error if isinstance(error, dict) else {"message": error}
        text = str(error.get("message") or error.get("type") or "")
        number = _IN_TEXT.search(text)
        code = number[1] if number else error.get("code") or error.get("http_code") or error.get("type")
        return str(code or "error"), text
    if "choices" not in body and body.get("code") not in {None, 0, "0"}:
        return str(body["code"]), str(body.get("message") or "")
    return None, str(body.get("message") or "")


def _safe(text: str, key: str) -> str:
    """Return the service's words, short, on one line, without the key and anything that looks like one."""
    return redact(" ".join(hide(text, key)[:2000].split()))[:200].rstrip(". ")
