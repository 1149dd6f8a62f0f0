"""The node `record`: write the end of the run to the database, and return the counts of the result document."""

from loguru import logger

from graph.state import Image, State
from tools.sqlite.records import Records
from tools.sqlite.versions import Versions


async def record(state: State, *, records: Records, versions: Versions) -> State:
    """Write the images and the end of the run to the records; return `success` and `count`."""
    run_id = state["run_id"]
    images = state.get("images", [])
    count = sum(image["status"] == "saved" for image in images)
    complete = sum(_is_complete(image, uploaded=state["uploads"]) for image in images)
    redone = _redone(state)
    success = complete == state["requested"] and not (redone and await versions.is_pending(run_id))
    await records.finish_run(
        run_id,
        images=images,
        title=state["analysis"]["title"],
        requested=state["requested"],
        count=count,
        success=success,
        language_model=state.get("language_model"),
        notes=state.get("notes", []),
    )
    logger.bind(run=run_id).info("Run recorded: {} of {} pictures", count, state["requested"])
    return {"success": success, "count": count, **redone}


def _redone(state: State) -> State:
    """Return the prompts with the redone one put in, if its picture is there; nothing in a run without a redo."""
    redoing = state.get("redoing")
    planned = redoing and redoing["planned"]
    if not planned:
        return {}
    there = any(image["path"] == planned["path"] and image["status"] == "saved" for image in state["images"])
    replaced = {planned["index"]: planned} if there else {}
    return {"prompts": [replaced.get(prompt["index"], prompt) for prompt in state["prompts"]]}


def _is_complete(image: Image, *, uploaded: bool) -> bool:
    return image["status"] == "saved" and (bool(image["url"]) or not uploaded)
