"""The sandbox's MiniMax: thinking in the answer, errors under HTTP 200."""

from typing import Any

import httpx
import pytest

from tests.sandbox import Sandbox
from tests.sandbox.client import PlainClient


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    """Return a client with the right key."""
    with PlainClient(sandbox.minimax_url, key=sandbox.keys.minimax) as opened:
        yield opened


def ask(client: httpx.Client, *texts: str, **fields: Any) -> httpx.Response:
    said = [{"role": "user", "content": text} for text in texts or ("Hello",)]
    return client.post("/chat/completions", json={"model": "MiniMax-M2.5", "messages": said, **fields})


def test_the_answer_comes_after_the_thinking(client: httpx.Client, sandbox: Sandbox) -> None:
    """Canned answers come first, then those of the answering function; every chat is kept."""
    sandbox.answers.append('{"canned": true}')
    sandbox.answer = lambda messages: messages[-1]["content"].upper()
    first, second = ask(client).json(), ask(client, "hello").json()

    assert first["choices"][0]["message"]["content"].startswith("<think>")
    assert first["choices"][0]["message"]["content"].endswith('</think>\n\n{"canned": true}')
    assert second["choices"][0]["message"]["content"].endswith("HELLO")
    assert {"status_code": 0, "status_msg": ""} == second["base_resp"]
    assert ["Hello", "hello"] == [chat["body"]["messages"][0]["content"] for chat in sandbox.chats]


def test_the_thinking_can_be_split_off(client: httpx.Client) -> None:
    """`reasoning_split` leaves the content clean."""
    message = ask(client, reasoning_split=True).json()["choices"][0]["message"]

    assert "{}" == message["content"]
    assert message["reasoning_details"][0]["text"]


def test_a_stream_tells_the_same(client: httpx.Client, sandbox: Sandbox) -> None:
    """Server-sent events end with the reason and with `[DONE]`."""
    sandbox.answers.append("a long answer " * 20)
    lines = [line for line in ask(client, stream=True).text.splitlines() if line]

    assert "data: [DONE]" == lines[-1]
    assert '"finish_reason": "stop"' in lines[-2]
    assert len(lines) > 5


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 0},
        {"temperature": 1.5},
        {"n": 2},
        {"model": "gpt-5"},
        {"messages": []},
        {"messages": [{"role": "system", "content": "a"}, {"role": "system", "content": "b"}]},
        {"messages": [{"role": "developer", "content": "a"}]},
        {"tool_choice": {"type": "function", "function": {"name": "f"}}},
    ],
)
def test_what_the_service_refuses_is_refused(client: httpx.Client, fields: dict[str, Any]) -> None:
    """The number of the error stands in its message alone."""
    answer = ask(client, **fields)

    assert 400 == answer.status_code
    assert "error" == answer.json()["type"]
    assert answer.json()["error"]["message"].endswith("(2013)")


def test_an_error_hides_under_http_200(client: httpx.Client, sandbox: Sandbox) -> None:
    """`choices` is null, or an empty list, and only `base_resp` says why."""
    sandbox.fault("minimax", "chat", kind="base_resp", code=1008)
    sandbox.fault("minimax", "chat", kind="base_resp", code=1027, choices="empty", output_sensitive=True)
    first, second = ask(client), ask(client)

    assert [200, 200] == [first.status_code, second.status_code]
    assert (None, 1008) == (first.json()["choices"], first.json()["base_resp"]["status_code"])
    assert ([], True) == (second.json()["choices"], second.json()["output_sensitive"])


def test_an_answer_may_stop_inside_the_thinking(client: httpx.Client, sandbox: Sandbox) -> None:
    """A cut answer has no closing tag."""
    sandbox.fault("minimax", "chat", kind="cut")
    choice = ask(client).json()["choices"][0]

    assert "length" == choice["finish_reason"]
    assert "</think>" not in choice["message"]["content"]


def test_a_wrong_key_is_refused(client: httpx.Client) -> None:
    """A key of another region is wrong here."""
    answer = client.post("/chat/completions", json={}, headers={"Authorization": "Bearer other"})

    assert 401 == answer.status_code
    assert answer.json()["error"]["message"].endswith("(1004)")
