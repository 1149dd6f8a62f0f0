"""The sandbox's chat of DashScope and ModelScope: OpenAI's form, the key of the pictures."""

import pytest

from tests.sandbox import Sandbox
from tests.sandbox.client import PlainClient

HELLO = {"model": "qwen-plus", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.mark.parametrize("service", ["dashscope", "modelscope"])
def test_chat_takes_the_key_of_the_pictures(sandbox: Sandbox, service: str) -> None:
    """The answer has no thinking and no field of MiniMax's; another key is refused in OpenAI's shape."""
    sandbox.answers.append("Good morning")
    url = sandbox.environment()[f"PEITU_LLM__PROVIDERS__{service.upper()}__BASE_URL"]
    with PlainClient(url, key=getattr(sandbox.keys, service)) as client:
        answer = client.post("/chat/completions", json=HELLO).json()
        other = client.post("/chat/completions", json=HELLO, headers={"Authorization": "Bearer other"})
        empty = client.post("/chat/completions", json={**HELLO, "messages": []})

    assert {"role": "assistant", "content": "Good morning"} == answer["choices"][0]["message"]
    assert {"base_resp", "input_sensitive"}.isdisjoint(answer)
    assert [401, 400] == [other.status_code, empty.status_code]
    assert other.json()["error"]["message"]


@pytest.mark.parametrize("service", ["dashscope", "modelscope"])
def test_chat_fails_on_command(sandbox: Sandbox, service: str) -> None:
    """As every other step does."""
    sandbox.fault(service, "completion", kind="status", status=503, message="Server is busy")
    url = sandbox.environment()[f"PEITU_LLM__PROVIDERS__{service.upper()}__BASE_URL"]
    with PlainClient(url, key=getattr(sandbox.keys, service)) as client:
        answers = [client.post("/chat/completions", json=HELLO) for _ in range(2)]

    assert [503, 200] == [answer.status_code for answer in answers]
    assert "Server is busy" == answers[0].json()["error"]["message"]
