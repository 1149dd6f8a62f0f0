"""Answers that never end: whoever asks hears of it in time, and its memory stays small."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import httpx
import pytest

from tools.errors import LostReplyError, PeituError, UnavailableError
from tools.providers.http import Api
from tools.providers.verdicts import Step

BRIEF = httpx.Timeout(0.05)


class Drip(httpx.AsyncByteStream):
    """A byte whenever the other side has had time for something else, for ever."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0)


class Flood(httpx.AsyncByteStream):
    """The same piece as fast as it is read, for ever; `sent` counts them."""

    def __init__(self, piece: bytes) -> None:
        self.piece = piece
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.sent += 1
            yield self.piece


async def ask(step: Step, method: str, answer: httpx.Response, timeout: httpx.Timeout | None = None) -> object:
    """Ask a service that answers so; what is left out is waited for as long as every day."""
    transport = httpx.MockTransport(lambda _: answer)
    async with httpx.AsyncClient(transport=transport, timeout=timeout or httpx.Timeout(60)) as client:
        api = Api(name="dashscope", title="DashScope", api_key="sk-test", client=client, base_url="https://example.org")
        return await api.ask(step, method, "/tasks")


@pytest.mark.parametrize(
    ("step", "method", "kind"), [("poll", "GET", UnavailableError), ("submit", "POST", LostReplyError)]
)
async def test_an_answer_that_drips_is_not_waited_for(
    step: Step, method: str, kind: type[PeituError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is never silent, so that no silence is too long: the whole of it has a time. What was paid may be lost."""
    monkeypatch.setattr("tools.providers.http.QUESTION_TIMEOUT", BRIEF)

    async with asyncio.timeout(5):
        with pytest.raises(kind, match=r"ReadTimeout: no whole answer within 0\.05 s"):
            await ask(step, method, httpx.Response(200, stream=Drip()), BRIEF)


@pytest.mark.parametrize(
    ("step", "method", "kind"), [("poll", "GET", UnavailableError), ("submit", "POST", LostReplyError)]
)
async def test_an_answer_without_an_end_is_cut_off(step: Step, method: str, kind: type[PeituError]) -> None:
    """It is read up to 8 MiB and no further."""
    flood = Flood(bytes(2**20))

    with pytest.raises(kind, match="an answer of more than 8 MiB"):
        await ask(step, method, httpx.Response(200, stream=flood))

    assert 9 == flood.sent


async def test_what_an_answer_unpacks_to_counts() -> None:
    """A few kilobytes may hold a gigabyte."""
    packed = gzip.compress(bytes(9 * 2**20))
    answer = httpx.Response(200, content=packed, headers={"Content-Encoding": "gzip"})

    with pytest.raises(UnavailableError, match="an answer of more than 8 MiB"):
        await ask("poll", "GET", answer)


async def test_a_packed_answer_is_unpacked() -> None:
    """As all answers of a gateway that packs them."""
    packed = gzip.compress('{"output": {"task_id": "雨"}}'.encode())

    assert {"output": {"task_id": "雨"}} == await ask(
        "poll", "GET", httpx.Response(200, content=packed, headers={"Content-Encoding": "gzip"})
    )
