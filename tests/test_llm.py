"""A language model is asked for JSON, and whatever it does becomes an answer or one of our errors."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from tests.test_whole import Drip, Flood
from tools.errors import ConfigError, PeituError, QuotaError, RejectedError, UnavailableError
from tools.language.answers import parse, without_thoughts
from tools.language.llm import LanguageModel


class Answer(BaseModel):
    title: str
    places: list[int]


GOOD = '{"title": "Harbor", "places": [1, 2]}'
Reply = Callable[[httpx.Request], httpx.Response]


def chat(content: Any, **extra: Any) -> httpx.Response:
    """The service's reply with this message content."""
    message = {"role": "assistant", "content": content}
    return httpx.Response(
        200, json={"id": "1", "choices": [{"index": 0, "finish_reason": "stop", "message": message}], **extra}
    )


def status(code: int, text: str = "told", http: int = 200, **extra: Any) -> httpx.Response:
    """MiniMax's own form of an error."""
    return httpx.Response(
        http,
        json={"id": "1", "choices": None, "base_resp": {"status_code": code, "status_msg": text}, **extra},
    )


class Service:
    """A chat service that gives the replies in order, the last one again and again."""

    def __init__(self, *replies: httpx.Response | Exception) -> None:
        self.replies = list(replies)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.requests]


class Clock:
    def __init__(self) -> None:
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


def model(service: Reply, clock: Clock | None = None, **options: Any) -> LanguageModel:
    settings: dict[str, Any] = {
        "base_url": "https://api.minimaxi.com/v1",
        "model": "MiniMax-M2.5",
        "api_key": "sk-secret-1234567890",
        **options,
    }
    return LanguageModel(transport=httpx.MockTransport(service), sleep=(clock or Clock()).sleep, **settings)


async def ask(service: Service, clock: Clock | None = None, **options: Any) -> Answer:
    return await model(service, clock, **options).answer("Be brief.", "Where?", Answer)


async def test_answer_is_validated():
    """A good answer comes back as the schema."""
    assert Answer(title="Harbor", places=[1, 2]) == await ask(Service(chat(GOOD)))


async def test_request_suits_minimax():
    """One leading system message, an explicit temperature, the think text apart, and no response_format."""
    service = Service(chat(GOOD))
    await ask(service, temperature=0.7)
    body = service.bodies()[0]

    assert ["system", "user"] == [message["role"] for message in body["messages"]]
    assert 0.7 == body["temperature"]
    assert body["reasoning_split"] is True
    assert {"response_format", "tools", "n", "max_tokens"}.isdisjoint(body)
    assert "Bearer sk-secret-1234567890" == service.requests[0].headers["authorization"]


async def test_others_get_no_minimax_field():
    """A strict server would refuse a field that it does not know."""
    service = Service(chat(GOOD))
    await ask(service, base_url="http://127.0.0.1:8080/v1", model="local")

    assert "reasoning_split" not in service.bodies()[0]


async def test_openai_environment_is_ignored(monkeypatch: pytest.MonkeyPatch):
    """Somebody's OpenAI key, organization and address never reach another service."""
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "sk-of-somebody-else")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://elsewhere.example/v1")
    service = Service(chat(GOOD))
    await ask(service, api_key=None, base_url="http://127.0.0.1:8080/v1")
    request = service.requests[0]

    assert "http://127.0.0.1:8080/v1/chat/completions" == str(request.url)
    assert "sk-of-somebody-else" not in str(request.headers.raw)


