"""Read whole answers, within a time and a size: a service that never ends its answer must do no harm."""

import asyncio
from collections.abc import Awaitable
from typing import Protocol

import httpx

MOST_BYTES = 8 * 2**20
"""The largest text answer, unpacked; a list of fifty tasks has 50 KB."""

_AS_SENT = {"content-encoding", "content-length", "transfer-encoding"}


class Send(Protocol):
    """Sends a request, e.g. `httpx.AsyncClient.send`."""

    def __call__(self, request: httpx.Request, *, stream: bool) -> Awaitable[httpx.Response]:
        """Return the answer, its body still to be read if `stream` is true."""
        ...


async def send_whole(send: Send, request: httpx.Request, *, most_bytes: int = MOST_BYTES) -> httpx.Response:
    """Send a request and return the answer with its body.

    The request's `read` timeout limits all of it: httpx applies it to each read alone, so that a server which sends a
    byte now and then would never time out.

    Raises:
        httpx.RequestError: No answer came, or it was too slow or too large; see `tools.providers.transport`.
    """
    patience_s = request.extensions["timeout"]["read"]
    try:
        async with asyncio.timeout(patience_s):
            response = await send(request, stream=True)
            try:
                body = await _read(response, most_bytes)
            finally:
                await response.aclose()
    except TimeoutError as error:
        raise httpx.ReadTimeout(f"no whole answer within {patience_s:g} s", request=request) from error
    headers = [(name, value) for name, value in response.headers.multi_items() if name not in _AS_SENT]
    return httpx.Response(response.status_code, headers=headers, content=body, request=request)


async def _read(response: httpx.Response, most_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > most_bytes:
            message = f"an answer of more than {most_bytes / 2**20:g} MiB"
            raise httpx.RemoteProtocolError(message, request=response.request)
    return bytes(body)
