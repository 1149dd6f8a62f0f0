"""The HTTP client that langchain-openai uses."""

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx

from tools.providers.whole import send_whole


class ChatClient(httpx.AsyncClient):
    """Reads each answer whole, within a time and a size, and calls `inspect` before langchain-openai parses it."""

    def __init__(self, *, inspect: Callable[[httpx.Response], None], **options: Any) -> None:
        super().__init__(**options)
        self._inspect = inspect

    async def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:
        """Send a request and return the answer; a `stream` is read to its end, too."""
        del stream
        for header in ("OpenAI-Organization", "OpenAI-Project"):
            # openai fills them from `OPENAI_ORG_ID` and `OPENAI_PROJECT_ID`, which are not meant for other services.
            request.headers.pop(header, None)
        response = await send_whole(partial(super().send, **options), request)
        self._inspect(response)
        return response
