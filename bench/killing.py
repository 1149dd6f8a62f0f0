"""Kill and resume one run of a program again and again; measure what it paid, and which pictures it saved."""

import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from bench.forks import Forks, Process
from bench.programs import SETTINGS, Program
from bench.textbook import IMAGES
from tests.sandbox import Sandbox

KILLS_A_RUN = 4
INSTANTS = {"start": 0.4, "burst": 0.06, "work": 1.0}
"""How long each phase is, in seconds: `start` from the process's start, the others from its first request."""
PHASES = ("start", "burst", "burst", "burst", "burst", "work", "work", "work", "work", "work")
"""Phases to choose from: most money is at stake while requests are under way, so two of five kills hit the burst."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The result of a run. `held` is the number of held images, `held_paid` of those among them that cost money."""

    program: str
    seed: int
    images: int = IMAGES
    kills: int = 0
    paid: int = 0
    paid_twice: int = 0
    lost: int = 0
    held: int = 0
    held_paid: int = 0
    adopted: int = 0
    seconds: float = 0.0
    phases: list[str] = field(default_factory=list)
    end: str = ""


def make_sandbox(seed: int) -> Sandbox:
    """Return a service that answers a submit 2 or 8 ms after accepting it, and whose tasks take 0.2 to 1 s."""
    sandbox = Sandbox(seed=seed)
    sandbox.set_limits("dashscope", task_seconds=(0.2, 1.0))
    sandbox.fault("dashscope", "submit", kind="slow", seconds=0.002, share=0.5)
    sandbox.fault("dashscope", "submit", kind="slow", seconds=0.008, every=1)
    return sandbox


def measure(program: Program, seed: int, *, rate_per_s: float, forks: Forks, folder: Path) -> Outcome:
    """Kill a run at moments that depend on the seed, resume it to its end, and count."""
    chance = random.Random(seed)
    outcome = Outcome(program=program.name, seed=seed)
    began_at = time.monotonic()
    with make_sandbox(seed) as sandbox:
        environment = {**sandbox.environment(), **SETTINGS, "PEITU_IMAGES__DASHSCOPE__RATE_PER_S": str(rate_per_s)}
        runner = _Runner(program, forks=forks, folder=folder, environment=environment)
        for _ in range(KILLS_A_RUN):
            phase = chance.choice(PHASES)
            delay_s = chance.uniform(0, INSTANTS[phase])
            if not kill(runner.start(), sandbox, phase=phase, delay_s=delay_s):
                break
            outcome.kills += 1
            outcome.phases.append(phase)
        outcome.end = runner.finish()
        outcome.seconds = round(time.monotonic() - began_at, 2)
        count(outcome, sandbox, runner)
    return outcome


class _Runner:
    """Begins the run of a program, and continues it."""

    def __init__(self, program: Program, *, forks: Forks, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._program = program
        self._forks = forks
        self._environment = environment
        self._starts = 0

    def start(self) -> Process:
        """Start the program; where Peitu was killed before it wrote its run down, it begins anew."""
        self._starts += 1
        arguments = self._program.go_on if self._is_known() else self._program.begin
        return self._forks.start(
            self._program.entry,
            arguments,
            folder=self.folder,
            environment=self._environment,
            name=f"{self._starts:02}",
        )

    def finish(self) -> str:
        """Continue the run and let it come to its end; return how, and its last words where it is not complete."""
        status = self.start().wait(120)
        if status == 0:
            return "complete"
        words = (self.folder / f"{self._starts:02}.err").read_text().strip().splitlines()
        return f"exit status {status}: {words[-1] if words else ''}"

    def pictures(self) -> int:
        """Count the pictures that decode."""
        return sum(_decodes(path) for path in self.folder.glob(self._program.pictures))

    def ledger(self) -> list[sqlite3.Row]:
        """Return the rows of Peitu's ledger; the others have none."""
        path = self.folder / "data" / "peitu.db"
        if not path.exists():
            return []
        connection = sqlite3.connect(path)
        connection.row_factory = sqlite3.Row
        try:
            return connection.execute("SELECT * FROM tasks").fetchall()
        finally:
            connection.close()

    def _is_known(self) -> bool:
        path = self.folder / "data" / "peitu.db"
        if not path.exists():
            return False
        connection = sqlite3.connect(path)
        try:
            return bool(connection.execute("SELECT count(*) FROM runs").fetchone()[0])
        except sqlite3.OperationalError:  # Killed before the tables were made.
            return False
        finally:
            connection.close()


def kill(process: Process, sandbox: Sandbox, *, phase: str, delay_s: float) -> bool:
    """Kill the process at this instant of this phase; `False` when it came to its end before."""
    seen = len(sandbox.requests)
    while phase != "start" and not process.has_ended() and len(sandbox.requests) == seen:
        time.sleep(0.001)
    try:
        process.wait(delay_s)
    except TimeoutError:
        process.send(signal.SIGKILL)
    return process.wait(10) == -signal.SIGKILL


def count(outcome: Outcome, sandbox: Sandbox, runner: _Runner) -> None:
    """Compare what the service made with what is on the disk and in the ledger."""
    billed = [task for task in sandbox.tasks if task.billed]
    rows = runner.ledger()
    request_ids = {row["task_id"]: row["request_id"] for row in rows}
    outcome.paid = len(billed)
    by_picture = Counter((task.prompt, task.seed) for task in billed)
    outcome.paid_twice = sum(number - 1 for number in by_picture.values())
    outcome.held = sum(row["status"] in {"intent", "unknown"} for row in rows)
    outcome.held_paid = sum(task.task_id not in request_ids for task in billed) if rows else 0
    # A task that was found in the service's list keeps the id that we gave the request, the others the service's.
    outcome.adopted = sum(request_ids.get(task.task_id, task.request_id) != task.request_id for task in billed)
    outcome.lost = IMAGES - runner.pictures() - outcome.held


def _decodes(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            image.load()
    except (OSError, UnidentifiedImageError):
        return False
    return True
