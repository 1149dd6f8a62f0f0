"""Start the real server behind LangGraph Studio, `langgraph dev`, in a folder that has only its configuration."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from langgraph_sdk import get_sync_client

from tests.conftest import ROOT

STARTS_WITHIN_S = 60.0


class Studio:
    """A server in a folder of its own; it may be killed and started again."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.environment = dict(environment or {})
        self.url = ""
        shutil.copy(ROOT / "langgraph.json", folder)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def log(self) -> str:
        """All that the server has said so far."""
        return (self.folder / "server.log").read_text(errors="replace")

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.client = get_sync_client(url=self.url, timeout=60)
        program = Path(sys.executable).with_name("langgraph")
        command = [program, "dev", "--no-browser", "--no-reload", "--port", str(port)]
        # With no network at all, what the command line tool reports of itself goes nowhere, but waits for that.
        environment = {**os.environ, **self.environment, "LANGGRAPH_CLI_NO_ANALYTICS": "1"}
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=self.folder)
        give_up_at = time.monotonic() + STARTS_WITHIN_S
        while not self._answers():
            if time.monotonic() > give_up_at or self.process.poll() is not None:
                raise AssertionError(self.log[-3000:])
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server as Ctrl-C does."""
        self.client.__exit__(None, None, None)
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)

    def kill(self) -> None:
        """End the server at once, as a crash does."""
        self.client.__exit__(None, None, None)
        self.process.kill()
        self.process.wait(timeout=10)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Ask for a page."""
        return httpx.get(f"{self.url}{path}", timeout=30, **options)

    def send(self, url: str, *arguments: str) -> Any:
        """Ask as `curl URL -H HEADER -d BODY` does."""
        names, values = arguments[::2], arguments[1::2]
        given = list(zip(names, values, strict=True))
        assert {"-H", "-d"} == set(names)
        headers = dict(value.split(": ", 1) for name, value in given if name == "-H")
        (body,) = (value for name, value in given if name == "-d")
        return httpx.post(url, headers=headers, content=body.encode(), timeout=60).raise_for_status().json()

    def call(self, path: str, method: str, **params: Any) -> dict[str, Any]:
        """Call a method by JSON-RPC, as MCP and A2A clients do, and return its result."""
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {"Accept": "application/json"}
        answer = httpx.post(f"{self.url}{path}", json=asked, headers=headers, timeout=60).json()
        assert "result" in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def run(self, asked: Mapping[str, Any], thread_id: str | None = None, **options: Any) -> dict[str, Any]:
        """Make a run, and return its result document."""
        found = self.client.runs.wait(thread_id, "peitu", input=asked, **options)
        assert isinstance(found, dict), found
        return found

    def _answers(self) -> bool:
        try:
            return self.get("/ok").status_code == 200
        except httpx.TransportError:
            return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