@pytest.mark.parametrize(
    "content",
    [
        f"<think>Which {{places}}?</think>\n{GOOD}",
        f"thinking without an opening tag</think>{GOOD}",
        f"{GOOD}<think>and then I thought on and on",
        f"Here it is:\n```json\n{GOOD}\n```\nAnything else?",
        "{'title': 'Harbor', 'places': [1, 2,],}",
        '{"title": "Harbor", "places": [1, 2',
        f'{GOOD}\n\nNote: {{"mood"}} can be changed.',
        f"Here is {{the JSON}}: {GOOD}",
        f"Here is {{the JSON}}: {GOOD[:-2]}",
        f'{{"mood": 1}} is left out. {GOOD} {{}}',
        f'The form is {{"title": "…", "places": [0]}}:\n{GOOD}',
        f'{GOOD}\n(of the form {{"title": "…", "places": [0]}})',
        "{'title': 'Harbor', 'places': [1, 2,],}\n\nNote: {\"mood\"} can be changed.",
        f'{{"answer": {GOOD}}}',
        GOOD.replace("1, 2", "1,\t2\n"),
    ],
)
async def test_json_is_found(content: str):
    """Think text, fences, small talk, with braces too, and small mistakes do not cost a second question."""
    service = Service(chat(content))

    assert Answer(title="Harbor", places=[1, 2]) == await ask(service)
    assert 1 == len(service.requests)


def test_a_line_break_in_a_string_is_no_mistake():
    """Strictly it is one, but what is meant is clear, also with braces around."""
    assert "Har\nbor" == parse(f"{{A}}\n{GOOD.replace('r', 'r' + chr(10), 1)}\n{{B}}", Answer).title


async def test_wrong_answer_is_mended_once():
    """The model is told what was wrong, with its own message, and its second answer counts."""
    service = Service(chat('{"title": "Harbor"}'), chat(GOOD))
    answer = await ask(service)
    messages = service.bodies()[1]["messages"]

    assert [1, 2] == answer.places
    assert ["system", "user", "assistant", "user"] == [message["role"] for message in messages]
    assert '{"title": "Harbor"}' == messages[2]["content"]
    assert "places: is missing" in messages[3]["content"]


@pytest.mark.parametrize("content", ["I cannot do that.", "", None, "<think>cut off", "[1, 2]", '{"title": 7}'])
async def test_broken_twice_is_unavailable(content: str | None):
    """After one repair round the model counts as out of order."""
    service = Service(chat(content))
    with pytest.raises(UnavailableError, match="no usable answer twice"):
        await ask(service)

    assert 2 == len(service.requests)


