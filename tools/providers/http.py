"""The HTTP client that providers and downloads share, and what all providers' APIs have in common.

Nothing is retried here: a submit that is sent twice may be paid twice, so only code that uses the ledger retries.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any
from urllib.request import getproxies

import httpx

from tools.errors import ConfigError, PeituError
from tools.providers.address import checked
from tools.providers.retry_after import Headers, retry_after_s
from tools.providers.transport import AiohttpTransport
from tools.providers.verdicts import GATEWAY_RESET, Step, decide, error_from
from tools.providers.whole import send_whole
from tools.setup.environment import KEY_PAGES
from tools.setup.redact import hide, redact

MAX_CONNECTIONS = 200

KEEPALIVE_S = 10.0
"""How long an idle connection is kept, in seconds: gateways drop theirs after 15 s (Alibaba Cloud ALB) or more, and a
submit on a dropped one would be a lost reply."""

QUESTION_TIMEOUT = httpx.Timeout(20, connect=10, pool=None)
"""Timeout, in seconds, of free requests that are answered at once and can be repeated. As in every request, `read`
also limits the whole answer."""

MESSAGE_LIMIT = 200
"""Characters of a provider's message that we quote."""

_NONE: Headers = MappingProxyType({})

_PAYLOAD = ("output", "task_id", "task_status", "images", "data", "tasks")


def make_client() -> httpx.AsyncClient:
    """Return the client that all providers and downloads of a process share; close it with `aclose()`.

    Raises:
        ConfigError: A proxy variable of the environment is not usable.
    """
    # At INFO, httpx logs every address, signed ones too, and `langgraph dev` turns the root logger to INFO.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    timeout, headers = httpx.Timeout(60, connect=10, pool=None), {"User-Agent": "peitu/0.1"}
    try:
        if getproxies():
            limits = httpx.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=KEEPALIVE_S)
            return httpx.AsyncClient(timeout=timeout, headers=headers, limits=limits)
        transport = AiohttpTransport(max_connections=MAX_CONNECTIONS, keepalive_expiry_s=KEEPALIVE_S)
        return httpx.AsyncClient(timeout=timeout, headers=headers, transport=transport)
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        message = f"The HTTP client does not start ({redact(str(error))})"
        raise ConfigError(f"{message} - check HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE") from error


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply: `answer` is its JSON object (Envoy's text about a reset is made one), or `None`."""

    status: int
    answer: dict[str, Any] | None
    headers: Headers = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A provider's API: adds the key, sends requests, and turns failures into our errors.

    `name` is the provider's name in the configuration, `title` the one for people.
    """

    name: str
    title: str
    api_key: str | None = field(repr=False)
    client: httpx.AsyncClient = field(repr=False)
    base_url: str

    async def ask(self, step: Step, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Send a request and return the JSON object of the answer; `options` go to `exchange`.

        Raises:
            PeituError: The one that `tools.providers.verdicts` decides.
        """
        reply = await self.exchange(step, method, path, **options)
        answer = reply.answer or {}
        if 200 <= reply.status < 300 and any(answer.get(key) is not None for key in _PAYLOAD):
            return answer
        raise self.fault(step, answer, status=reply.status, headers=reply.headers)

    async def exchange(self, step: Step, method: str, path: str, *, headers: Headers = _NONE, **content: Any) -> Reply:
        """Send a request and return whatever came back; `content` is httpx's `json`, `params` and `timeout`.

        Raises:
            PeituError: Nothing came back, or there is no key.
        """
        url = f"{self.base_url.rstrip('/')}{path}"
        if method == "GET":
            content.setdefault("timeout", QUESTION_TIMEOUT)
        keyed = {"Authorization": f"Bearer {self._key()}", **headers}
        # A redirect is not followed: a paid request is never sent twice, a key goes to no other address.
        send = partial(self.client.send, follow_redirects=False)
        try:
            request = self.client.build_request(method, checked(url), headers=keyed, **content)
            response = await send_whole(send, request)
        except (httpx.RequestError, httpx.InvalidURL) as error:
            answer = {"code": type(error).__name__, "message": str(error)}
            raise self.fault(step, answer, status=0) from error
        is_reset = GATEWAY_RESET.encode() in response.content[:200]
        said = {"message": response.text} if is_reset else read_json(response.content)
        return Reply(response.status_code, said, response.headers)

    def fault(
        self,
        step: Step,
        answer: Mapping[str, Any],
        *,
        status: int = 200,
        headers: Headers = _NONE,
        about: str = "",
    ) -> PeituError:
        """Return the error that the table of verdicts has for an answer; `about` may name a task for the message."""
        code, message = read_fault(answer)
        verdict = decide(self.name, step, status=status, code=code, message=message)
        # The key is hidden before the text is cut off: half a key would not be recognized.
        told = summary(status, *(hide(text, self.api_key or "") for text in (code, message)))
        details = f"{about}, {told}" if about else told
        what = f"{self.title} {verdict.finding} ({details})"
        return error_from(verdict, what, retry_after_s=retry_after_s(headers))

    def _key(self) -> str:
        variable = f"{self.name.upper()}_API_KEY"
        key = (self.api_key or "").strip()
        if not key:
            raise ConfigError(f"No key for {self.title} - set {variable}; get one at {KEY_PAGES[variable]}")
        if not may_be_key(key):
            advice = f"copy it again from {KEY_PAGES[variable]}"
            raise ConfigError(f"{variable} has characters that cannot be in a key - {advice}")
        return key


def may_be_key(text: str) -> bool:
    """Tell whether a text can be a key at all; one that was copied with words around it cannot."""
    return text.isascii() and text.isprintable() and " " not in text


def read_json(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object in `body`, or `None` when it is something else, e.g. a gateway's page."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def read_fault(answer: Mapping[str, Any]) -> tuple[str, str]:
    """Return the code and message of an error: some providers put them flat, some in `errors` or `error`."""
    inner = answer.get("errors") or answer.get("error") or answer
    if isinstance(inner, list):
        inner = inner[0]
    if isinstance(inner, Mapping):
        return str(inner.get("code") or ""), str(inner.get("message") or "")
    return "", str(inner)


def summary(status: int, code: str, message: str) -> str:
    """Return an error reply in a few words, e.g. `401 InvalidApiKey: Invalid API-key provided`."""
    words = f"{status or ''} {code}".strip()
    return shorten(f"{words}: {message}" if message else words)


def shorten(text: str) -> str:
    """Return a provider's text on one line, without secrets, cut to `MESSAGE_LIMIT` characters."""
    line = redact(" ".join(text.split()))
    return line if len(line) <= MESSAGE_LIMIT else f"{line[: MESSAGE_LIMIT - 1]}…"


def clean(text: str) -> str:
    """Return the text with `?` for lone surrogates, which models may write but UTF-8 cannot encode."""
    return text.encode("utf-8", "replace").decode("utf-8")


def section(answer: Any, *path: str) -> dict[str, Any]:
    """Return the object at `path` of an answer; an empty one if it is missing or no object."""
    for key in path:
        answer = answer.get(key) if isinstance(answer, dict) else None
    return answer if isinstance(answer, dict) else {}
