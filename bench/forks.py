"""Start real processes without the seconds that Python takes: a parent that has imported everything forks them.

`Forks` starts `python -m bench.parent MODULE…` and asks it for processes, one JSON line each. A fork has a process id,
an address space and open files of its own, and dies of a signal as any other process does.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

ROOT = Path(__file__).parent.parent
PEITU = (
    "graph.cli",
    "graph.commands.app",
    "graph.commands.request",
    "graph.commands.session",
    "graph.lost",
    "graph.runs",
    "nodes.first_look",
    "tools.setup.log",
    "tools.setup.log_file",
    "langgraph.checkpoint.sqlite.aio",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "PIL.ImageCms",
    "PIL.ImageOps",
    "PIL.ImageStat",
    "sqlite_utils",
)
"""The modules that a run of Peitu imports; with them imported before the fork, it starts at once."""


class Process:
    """A forked process; `wait` returns its exit status, or minus the number of the signal that ended it."""

    def __init__(self, forks: "Forks", pid: int) -> None:
        self.pid = pid
        self._forks = forks

    def wait(self, timeout_s: float) -> int:
        """Return the exit status of the process, waiting for its end at most `timeout_s`.

        Raises:
            TimeoutError: It still runs.
        """
        status = self._forks.ended(self.pid, timeout_s)
        if status is None:
            raise TimeoutError(f"process {self.pid} still runs after {timeout_s} s")
        return status

    def has_ended(self) -> bool:
        """Tell whether the process is over."""
        return self._forks.ended(self.pid, 0) is not None

    def send(self, number: signal.Signals) -> None:
        """Send a signal; the parent does it, and only while the process id is still this process's."""
        self._forks.tell({"signal": number, "pid": self.pid})


class Forks:
    """The parent of all forks, for use by one thread. When it ends, every fork that still runs is killed."""

    def __init__(self, modules: Sequence[str] = PEITU) -> None:
        # Without bytecode files, compiling would take longer than everything that is measured.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self._parent = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "bench.parent", *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environment,
            start_new_session=True,
        )
        self._orders, self._told = cast("IO[bytes]", self._parent.stdin), cast("IO[bytes]", self._parent.stdout)
        self._buffer = b""
        self._statuses: dict[int, int] = {}
        self._started: list[int] = []
        self._receive(timeout_s=120)

    def start(
        self, entry: str, arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str], name: str
    ) -> Process:
        """Start `entry`, e.g. ``graph.cli:main``; its output goes to the files `name`.out and `name`.err."""
        order = {"entry": entry, "arguments": list(arguments), "folder": str(folder.absolute())}
        self.tell({**order, "environment": dict(environment), "name": name})
        while not self._started:
            self._receive(timeout_s=30)
        return Process(self, self._started.pop())

    def tell(self, order: Mapping[str, Any]) -> None:
        """Send the parent an order."""
        self._orders.write(json.dumps(order).encode() + b"\n")
        self._orders.flush()

    def ended(self, pid: int, timeout_s: float) -> int | None:
        """Return the exit status of a fork, waiting at most `timeout_s`; `None` if it still runs."""
        give_up_at = time.monotonic() + timeout_s
        while pid not in self._statuses:
            left_s = give_up_at - time.monotonic()
            if not self._receive(timeout_s=max(0.0, left_s)) and left_s <= 0:
                return None
        return self._statuses[pid]

    def close(self) -> None:
        """Kill what still runs and end the parent."""
        self._orders.close()
        self._parent.wait(timeout=30)
        self._told.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _receive(self, *, timeout_s: float) -> bool:
        """Read one line of the parent and note what it says; return `False` if none came in time."""
        while b"\n" not in self._buffer:
            if not select.select([self._told], [], [], timeout_s)[0]:
                return False
            received = os.read(self._told.fileno(), 65536)
            if not received:
                raise RuntimeError("The parent of the forks ended - run `python -m bench.parent` to see why")
            self._buffer += received
        line, self._buffer = self._buffer.split(b"\n", 1)
        told = json.loads(line)
        if "status" in told:
            self._statuses[told["pid"]] = told["status"]
        elif "pid" in told:
            self._started.append(told["pid"])
        return True
