"""Measure Peitu's own time besides the provider's: the start of commands, and one picture in a warm process."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from bench.contestants import settings
from bench.measuring import RunningService, environment
from bench.peers import Order, prompt
from bench.tasks import Rules

INSTANT = Rules(seconds=(0.0, 0.0), latency_s=0.0)
TIMES = 5
PEITU = str(Path(sys.executable).with_name("peitu"))
BARE = """
import typer
app = typer.Typer()
@app.command()
def one(name: str = "x") -> None: ...
@app.command()
def two(name: str = "x") -> None: ...
app()
"""


def measure(*, times: int = TIMES) -> dict[str, Any]:
    """Return the starts of the commands in seconds, and the parts of a picture in milliseconds."""
    with RunningService(INSTANT) as service, tempfile.TemporaryDirectory(prefix="peitu-bench-") as temporary:
        folder = Path(temporary)
        order = Order(url=service.url, images=100, at_once=8)
        given = environment(settings(order, provider="modelscope"))
        starts = _starts(folder, given, times)
        words = [sys.executable, "-m", "bench.probe", json.dumps(asdict(order))]
        said = subprocess.run(  # noqa: S603 - our own module
            words, cwd=folder, env=given, stdout=subprocess.PIPE, check=True, text=True
        ).stdout
    return {"starts": starts, **json.loads(said.strip().splitlines()[-1])}


def _commands(folder: Path) -> dict[str, Sequence[str]]:
    (folder / "bare.py").write_text(BARE, encoding="utf-8")
    (folder / "one.jsonl").write_text(json.dumps({"prompt": prompt(0)}) + "\n", encoding="utf-8")
    provider = ("--provider", "modelscope")
    return {
        "a bare typer program, `--help`": [sys.executable, "bare.py", "--help"],
        "`peitu --help`": [PEITU, "--help"],
        "`peitu runs`": [PEITU, "runs"],
        "`peitu run`, one picture": [PEITU, "run", "--text", prompt(0), "--count", "1", *provider],
        "`peitu batch`, one picture": [PEITU, "batch", "one.jsonl", *provider, "--output-dir", "{}"],
    }


def _starts(folder: Path, given: Mapping[str, str], times: int) -> dict[str, dict[str, float]]:
    """Run the commands in turn, several times, and return the medians of each.

    In turn, so that a machine that becomes slower affects all of them; the first round, which reads from the disk, does
    not count.
    """
    seen: dict[str, list[dict[str, float]]] = {}
    for turn in range(times + 1):
        for name, words in _commands(folder).items():
            used = _start([word.format(f"output{turn}") for word in words], folder, given)
            if turn:
                seen.setdefault(name, []).append(used)
    return {
        name: {key: round(median(one[key] for one in found), 3) for key in found[0]} for name, found in seen.items()
    }


def _start(words: Sequence[str], folder: Path, given: Mapping[str, str]) -> dict[str, float]:
    began_at = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own commands
        words, cwd=folder, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "wall_s": time.monotonic() - began_at,
        "cpu_s": used.ru_utime + used.ru_stime,
        "memory_mib": used.ru_maxrss / 1024,
        "exit_status": process.returncode,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(), indent=1, ensure_ascii=False) + "\n")
