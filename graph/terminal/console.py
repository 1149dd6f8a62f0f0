"""What people read in the terminal: progress while pictures are made, and what came of them."""

import codecs
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any

from rich.console import Console

from graph.events import WAITS_FOR_APPROVAL, Event
from graph.terminal.asking import ask_about
from graph.terminal.going_on import way_to_approve, ways_on_with
from graph.terminal.json_text import json_pieces
from graph.terminal.version_lines import version_lines
from tools.setup.redact import redact
from tools.storyboards.problems import Place, name_places

STATES = {
    "queued": "is waiting for its turn",
    "waiting": "waits",
    "submitted": "submitted",
    "polled": "is being made",
    "saved": "saved",
    "failed": "failed",
    "uploaded": "uploaded",
    "upload failed": "not uploaded",
}


class Watcher:
    """Shows a run's events on standard error: a bar in a terminal, plain lines elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._progress: Any = None
        self._bar: Any = None
        self._saved: set[tuple[str, int]] = set()
        self._count: Counter[str] = Counter()
        self._told: dict[tuple[str, str, str], int] = {}
        self._total = 0

    def __enter__(self) -> "Watcher":
        if self._console.is_terminal:
            from rich import progress  # here, since `peitu runs` and `show` need none

            columns = (
                progress.SpinnerColumn(),
                progress.TextColumn("{task.description}"),
                progress.BarColumn(),
                progress.MofNCompleteColumn(),
                progress.TimeElapsedColumn(),
            )
            self._progress = progress.Progress(*columns, console=self._console, transient=True)
            self._progress.start()
            self._bar = self._progress.add_task("reading the content", total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, event: Event) -> None:
        """Show one event of the workflow."""
        name = event["event"]
        if name == "planned":
            self._total = event["count"]
            self._show("making the pictures", total=self._total, completed=0)
            return
        image = (event["run_id"], event["index"])
        if name == "saved" and image not in self._saved:
            self._saved.add(image)
            self._count[event["run_id"]] += 1
        text = f"picture {event['index'] + 1} {STATES.get(name, name)}"
        if provider := event.get("provider"):
            text += f" ({provider})"
        count = self._count[event["run_id"]]
        self._show("all pictures are there" if count == self._total else text, completed=count)
        if name in {"failed", "upload failed", "waiting"} or (self._progress is None and name == "saved"):
            self._line(text, self._new(event) or event.get("path"))

    def ask(self, question: Mapping[str, Any], *, head: str | None = None) -> dict[str, Any] | None:
        """Put a question of the workflow to the user, below a line of its own; the bar stands aside meanwhile."""
        if self._progress is not None:
            self._progress.stop()
        try:
            answer = ask_about(question, head=head)
            # What was read is read; whoever leaves it waiting may have other runs to go on with.
            self._show("waiting for the approval" if answer is None else "making the pictures")
        finally:
            if self._progress is not None:
                self._progress.start()
        return answer

    def _new(self, event: Event) -> str | None:
        """Return the reason of an event, or which picture has told it before."""
        reason = event.get("error") or event.get("reason")
        if not reason:
            return None
        number = event["index"] + 1
        first = self._told.setdefault((event["run_id"], event["event"], reason), number)
        return reason if first == number else f"as picture {first}"

    def _show(self, text: str, **changes: Any) -> None:
        if self._progress is not None:
            self._progress.update(self._bar, description=text, **changes)

    def _line(self, text: str, detail: str | None) -> None:
        self._console.print(f"{text}: {detail}" if detail else text, markup=False, soft_wrap=True)


def say(message: str) -> None:
    """Print one line on standard error, without secrets."""
    print("peitu: " + " ".join(redact(message).split()), file=sys.stderr)


def print_json(value: Any) -> None:
    """Print exactly one JSON document on standard output, whole also where its encoding knows no Chinese."""
    is_unicode = codecs.lookup(sys.stdout.encoding or "utf-8").name == "utf-8"
    sys.stdout.writelines(json_pieces(value, ascii_only=not is_unicode))


def print_result(document: Mapping[str, Any]) -> None:
    """Print what was made, what is missing and why, and the command that goes on."""
    console = Console(highlight=False, soft_wrap=True)
    if WAITS_FOR_APPROVAL in document.get("notes", []):
        console.print(way_to_approve(document["run_id"]), markup=False, style="yellow")
        return
    for alike in _alike(document["images"]):
        console.print(*_image_lines(alike[0], alike), sep="\n", markup=False)
    for note in document.get("notes", []):
        console.print(f"note: {note}", markup=False, style="dim")
    count, requested = document["count"], document["requested"]
    if document["success"]:
        made = "1 picture" if count == requested == 1 else f"{count} of {requested} pictures"
        console.print(f"{made} made (run {document['run_id']})", markup=False, style="green")
        return
    errors = [image["error"] or "" for image in document["images"]]
    pending = any(error.startswith("not made anew") for error in errors)
    complete = "one is still to be redone" if pending else "not all are uploaded"
    missing = complete if count == requested else "something is missing"
    console.print(f"{count} of {requested} pictures made; {missing}.", markup=False, style="yellow")
    console.print(*ways_on_with(document), sep="\n", markup=False)


def print_run(run: Mapping[str, Any]) -> None:
    """Print all that is recorded of a run, its tasks included, and its `state`, see `tools.sqlite.liveness`."""
    console = Console(highlight=False, soft_wrap=True)
    for name in ("run_id", "state", "title", "language_model"):
        console.print(f"{name + ':':<15} {run[name] or '-'}", markup=False)
    for name in ("started_at", "finished_at"):
        console.print(f"{name + ':':<15} {_here(run[name]) if run[name] else '-'}", markup=False)
    for note in run["notes"]:
        console.print(f"{'note:':<15} {note}", markup=False)
    for image in run["images"]:
        console.print(*_image_lines(image), sep="\n", markup=False)
        size = f"{image['width']}x{image['height']}" if image["width"] else "no picture,"
        console.print(f"   {size} seed {image['seed']}: {image['prompt']}", markup=False)
        for line in version_lines(image):
            console.print(line, markup=False)
    for task in run["tasks"]:
        where = f"{task['provider']} {task['task_id'] or ''}"
        console.print(f"task of picture {task['image_index'] + 1}: {task['status']} at {where}", markup=False)


def _here(time: str) -> str:
    """Return a recorded time as the clock here tells it, with its distance from UTC."""
    return datetime.fromisoformat(time).astimezone().isoformat(" ", "seconds")


def _alike(images: Sequence[Mapping[str, Any]]) -> Iterable[list[Mapping[str, Any]]]:
    """Return the images in order, those that are missing for the same reason together."""
    found: dict[Any, list[Mapping[str, Any]]] = {}
    for image in images:
        key = image["index"] if image["status"] == "saved" else (image["status"], image["error"])
        found.setdefault(key, []).append(image)
    return found.values()


def _image_lines(image: Mapping[str, Any], alike: Sequence[Mapping[str, Any]] = ()) -> list[str]:
    number = image["index"] + 1
    if image["status"] != "saved":
        places: list[Place] = [(one["index"], one["index"] + 1) for one in alike]
        told = name_places(places, "picture") if len(alike) > 1 else f"{number:>2}"
        return [f"{told} {image['status']}: {image['error']}"]
    made_by = "offline sketch" if image["provider"] == "sketch" else f"{image['provider']} {image['model']}"
    lines = [f"{number:>2} {image['path']}  ({made_by})"]
    if image["url"]:
        lines.append(f"   {image['url']}")
    if image["error"]:
        lines.append(f"   {image['error']}")
    return lines
