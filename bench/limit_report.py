"""The report of `bench.limit`: tables for the terminal, a Markdown page, and all figures as JSON."""

import json
import os
import platform
import sqlite3
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.table import Table

from bench.contestants import contestants
from bench.measuring import Outcome

Cell = Callable[[dict[str, Any]], str]


def _number(key: str, form: str) -> Cell:
    return lambda row: "" if row[key] is None else format(row[key], form)


def _bytes(row: dict[str, Any]) -> str:
    return f"{row['database_bytes'] / row['images'] / 1024:.1f}" if row["database_bytes"] else ""


COLUMNS: dict[str, Cell] = {
    "pictures": lambda row: f"{row['made']} of {row['images']}",
    "seconds": _number("wall_s", ".1f"),
    "floor": _number("floor_s", ".1f"),
    "ratio": lambda row: f"{row['wall_s'] / row['floor_s']:.2f}" if row["made"] == row["images"] else "-",
    "start": _number("start_s", ".1f"),
    "end": _number("end_s", ".1f"),
    "429": _number("refused", "d"),
    "polls": lambda row: f"{row['polls'] / row['images']:.1f}",
    "polls/s": _number("most_polls_in_a_second", "d"),
    "late": _number("late_median_s", ".2f"),
    "p95": _number("late_p95_s", ".2f"),
    "CPU ms": lambda row: f"{1000 * row['cpu_s'] / row['images']:.0f}",
    "MiB": _number("memory_mib", ".0f"),
    "KiB": _bytes,
}
"""The columns and how their values are formatted; README.md in this folder explains them."""


def summarize(outcomes: Sequence[Outcome], *, size: str, overhead: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return all runs, with machine, versions and settings; `overhead` is the result of `bench.overhead`."""
    runs = [asdict(outcome) for outcome in outcomes]
    return {
        "measured_at": datetime.now(UTC).date().isoformat(),
        "wall_s": _seconds_of(runs),
        "machine": machine(),
        "picture_size": size,
        "runs": runs,
        "overhead": overhead,
    }


def kept(measured: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return the measurement, with what it left out as it was measured before on a machine with the same versions."""
    if any(measured[key] != before[key] for key in ("machine", "picture_size")):
        return measured
    new = {run["scenario"] for run in measured["runs"]}
    left = [run for run in before["runs"] if run["scenario"] not in new]
    runs = sorted([*measured["runs"], *left], key=lambda run: run["scenario"])
    overhead = measured["overhead"] or before["overhead"]
    return {**measured, "wall_s": _seconds_of(runs), "runs": runs, "overhead": overhead}


def _seconds_of(runs: Sequence[Mapping[str, Any]]) -> int:
    """Return how long all runs together took."""
    return round(sum(run["wall_s"] for run in runs))


def machine() -> dict[str, Any]:
    """Return what the figures depend on, without anything that identifies the machine."""
    packages = sorted({name for peer in contestants() for name in peer.packages} | {"pillow", "httpx"})
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "processor": processor(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: _version(name) for name in packages},
    }


def processor() -> str:
    """Return the name of the processor, if the system tells it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def by_scenario(measured: dict[str, Any]) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    """Yield each scenario's heading with its runs."""
    for key, group in groupby(measured["runs"], key=lambda run: run["scenario"]):
        runs = list(group)
        titles = {run["title"] for run in runs}
        yield f"{key}. {runs[0]['title'] if len(titles) == 1 else 'Growth: ' + _growing(runs)}", runs


def _growing(runs: Sequence[dict[str, Any]]) -> str:
    counts = ", ".join(f"{count:,}" for count in sorted({run["images"] for run in runs}))
    return f"{counts} {runs[0]['title'].partition(' ')[2]}"


