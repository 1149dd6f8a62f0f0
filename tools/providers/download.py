"""Download a finished picture by the provider's link.

The link is signed: it is a secret, its query must be sent unchanged, and the provider's key must not be sent with
it (OSS refuses two authorizations).
"""

import asyncio
import io
import random
from collections.abc import Awaitable, Callable

import httpx

from tools.errors import PeituError, UnavailableError
from tools.pictures.images import sniff_format
from tools.providers.address import checked
from tools.providers.http import QUESTION_TIMEOUT, shorten, summary
from tools.providers.verdicts import decide, error_from

ATTEMPTS = 3
MAX_REDIRECTS = 5
_REDIRECTS = {301, 302, 303, 307, 308}
_TEXT_TYPES = ("text/", "application/json", "application/xml")
# No picture begins like a page, an XML or a JSON document.
_TEXT_BEGINNINGS = (b"<", b"{", b"[")


async def download(
    url: str,
    *,
    client: httpx.AsyncClient,
    max_bytes: int = 64 * 2**20,
    deadline_s: float = 300,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> bytes:
    """Return the bytes at `url`, retrying a broken transfer; `deadline_s` limits all attempts together.

    Raises:
        UnavailableError: Expired, refused, broken, no http(s) address, or more than `max_bytes`; the picture stays
            with the provider.
    """
    try:
        async with asyncio.timeout(deadline_s):
            return await _keep_trying(url, client=client, max_bytes=max_bytes, sleep=sleep)
    except TimeoutError as error:
        raise _fault(url, code="TimeoutError", message=f"no picture within {deadline_s:g} s") from error


async def _keep_trying(
    url: str, *, client: httpx.AsyncClient, max_bytes: int, sleep: Callable[[float], Awaitable[None]]
) -> bytes:
    for tries_left in reversed(range(ATTEMPTS)):
        try:
            return await _fetch(url, client=client, max_bytes=max_bytes)
        except httpx.RequestError as error:
            if not tries_left:
                raise _fault(url, code=type(error).__name__, message=str(error)) from error
            await sleep((ATTEMPTS - tries_left) * random.uniform(0.5, 1.0))
    raise AssertionError("unreachable")


async def _fetch(url: str, *, client: httpx.AsyncClient, max_bytes: int) -> bytes:
    """Follow `url` to the bytes, checking each hop; an `httpx.RequestError` may be worth another attempt."""
    for _ in range(MAX_REDIRECTS + 1):
        request = _request(url, client)
        # `httpx.Auth()` adds nothing: without it, a user name in the link would become an authorization.
        response = await client.send(request, stream=True, follow_redirects=False, auth=httpx.Auth())
        try:
            if response.status_code in _REDIRECTS:
                url = str(request.url.join(response.headers.get("location", "")))
                continue
            return await _read(response, max_bytes)
        finally:
            await response.aclose()
    message = f"{_place(url)} was redirected more than {MAX_REDIRECTS} times"
    raise UnavailableError(f"{message} - poll the task again for a fresh link")


def _request(url: str, client: httpx.AsyncClient) -> httpx.Request:
    try:
        scheme = httpx.URL(url).scheme
        if scheme not in {"http", "https"}:
            raise UnavailableError(f"The link to the picture has the scheme {scheme!r} - only http(s) is fetched")
        headers = {"Accept-Encoding": "identity"}
        request = client.build_request("GET", checked(url), headers=headers, timeout=QUESTION_TIMEOUT)
    except httpx.InvalidURL as error:
        raise UnavailableError("The link to the picture is not an address - tell the provider") from error
    request.headers.pop("Authorization", None)
    return request


async def _read(response: httpx.Response, max_bytes: int) -> bytes:
    """Return the body, if it is a whole file and may be a picture."""
    status = response.status_code
    if status >= 500 or status in {408, 429}:
        raise httpx.RemoteProtocolError(f"HTTP {status}", request=response.request)
    if status != 200:
        raise _fault(str(response.url), status=status)
    announced = int(text) if (text := response.headers.get("content-length", "")).isdigit() else None
    buffer = io.BytesIO()
    async for chunk in response.aiter_bytes():
        buffer.write(chunk)
        if max(buffer.tell(), announced or 0) > max_bytes:
            raise _too_large(response, max_bytes)
    body = buffer.getvalue()  # shares the buffer's memory: there is one copy of a picture
    # httpx checks this too, but not what a proxy or a cache got wrong before it.
    whole = announced in {None, len(body)} or "content-encoding" in response.headers
    if not body or not whole:
        raise httpx.RemoteProtocolError(f"{len(body)} of {announced} bytes", request=response.request)
    is_text = response.headers.get("content-type", "").lower().startswith(_TEXT_TYPES)
    # A picture is accepted whatever type the server declares: it is paid.
    if (is_text or body[:64].lstrip()[:1] in _TEXT_BEGINNINGS) and not sniff_format(body):
        message = f"{_place(str(response.url))} contains text instead of a picture"
        raise UnavailableError(f"{message} - poll the task again for a fresh link")
    return body


def _too_large(response: httpx.Response, max_bytes: int) -> UnavailableError:
    message = f"{_place(str(response.url))} is larger than {max_bytes / 2**20:g} MiB"
    return UnavailableError(f"{message} - no picture should be that large, so it was not downloaded")


def _fault(url: str, *, status: int = 0, code: str = "", message: str = "") -> PeituError:
    verdict = decide("", "download", status=status, code=code, message=message)
    return error_from(verdict, f"{_place(url)} {verdict.finding} ({summary(status, code, message)})")


def _place(url: str) -> str:
    """Return the link without its query, which is secret."""
    return shorten(url.partition("?")[0])
