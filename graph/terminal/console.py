"""Print messages, JSON documents, and runs with their images and versions."""

import codecs
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console

from graph.events import WAITS_FOR_APPROVAL
from graph.terminal.json_text import json_pieces
from graph.terminal.next_steps import way_to_approve, ways_on_with
from tools.setup.redact import redact
from tools.storyboards.problems import Place, name_places


def say(message: str) -> None:
    """Print one line on standard error, without secrets."""
    print("peitu: " + " ".join(redact(message).split()), file=sys.stderr)


def print_json(value: Any) -> None:
    """Print exactly one JSON document on standard output; in ASCII if its encoding is not UTF-8."""
    is_unicode = codecs.lookup(sys.stdout.encoding or "utf-8").name == "utf-8"
    sys.stdout.writelines(json_pieces(value, ascii_only=not is_unicode))


def print_result(document: Mapping[str, Any]) -> None:
    """Print what was made, what is missing and why, and the command that continues the run."""
    from tools.sqlite.records import NOT_ANEW  # here, since most messages need no database

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
    pending = any(error.startswith(NOT_ANEW) for error in errors)
    complete = "one is still to be redone" if pending else "not all are uploaded"
    missing = complete if 0 < count == requested else "something is missing"
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
    """Return a recorded time in the local time zone, with its UTC offset."""
    return datetime.fromisoformat(time).astimezone().isoformat(" ", "seconds")


def _alike(images: Sequence[Mapping[str, Any]]) -> Iterable[list[Mapping[str, Any]]]:
    """Return the images in order, grouped if they are missing for the same reason."""
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
    lines = [f"{number:>2} {image['path']}  ({_maker(image)})"]
    if image["url"]:
        lines.append(f"   {image['url']}")
    if image["error"]:
        lines.append(f"   {image['error']}")
    return lines


def _maker(made: Mapping[str, Any]) -> str:
    return "offline sketch" if made["provider"] == "sketch" else f"{made['provider']} {made['model']}"


def version_lines(image: Mapping[str, Any]) -> list[str]:
    """Return a line for each version of an image of `tools.sqlite.records.find_run`; none if it was never redone."""
    return [_version_line(version, image) for version in reversed(image.get("versions", []))]


def _version_line(version: Mapping[str, Any], image: Mapping[str, Any]) -> str:
    name = f"   version {version['version']}"
    if version["status"] != "saved":
        reason = version["error"] or "it was begun and is not there yet"
        return f"{name} {version['status']}: {reason}"
    mark = ", shown" if version["path"] == image["path"] else ""
    words = "" if version["prompt"] == image["prompt"] else f": {version['prompt']}"
    return f"{name}{mark}: {version['path']}  ({_maker(version)}, seed {version['seed']}){words}"
