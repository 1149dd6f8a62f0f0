"""Kill runs of twenty images at random moments, resume them, and count double payments: `python -m bench.faults`."""

import argparse
import itertools
import logging
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import forks, report
from bench.killing import Outcome, measure
from bench.programs import PROGRAMS

RESULTS = Path(__file__).parent / "results"
WORKERS = 2


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, metavar="N", help="of each program, at least (default: 200)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the first run (default: 1)")
    parser.add_argument(
        "--rate", type=float, default=1000, metavar="R", help="submits a second of Peitu (default: 1000)"
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the runs' folders there, to look into them")
    parser.add_argument("--no-results", action="store_true", help="print the table only, write no results files")
    return parser.parse_args(given)


def command(options: argparse.Namespace) -> str:
    """Return the command that reproduces the figures: with the options that change them and are not defaults."""
    usual = arguments([])
    given = [
        f" --{name} {getattr(options, name):g}"
        for name in ("kills", "seed", "rate")
        if getattr(options, name) != getattr(usual, name)
    ]
    return f"uv run python -m bench.faults{''.join(given)}"


class Campaign:
    """Runs of all programs with the same seeds, until each has been killed often enough."""

    def __init__(self, options: argparse.Namespace, *, told: Callable[[int], None]) -> None:
        self.outcomes: list[Outcome] = []
        self._kills: int = options.kills
        self._seeds = itertools.count(options.seed)
        self._rate_per_s: float = options.rate
        self._keep: Path | None = options.keep
        self._told = told
        self._lock = threading.Lock()

    def work(self) -> None:
        """Take one seed after the other; several threads do so."""
        with forks.Forks((*forks.PEITU, "bench.textbook")) as parent:
            while (seed := self._next_seed()) is not None:
                for program in PROGRAMS:
                    with tempfile.TemporaryDirectory(prefix="peitu-bench-") as temporary:
                        folder = Path(temporary)
                        if self._keep:
                            folder = self._keep / f"{seed:04}-{PROGRAMS.index(program)}"
                            folder.mkdir(parents=True)
                        outcome = measure(program, seed, rate_per_s=self._rate_per_s, forks=parent, folder=folder)
                    with self._lock:
                        self.outcomes.append(outcome)
                        self._told(self._fewest())

    def _next_seed(self) -> int | None:
        with self._lock:
            return next(self._seeds) if self._fewest() < self._kills else None

    def _fewest(self) -> int:
        """Return the kills of the program that was killed least."""
        return min(sum(done.kills for done in self.outcomes if done.program == program.name) for program in PROGRAMS)


def main() -> None:
    """Measure, print the table, and write the results."""
    options = arguments()
    # The server would report every client that was killed.
    logging.disable(logging.ERROR)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    began_at = time.monotonic()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("kills of each program", total=options.kills)
        campaign = Campaign(options, told=lambda fewest: progress.update(bar, completed=fewest))
        with ThreadPoolExecutor(WORKERS) as threads:
            for worker in [threads.submit(campaign.work) for _ in range(WORKERS)]:
                worker.result()
    seconds = time.monotonic() - began_at
    measured = report.summarize(campaign.outcomes, command=command(options), rate_per_s=options.rate, seconds=seconds)
    Console(width=140).print(report.table(measured))
    if not options.no_results:
        report.write(measured, campaign.outcomes, RESULTS)


if __name__ == "__main__":
    main()
