"""The progress display of a run: a bar in a terminal, plain lines elsewhere, on standard error."""

from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console

from graph.events import Event
from graph.terminal.asking import ask_about

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

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
    """Shows the events of runs on standard error: a bar in a terminal, plain lines elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._progress: Progress | None = None
        self._bar: TaskID | None = None
        self._saved: set[tuple[str, int]] = set()
        self._count: Counter[str] = Counter()
        self._told: dict[tuple[str, str, str], int] = {}
        self._total = 0

    def __enter__(self) -> "Watcher":
        if self._console.is_interactive:  # not with TERM=dumb
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
        """Ask the user a question of the workflow, below the line `head` if given; the bar is hidden meanwhile."""
        if self._progress is not None:
            self._progress.stop()
        try:
            answer = ask_about(question, head=head)
            # The content was read by now; a run left waiting may be followed by others.
            self._show("waiting for the approval" if answer is None else "making the pictures")
        finally:
            if self._progress is not None:
                self._progress.start()
        return answer

    def _new(self, event: Event) -> str | None:
        """Return the reason of an event, or a reference to the picture that had the same one before."""
        reason = event.get("error") or event.get("reason")
        if not reason:
            return None
        number = event["index"] + 1
        first = self._told.setdefault((event["run_id"], event["event"], reason), number)
        return reason if first == number else f"as picture {first}"

    def _show(self, text: str, **changes: Any) -> None:
        if self._progress is not None and self._bar is not None:
            self._progress.update(self._bar, description=text, **changes)

    def _line(self, text: str, detail: str | None) -> None:
        self._console.print(f"{text}: {detail}" if detail else text, markup=False, soft_wrap=True)
