"""The sandbox as a whole: its faults, its limits, its pictures, and how another process commands it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.sandbox import Call, Limits, Sandbox
from tests.sandbox.__main__ import arguments, build, main
from tests.sandbox.client import DashScopeClient, PlainClient


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[DashScopeClient]:
    """Return a client of DashScope with the right key."""
    with DashScopeClient(sandbox) as opened:
        yield opened


@pytest.mark.parametrize(
    ("kind", "details", "error", "made"),
    [
        ("drop", {}, httpx.RemoteProtocolError, 0),
        ("drop", {"reset": True}, httpx.ReadError, 0),
        ("lost_reply", {}, httpx.RemoteProtocolError, 1),
        ("lost_reply", {"reset": True}, httpx.ReadError, 1),
        ("truncated", {}, httpx.RemoteProtocolError, 1),
    ],
)
def test_a_connection_really_breaks(
    client: DashScopeClient, sandbox: Sandbox, kind: str, details: dict[str, Any], error: Any, made: int
) -> None:
    """A drop makes no task; a lost reply and a cut one do. The next request is answered."""
    sandbox.fault("dashscope", "submit", kind=kind, **details)
    with pytest.raises(error):
        client.submit()

    assert made == len(sandbox.tasks) == sandbox.billed
    assert 200 == client.submit().status_code


def test_an_answer_is_replaced(client: DashScopeClient, sandbox: Sandbox) -> None:
    """The task is made, unless the fault says otherwise."""
    sandbox.fault("dashscope", "submit", kind="empty")
    sandbox.fault("dashscope", "submit", kind="html")
    sandbox.fault("dashscope", "submit", kind="garbage", processed=False)
    empty, html, noise = client.submit(), client.submit(), client.submit()

    assert [200, 200, 200] == [answer.status_code for answer in (empty, html, noise)]
    assert (b"", b"<!DOCTYPE") == (empty.content, html.content[:9])
    assert b"task_id" not in noise.content
    assert 2 == len(sandbox.tasks)


def test_an_error_is_in_the_shape_of_its_service(client: DashScopeClient, sandbox: Sandbox) -> None:
    """Status, code, message and Retry-After are those that were asked for; `processed` makes the task."""
    sandbox.fault("dashscope", "submit", kind="status", status=429, retry_after=7)
    sandbox.fault("dashscope", "submit", kind="status", status=504, code="Gateway", message="late", processed=True)
    first, second = client.submit(), client.submit()

    assert (429, "Throttling.RateQuota", "7") == (
        first.status_code,
        first.json()["code"],
        first.headers["retry-after"],
    )
    assert (504, "Gateway", "late") == (second.status_code, second.json()["code"], second.json()["message"])
    assert 1 == sandbox.billed


def test_a_task_meets_its_fate(client: DashScopeClient, sandbox: Sandbox) -> None:
    """It fails for free, fails in part, is canceled, never ends, or takes its time."""
    sandbox.fault("dashscope", "submit", kind="failed", code="DataInspectionFailed", message="no")
    sandbox.fault("dashscope", "submit", kind="partial", failed=1)
    sandbox.fault("dashscope", "submit", kind="canceled")
    sandbox.fault("dashscope", "submit", kind="never")
    sandbox.fault("dashscope", "submit", kind="takes", seconds=30)
    submits = [client.submit(n=2) for _ in range(5)]
    sandbox.pass_time(60)
    outputs = [client.poll(answer) for answer in submits]

    assert [
        "FAILED",
        "SUCCEEDED",
        "CANCELED",
        "RUNNING",
        "SUCCEEDED",
    ] == [output["task_status"] for output in outputs]
    assert ("DataInspectionFailed", "no") == (outputs[0]["code"], outputs[0]["message"])
    assert [True, False] == ["url" in result for result in outputs[1]["results"]]
    assert [0, 1, 0, 2, 2] == [task.billed for task in sandbox.tasks]


def test_faults_are_counted_and_aimed(client: DashScopeClient, sandbox: Sandbox) -> None:
    """`times`, `every`, and `match` by a part of the prompt or by a function."""
    sandbox.fault("dashscope", "submit", kind="status", times=2, match="dog")
    every = sandbox.fault("dashscope", "submit", kind="status", every=2, match=heavy)
    prompts = ["cat", "dog", "dog", "dog", "ox", "ox", "ox", "ox"]

    assert [200, 500, 500, 200, 200, 500, 200, 500] == [client.submit(text).status_code for text in prompts]
    assert 2 == every.hits


def heavy(call: Call) -> bool:
    return call.text == "ox"


def test_a_fault_that_cannot_be_is_refused(sandbox: Sandbox) -> None:
    """A misspelt fault would make a test that cannot fail."""
    for service, step, kind in (
        ("dashscope", "submits", "drop"),
        ("oss", "put", "failed"),
        ("x", "put", "drop"),
    ):
        with pytest.raises(ValueError, match=r"sandbox|step"):
            sandbox.fault(service, step, kind=kind)


def test_a_slow_answer_outlasts_the_client(client: DashScopeClient, sandbox: Sandbox) -> None:
    """The task is made before the client gives up, and the sandbox stops without waiting."""
    sandbox.fault("dashscope", "submit", kind="slow", seconds=30)
    client.timeout = httpx.Timeout(0.2)
    with pytest.raises(httpx.ReadTimeout):
        client.submit()

    assert 1 == sandbox.billed


def test_submits_beyond_the_rate_and_the_queue_are_refused(client: DashScopeClient, sandbox: Sandbox) -> None:
    """A 429 makes no task; tasks beyond the places wait their turn."""
    sandbox.limits["dashscope"] = Limits(submit_per_s=3, running=1, queue=2, task_seconds=10)
    now, sandbox.now = sandbox.now(), lambda: now  # type: ignore[method-assign]
    within = [client.submit().status_code for _ in range(4)]
    sandbox.now = lambda: now + 2  # type: ignore[method-assign]
    beyond = client.submit()
    sandbox.now = lambda: now + 15  # type: ignore[method-assign]

    assert [200, 200, 200, 429] == within
    assert (429, "Throttling") == (beyond.status_code, beyond.json()["code"])
    assert ["SUCCEEDED", "RUNNING", "PENDING"] == [task.status for task in sandbox.tasks]
    assert [0, 10] == [round(task.started_at - now) for task in sandbox.tasks if task.started_at is not None]


def test_another_process_can_command_it(client: DashScopeClient, sandbox: Sandbox) -> None:
    """The control endpoint sets faults and limits, passes time, tells what happened, and forgets it."""
    with PlainClient(f"{sandbox.url}/control") as control:
        asked = {"service": "dashscope", "step": "submit", "kind": "status", "status": 503}
        told = [control.post("/fault", json=asked), control.post("/fault", json={"kind": "x"})]
        told += [control.post("/limits", json={"service": "dashscope", "task_seconds": [5, 6]})]
        statuses = [client.submit().status_code, client.submit().status_code]
        control.post("/time", json={"seconds": 7})
        state = control.get("/state").json()
        control.post("/reset")

    assert [200, 400, 200] == [answer.status_code for answer in told]
    assert [503, 200] == statuses
    assert ("SUCCEEDED", 1) == (state["tasks"][0]["status"], state["billed"])
    assert 5 <= state["tasks"][0]["duration_s"] <= 6
    assert [] == sandbox.tasks


def test_it_counts_what_many_threads_do(client: DashScopeClient, sandbox: Sandbox) -> None:
    """Two hundred polls by eight threads are all answered and counted."""
    submitted = client.submit()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: client.poll(submitted)["task_status"], range(200)))

    assert ["SUCCEEDED"] * 200 == statuses
    assert 200 == sandbox.tasks[0].polls == sandbox.polls


def test_it_stops_at_once_and_leaves_nothing() -> None:
    """A second one can follow on the same port, and no thread is left."""
    before = set(threading.enumerate())
    with Sandbox() as first:
        httpx.get(f"{first.url}/control/state")
    with Sandbox(port=first.port) as second:
        assert 200 == httpx.get(f"{second.url}/control/state").status_code

    assert set() == set(threading.enumerate()) - before


def test_the_command_line_sets_the_limits() -> None:
    """`python -m tests.sandbox` takes ranges and shares."""
    sandbox = build(arguments(["--task-seconds", "2-4", "--submit-rate", "2", "--fail-rate", "0.5"]))
    limits = sandbox.limits["modelscope"]

    assert ((2.0, 4.0), 2.0) == (limits.task_seconds, limits.submit_per_s)
    assert [0.5, 0.5] == [fault.share for fault in sandbox.faults.faults]


def test_the_printed_environment_names_every_service(sandbox: Sandbox) -> None:
    """Each address is the sandbox's own; a path that no service has is 404."""
    addresses = [value for value in sandbox.environment().values() if value.startswith("http")]

    assert [sandbox.url] * 6 == [value[: len(sandbox.url)] for value in addresses]
    assert 404 == httpx.get(f"{sandbox.modelscope_url}/images/edits").status_code


def test_a_port_in_use_is_named(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, with what to do: e.g. the sandbox runs already in another terminal."""
    port = str(httpx.URL(sandbox.url).port)
    monkeypatch.setattr("sys.argv", ["sandbox", "--port", port])

    with pytest.raises(SystemExit, match=f"Port {port} cannot be used .* - take any free one: --port 0"):
        main()