@pytest.mark.parametrize(
    ("code", "kind", "requests"),
    [
        (1000, UnavailableError, 3),
        (1001, UnavailableError, 3),
        (1002, UnavailableError, 3),
        (1024, UnavailableError, 3),
        (1033, UnavailableError, 3),
        (1039, UnavailableError, 3),
        (1041, UnavailableError, 3),
        (2045, UnavailableError, 3),
        (1004, ConfigError, 1),
        (2049, ConfigError, 1),
        (1008, ConfigError, 1),
        (2013, ConfigError, 1),
        (1026, RejectedError, 1),
        (1027, RejectedError, 1),
        (1042, RejectedError, 1),
        (2056, QuotaError, 1),
    ],
)
async def test_minimax_codes_under_http_200(code: int, kind: type[PeituError], requests: int):
    """Each code of MiniMax's list becomes the class that says who must act; only what may pass is sent again."""
    service = Service(status(code))
    with pytest.raises(PeituError) as caught:
        await ask(service)

    assert kind is type(caught.value)
    assert str(code) in str(caught.value)
    assert requests == len(service.requests)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (status(2056, http=429), QuotaError),
        (status(1008, choices=[]), ConfigError),
        (httpx.Response(401, json={"error": {"message": "bad key", "code": "invalid_api_key"}}), ConfigError),
        (
            httpx.Response(400, json={"type": "error", "error": {"message": "invalid params (2013)"}}),
            ConfigError,
        ),
        (
            httpx.Response(400, json={"error": {"message": "new_sensitive (1026)", "http_code": "400"}}),
            RejectedError,
        ),
        (
            httpx.Response(400, json={"error": {"message": "x", "code": "data_inspection_failed"}}),
            RejectedError,
        ),
        (
            httpx.Response(404, json={"error": {"message": "no such model", "code": "model_not_found"}}),
            ConfigError,
        ),
        (httpx.Response(404, text="<html>nginx</html>"), ConfigError),
        (httpx.Response(429, json={"error": {"message": "slow down", "code": None}}), UnavailableError),
        (httpx.Response(429, json={"error": {"message": "pay", "code": "insufficient_quota"}}), ConfigError),
        (httpx.Response(503, text="overloaded"), UnavailableError),
        (httpx.Response(200, json={"error": {"message": "oops (1000)"}}), UnavailableError),
        (httpx.Response(200, json={"choices": []}), UnavailableError),
        (httpx.Response(200, json={"choices": None}), UnavailableError),
        (httpx.Response(200, json={"choices": None, "output_sensitive": True}), RejectedError),
        (httpx.Response(200, json={"choices": [{}]}), UnavailableError),
        (httpx.Response(200, json={"choices": [None]}), UnavailableError),
        (httpx.Response(200, json={}), UnavailableError),
        (httpx.Response(200, json=[1]), UnavailableError),
        (httpx.Response(200, text="<html>login</html>"), UnavailableError),
        (httpx.ConnectError("refused"), UnavailableError),
        (httpx.RemoteProtocolError("reset"), UnavailableError),
        (httpx.ReadTimeout("slow"), UnavailableError),
    ],
)
async def test_every_failure_is_ours(reply: httpx.Response | Exception, kind: type[PeituError]):
    """Whatever the service does, the caller sees one of our errors."""
    with pytest.raises(PeituError) as caught:
        await ask(Service(reply))

    assert kind is type(caught.value)


async def test_transient_error_passes():
    """A limit that is lifted in time costs a pause and nothing else."""
    clock = Clock()
    service = Service(status(1002), httpx.Response(500, text="oops"), chat(GOOD))

    assert "Harbor" == (await ask(service, clock)).title
    assert [1.0, 4.0] == clock.pauses


async def test_retry_after_is_kept():
    """The service says how long to wait, within reason."""
    clock = Clock()
    await ask(Service(httpx.Response(429, json={}, headers={"retry-after": "7"}), chat(GOOD)), clock)

    assert [7.0] == clock.pauses
    with pytest.raises(UnavailableError) as caught:
        await ask(Service(httpx.Response(429, json={}, headers={"retry-after": "3600"})), clock)
    assert 3600 == caught.value.retry_after_s
    assert [7.0] == clock.pauses


async def test_slow_answer_is_not_awaited_again():
    """Who waited a whole timeout should not wait three."""
    service = Service(httpx.ReadTimeout("slow"))
    with pytest.raises(UnavailableError, match="did not answer within 60 s"):
        await ask(service)

    assert 1 == len(service.requests)


@pytest.mark.parametrize("shape", ["error", "errors"])
async def test_a_spent_daily_quota_is_not_asked_again(shape: str):
    """ModelScope counts the calls of a day for each model; its image endpoints write `errors`, its chat `error`."""
    message = "You have exceeded today's quota for model Qwen/Qwen3, please try again tomorrow"
    service = Service(httpx.Response(429, json={shape: {"message": message}, "request_id": "r"}))

    with pytest.raises(QuotaError, match=r"answered 429: .* exceeded today's quota .* 00:00 China time"):
        await ask(service, base_url="https://api-inference.modelscope.cn/v1")
    assert 1 == len(service.requests)


@pytest.mark.parametrize(
    ("base_url", "told"), [("https://api-inference.modelscope.cn/v1", False), ("https://api.minimaxi.com/v1", True)]
)
async def test_a_list_for_everybody_is_no_proof_of_a_key(base_url: str, told: bool):
    """ModelScope sends its list of models for any token, right or wrong."""
    listed = httpx.Response(200, json={"object": "list", "data": []})

    assert told is await model(lambda _: listed, base_url=base_url).check_key()


