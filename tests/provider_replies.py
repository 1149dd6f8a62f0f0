"""A server for the tests of both providers' clients, which gives the same answer to every request."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx


class Server:
    """Gives the same answer to every request, and keeps the requests."""

    def __init__(self, answer: Any = None, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.answer = answer
        self.status = status
        self.headers = headers
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        if isinstance(self.answer, str):
            return httpx.Response(self.status, text=self.answer, headers=self.headers)
        return httpx.Response(self.status, json=self.answer, headers=self.headers)

    @property
    def body(self) -> dict[str, Any]:
        """The JSON of the last request."""
        return json.loads(self.requests[-1].content)  # type: ignore[no-any-return]


@asynccontextmanager
async def maker(kind: type[Any], *, api_key: str) -> AsyncIterator[Callable[..., Any]]:
    """Yield a function that makes providers of a kind, each with a handler instead of the network."""
    clients: list[httpx.AsyncClient] = []

    def make(handler: Callable[[httpx.Request], httpx.Response], **options: Any) -> Any:
        clients.append(httpx.AsyncClient(transport=httpx.MockTransport(handler)))
        return kind(**{"api_key": api_key, "client": clients[-1], **options})

    yield make
    for client in clients:
        await client.aclose()
