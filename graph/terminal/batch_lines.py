"""The images of a batch for people, one line each; of a large batch only those that failed or are missing."""

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from rich.console import Console

from tools.sqlite.batch_records import NOT_YET

MOST_LINES = 50
"""Most images of which `peitu show` prints one line each."""

Document = Mapping[str, Any]


def is_waiting(image: Document) -> bool:
    """Tell whether no attempt was made yet to make the image."""
    return not image["attempts"] and str(image["error"]).startswith(NOT_YET)


def what_became(image: Document) -> str:
    """Return the state of an image that has an error, in words for people."""
    if is_waiting(image):
        return NOT_YET
    return {"saved": "saved, but", "unknown": "held"}.get(image["status"], "failed")


def print_segments(document: Document) -> None:
    """Print a line for every image of a small batch: its segment, its file or error, and its run.

    Of a batch with more than `MOST_LINES` images, only failed or missing ones are printed, at most `MOST_LINES`.
    """
    console = Console(highlight=False, soft_wrap=True)
    images = iter(document["images"])
    first = list(islice(images, MOST_LINES + 1))
    if len(first) <= MOST_LINES:
        console.print(*map(_segment_line, first), sep="\n", markup=False)
        return
    listed = _Listed()
    for image in chain(first, images):
        listed.add(image)
    for line in listed.lines(document["batch_id"]):
        console.print(line, markup=False)


def _segment_line(image: Document) -> str:
    if image["status"] == "saved":
        there = f"{image['path']}, but: {image['error']}" if image["error"] else image["path"]
    else:
        there = image["error"] if is_waiting(image) else f"{what_became(image)}: {image['error']}"
    return f"{image['id']}  {there}  ({image['run_id'] or 'skipped'})"


class _Listed:
    """Collects the lines of failed and missing images of a large batch, and counts all images.

    There may be tens of thousands, so only the lines that can be printed are kept.
    """

    def __init__(self) -> None:
        self._failed: list[str] = []
        self._waiting: list[str] = []
        self._missing = self._there = 0
        self._example: str | None = None

    def add(self, image: Document) -> None:
        """Count an image, and keep its line if it failed or is missing."""
        if image["status"] == "saved" and not image["error"]:
            self._there += 1
            self._example = self._example or image["run_id"]
            return
        self._missing += 1
        lines = self._waiting if is_waiting(image) else self._failed
        if len(lines) < MOST_LINES:
            lines.append(_segment_line(image))

    def lines(self, batch_id: str) -> Iterator[str]:
        """Yield the lines to print: failed images, then untried ones, then the commands that show the rest."""
        shown = [*self._failed, *self._waiting][:MOST_LINES]
        yield from shown
        if rest := self._missing - len(shown):
            yield f"{rest} more failed or are missing - all of them: peitu show {batch_id} --json"
        if self._there:
            there = "1 picture is there" if self._there == 1 else f"{self._there} pictures are there"
            which = "it" if self._there == 1 else "one"
            yield there + (f" - show {which} with: peitu show {self._example}" if self._example else "")
