"""Every fault alone: each kind, at each step, at each provider, once and lasting, through the whole graph.

Whatever happens: the run ends by itself, no image is paid twice, every picture is whole or its absence explained,
the ledger and the provider agree, and when the fault is gone, resuming brings what is missing.
"""

import asyncio
import hashlib
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from PIL import Image

from graph import runs
from graph.wiring import open_workflow
from tests.sandbox import Sandbox
from tools.clock import utc_now
from tools.money.ledger import Ledger
from tools.providers.download import download
from tools.providers.http import make_client
from tools.sqlite.database import Database
from tools.sqlite.records import find_run

Details = dict[str, Any]
DATABASE = Path("data/peitu.db")
MEMORY = "/dev/shm"  # noqa: S108 - the folder in it has a random name
SIDE = 512
QUICK = {"FIRST_POLL_S": "0.02", "RATE_PER_S": "200", "ATTEMPTS": "2"}
PATIENCE_S = 0.25
LOST = ("its answer was lost", "given up by the user")


def impatient_client() -> httpx.AsyncClient:
    """The client of every day, but it waits a moment for an answer instead of a minute."""
    client = make_client()
    client.timeout = httpx.Timeout(0.4)
    return client


@contextmanager
def quick_folder() -> Iterator[Path]:
    """An empty folder, in memory where there is one: the ledger waits for the disk many times."""
    with TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        yield Path(folder)


@contextmanager
def quick_work(sandbox: Sandbox, folder: Path) -> Iterator[None]:
    """Work in this folder with this sandbox, and wait a hundredth of what real services need."""
    values = {name: value for name, value in sandbox.environment().items() if not name.startswith("OSS_")}
    values |= {
        f"PEITU_IMAGES__{service}__{key}": QUICK[key] for service in ("MODELSCOPE", "DASHSCOPE") for key in QUICK
    }
    # The shortest configuration: reading the project's own takes as long as making a picture here.
    (folder / "config.yaml").write_text("output_dir: output\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in {**values, "PEITU_LLM__PROVIDER": "none"}.items():
            patch.setenv(name, value)
        patch.setattr("tools.money.settle.LOOK_UP_PAUSES_S", (0.0, 0.03, 0.06))
        patch.setattr("tools.money.durations.MOST_PAUSE_S", 0.05)
        patch.setattr("tools.money.limiter.POLL_REFUSED_S", 0.05)
        patch.setattr("tools.money.settle.FINISHED_PAUSE_S", 0.05)
        patch.setattr("tools.money.health.FIRST_PAUSE_S", 0.05)
        patch.setattr("tools.money.pace.FIRST_PAUSE_S", 0.03)
        patch.setattr("tools.money.collect.download", partial(download, sleep=lambda _: asyncio.sleep(0.01)))
        patch.setattr("tools.bucket.oss_client._BACKOFF_S", 0.01)
        patch.setattr("tools.money.services.make_client", impatient_client)
        yield


async def illustrate(*, patience_s: float = PATIENCE_S, **asked: Any) -> Details:
    """Run to the end, which comes by itself; nobody waits for a task longer than so many seconds."""
    asked = {"content": "A lighthouse by the sea, and a boat.", "size": f"{SIDE}x{SIDE}", "upload": False} | asked
    async with asyncio.timeout(30), open_workflow(overrides=deadlines(patience_s)) as workflow:
        return dict(await runs.run(workflow, asked, run_id="run", watch=lambda event: None))


def deadlines(seconds: float) -> Details:
    return {f"images.{service}.deadline_s": seconds for service in ("modelscope", "dashscope")}


async def go_on(*, resubmit: bool = False, patience_s: float = 20.0) -> Details:
    """Resume the run, and say with `resubmit` that what is held may be sent again."""
    if resubmit:
        database = Database(DATABASE)
        await Ledger(database).give_up_unknown("run")
        await database.close()
    async with asyncio.timeout(30), open_workflow(overrides=deadlines(patience_s)) as workflow:
        recorded = find_run(DATABASE, "run")
        return dict(await runs.resume(workflow, "run", recorded=recorded, watch=lambda event: None))


def ledger_rows() -> list[Details]:
    connection = sqlite3.connect(DATABASE)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute("SELECT * FROM tasks ORDER BY id")]
    finally:
        connection.close()


def says(row: Details, texts: tuple[str, ...]) -> bool:
    return any(text in (row["error"] or "") for text in texts)


def check_all(sandbox: Sandbox, document: Details) -> None:
    """Everything that must be so after a run or a resume, whatever went wrong in it."""
    check_money(sandbox)
    check_pictures(document)
    check_words(sandbox, document)


