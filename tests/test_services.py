"""What the settings say of a provider reaches it: its address, its key and its pace."""

import contextlib
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tools.errors import QuotaError
from tools.money.services import find_key, make_services
from tools.providers.provider import ImageRequest
from tools.setup.configuration import Settings
from tools.sqlite.database import Database

RULES: dict[str, Any] = {
    "base_url": "https://example.org/v9",
    "rate_per_s": 3.0,
    "max_in_flight": 5,
    "polls_per_s": 7.0,
    "deadline_s": 11.0,
    "first_poll_s": 13.0,
    "attempts": 4,
}


@pytest.mark.parametrize(
    ("name", "rules", "url", "sent"),
    [
        (
            "modelscope",
            {"model": "Qwen/Qwen-Image", "steps": 17, "guidance": 2.5, "loras": "a/x", "on_lost_reply": "hold"},
            "https://example.org/v9/images/generations",
            {"model": "Qwen/Qwen-Image", "steps": 17, "guidance": 2.5, "loras": "a/x"},
        ),
        (
            "dashscope",
            {"model": "wanx2.1-t2i-turbo", "on_lost_reply": "resubmit"},
            "https://example.org/v9/services/aigc/text2image/image-synthesis",
            {"model": "wanx2.1-t2i-turbo"},
        ),
    ],
)
async def test_every_setting_reaches_its_provider(
    name: str, rules: dict[str, Any], url: str, sent: dict[str, Any], workplace: None
) -> None:
    """None is left at its default, and what is sent has the model, its tuning and the key that was given."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"task_id": "1", "output": {"task_id": "1"}})

    settings = Settings.model_validate({"images": {name: RULES | rules}})
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        service = make_services(settings, client=client, keys={f"{name.upper()}_API_KEY": "sk-given"})[name]
        await service.provider.submit(ImageRequest(prompt="a"))

    limiter = service.limiter
    assert (3.0, 7.0, 5) == (limiter.submits.rate_per_s, limiter.polls.rate_per_s, limiter.max_in_flight)
    assert (11.0, 13.0, 4) == (service.deadline_s, service.first_poll_s, service.attempts)
    assert (rules["on_lost_reply"], f"{name} {rules['model']}") == (service.on_lost_reply, limiter.place)
    assert (name, rules["model"]) == (service.health.provider, service.health.model)
    (request,) = requests
    assert (url, "Bearer sk-given") == (str(request.url), request.headers["authorization"])
    assert sent == {key: value for key, value in json.loads(request.content).items() if key in sent}


async def test_with_a_database_pace_and_standing_are_common(workplace: None, tmp_path: Path) -> None:
    """What one process was refused for, and the turns that it took, another one knows of."""
    database = Database(tmp_path / "peitu.db")
    now = time.time()
    async with httpx.AsyncClient() as client:
        first, second = (make_services(Settings(), client=client, database=database)["modelscope"] for _ in range(2))
    await first.limiter.submits._budgets.pause(first.limiter.submits.name, now + 600)
    waiting_s = await second.limiter.submits.turn(patience_s=0.0)
    with pytest.raises(QuotaError):
        async with first.health.attempt(turn=contextlib.nullcontext, timeout_s=0.0, waiting=lambda _: None):
            raise QuotaError("today's quota is used up")
    with pytest.raises(QuotaError, match="today's quota is used up"):
        async with second.health.attempt(turn=contextlib.nullcontext, timeout_s=0.0, waiting=lambda _: None):
            pass
    await database.close()

    assert 500 < waiting_s <= 600


def test_a_key_that_is_given_comes_before_the_environment(workplace: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one, the variable counts, and an empty one is none."""
    monkeypatch.setenv("DASHSCOPE_API_KEY", "variable")

    assert "given" == find_key("DASHSCOPE_API_KEY", {"DASHSCOPE_API_KEY": "given"})
    assert "variable" == find_key("DASHSCOPE_API_KEY", {"DASHSCOPE_API_KEY": ""})
    assert find_key("MODELSCOPE_API_KEY") is None
