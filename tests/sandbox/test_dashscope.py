"""The sandbox's DashScope: the fields and headers of the recorded answers, and the rules of the models."""

from typing import Any

import httpx
import pytest

from tests.sandbox import Limits, Sandbox
from tests.sandbox.client import PlainClient

LEGACY = "/services/aigc/text2image/image-synthesis"
SYNC = "/services/aigc/multimodal-generation/generation"
IMAGE = "/services/aigc/image-generation/generation"
ASYNC = {"X-DashScope-Async": "enable"}


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    """Return a client with the right key."""
    with PlainClient(sandbox.dashscope_url, key=sandbox.keys.dashscope) as opened:
        yield opened


def legacy(prompt: str = "一只猫", model: str = "wanx2.1-t2i-plus", **parameters: Any) -> dict[str, Any]:
    return {"model": model, "input": {"prompt": prompt}, "parameters": parameters}


def messages(prompt: str = "一只猫", model: str = "qwen-image-max", **parameters: Any) -> dict[str, Any]:
    content = {"messages": [{"role": "user", "content": [{"text": prompt}]}]}
    return {"model": model, "input": content, "parameters": parameters}


def submit(client: httpx.Client, **parameters: Any) -> str:
    answer = client.post(LEGACY, json=legacy(**{"n": 1, **parameters}), headers=ASYNC)
    return str(answer.json()["output"]["task_id"])


def test_a_submit_answers_as_recorded(client: httpx.Client) -> None:
    """A submit is PENDING, with the recorded keys and the gateway's headers, in gzipped chunks."""
    answer = client.post(LEGACY, json=legacy(n=1), headers=ASYNC)

    assert ["output", "request_id"] == list(answer.json())
    assert ["task_status", "task_id"] == list(answer.json()["output"])
    assert "PENDING" == answer.json()["output"]["task_status"]
    assert (
        "istio-envoy",
        "gzip",
        "chunked",
    ) == tuple(answer.headers[name] for name in ("server", "content-encoding", "transfer-encoding"))


def test_a_task_goes_from_running_to_pictures(client: httpx.Client, sandbox: Sandbox) -> None:
    """A running task counts its images, a finished one shows them behind signed links."""
    sandbox.set_limits("dashscope", task_seconds=10)
    task_id = submit(client, n=2)
    running = client.get(f"/tasks/{task_id}").json()
    sandbox.pass_time(11)
    done = client.get(f"/tasks/{task_id}").json()

    assert "RUNNING" == running["output"]["task_status"]
    assert {"TOTAL": 2, "SUCCEEDED": 0, "FAILED": 0} == running["output"]["task_metrics"]
    assert {"TOTAL": 2, "SUCCEEDED": 2, "FAILED": 0} == done["output"]["task_metrics"]
    assert {"image_count": 2} == done["usage"]
    assert {"orig_prompt", "actual_prompt", "url"} == set(done["output"]["results"][0])
    assert [
        "Expires",
        "OSSAccessKeyId",
        "Signature",
    ] == list(httpx.URL(done["output"]["results"][0]["url"]).params)
    assert 2 == sandbox.tasks[0].polls == sandbox.polls


def test_four_images_are_billed_where_n_is_left_out(client: httpx.Client, sandbox: Sandbox) -> None:
    """The default of `n` is 4 for wan, and each is paid."""
    client.post(LEGACY, json=legacy(), headers=ASYNC)

    assert (1, 4) == (len(sandbox.tasks), sandbox.billed)


def test_a_rewritten_prompt_is_shown_only_if_asked_for(client: httpx.Client) -> None:
    """`actual_prompt` needs `prompt_extend`, which is on by default."""
    task_id = submit(client, prompt_extend=False)

    assert "actual_prompt" not in client.get(f"/tasks/{task_id}").json()["output"]["results"][0]


def test_a_foreign_or_old_task_is_unknown(client: httpx.Client, sandbox: Sandbox) -> None:
    """Tasks are kept for 24 hours; an unknown id is answered with HTTP 200."""
    task_id = submit(client)
    sandbox.pass_time(86_401)
    answers = [client.get(f"/tasks/{known}") for known in (task_id, "1111")]

    assert [200, 200] == [answer.status_code for answer in answers]
    assert {"task_id": "1111", "task_status": "UNKNOWN"} == answers[1].json()["output"]
    assert "UNKNOWN" == answers[0].json()["output"]["task_status"]


