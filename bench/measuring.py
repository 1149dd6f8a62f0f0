"""Run one program against its own instance of the service; measure time and resources, and read the service's books."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles
from types import TracebackType
from typing import Any, Self
from urllib.request import urlopen

from bench.peers import Order
from bench.tasks import Rules

ROOT = Path(__file__).parent.parent
MIB = 1 << 20
CLEARED = ("MODELSCOPE_", "DASHSCOPE_", "MINIMAX_", "OSS_", "PEITU_", "OPENAI_", "LANGSMITH_", "LANGCHAIN_", "LITELLM_")
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
"""Removed from the environment: with it, every start would compile all modules, which is otherwise done once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command to start: its arguments, and variables to add to our environment, from which keys are removed."""

    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    databases: Sequence[str] = ()


Prepare = Callable[[Order, Path], Command]
"""Prepares a folder for a program, and returns the command that starts it."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The result of one run. Times are in seconds; `made` counts pictures on the disk, whatever the program says."""

    scenario: str
    title: str
    peer: str
    images: int
    floor_s: float
    made: int = 0
    wall_s: float = 0.0
    start_s: float = 0.0
    end_s: float = 0.0
    cpu_s: float = 0.0
    memory_mib: float = 0.0
    tasks: int = 0
    refused: int = 0
    polls: int = 0
    most_polls_in_a_second: int = 0
    late_median_s: float | None = None
    late_p95_s: float | None = None
    database_bytes: int | None = None
    service_cpu_s: float = 0.0
    exit_status: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


class RunningService:
    """The service as a process that runs inside the `with`."""

    def __init__(self, rules: Rules) -> None:
        self.began_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "bench.service", json.dumps(asdict(rules))],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        if self.process.stdout is None or not (url := self.process.stdout.readline().strip()):
            raise RuntimeError("The service of the benchmark did not start - run it alone to see why")
        self.url = url
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.communicate("")

    def books(self) -> dict[str, Any]:
        """Return what happened so far."""
        with urlopen(f"{self.url}/books") as answer:  # noqa: S310 - loopback
            return json.loads(answer.read())


def measure(outcome: Outcome, prepare: Prepare, order: dict[str, Any], rules: Rules, *, patience_s: float) -> Outcome:
    """Run a program in an empty folder and return the result; one that takes too long is stopped."""
    with RunningService(rules) as service, tempfile.TemporaryDirectory(prefix="peitu-bench-") as temporary:
        folder = Path(temporary)
        command = prepare(Order(url=service.url, **order), folder)
        began_at = time.monotonic()
        _run(outcome, command, folder, patience_s)
        books = service.books()
        _count(outcome, books)
        if books["first_request_at"]:
            outcome.start_s = round(books["first_request_at"] - began_at, 2)
            outcome.end_s = round(began_at + outcome.wall_s - books["last_request_at"], 2)
        outcome.made = sum(_is_whole(path) for path in (folder / "output").rglob("*") if path.is_file())
        if command.databases:
            outcome.database_bytes = sum(_settled_size(folder / name) for name in command.databases)
    return outcome


def environment(added: Mapping[str, str]) -> dict[str, str]:
    """Return our environment without keys and settings, with additions."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith((*CLEARED, NO_BYTECODE))}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", **added}


def _run(outcome: Outcome, command: Command, folder: Path, patience_s: float) -> None:
    began_at = time.monotonic()
    with (folder / "out.txt").open("wb") as out, (folder / "err.txt").open("wb") as err:
        process = subprocess.Popen(  # noqa: S603 - a program of the benchmark
            command.words, cwd=folder, env=environment(command.environment), stdout=out, stderr=err
        )
        status, used = _wait(process.pid, began_at + patience_s)
    outcome.wall_s = round(time.monotonic() - began_at, 2)
    outcome.exit_status = process.returncode = os.waitstatus_to_exitcode(status)
    outcome.cpu_s = round(used.ru_utime + used.ru_stime, 2)
    outcome.memory_mib = round(used.ru_maxrss * 1024 / MIB, 1)
    said = (folder / "out.txt").read_text(errors="replace").strip().splitlines()
    words = (folder / "err.txt").read_text(errors="replace").strip().splitlines()
    outcome.reasons = _reasons(said, words, outcome.exit_status)


def _wait(pid: int, until: float) -> tuple[int, Any]:
    """Wait for a process and return its status and resource usage; kill it when its time is over."""
    while True:
        found, status, used = os.wait4(pid, os.WNOHANG)
        if found:
            return status, used
        if time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
            _, status, used = os.wait4(pid, 0)
            return status, used
        time.sleep(0.01)


def _reasons(said: Sequence[str], words: Sequence[str], status: int) -> dict[str, int]:
    """Return why pictures are missing, as the program says; else its last words."""
    for text in (said[-1] if said else "", "\n".join(said)):
        with suppress(ValueError, AttributeError):
            document = json.loads(text)
            errors = (image["error"] for image in document.get("images", ()) if image["error"])
            return dict(document.get("reasons") or Counter(errors))
    return {words[-1][:200]: 1} if status and words else {}


def _count(outcome: Outcome, books: dict[str, Any]) -> None:
    tasks = books["tasks"]
    late = sorted(
        task["learned_at"] - task["ready_at"] for task in tasks if task["learned_at"] is not None and not task["failed"]
    )
    outcome.tasks, outcome.refused, outcome.polls = len(tasks), len(books["refused_at"]), books["polls"]
    outcome.most_polls_in_a_second = books["most_polls_in_a_second"]
    outcome.service_cpu_s = books["service_cpu_s"]
    if len(late) > 1:
        outcome.late_median_s, outcome.late_p95_s = round(median(late), 2), round(quantiles(late, n=20)[-1], 2)


def _is_whole(path: Path) -> bool:
    """Tell whether a file begins and ends like a whole PNG or JPG."""
    data = path.read_bytes()
    png = data.startswith(b"\x89PNG") and data.endswith(b"IEND\xaeB`\x82")
    return png or (data.startswith(b"\xff\xd8") and data.endswith(b"\xff\xd9"))


def _settled_size(path: Path) -> int:
    """Return the size of a database after its write-ahead log was merged into it, in bytes."""
    import sqlite3

    if not path.exists():
        return 0
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    return path.stat().st_size
