"""LangGraph Studio's server, the real one: offline, without a key, and without a blocking call in its event loop."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT

STARTS_WITHIN_S = 60.0


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def server(workplace):
    """The address of a running `langgraph dev`, started where nothing but its configuration is."""
    shutil.copy(ROOT / "langgraph.json", workplace)
    port = free_port()
    command = [Path(sys.executable).with_name("langgraph"), "dev", "--no-browser", "--no-reload", "--port", str(port)]
    environment = {**os.environ, "LANGGRAPH_CLI_NO_ANALYTICS": "1", "LANGSMITH_TRACING": "false"}
    with Path("server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            wait_for(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def wait_for(url, process):
    give_up_at = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            httpx.get(f"{url}/ok", timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(Path("server.log").read_text(errors="replace")[-2000:])


def test_the_server_makes_pictures_offline(server):
    """A run over HTTP gives the result document and whole pictures; nothing blocks the server."""
    asked = {"assistant_id": "peitu", "input": {"content": "a lighthouse before the storm", "count": 1}}
    document = httpx.post(f"{server}/runs/wait", json=asked, timeout=60).json()
    log = Path("server.log").read_text(errors="replace")

    assert "BlockingError" not in log
    assert document["success"], document
    assert ["sketch"] == [image["provider"] for image in document["images"]]
    assert all(Path(image["path"]).is_file() for image in document["images"])
