"""An unfinished run in the form of the result document."""

from collections.abc import Mapping
from typing import Any

from tools.sqlite.batch_records import NOT_YET
from tools.sqlite.records import IMAGE_KEYS
from tools.sqlite.task_rows import HELD


def with_what_is_missing(run: Mapping[str, Any], *, count: int = 0) -> dict[str, Any]:
    """Return a run of `tools.sqlite.records.find_run` with an image for each planned one that has none yet.

    An image whose request has no answer is `unknown`: it may be paid. `count` is the number of pictures of a run that
    has no plan yet and did not ask for a number.
    """
    prompts = (run["plan"] or {}).get("prompts", [])
    known = {image["index"]: image for image in run["images"]}
    missing = (prompt for prompt in prompts if prompt["index"] not in known)
    known |= {prompt["index"]: _missing(prompt, run["tasks"]) for prompt in missing}
    requested = run["requested"] or len(prompts) or run["options"].get("count") or count
    return {**run, "requested": requested, "images": [known[index] for index in sorted(known)]}


def _missing(prompt: Mapping[str, Any], tasks: list[dict[str, Any]]) -> dict[str, Any]:
    tasks = [task for task in tasks if task["image_index"] == prompt["index"]]
    return dict.fromkeys(IMAGE_KEYS) | {
        "index": prompt["index"],
        "status": "unknown" if any(task["status"] in HELD for task in tasks) else "failed",
        "prompt": prompt["prompt"],
        "seed": prompt["seed"],
        "attempts": sum(task["status"] != "throttled" for task in tasks),
        "error": NOT_YET,
    }
