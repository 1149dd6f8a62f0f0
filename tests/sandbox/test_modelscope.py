"""The sandbox's ModelScope: the trap in its submit, the header of its poll, its limits."""

from typing import Any

import httpx
import pytest

from tests.sandbox import Sandbox
from tests.sandbox.client import PlainClient

SUBMIT = "/images/generations"
ASYNC = {"X-ModelScope-Async-Mode": "true"}
TYPE = {"X-ModelScope-Task-Type": "image_generation"}


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    """Return a client with the right token."""
    with PlainClient(sandbox.modelscope_url, key=sandbox.keys.modelscope) as opened:
        yield opened


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "Tongyi-MAI/Z-Image-Turbo", "prompt": "A golden cat", "size": "1024x768", **fields}


def test_a_task_goes_from_a_false_success_to_a_true_one(client: httpx.Client, sandbox: Sandbox) -> None:
    """SUCCEED in the submit's answer is no picture yet."""
    sandbox.set_limits("modelscope", task_seconds=10, running=1)
    ids = [client.post(SUBMIT, json=body(), headers=ASYNC).json() for _ in range(2)]
    early = [client.get(f"/tasks/{answer['task_id']}", headers=TYPE).json() for answer in ids]
    sandbox.pass_time(11)
    done = client.get(f"/tasks/{ids[0]['task_id']}", headers=TYPE).json()

    assert {"task_status", "task_id", "request_id"} == set(ids[0])
    assert "SUCCEED" == ids[0]["task_status"]
    assert ["PROCESSING", "PENDING"] == [answer["task_status"] for answer in early]
    assert "SUCCEED" == done["task_status"]
    assert 1 == len(done["output_images"])


def test_a_poll_without_its_header_finds_no_task(client: httpx.Client) -> None:
    """The header names the kind of task; without it the answer is FAILED, under HTTP 200."""
    task_id = client.post(SUBMIT, json=body(), headers=ASYNC).json()["task_id"]
    answer = client.get(f"/tasks/{task_id}")

    assert (200, "FAILED") == (answer.status_code, answer.json()["task_status"])
    assert {"code": 500, "message": "task not found"} == answer.json()["errors"]


def test_without_the_async_header_the_picture_comes_at_once(client: httpx.Client, sandbox: Sandbox) -> None:
    """The old form has no task."""
    answer = client.post(SUBMIT, json=body()).json()

    assert ["url"] == list(answer["images"][0])
    assert sandbox.tasks[0].synchronous


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"model": "Someone/Else"}, "Model id : Someone/Else , has no provider supported"),
        ({"size": "1024*768"}, "size"),
        ({"size": "256x256"}, "from 512x512 to 2048x2048"),
        ({"model": "black-forest-labs/FLUX.1-Krea-dev", "size": "1280x720"}, "from 64x64 to 1024x1024"),
        ({"prompt": "x" * 2000}, "prompt"),
        ({"prompt": " "}, "prompt"),
        ({"seed": -1}, "seed"),
        ({"steps": 0}, "steps"),
        ({"sampler": "euler"}, "sampler"),
    ],
)
def test_what_the_service_refuses_is_refused(
    client: httpx.Client, sandbox: Sandbox, fields: dict[str, Any], said: str
) -> None:
    """A bad request makes no task; the error is under `errors`."""
    answer = client.post(SUBMIT, json=body(**fields), headers=ASYNC)

    assert 400 == answer.status_code
    assert said in answer.json()["errors"]["message"]
    assert [] == sandbox.tasks


def test_a_wrong_token_is_refused(client: httpx.Client) -> None:
    """A token is checked at a submit, but not for the public list of models."""
    wrong = {"Authorization": "Bearer ms-other"}
    refused = client.post(SUBMIT, json=body(), headers=ASYNC | wrong)
    models = client.get("/models", headers=wrong)

    assert 401 == refused.status_code
    assert "valid ModelScope token" in refused.json()["errors"]["message"]
    assert 200 == models.status_code


def test_the_day_of_a_model_ends(client: httpx.Client, sandbox: Sandbox) -> None:
    """The quota headers count down, then each submit of this model is refused until tomorrow."""
    sandbox.set_limits("modelscope", per_day=1)
    first = client.post(SUBMIT, json=body(), headers=ASYNC)
    second = client.post(SUBMIT, json=body(), headers=ASYNC)
    other = client.post(SUBMIT, json=body(model="Qwen/Qwen-Image"), headers=ASYNC)

    assert "0" == first.headers["modelscope-ratelimit-model-requests-remaining"]
    assert [429, 200] == [second.status_code, other.status_code]
    assert "exceeded today's quota for model Tongyi-MAI" in second.json()["errors"]["message"]
