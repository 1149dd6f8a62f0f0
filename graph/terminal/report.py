"""The report of a batch: printed in the terminal, and written as `report.json` beside the pictures."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from graph.terminal.batch_lines import is_waiting, what_became
from graph.terminal.json_text import json_pieces
from graph.terminal.next_steps import ways_on_with
from tools.errors import similar
from tools.pictures.files import write_whole
from tools.sqlite.batch_records import NOT_YET

REPORT = "report.json"
MOST_IDS = 12
"""Most segment ids that the terminal shows for one reason; the file has all."""

Document = Mapping[str, Any]


def make_report(
    document: Document,
    *,
    source: str,
    seconds: float,
    made_now: int,
    other_prompts: Sequence[str | int],
    notes: Iterable[tuple[str | int, str]],
    by_model: bool,
) -> dict[str, Any]:
    """Return the report: the result document with counts of made, failed and held pictures, by provider and by reason.

    `other_prompts` are the ids of skipped segments whose pictures were made from another prompt; `notes` are those of
    the runs, each with the id of its segment. `seconds` is the duration of this session, in which `made_now` pictures
    were made. `by_model` tells that a model makes the pictures, so that skipped sketches are worth a word.
    """
    tally = _Tally()
    for image in document["images"]:
        tally.add(image)
    for segment_id, note in notes:
        tally.add_note(segment_id, note)
    head = {name: document[name] for name in ("batch_id", "success", "requested", "count", "skipped")}
    return {
        **head,
        "source": source,
        "made": document["count"] - document["skipped"],
        "failed": document["requested"] - document["count"] - tally.held - tally.waiting,
        "held": tally.held,
        "waiting": tally.waiting,
        "seconds": round(seconds, 2),
        "pictures_per_minute": round(made_now * 60 / seconds, 2) if seconds else 0.0,
        "providers": {name: dict(counts) for name, counts in sorted(tally.providers.items())},
        "other_prompts": list(other_prompts),
        "sketches": tally.sketches if by_model else [],
        "notes": sorted(tally.notes.values(), key=lambda entry: -entry["count"]),
        "failures": sorted(tally.failures.values(), key=lambda entry: -entry["count"]),
        "images": document["images"],
    }


class _Tally:
    """Counts images: those made, those failed and attempts by provider, and failures by reason; and notes by kind."""

    def __init__(self) -> None:
        self.held = self.waiting = 0
        self.providers: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.failures: dict[str, dict[str, Any]] = {}
        self.notes: dict[str, dict[str, Any]] = {}
        self.sketches: list[str | int] = []
        """The segments whose skipped pictures are offline sketches."""

    def add(self, image: Document) -> None:
        """Count an image."""
        self.held += image["status"] == "unknown"
        self.waiting += is_waiting(image)
        if image["provider"] and (image["attempts"] or what_became(image) == "failed"):
            counts = self.providers[image["provider"]]
            counts["made"] += image["status"] == "saved"
            counts["failed"] += image["status"] != "saved"
            counts["attempts"] += image["attempts"]
        elif image["provider"] == "sketch" and image["id"] not in self.sketches[-1:]:
            self.sketches.append(image["id"])
        if image["error"]:
            self._add_failure(image)

    def add_note(self, segment_id: str | int, note: str) -> None:
        """Count a note about a segment, once for each kind."""
        entry = self.notes.setdefault(similar(note), {"note": note, "count": 0, "ids": []})
        if segment_id not in entry["ids"][-1:]:
            entry["count"] += 1
            entry["ids"].append(segment_id)

    def _add_failure(self, image: Document) -> None:
        what = what_became(image)
        why = image["error"].removeprefix(NOT_YET).removeprefix(": ") if what == NOT_YET else image["error"]
        # The last errors of the providers, in whatever order they were tried, are one reason.
        kind = what + "; ".join(sorted(similar(why).split("; ")))
        entry = self.failures.setdefault(kind, {"reason": why, "what": what, "count": 0, "ids": []})
        entry["count"] += 1
        if image["id"] not in entry["ids"][-1:]:
            entry["ids"].append(image["id"])


def write_report(report: Document, folder: Path) -> Path:
    """Write the report into the output folder, whole or not at all; return its path.

    Raises:
        StorageError: It cannot be written there.
    """
    path = folder / REPORT
    write_whole(path, (piece.encode() for piece in json_pieces(report)))
    return path


def print_report(report: Document, *, path: Path | None = None) -> None:
    """Print what was made, skipped and failed, by provider and by reason, and the command that continues the batch."""
    console = Console(highlight=False, soft_wrap=True)
    if report["providers"]:
        table = Table("provider", "made", "failed", "attempts", box=None, pad_edge=False)
        for name, counts in report["providers"].items():
            cells = (counts["made"], counts["failed"], counts["attempts"])
            table.add_row("offline sketch" if name == "sketch" else name, *map(str, cells))
        console.print(table)
    for failure in report["failures"]:
        style = "yellow" if failure["what"] == NOT_YET else "red"
        reason = f": {failure['reason']}" if failure["reason"] else ""
        console.print(f"{failure['count']} {failure['what']}{reason}", markup=False, style=style)
        console.print(f"   segments {_some(failure['ids'])}", markup=False)
    for note in report["notes"]:
        such = "noted, such as" if note["count"] > 1 else "noted"
        console.print(f"{note['count']} {such}: {note['note']}", markup=False, style="yellow")
        console.print(f"   segments {_some(note['ids'])}", markup=False)
    _print_skipped(console, report["other_prompts"], "made from another prompt", "regenerate them")
    _print_skipped(console, report["sketches"], "drawn as offline sketches", "have a model make them")
    _print_end(console, report)
    if path is not None:
        console.print(f"Report: {path}", markup=False)


def _print_skipped(console: Console, ids: Sequence[str | int], what: str, purpose: str) -> None:
    if ids:
        advice = f"delete the files to {purpose}, or use another --output-dir"
        console.print(f"{len(ids)} skipped, {what} - {advice}", markup=False, style="yellow")
        console.print(f"   segments {_some(ids)}", markup=False)


def _print_end(console: Console, report: Document) -> None:
    rate = report["pictures_per_minute"]
    pace = f" in {report['seconds']:.0f} s, {rate:.0f} a minute" if rate else ""
    told = f"{report['count']} of {report['requested']} pictures done: {report['made']} made"
    told += f", {report['skipped']} skipped" if report["skipped"] else ""
    told += f", {report['failed']} failed" if report["failed"] else ""
    told += f", {report['held']} held" if report["held"] else ""
    told += f", {report['waiting']} {NOT_YET}" if report["waiting"] else ""
    batch = f"(batch {report['batch_id']})"
    console.print(f"{told}{pace} {batch}", markup=False, style="green" if report["success"] else "yellow")
    if report["success"]:
        return
    console.print(*ways_on_with({**report, "run_id": report["batch_id"]}), sep="\n", markup=False)


def _some(ids: Sequence[str | int]) -> str:
    rest = len(ids) - MOST_IDS
    return ", ".join(map(str, ids[:MOST_IDS])) + (f" and {rest} more" if rest > 0 else "")