@pytest.mark.parametrize("asked", [LanguageModel.check_key, lambda it: it.answer("Be brief.", "Where?", Answer)])
async def test_an_answer_that_drips_is_not_waited_for(asked: Callable[[LanguageModel], Awaitable[object]]):
    """It is never silent, so that no silence is too long: the whole of it has a time."""
    it = model(lambda _: httpx.Response(200, stream=Drip()), timeout_s=0.05)

    async with asyncio.timeout(5):
        with pytest.raises(UnavailableError, match=r"did not answer within 0\.05 s|\(ReadTimeout\)"):
            await asked(it)


@pytest.mark.parametrize("asked", [LanguageModel.check_key, lambda it: it.answer("Be brief.", "Where?", Answer)])
async def test_an_answer_without_an_end_is_cut_off(asked: Callable[[LanguageModel], Awaitable[object]]):
    """It is read up to a size and no further, each time that it is asked for."""
    floods: list[Flood] = []

    def flood(_: httpx.Request) -> httpx.Response:
        floods.append(Flood(bytes(2**20)))
        return httpx.Response(200, stream=floods[-1])

    with pytest.raises(UnavailableError):
        await asked(model(flood))

    assert {9} == {flood.sent for flood in floods}


async def test_messages_hold_no_key():
    """A service that repeats the key in its message does not get it into ours."""
    told = {"error": {"message": "Incorrect API key provided: sk-secret-1234567890.", "code": "invalid_api_key"}}
    service = Service(httpx.Response(401, json=told))
    with pytest.raises(ConfigError) as caught:
        await ask(service)

    assert "sk-secret" not in str(caught.value)
    assert "sk-secret" not in repr(model(service))
    assert "MiniMax-M2.5 at api.minimaxi.com" in str(caught.value)


@pytest.mark.parametrize("http", [200, 401, 400, 503])
async def test_a_key_of_any_shape_is_not_passed_on(http: int):
    """Any server may be configured, so its keys look as they like; a placeholder is no key, and its letters stay."""
    key = "Zq81_own.server"
    told = {"error": {"message": f"Wrong key: {key}, none else", "code": f"bad_{key}"}}
    service = Service(httpx.Response(http, json=told))

    with pytest.raises(PeituError, match="bad_…: Wrong key: …, none else"):
        await ask(service, api_key=key)
    with pytest.raises(PeituError, match="none else"):
        await ask(service, api_key=None)


@pytest.mark.parametrize(
    "piece",
    [
        "{",
        '{"title":',
        '{"title": [{},',
        '{a"',
        "{}",
        "[[[[",
        "<think>",
        "</think>",
        "<think>{</think>",
        '{"a": 1}',
        '{"a',
        '{"a"',
        "{/*",
        "{ }",
        '[{"a": ',
        '"a": {',
    ],
)
@pytest.mark.parametrize("beginning", ["", '{"a":'])
def test_hostile_answers_are_refused_soon(beginning: str, piece: str):
    """A looping model is a wrong answer: no crash, and no more than about a second of work."""
    start = time.process_time()
    with pytest.raises(ValueError, match=r"\w"):
        parse(beginning + piece * (300_000 // len(piece)), Answer)

    assert time.process_time() - start < 2.5


def test_deeply_nested_objects_are_refused_soon():
    """The start of each of them is near the end of none."""
    start = time.process_time()
    with pytest.raises(ValueError, match=r"\w"):
        parse('{"a":' * 800 + "[" + "1," * 100_000, Answer)

    assert time.process_time() - start < 10


def test_thoughts_are_cut():
    """Only what stands outside of the think text is left."""
    assert "a b" == without_thoughts("<think>x</think>a<THINK>y</THINK> b<think>z")
    assert "c" == without_thoughts("<think>x<think>y</think>a</think>b</thinking> c")