def sections(measured: dict[str, Any]) -> Iterable[tuple[str, list[str], list[list[str]]]]:
    """Yield the heading, the columns and the rows of every table."""
    for title, runs in by_scenario(measured):
        cells = [[run["peer"], *(cell(run) for cell in COLUMNS.values())] for run in runs]
        yield title, ["program", *COLUMNS], cells
    if found := measured["overhead"]:
        starts = found["starts"].items()
        cells = [
            [name, *(f"{start[key]:.2f}" for key in STARTS), f"{start['memory_mib']:.0f}"] for name, start in starts
        ]
        yield "5. Starts of commands", ["command", *STARTS.values(), "MiB"], cells
        yield _title_of_parts(found["picture"]), ["part", "ms", "share"], _parts(found)


STARTS = {"wall_s": "seconds", "cpu_s": "CPU seconds"}


def _title_of_parts(picture: dict[str, float]) -> str:
    took = f"{picture['cpu_ms']:.0f} ms of processor time, {picture['loop_thread_ms']:.0f} of them in the event loop"
    return f"5. One picture in a warm process, instant provider: {took}"


def _parts(found: dict[str, Any]) -> list[list[str]]:
    """Return the shares of the profile, applied to the time that a picture takes without the profiler."""
    total, whole = sum(found["parts_ms"].values()), found["picture"]["cpu_ms"]
    shares = {name: spent / total for name, spent in found["parts_ms"].items() if spent / total >= LEAST_SHARE}
    shares["the rest"] = 1 - sum(shares.values())
    return [[name, f"{share * whole:.1f}", f"{share:.0%}"] for name, share in shares.items()]


LEAST_SHARE = 0.02
"""Parts with a smaller share are added up."""


def tables(measured: dict[str, Any]) -> Iterable[str | Table]:
    """Yield headings and tables for the terminal."""
    for title, (first, *others), rows in sections(measured):
        table = Table(box=None, pad_edge=False)
        table.add_column(first, no_wrap=True)
        for name in others:
            table.add_column(name, justify="right", no_wrap=True)
        for row in rows:
            table.add_row(*row)
        yield f"\n{title}"
        yield table


def markdown(measured: dict[str, Any]) -> str:
    """Return the tables as a Markdown page."""
    about = ", ".join(f"{name} {value}" for name, value in measured["machine"].items())
    when = f"{measured['measured_at']}, {measured['wall_s']} s of runs; pictures of {measured['picture_size']}"
    lines = ["# At the limit", "", f"`uv run --group peers python -m bench.limit`, {when}; {about}."]
    for title, columns, rows in sections(measured):
        lines += ["", f"## {title}", "", f"| {' | '.join(columns)} |", "|---|" + "---:|" * (len(columns) - 1)]
        lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([*lines, "", "How to read it: [../README.md](../README.md).", ""])


README: dict[str, tuple[str, ...]] = {
    "1": ("seconds", "MiB"),
    "2": ("pictures", "seconds", "429"),
}
"""What the READMEs show of the scenarios: a row for each program, the columns side by side."""


def readme_rows(measured: dict[str, Any]) -> list[list[str]]:
    """Return the rows of the READMEs' table; seconds have the ratio to the floor behind them."""
    found: dict[str, list[str]] = {}
    for run in measured["runs"]:
        cells = found.setdefault(run["peer"], [run["peer"]])
        for name in README.get(run["scenario"], ()):
            ratio = f" ({COLUMNS['ratio'](run)} x)" if name == "seconds" and run["made"] == run["images"] else ""
            cells.append(COLUMNS[name](run) + ratio)
    return [cells for cells in found.values() if len(cells) == 1 + sum(map(len, README.values()))]


def main() -> None:
    """Print the rows of the READMEs' table from the results: `python -m bench.limit_report`."""
    path = Path(__file__).parent / "results" / "limit.json"
    for cells in readme_rows(json.loads(path.read_text(encoding="utf-8"))):
        sys.stdout.write(f"| {' | '.join(cells)} |\n")


def write(measured: dict[str, Any], folder: Path) -> None:
    """Write `limit.json` and `limit.md`."""
    folder.mkdir(exist_ok=True)
    text = json.dumps(measured, ensure_ascii=False, indent=1)
    (folder / "limit.json").write_text(text + "\n", encoding="utf-8")
    (folder / "limit.md").write_text(markdown(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
