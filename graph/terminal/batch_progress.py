"""The progress display of a batch: a bar in a terminal, plain lines elsewhere, on standard error.

An event only changes counts; the display is redrawn a few times a second, however many events come.
"""

import time
from collections import Counter, deque
from collections.abc import Callable
from types import TracebackType
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from graph.events import Event
from tools.errors import similar
from tools.setup.redact import redact
from tools.sqlite.batches import SegmentResult, SegmentRow

FRAMES_PER_S = 5
LINE_S = 5.0
"""Least time between two plain lines, in seconds."""

RATE_WINDOW_S = 300.0
"""The shown rate is the average over this time, in seconds, so that it follows a provider that slows down."""

MOST_KINDS = 30
"""Most kinds of errors that are printed during a batch; the report has all."""

PHASES = {"queued": "waiting", "waiting": "waiting", "submitted": "in flight", "saved": "saved", "failed": "waiting"}


class BatchWatcher:
    """Shows the progress of a batch; `before` is how many of the `requested` images were there when it began."""

    def __init__(
        self,
        requested: int,
        *,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._clock = clock
        self._requested = requested
        self.before = 0
        self.made = self.skipped = self.failed = 0
        self._phases: dict[tuple[str, int], str] = {}
        self._counts: Counter[str] = Counter()
        self._names: dict[str, str] = {}
        self._kinds: set[str] = set()
        self._began_at = clock()
        self._next_line_at = self._began_at + LINE_S
        self._samples: deque[tuple[float, int]] = deque([(self._began_at, 0)])
        self._live: Live | None = None

    @property
    def seconds(self) -> float:
        """The time since this object was made."""
        return self._clock() - self._began_at

    def __enter__(self) -> "BatchWatcher":
        if self._console.is_interactive:  # not with TERM=dumb
            self._live = Live(
                get_renderable=self._picture, console=self._console, refresh_per_second=FRAMES_PER_S, transient=True
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Receive an event of a run."""
        name, index = event["event"], event.get("index")
        if index is not None and (phase := PHASES.get(name)):
            self._note_phase((event["run_id"], index), phase)
        if name == "failed" or (name == "waiting" and event.get("reason")):
            self._tell(event["run_id"], event.get("error") or event.get("reason") or "")
        if self._live is None and self._clock() >= self._next_line_at:
            self._line()

    def began(self, segment: SegmentRow) -> None:
        """Learn that a worker has begun a segment."""
        self._names[segment.run_id] = segment.segment_id

    def ended(self, result: SegmentResult) -> None:
        """Receive the result of a segment."""
        segment = result.segment
        self.skipped += result.skipped
        self.made += result.count - result.skipped
        self.failed += segment.requested - result.count
        for line in (*result.errors, *result.notes):
            self._tell(segment.run_id, line)
        for index in range(segment.requested):
            if phase := self._phases.pop((segment.run_id, index), None):
                self._counts[phase] -= 1
        self._names.pop(segment.run_id, None)
        if self._live is None and self._clock() >= self._next_line_at:
            self._line()

    def _note_phase(self, image: tuple[str, int], phase: str) -> None:
        before = self._phases.get(image)
        if before != phase:
            self._phases[image] = phase
            self._counts[phase] += 1
            if before is not None:
                self._counts[before] -= 1

    def _tell(self, run_id: str, trouble: str) -> None:
        """Print an error, note or reason to wait, unless a similar one, or each of its parts, was printed already."""
        kinds = set(similar(trouble).split("; "))
        if kinds <= self._kinds or len(self._kinds) >= MOST_KINDS:
            return
        self._kinds |= kinds
        name = self._names.get(run_id, run_id)
        self._console.print(f"segment {name}: {redact(trouble)}", markup=False, soft_wrap=True)

    def _line(self) -> None:
        self._next_line_at = self._clock() + LINE_S
        self._console.print(f"{self._done} of {self._requested} there; {self._told()}", markup=False, soft_wrap=True)

    @property
    def _done(self) -> int:
        return self.before + self.made + self.skipped + self._counts["saved"]

    def _told(self) -> str:
        """Return the counts and the rate in one line; counts of 0 are left out, except that of `made`."""
        counts = {
            "made": self.made + self._counts["saved"],
            "skipped": self.skipped,
            "in flight": self._counts["in flight"],
            "waiting for the limit": self._counts["waiting"],
            "failed": self.failed,
        }
        parts = [f"{number} {name}" for name, number in counts.items() if number or name == "made"]
        if rate := self._rate_per_s():
            left = self._requested - self._done - self.failed
            parts += [f"{rate * 60:.1f} a minute", f"about {_duration(left / rate)} left"]
        return " · ".join(parts)

    def _rate_per_s(self) -> float:
        """Return the average of pictures made per second over the last `RATE_WINDOW_S`."""
        now, made = self._clock(), self.made + self._counts["saved"]
        while len(self._samples) > 1 and now - self._samples[1][0] > RATE_WINDOW_S:
            self._samples.popleft()
        since, before = self._samples[0]
        if now - self._samples[-1][0] >= 1.0:
            self._samples.append((now, made))
        return max(0.0, made - before) / (now - since) if now > since else 0.0

    def _picture(self) -> RenderableType:
        bar: Any = ProgressBar(total=max(1, self._requested), completed=self._done, width=40)
        head = Table.grid(padding=(0, 1))
        head.add_row(bar, Text(f"{self._done}/{self._requested}"), Text(_duration(self.seconds), style="dim"))
        return Group(head, Text(self._told(), overflow="fold"))


def _duration(seconds: float) -> str:
    """Format a duration: ``0:42``, ``12:05``, ``3:07:00``."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
