"""A language model at any OpenAI-compatible address, whose JSON answers are validated."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from tools.errors import ConfigError, UnavailableError
from tools.language.answers import Schema, parse
from tools.language.chat_client import ChatClient
from tools.language.chat_errors import ChatError, ReportedError, chat_error
from tools.providers.retry_after import retry_after_s
from tools.providers.whole import send_whole
from tools.setup.redact import redact

_PAUSES_S = (1.0, 4.0)
_LONGEST_PAUSE_S = 20.0
_NO_KEY = "none"


class LanguageModel:
    """A chat model. `timeout_s` limits one answer, in seconds; without a key, a placeholder is sent.

    The placeholder keeps langchain-openai from sending the environment's `OPENAI_API_KEY`.
    """

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        api_key: str | None,
        temperature: float = 1.0,
        timeout_s: float = 60.0,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = model
        self._base_url = base_url
        self._key = api_key or _NO_KEY
        self._temperature = temperature
        self._timeout_s = timeout_s
        self._transport = transport
        self._sleep = sleep
        self._opening = asyncio.Lock()
        self._chat: tuple[httpx.AsyncClient, Any] | None = None
        # An address may hold a password before the `@`, which no message may repeat.
        self._service = f"{model} at {urlsplit(base_url).netloc.rpartition('@')[2]}"

    def __repr__(self) -> str:
        return f"LanguageModel({self._service})"

    async def answer(self, instructions: str, question: str, schema: type[Schema]) -> Schema:
        """Return the model's answer as the schema; an invalid one is sent back once, to be corrected.

        Raises:
            ConfigError: The key, the balance or a parameter is refused; see the message.
            QuotaError: The plan's allowance is spent.
            RejectedError: The service refuses this content.
            UnavailableError: It did not answer, or with nothing usable; the same call may work later.
        """
        messages = [("system", instructions), ("human", question)]
        chat = await self._opened()
        first = await self._ask(chat, messages)
        try:
            return await asyncio.to_thread(parse, first, schema)
        except ValueError as error:
            again = f"That answer cannot be used: {error}. Send the complete JSON object and nothing else."
        # The model gets its own message back whole, think text included; without that its answers get worse.
        second = await self._ask(chat, [*messages, ("ai", first or "(nothing)"), ("human", again)])
        try:
            return await asyncio.to_thread(parse, second, schema)
        except ValueError as error:
            raise UnavailableError(f"{self._service} gave no usable answer twice: {error}") from error

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        opened, self._chat = self._chat, None
        if opened is not None:
            await opened[0].aclose()

    async def _opened(self) -> Any:
        """Return langchain-openai's client, made by the first call: all answers share its connections."""
        async with self._opening:
            if self._chat is None:
                client = self._client()
                self._chat = (client, await asyncio.to_thread(self._make_chat, client))
            return self._chat[1]

    async def check_key(self) -> bool:
        """Ask for the list of models, which is free; `False` if that says nothing about the key, which may be wrong.

        ModelScope sends the list whatever the key is.
        Source: https://modelscope.cn/docs/model-service/API-Inference/intro, read 2026-11-23.

        Raises:
            ConfigError: The key is refused.
            UnavailableError: The service cannot be reached.
        """
        url, headers = f"{self._base_url.rstrip('/')}/models", {"Authorization": f"Bearer {self._key}"}
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=self._timeout_s) as client:
                response = await send_whole(client.send, client.build_request("GET", url, headers=headers))
        except httpx.RequestError as error:
            raise UnavailableError(f"{self._service} could not be reached ({type(error).__name__})") from error
        if response.status_code in {401, 403}:
            raise ConfigError(f"{self._service} refuses the key ({response.status_code}) - check it and its region")
        return response.is_success and not self._is_at("modelscope")

    async def _ask(self, chat: Any, messages: list[tuple[str, str]]) -> str:
        """Return the text of one answer; errors that may pass soon are retried, at most twice."""
        for pause_s in (*_PAUSES_S, None):
            told = await self._try(chat, messages)
            if isinstance(told, str):
                return told
            wanted_s = (told.error.retry_after_s if isinstance(told.error, UnavailableError) else None) or 0.0
            if pause_s is None or not told.again or wanted_s > _LONGEST_PAUSE_S:
                raise told.error
            await self._sleep(max(pause_s, wanted_s))
        raise AssertionError("unreachable")

    async def _try(self, chat: Any, messages: list[tuple[str, str]]) -> str | ChatError:
        """Return the text of the answer, or what went wrong."""
        import openai

        try:
            reply = await chat.ainvoke(messages)
        except ReportedError as reported:
            return reported.told
        except openai.APITimeoutError:
            # No retry: the user would wait for three timeouts.
            return ChatError(UnavailableError(f"{self._service} did not answer within {self._timeout_s:g} s"))
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, ReportedError):  # openai 2 takes it for a broken connection
                return error.__cause__.told
            cause = type(error.__cause__ or error).__name__
            return ChatError(UnavailableError(f"{self._service} could not be reached ({cause})"), again=True)
        except (openai.OpenAIError, KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
            # langchain-openai raises these unwrapped when a reply does not have OpenAI's form.
            return ChatError(UnavailableError(f"{self._service} sent an unreadable reply ({type(error).__name__})"))
        return str(reply.text)

    def _make_chat(self, client: httpx.AsyncClient) -> Any:
        """Return langchain-openai's client; called in a thread, since the first import takes seconds."""
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        return ChatOpenAI(
            model=self.name,
            base_url=self._base_url,
            api_key=SecretStr(self._key),
            temperature=self._temperature,
            timeout=self._timeout_s,
            max_retries=0,
            use_responses_api=False,
            openai_proxy="",
            http_async_client=client,
            extra_body={"reasoning_split": True} if self._is_minimax() else None,
        )

    def _is_minimax(self) -> bool:
        """Tell whether it is MiniMax, which can return its think text separately; others may refuse the field.

        Source: https://platform.minimax.io/docs (text-openai-api), read 2026-11-23.
        """
        return "minimax" in self.name.lower() or self._is_at("minimax")

    def _is_at(self, company: str) -> bool:
        return company in (urlsplit(self._base_url).hostname or "")

    def _client(self) -> httpx.AsyncClient:
        try:
            return ChatClient(inspect=self._inspect, transport=self._transport, timeout=self._timeout_s)
        except (ImportError, ValueError, OSError) as error:
            message = f"The HTTP client does not start ({redact(str(error))})"
            raise ConfigError(f"{message} - check HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE") from error

    def _inspect(self, response: httpx.Response) -> None:
        """Raise the error that the reply reports, if any."""
        told = chat_error(
            response.status_code,
            _json(response),
            service=self._service,
            key=self._key,
            retry_after_s=retry_after_s(response.headers),
        )
        if told:
            raise ReportedError(told)


def _json(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None