def test_only_a_pending_task_is_canceled(client: httpx.Client, sandbox: Sandbox) -> None:
    """The task that waits for a place is canceled and free; the running one is not."""
    sandbox.limits["dashscope"] = Limits(running=1, task_seconds=10)
    running, waiting = submit(client), submit(client)
    answers = [client.post(f"/tasks/{task_id}/cancel") for task_id in (running, waiting)]

    assert [400, 200] == [answer.status_code for answer in answers]
    assert ["request_id", "code", "message"] == list(answers[0].json())
    assert "UnsupportedOperation" == answers[0].json()["code"]
    assert ["RUNNING", "CANCELED"] == [task.status for task in sandbox.tasks]
    assert 1 == sandbox.billed


def test_the_list_of_tasks_is_as_recorded(client: httpx.Client, sandbox: Sandbox) -> None:
    """The list is paged, filtered, and its entries carry the request id of their submit."""
    answers = [client.post(LEGACY, json=legacy(n=1), headers=ASYNC).json() for _ in range(3)]
    page = client.get("/tasks", params={"page_no": 2, "page_size": 2, "status": "SUCCEEDED"}).json()
    none = client.get("/tasks", params={"model_name": "wan2.2-t2i-flash"}).json()
    entry = page["data"][0]

    assert {"total", "data", "total_page", "page_no", "request_id", "page_size"} == set(page)
    assert (3, 2, 2, 2) == tuple(page[name] for name in ("total", "total_page", "page_no", "page_size"))
    assert {
        *("api_key_id", "caller_parent_id", "caller_uid", "end_time", "gmt_create", "model_name", "region"),
        *("request_id", "start_time", "status", "task_id", "user_api_unique_key"),
    } == set(entry)
    assert answers[0]["request_id"] == entry["request_id"]
    assert int(sandbox.tasks[0].created_at * 1000) == entry["gmt_create"]
    assert [] == none["data"]


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "code"),
    [
        (LEGACY, legacy(), {}, 403, "AccessDenied"),
        (SYNC, messages(), ASYNC, 403, "AccessDenied"),
        (LEGACY, messages("猫", "wan2.6-t2i"), ASYNC, 400, "InvalidParameter"),
        (LEGACY, legacy(model="wanx9"), ASYNC, 404, "ModelNotFound"),
        (LEGACY, legacy(size="1024x1024"), ASYNC, 400, "InvalidParameter"),
        (LEGACY, legacy(size="1536*1024"), ASYNC, 400, "InvalidParameter"),
        (LEGACY, legacy("猫" * 501), ASYNC, 400, "InvalidParameter"),
        (LEGACY, legacy(n=5), ASYNC, 400, "InvalidParameter"),
        (LEGACY, legacy(seed=2**31), ASYNC, 400, "InvalidParameter"),
        (LEGACY, {"model": "wanx2.1-t2i-plus"}, ASYNC, 400, "BadRequest.EmptyInput"),
        (SYNC, messages(size="1024*1024"), {}, 400, "InvalidParameter"),
        (SYNC, messages(n=2), {}, 400, "InvalidParameter"),
        (IMAGE, messages(model="wan2.6-t2i", size="1024*1024"), ASYNC, 400, "InvalidParameter"),
    ],
)
def test_what_the_service_refuses_is_refused(
    client: httpx.Client,
    sandbox: Sandbox,
    path: str,
    body: dict[str, Any],
    headers: dict[str, str],
    status: int,
    code: str,
) -> None:
    """A bad request makes no task; its error is flat."""
    answer = client.post(path, json=body, headers=headers)

    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert {"code", "message", "request_id"} == set(answer.json())
    assert [] == sandbox.tasks


def test_a_wrong_key_is_refused_as_recorded(client: httpx.Client) -> None:
    """The recorded 401 has no content type."""
    answer = client.get("/tasks/1", headers={"Authorization": "Bearer sk-other"})

    assert (401, "InvalidApiKey") == (answer.status_code, answer.json()["code"])
    assert "content-type" not in answer.headers


def test_the_messages_protocol_answers_in_choices(client: httpx.Client) -> None:
    """Qwen answers at once as recorded; wan2.6 puts each image into a choice of its own, after a poll too."""
    qwen = client.post(SYNC, json=messages(size="1664*928")).json()
    wan = client.post(IMAGE, json=messages(model="wan2.6-t2i", n=2), headers=ASYNC).json()
    done = client.get(f"/tasks/{wan['output']['task_id']}").json()

    assert {"choices", "task_metric"} == set(qwen["output"])
    assert {"height": 928, "image_count": 1, "width": 1664} == qwen["usage"]
    assert ["image"] == list(qwen["output"]["choices"][0]["message"]["content"][0])
    assert 2 == len(done["output"]["choices"])
    assert "results" not in done["output"]
