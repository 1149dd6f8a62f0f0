"""Ctrl-C and SIGTERM at any moment of a real process: an orderly end, and a last line that is true."""

import asyncio
import json
import os
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from graph.wiring import open_workflow
from tests import test_cli
from tests.sandbox import Sandbox
from tools.clock import utc_now
from tools.sqlite.records import find_run

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals"),
    pytest.mark.usefixtures("workplace"),
]

peitu = test_cli.peitu

COMMAND = [sys.executable, "-m", "graph.cli"]
TELL_IMPORTS = "export PYTHONPROFILEIMPORTTIME=1"
"""Has Python tell on standard error what it has imported, so that a test knows how far it is."""

RUN = ["run", "--text", "a teapot", "--provider", "dashscope", "--count", "2", "--run-id", "tea"]


@pytest.fixture
def start(sandbox: Sandbox, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start `peitu` in a folder of its own, beside a sandbox whose tasks do not end; `before` goes first in a shell."""
    sandbox.set_limits("dashscope", task_seconds=3600.0)
    told = {"PEITU_LLM__PROVIDER": "none", "PEITU_STORAGE__UPLOAD": "never", "PATH": os.environ["PATH"]}

    def begin(
        *arguments: str, before: str = "", program: Sequence[str] = COMMAND[1:], **more: str
    ) -> subprocess.Popen[str]:
        command = f"{before}\nexec {shlex.join([sys.executable, *program, *arguments])}"
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(
            ["sh", "-c", command], cwd=tmp_path, env={**sandbox.environment(), **told, **more}, **pipes
        )

    return begin


def wait_until(condition: Callable[[], object], *, timeout_s: float = 60.0) -> None:
    """Look every few milliseconds; what is waited for is another process's doing."""
    give_up_at = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < give_up_at, "it never happened"
        time.sleep(0.005)


@pytest.mark.parametrize("module", ["typer.models", "pydantic", "langgraph.types", "sqlite_fts4"])
def test_an_early_ctrl_c_says_that_nothing_was_begun(start, tmp_path: Path, module: str):
    """While modules load, and after that until the run is written down, the last word is true, and it is one line."""
    process = start(*RUN, before=TELL_IMPORTS)
    try:
        for line in process.stderr:
            if line.endswith(f" {module}\n"):
                break
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()
    told = [line for line in err.splitlines() if not line.startswith("import time:")]

    assert 1 == process.returncode, err
    assert ["peitu: stopped; nothing was begun"] == [line.removesuffix(" - run it again") for line in told]
    assert find_run(tmp_path / "data" / "peitu.db", "tea") is None


def test_a_background_job_is_deaf_to_ctrl_c_and_ends_by_sigterm(start, sandbox: Sandbox):
    """A shell without job control starts a job with SIGINT ignored; that stays so, and SIGTERM stops it as ever."""
    process = start(*RUN, before="trap '' INT")
    try:
        wait_until(lambda: len(sandbox.tasks) == 2 or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.terminate()
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()

    assert 1 == process.returncode, err
    assert "continue with: peitu resume tea" in err


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=lambda number: number.name)
@pytest.mark.parametrize("command", ["peitu", "python"])
def test_a_run_that_ended_before_its_plan_is_stopped_at_once(start, peitu, command: str, number: signal.Signals):
    """While the language model thinks nothing is bought or drawn; `runs` and `show` know it from a dead run."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        model = {"PEITU_LLM__PROVIDER": "minimax", "PEITU_LLM__PROVIDERS__MINIMAX__BASE_URL": address}
        process = start(*RUN, **model) if command == "peitu" else start(program=["-c", PROGRAM], **model)
        try:
            connection, _ = silent.accept()
            with connection:
                before = states(peitu)
                process.send_signal(number)
                process.communicate(timeout=20)
        finally:
            process.kill()

    assert ["running"] == before
    assert ["stopped"] == states(peitu)


PROGRAM = """
from graph.wiring import open_workflow

with open_workflow() as workflow:
    workflow.invoke({"content": "a teapot", "count": 2}, {"configurable": {"thread_id": "tea"}})
"""


async def test_a_run_that_is_cancelled_before_its_plan_is_stopped_at_once(peitu, monkeypatch):
    """Though its process lives, as Studio's server does; while it is planned it is running, however long that takes."""
    reached, thinking = asyncio.Event(), []

    async def think(reader, writer):
        thinking.append(writer)
        reached.set()

    silent = await asyncio.start_server(think, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/v1"
    monkeypatch.setenv("PEITU_LLM__PROVIDER", "local")
    monkeypatch.setenv("PEITU_LLM__PROVIDERS__LOCAL__BASE_URL", address)
    async with silent, open_workflow() as workflow:
        config = {"configurable": {"thread_id": "tea"}}
        work = asyncio.ensure_future(workflow.ainvoke({"content": "a teapot", "count": 2}, config))
        await asyncio.wait_for(reached.wait(), 60)
        with sqlite3.connect("data/peitu.db") as connection:
            connection.execute("UPDATE runs SET started_at = '2026-01-01T00:00:00+00:00'")
        connection.close()
        before = await asyncio.to_thread(states, peitu)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        with sqlite3.connect("data/peitu.db") as connection:
            connection.execute("UPDATE runs SET started_at = ?", (utc_now().isoformat(),))
        connection.close()
        # It is written by the database's thread, for which a cancelled run does not wait.
        await asyncio.to_thread(wait_until, lambda: "stopped" in peitu("runs")[1], timeout_s=20.0)
        after = await asyncio.to_thread(states, peitu)
        for writer in thinking:
            writer.close()

    assert ["running"] == before
    assert ["stopped"] == after


def states(peitu) -> list[str]:
    """What `runs` calls the runs, once it is sure that `show` calls them so, too."""
    runs = json.loads(peitu("runs", "--json")[1])["runs"]
    for run in runs:
        assert run["state"] == json.loads(peitu("show", run["run_id"], "--json")[1])["state"]
        assert f"state:          {run['state']}\n" in peitu("show", run["run_id"])[1]
    return [run["state"] for run in runs]
