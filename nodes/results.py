"""The result of an image in the form of the result document, and the note about the picture before it."""

from graph.image_state import Failure, ImageState
from graph.state import Image, ImageStatus
from tools.pictures.images import SavedImage
from tools.sqlite.task_rows import HELD, Task


def result_image(state: ImageState, tasks: list[Task]) -> Image:
    """Return the image of the result document from its state and all its tasks in the ledger."""
    prompt, outcome, failures = state["prompt"], state.get("outcome"), state.get("failures", [])
    lost = None if outcome else state.get("lost")  # a lost file may still be at its URL
    return {
        "index": prompt["index"],
        "status": "saved" if outcome else _status(tasks, state["picture"]),
        "path": outcome["path"] if outcome else None,
        "url": lost["url"] if lost else None,
        "prompt": outcome["prompt"] if outcome else prompt["prompt"],
        "provider": outcome["provider"] if outcome else failures[-1]["provider"] if failures else None,
        "model": outcome["model"] if outcome else None,
        "seed": prompt["seed"],
        "width": outcome["width"] if outcome else None,
        "height": outcome["height"] if outcome else None,
        "sha256": outcome["sha256"] if outcome else lost["sha256"] if lost else None,
        "attempts": sum(task.status != "throttled" for task in tasks) or int(outcome is not None),
        "error": None if outcome else _reasons(failures),
    }


def _status(tasks: list[Task], picture: str) -> ImageStatus:
    """Return ``unknown`` if a request for this picture is held, since it may be paid, else ``failed``."""
    held = any(task.status in HELD and task.picture == picture for task in tasks)
    return "unknown" if held else "failed"


def _reasons(failures: list[Failure]) -> str:
    """Return the last error of each provider, in the order in which they were tried."""
    last = {failure["provider"]: failure["error"] for failure in failures}
    return "; ".join(last.values()) or "no provider can make this image"


def notes_of(saved: SavedImage) -> list[str]:
    """Return the note about the picture that was in the place of this one, if there was one."""
    if saved.earlier is None:
        return []
    return [f"The picture that was at {str(saved.path)!r} is kept as {saved.earlier.name!r}"]
