"""The report of `bench.faults`: totals, a table, and files that contain no names or paths of the machine."""

import json
import os
import platform
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.table import Table

from bench.killing import INSTANTS, KILLS_A_RUN, PHASES, Outcome
from bench.programs import PROGRAMS

COLUMNS = {
    "runs": "runs",
    "images": "images",
    "kills": "kills",
    "paid": "tasks paid",
    "paid_twice": "paid twice",
    "lost": "lost",
    "held": "held",
    "held_paid": "held and paid",
    "adopted": "adopted",
    "seconds": "seconds",
}


def summarize(outcomes: Sequence[Outcome], *, command: str, rate_per_s: float, seconds: float) -> dict[str, Any]:
    """Return the totals of each program, and where and how they were measured."""
    totals = []
    for program in PROGRAMS:
        own = [outcome for outcome in outcomes if outcome.program == program.name]
        sums = {name: sum(getattr(outcome, name) for outcome in own) for name in list(COLUMNS)[1:]}
        totals.append({"program": program.name, "runs": len(own), **sums, "seconds": round(sums["seconds"])})
    return {
        "command": command,
        "measured_at": datetime.now(UTC).date().isoformat(),
        "wall_s": round(seconds),
        "machine": machine(),
        "peitu_rate_per_s": rate_per_s,
        "kills_a_run": KILLS_A_RUN,
        "phases_s": INSTANTS,
        "phase_weights": {phase: PHASES.count(phase) for phase in INSTANTS},
        "totals": totals,
    }


def machine() -> dict[str, Any]:
    """Return what the figures depend on, and nothing that names the machine."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in ("langgraph", "langgraph-checkpoint-sqlite", "httpx")},
    }


def table(measured: dict[str, Any]) -> Table:
    """Return the totals for the terminal."""
    found = Table("program", box=None, pad_edge=False)
    for title in COLUMNS.values():
        found.add_column(title, justify="right")
    for total in measured["totals"]:
        found.add_row(total["program"], *(str(total[name]) for name in COLUMNS))
    return found


def markdown(measured: dict[str, Any]) -> str:
    """Return the totals as a page."""
    about = ", ".join(f"{name} {value}" for name, value in measured["machine"].items())
    lines = [
        "# Twenty images, killed and resumed",
        "",
        f"`{measured['command']}`, {measured['measured_at']}, {measured['wall_s']} s in all; {about}.",
        "",
        "| program | " + " | ".join(COLUMNS.values()) + " |",
        "|---|" + "---:|" * len(COLUMNS),
    ]
    rows = ((total["program"], *(str(total[name]) for name in COLUMNS)) for total in measured["totals"])
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([*lines, "", "How to read it: [../README.md](../README.md).", ""])


def write(measured: dict[str, Any], outcomes: Sequence[Outcome], folder: Path) -> None:
    """Write `faults.json`, with every run and its seed, and `faults.md`."""
    folder.mkdir(exist_ok=True)
    runs = [asdict(outcome) for outcome in sorted(outcomes, key=lambda outcome: (outcome.seed, outcome.program))]
    text = json.dumps({**measured, "runs": runs}, ensure_ascii=False, indent=1)
    (folder / "faults.json").write_text(text + "\n", encoding="utf-8")
    (folder / "faults.md").write_text(markdown(measured), encoding="utf-8")
