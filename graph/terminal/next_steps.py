"""The commands that continue an incomplete run or batch, as lines for people."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from graph.events import WAITS_FOR_APPROVAL
from tools.errors import REWORD


def ways_on(run_id: str, *, held: bool) -> list[str]:
    """Return the commands that continue a run or a batch, one line each; with a second one if requests are held."""
    again = f"To re-send the held requests (you may pay twice): peitu resume {run_id} --resubmit"
    return [f"Continue with: peitu resume {run_id}", *([again] if held else [])]


def way_to_approve(run_id: str) -> str:
    """Return the line for a run whose prompts are not approved yet."""
    way = f"approve it in Studio, from Python, or in a terminal with: peitu resume {run_id}"
    return f"Run {run_id} waits for your approval; nothing is paid yet - {way}"


def ways_on_with(document: Mapping[str, Any]) -> list[str]:
    """Return the lines for the result document of an incomplete run or batch."""
    if WAITS_FOR_APPROVAL in document.get("notes", []):
        return [way_to_approve(document["run_id"])]
    ways = ways_on(document["run_id"], held=any(image["status"] == "unknown" for image in document["images"]))
    if refused := _refused(document):
        ways.append(f'To change the words of a refused picture: peitu redo {refused} --prompt "…"')
    return ways


def _refused(document: Mapping[str, Any]) -> str | None:
    """Return ``RUN_ID INDEX`` of the first picture whose prompt was refused; a batch numbers the images of all runs."""
    run_id, first = None, 0
    for image in document["images"]:
        if image.get("run_id") != run_id:
            run_id, first = image["run_id"], image["index"]
        if REWORD in (image["error"] or ""):
            return f"{run_id or document['run_id']} {image['index'] - first}"
    return None


def tell_beside(lines: Iterable[str]) -> None:
    """Print lines on standard error, when a JSON document goes to standard output."""
    for line in lines:
        print(line, file=sys.stderr)
