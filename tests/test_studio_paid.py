"""Studio's server with a service that is paid, the sandbox: many runs at once, and a kill that costs nothing."""

import json
import os
import sqlite3
import time
from contextlib import closing

import pytest

from tests.conftest import KEYS
from tests.sandbox import Sandbox
from tests.studio import Studio
from tests.test_cli import peitu  # noqa: F401 - a fixture

TASK_S = 3.0
QUICK = {"FIRST_POLL_S": "0.05", "RATE_PER_S": "50", "MAX_IN_FLIGHT": "20"}


@pytest.fixture(scope="module")
def services():
    """A sandbox whose pictures take long enough to be killed in between."""
    with Sandbox() as running:
        running.limits["dashscope"].task_seconds = TASK_S
        yield running


@pytest.fixture(scope="module")
def server(services, tmp_path_factory):
    """A running server with the keys of the sandbox."""
    for name in [name for name in os.environ if name.startswith(KEYS)]:
        del os.environ[name]
    with Studio(tmp_path_factory.mktemp("studio"), environment(services)) as running:
        yield running


def environment(services):
    quick = {f"PEITU_IMAGES__DASHSCOPE__{name}": value for name, value in QUICK.items()}
    return {**services.environment(), **quick, "PEITU_LLM__PROVIDER": "none", "PEITU_STORAGE__UPLOAD": "never"}


def asked(content, count=1):
    return {"content": content, "count": count, "provider": "dashscope", "size": "512x512"}


def wait_for(look):
    """Look again until it is so."""
    give_up_at = time.monotonic() + 30
    while not look():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


def test_ten_runs_go_on_side_by_side(services, server):
    """All ten have a task under way before the first one is done."""
    asked_for = [{"assistant_id": "peitu", "input": asked(f"a boat, number {number}")} for number in range(10)]
    server.client.runs.create_batch(asked_for)
    wait_for(lambda: finished(server) == 10)
    tasks = [task for task in services.tasks if "number" in task.prompt]

    assert 10 == len(tasks)
    assert max(task.created_at for task in tasks) < min(task.ended_at for task in tasks)


def test_a_killed_server_buys_nothing_twice(services, server, peitu, monkeypatch):  # noqa: F811
    """One run is continued on the server that was started again, the other on the command line."""
    before = services.billed
    threads = [server.client.threads.create()["thread_id"] for _ in range(2)]
    for thread_id in threads:
        server.client.runs.create(thread_id, "peitu", input=asked("a storm over the harbor", count=2))
    wait_for(lambda: submitted(server, threads) == 4)
    server.kill()
    server.start()
    wait_for(lambda: len(server.client.threads.search(ids=threads)) == 2)

    server.client.threads.create(thread_id=threads[0], if_exists="do_nothing", graph_id="peitu")
    document = server.run(None, threads[0])
    monkeypatch.chdir(server.folder)
    for name, value in environment(services).items():
        monkeypatch.setenv(name, value)
    status, out, err = peitu("resume", threads[1], "--json")

    assert (True, 2) == (document["success"], document["count"])
    assert 0 == status, err
    assert 2 == json.loads(out)["count"]
    assert 4 == services.billed - before
    assert "BlockingError" not in server.log


def test_a_stopped_server_waits_for_the_answer_to_a_paid_request(services, server):
    """Ctrl-C, or an edited file, while a submit is on its way: its task is written down, and nothing is logged."""
    before = services.billed
    services.fault("dashscope", "submit", kind="slow", seconds=1.0, times=1)
    thread_id = server.client.threads.create()["thread_id"]
    server.client.runs.create(thread_id, "peitu", input=asked("a bridge in the fog"))
    wait_for(lambda: any("bridge" in task.prompt for task in services.tasks))
    begun = len(server.log)
    server.stop()
    log = server.log[begun:]

    assert 1 == submitted(server, [thread_id, ""])
    assert "error occurred" not in log, log

    server.start()
    wait_for(lambda: server.client.threads.get_state(thread_id)["values"].get("success"))

    assert 1 == services.billed - before


def finished(server):
    return count(server, "SELECT count(*) FROM runs WHERE success = 1")


def submitted(server, threads):
    """Return how many tasks of the runs have their id in the ledger."""
    question = "SELECT count(*) FROM tasks WHERE status = 'submitted' AND run_id IN (?, ?)"
    return count(server, question, threads)


def count(server, question, values=()):
    with closing(sqlite3.connect(server.folder / "data/peitu.db")) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'tasks'").fetchone():
            return 0
        return connection.execute(question, values).fetchone()[0]
