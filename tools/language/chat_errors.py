"""Interpret errors of a chat service, by code first and HTTP status second; MiniMax also sends errors with HTTP 200.

Source: https://platform.minimax.io/docs/api-reference/errorcode, read 2026-11-23.
"""

import re
from dataclasses import dataclass
from typing import Any

from tools.errors import ConfigError, PeituError, QuotaError, RejectedError, UnavailableError
from tools.setup.redact import hide, redact

_TRANSIENT = {"1000", "1001", "1002", "1024", "1033", "1039", "1041", "2045", "408", "409", "425", "429"}
# Codes, the error class (which says who must act), and the remedy.
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
_UNNAMED = "error"  # where the service gives no code
# ModelScope's 429 that lasts: https://modelscope.cn/docs/model-service/API-Inference/intro, read 2026-11-23.
_TODAY = "exceeded today's quota"
_IN_TEXT = re.compile(r"\((\d{4})\)")


@dataclass(frozen=True, slots=True)
class ChatError:
    """An error, and whether the same request may be sent again soon."""

    error: PeituError
    again: bool = False


class ReportedError(Exception):
    """Carries a service's error out of the HTTP client, past langchain-openai."""

    def __init__(self, told: ChatError) -> None:
        super().__init__(str(told.error))
        self.told = told


def chat_error(
    status: int, body: Any, *, service: str, key: str, retry_after_s: float | None = None
) -> ChatError | None:
    """Return the error that the reply reports, or `None` if it has an answer.

    `service` is the name of the model in messages, e.g. ``MiniMax-M2.5 at api.minimaxi.com``. `key` is the API key that
    was sent; it is removed from messages.
    """
    code, text = _code_and_text(body)
    if status < 400 and code is None:
        return _without_answer(body, service)
    if code is None or (code == _UNNAMED and status >= 400):
        code = str(status)
    told = f"{service} answered {_safe(code, key)}: {_safe(text, key) or 'no reason given'}"
    for codes, kind, remedy in _MEANINGS:
        if code in codes:
            return ChatError(kind(f"{told} - {remedy}"))
    if _TODAY in text:
        return ChatError(QuotaError(f"{told} - use another model, or wait for 00:00 China time"))
    if code in _TRANSIENT or status >= 500 or str(status) in _TRANSIENT:
        return ChatError(UnavailableError(told, retry_after_s=retry_after_s), again=True)
    if status in {401, 403}:
        return ChatError(ConfigError(f"{told} - check the key, and what it may be used for"))
    return ChatError(ConfigError(f"{told} - check model, base_url and temperature of the llm.provider"))


def _without_answer(body: Any, service: str) -> ChatError | None:
    """Return the error of a reply that reports none but has no answer either, or `None` if it has one."""
    choices = body.get("choices") if isinstance(body, dict) else None
    if isinstance(body, dict) and (body.get("input_sensitive") or body.get("output_sensitive")):
        return ChatError(RejectedError(f"{service} marked the content as sensitive and refuses it"))
    if isinstance(choices, list) and choices:
        return None
    return ChatError(UnavailableError(f"{service} sent a reply without an answer - try again later"))


def _code_and_text(body: Any) -> tuple[str | None, str]:
    """Return code and message of an error body, in any of the formats that services use."""
    if not isinstance(body, dict):
        return None, str(body or "")
    base = body.get("base_resp")
    if isinstance(base, dict) and base.get("status_code") not in {None, 0, "0"}:
        return str(base["status_code"]), str(base.get("status_msg") or "")
    error = body.get("error") or body.get("errors")
    if error:
        error = error if isinstance(error, dict) else {"message": error}
        text = str(error.get("message") or error.get("type") or "")
        number = _IN_TEXT.search(text)
        code = number[1] if number else error.get("code") or error.get("http_code") or error.get("type")
        return str(code or _UNNAMED), text
    if "choices" not in body and body.get("code") not in {None, 0, "0"}:
        return str(body["code"]), str(body.get("message") or "")
    return None, str(body.get("message") or "")


def _safe(text: str, key: str) -> str:
    """Return the service's text shortened to one line, without the key and anything that looks like one."""
    return redact(" ".join(hide(text, key)[:2000].split()))[:200].rstrip(". ")
