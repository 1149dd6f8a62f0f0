"""Every fault alone: each kind, at each step, at each provider, once and lasting, through the whole graph.

Whatever happens: the run ends by itself, no image is paid twice, every picture is whole or its absence explained,
the ledger and the provider agree, and when the fault is gone, resuming brings what is missing.
"""

import asyncio
import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from graph import runs
from graph.wiring import open_workflow
from tests.sandbox import Sandbox
from tools.database import Database
from tools.download import download
from tools.http import make_client
from tools.ledger import Ledger
from tools.records import find_run

Details = dict[str, Any]
DATABASE = Path("data/peitu.db")
SIDE = 512
QUICK = {"FIRST_POLL_S": "0.02", "RATE_PER_S": "200", "DEADLINE_S": "0.4"}
LOST = ("its answer was lost", "given up by the user")
REFUSED = ("one single color",)


def impatient_client() -> httpx.AsyncClient:
    """The client of every day, which waits half a second for an answer instead of a minute."""
    client = make_client()
    client.timeout = httpx.Timeout(0.5)
    return client


@contextmanager
def quick_work(sandbox: Sandbox, folder: Path) -> Iterator[None]:
    """Work in this folder with this sandbox, and wait a hundredth of what real services need."""
    values = {name: value for name, value in sandbox.environment().items() if not name.startswith("OSS_")}
    values |= {f"PEITU_IMAGES__{service}__{key}": QUICK[key] for service in ("MODELSCOPE", "DASHSCOPE") for key in QUICK}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in {**values, "PEITU_LLM__PROVIDER": "none"}.items():
            patch.setenv(name, value)
        patch.setattr("tools.settle.LOOK_UP_PAUSES_S", (0.0, 0.03, 0.06))
        patch.setattr("tools.health.FIRST_PAUSE_S", 0.05)
        patch.setattr("tools.limits.FIRST_PAUSE_S", 0.03)
        patch.setattr("tools.collect.download", partial(download, sleep=lambda _: asyncio.sleep(0.01)))
        patch.setattr("tools.oss_client._BACKOFF_S", 0.01)
        patch.setattr("graph.assembly.make_client", impatient_client)
        yield


async def illustrate(**asked: Any) -> Details:
    """Run to the end, which comes by itself."""
    asked = {"content": "A lighthouse by the sea, and a boat.", "size": f"{SIDE}x{SIDE}", "upload": False} | asked
    async with asyncio.timeout(30), open_workflow() as workflow:
        return dict(await runs.run(workflow, asked, run_id="run", watch=lambda event: None))


async def go_on(*, resubmit: bool = False) -> Details:
    """Resume the run, and say with `resubmit` that what is held may be sent again."""
    if resubmit:
        database = Database(DATABASE)
        await Ledger(database).give_up_unknown("run")
        await database.close()
    async with asyncio.timeout(30), open_workflow() as workflow:
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
    assert not [row for row in rows if row["status"] == "intent"], rows
    lost = Counter(
        row["provider"]
        for row in rows
        if row["task_id"] is None and (row["status"] == "unknown" or (row["status"] == "failed" and says(row, LOST)))
    )
    stray = Counter(task.service for task_id, task in made.items() if task_id not in known)
    assert stray <= lost, (stray, rows)
    billed = [row for row in known.values() if made[row["task_id"]].billed]
    given_up = [row for row in billed if row["status"] == "failed"]
    assert all(says(row, (*LOST, *REFUSED)) for row in given_up), given_up
    paid = Counter(row["image_index"] for row in billed if row["status"] != "failed")
    assert not paid or max(paid.values()) == 1, rows


def check_pictures(document: Details) -> None:
    """A picture that is said to be there is whole and the one that was saved; nothing else has its name."""
    saved = {Path(image["path"]): image for image in document["images"] if image["status"] == "saved"}
    files = [path for path in Path("output").rglob("*") if path.is_file()]
    assert saved.keys() == {path for path in files if ".refused-" not in path.name}
    for path, image in saved.items():
        with Image.open(path) as picture:
            picture.load()
            assert (image["width"], image["height"]) == picture.size
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
def work(server: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    """An empty folder to work in, and a sandbox that has forgotten everything."""
    server.reset()
    with quick_work(server, tmp_path):
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
    "drop": {"kind": "drop"},
    "reset": {"kind": "drop", "reset": True},
    "lost-reply": {"kind": "lost_reply"},
    "slow": {"kind": "slow", "seconds": 0.1},
    "too-slow": {"kind": "slow", "seconds": 0.7},
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
CASES = [
    pytest.param(provider, step, details, times, id=f"{provider}-{step}-{name}-{'once' if times else 'lasting'}")
    for provider in ("modelscope", "dashscope")
    for step, faults in BY_STEP.items()
    for name, details in faults.items()
    for times in (1, None)
]


@pytest.mark.parametrize(("provider", "step", "details", "times"), CASES)
async def test_a_fault_costs_nothing_and_is_made_up_for(work, provider, step, details, times):
    """Two images: the run ends well or says why not; without the fault a resume, or at worst a second, completes it."""
    work.fault(provider, step, times=times, every=None if times else 1, **details)
    document = await illustrate(provider=provider, count=2)
    check_all(work, document)
    assert work.faults.faults[0].hits

    work.faults.faults.clear()
    work.pass_time(700)
    document = await go_on()
    check_all(work, document)
    if not document["success"]:
        assert "unknown" in {image["status"] for image in document["images"]}, document
        document = await go_on(resubmit=True)
        check_all(work, document)

    assert document["success"], document
