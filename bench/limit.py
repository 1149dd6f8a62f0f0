"""Measure Peitu and comparable programs at a service's rate limit: `uv run --group peers python -m bench.limit`."""

import argparse
import json
import subprocess
from pathlib import Path

from rich.console import Console

from bench import limit_report, overhead
from bench.contestants import Contestant, contestants
from bench.measuring import Outcome, measure
from bench.scenarios import Scenario, scenarios

RESULTS = Path(__file__).parent / "results"
PATIENCE = 4
"""A program is stopped after this many times the floor plus a minute."""
DEFAULT = "script,sdk,gateway,textbook,peitu"


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.limit", description=__doc__)
    parser.add_argument("--only", default="1,2,3,4,5", metavar="N,…", help="scenarios (default: %(default)s)")
    parser.add_argument("--peers", default=DEFAULT, metavar="NAME,…", help="programs (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="small scenarios, for a look; writes no results")
    parser.add_argument("--size", default="512x512", metavar="WxH", help="of the pictures (default: %(default)s)")
    parser.add_argument("--no-results", action="store_true", help="print the tables only, write no results files")
    return parser.parse_args(given)


def chosen(scenario: Scenario, names: str) -> list[Contestant]:
    """Return the programs whose keys begin with one of the names; in scenarios without peers, Peitu's on ModelScope."""
    wanted = tuple(names.split(","))
    found = [peer for peer in contestants() if peer.key.startswith(wanted)]
    return [peer for peer in found if scenario.with_peers or peer.key in {"peitu-modelscope", "threads-modelscope"}]


def run(scenario: Scenario, peer: Contestant, *, size: str) -> Outcome:
    """Measure one program in one scenario."""
    width, height = (int(side) for side in size.split("x"))
    order = {
        "images": scenario.images,
        "at_once": scenario.at_once,
        "submits_per_s": scenario.rules.submits_per_s,
        "width": width,
        "height": height,
    }
    outcome = Outcome(
        scenario=scenario.key, title=scenario.title, peer=peer.name, images=scenario.images, floor_s=scenario.floor_s
    )
    patience_s = 60 + PATIENCE * max(scenario.floor_s, scenario.images / 20)
    return measure(outcome, peer.prepare, order, scenario.rules, patience_s=patience_s)


def main() -> None:
    """Measure, print a table for each scenario, and write the results."""
    options = arguments()
    console, progress = Console(width=150), Console(stderr=True, soft_wrap=True)
    outcomes = list[Outcome]()
    wanted = set(options.only.split(","))
    for scenario in scenarios(quick=options.quick):
        if scenario.key not in wanted:
            continue
        for peer in chosen(scenario, options.peers):
            progress.print(f"{scenario.key}. {scenario.title}: {peer.name} …", highlight=False)
            outcomes.append(run(scenario, peer, size=options.size))
            for reason, times in outcomes[-1].reasons.items():
                progress.print(f"   {times} x {reason}", highlight=False, markup=False)
    found = None
    if "5" in wanted and "peitu" in options.peers:
        progress.print("5. One picture, end to end …", highlight=False)
        try:
            found = overhead.measure(times=1 if options.quick else overhead.TIMES)
        except subprocess.CalledProcessError as error:
            progress.print(f"One picture cannot be measured ({error}) - the rest is written all the same")
    measured = limit_report.summarize(outcomes, size=options.size, overhead=found)
    for part in limit_report.tables(measured):
        console.print(part, highlight=False)
    if not (options.quick or options.no_results):
        file = RESULTS / "limit.json"
        before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
        limit_report.write(limit_report.kept(measured, before) if before else measured, RESULTS)


if __name__ == "__main__":
    main()