def check_money(sandbox: Sandbox) -> None:
    """No image has two tasks that are paid and good; each task is known to the ledger, or written down as lost."""
    rows, made = ledger_rows(), {task.task_id: task for task in sandbox.tasks}
    known = {row["task_id"]: row for row in rows if row["task_id"]}
    assert known.keys() <= made.keys()
    assert {task_id: made[task_id].seed for task_id in known} == {
        task_id: row["seed"] for task_id, row in known.items()
    }
    assert not [row for row in rows if row["status"] == "intent"], rows
    lost = Counter(
        row["provider"]
        for row in rows
        if row["task_id"] is None and (row["status"] == "unknown" or (row["status"] == "failed" and says(row, LOST)))
    )
    stray = Counter(task.service for task_id, task in made.items() if task_id not in known)
    assert stray <= lost, (stray, rows)
    billed = [row for row in known.values() if made[row["task_id"]].billed]
    assert all(says(row, LOST) for row in billed if row["status"] == "failed"), billed
    good = Counter(row["image_index"] for row in billed if row["status"] not in {"failed", "refused"})
    assert not good or max(good.values()) == 1, rows


def check_pictures(document: Details) -> None:
    """A picture that is said to be there is whole and the one that was saved; nothing else has its name."""
    saved = {Path(image["path"]): image for image in document["images"] if image["status"] == "saved"}
    files = [path for path in Path("output").rglob("*") if path.is_file()]
    assert saved.keys() == {path for path in files if ".refused-" not in path.name}
    for path, image in saved.items():
        with Image.open(path) as picture:
            picture.load()
            assert (image["width"], image["height"]) == picture.size
            darkest, lightest = picture.convert("L").getextrema()
        assert darkest < lightest, path
        assert image["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def check_words(sandbox: Sandbox, document: Details) -> None:
    """Every missing picture has a reason of one line; no key and no signed link is kept anywhere."""
    for image in document["images"]:
        error = image["error"]
        assert (image["status"] == "saved") == (error is None), image
        assert error is None or (error.strip() and "\n" not in error and "Traceback" not in error), error
    kept = json.dumps(document).encode() + b"".join(path.read_bytes() for path in Path("data").glob("*.db*"))
    for secret in (sandbox.keys.modelscope, sandbox.keys.dashscope, "Signature="):
        assert secret.encode() not in kept, secret


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    """One sandbox for all cases of this file."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def work(server: Sandbox) -> Iterator[Sandbox]:
    """An empty folder to work in, and a sandbox that has forgotten everything."""
    server.reset()
    with quick_folder() as folder, quick_work(server, folder):
        yield server


def status(number: int, **details: Any) -> Details:
    return {"kind": "status", "status": number, **details}


BROKEN: dict[str, Details] = {
    **{str(number): status(number) for number in (400, 401, 402, 403, 404, 408, 413, 500, 502, 503, 504)},
    "429": status(429),
    "429-wait": status(429, retry_after=0.05),
    "429-date": status(429, retry_after="Tue, 24 Nov 2026 00:00:00 GMT"),
    "502-page": {"kind": "html", "status": 502, "processed": False},
    "504-page": {"kind": "html", "status": 504, "processed": False},
    "504-page-taken": {"kind": "html", "status": 504},
    "408-taken": status(408, processed=True, message="Request timed out"),
    "504-taken": status(504, processed=True, message="Gateway timed out"),
    "drop": {"kind": "drop"},
    "reset": {"kind": "drop", "reset": True},
    "lost-reply": {"kind": "lost_reply"},
    "slow": {"kind": "slow", "seconds": 0.1},
    "too-slow": {"kind": "slow", "seconds": 0.6},
    "truncated": {"kind": "truncated"},
    "empty": {"kind": "empty"},
    "garbage": {"kind": "garbage"},
    "html": {"kind": "html"},
    "redirect": {"kind": "redirect"},
}
OF_SUBMIT: dict[str, Details] = {
    "failed": {"kind": "failed"},
    "refused": {"kind": "failed", "code": "DataInspectionFailed", "message": "inappropriate content"},
    "refused-at-once": status(400, code="DataInspectionFailed", message="inappropriate content"),
    "canceled": {"kind": "canceled"},
    "partial": {"kind": "partial"},
    "takes-long": {"kind": "takes", "seconds": 600},
}
OF_DOWNLOAD: dict[str, Details] = {
    "blank": {"kind": "blank"},
    "bomb": {"kind": "bomb", "side": 9000},
    "half": {"kind": "half"},
    "resized": {"kind": "resized", "width": 400, "height": 400},
}
BY_STEP: dict[str, dict[str, Details]] = {
    "submit": BROKEN | OF_SUBMIT,
    "poll": BROKEN | {"unknown": {"kind": "unknown"}},
    "download": BROKEN | OF_DOWNLOAD,
}
# Of what is answered alike, one stands for all when it lasts.
LASTING = {"400", "401", "404", "429", "503", "504-page-taken", "lost-reply", "drop", "truncated", "html", "redirect"}
LASTING |= {*OF_SUBMIT, *OF_DOWNLOAD, "unknown"}
CASES = [
    pytest.param(provider, step, details, times, id=f"{provider}-{step}-{name}-{'once' if times else 'lasting'}")
    for provider in ("modelscope", "dashscope")
    for step, faults in BY_STEP.items()
    for name, details in faults.items()
    for times in ((1, None) if name in LASTING else (1,))
]


async def mend(work: Sandbox) -> Details:
    """Take the fault away, let the tasks end, and resume; where something is held, resume once more as the user."""
    work.faults.faults.clear()
    work.pass_time(700)
    document = await go_on()
    check_all(work, document)
    if not document["success"]:
        assert "unknown" in {image["status"] for image in document["images"]}, document
        document = await go_on(resubmit=True)
        check_all(work, document)
    return document


@pytest.mark.parametrize(("provider", "step", "details", "times"), CASES)
async def test_a_fault_costs_nothing_and_is_made_up_for(work, provider, step, details, times):
    """Two images: whatever the fault leaves undone is explained, and done without it."""
    fault = work.fault(provider, step, times=times, every=None if times else 1, **details)
    document = await illustrate(provider=provider, count=2)

    assert fault.hits
    check_all(work, document)
    assert (await mend(work))["success"]


@pytest.mark.parametrize("times", [1, None], ids=["once", "lasting"])
@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_list_of_tasks_decides_nothing(work, name, times):
    """The answer to a submit was lost and the list does not say what became of it: it is asked again, or held."""
    work.fault("dashscope", "submit", kind="lost_reply")
    fault = work.fault("dashscope", "list", times=times, every=None if times else 1, **BROKEN[name])
    document = await illustrate(provider="dashscope", count=1)

    assert fault.hits
    assert 1 == len(work.tasks)
    check_all(work, document)

    work.faults.faults.clear()
    document = await go_on()

    assert document["success"], document
    assert 1 == len(work.tasks)
    check_all(work, document)


@pytest.mark.parametrize("times", [1, None], ids=["once", "lasting"])
@pytest.mark.parametrize("step", ["put", "head"])
@pytest.mark.parametrize("name", [name for name in BROKEN if name != "too-slow"])
async def test_a_broken_bucket_loses_no_picture(work, monkeypatch, step, name, times):
    """The picture stays where it is, the result says why it has no address, and a resume sends it."""
    for variable, value in work.environment().items():
        monkeypatch.setenv(variable, value)
    fault = work.fault("oss", step, times=times, every=None if times else 1, **BROKEN[name])
    document = await illustrate(count=1, upload=True)

    assert fault.hits
    assert 1 == document["count"]
    check_money(work)
    check_pictures(document)

    work.faults.faults.clear()
    document = await go_on()

    assert document["success"], document
    assert (1, 1) == (len(work.tasks), len(work.objects))


@pytest.mark.parametrize("provider", ["modelscope", "dashscope"])
async def test_a_task_that_never_ends_is_never_bought_again(work, provider):
    """It stays in the ledger, each resume asks for it, and the other provider is not paid for the same image."""
    work.fault(provider, "submit", kind="never")
    await illustrate(provider=provider, count=1)
    document = await go_on(patience_s=PATIENCE_S)

    assert "resuming the run collects it" in document["images"][0]["error"]
    assert 1 == len(work.tasks)
    check_all(work, document)


@pytest.mark.parametrize("provider", ["modelscope", "dashscope"])
async def test_a_task_that_is_gone_is_said_to_be_gone(work, provider):
    """The provider keeps a task for a day; after that the image is held, and made anew at the user's word."""
    work.fault(provider, "submit", kind="never")
    await illustrate(provider=provider, count=1)
    work.pass_time(90_000)
    connection = sqlite3.connect(DATABASE)
    with connection:
        yesterday = (utc_now() - timedelta(seconds=90_000)).isoformat()
        connection.execute("UPDATE tasks SET intended_at = :at, submitted_at = :at", {"at": yesterday})
    connection.close()
    document = await go_on()

    assert "unknown" == document["images"][0]["status"]
    assert "24 hours" in document["images"][0]["error"]
    assert (await go_on(resubmit=True))["success"]
    assert 2 == len(work.tasks)
