"""The node `redo`: plan a new version of one picture of a finished run; the files of earlier versions stay."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from langgraph.types import Overwrite

from graph.events import Event
from graph.redo_state import Redo, as_redo, busy, checked, refusal, same_wish, without_refusal
from graph.run_options import given_options
from graph.state import Image, Prompt, State
from nodes.planned import given_analysis
from nodes.telling import teller
from tools.content import templates, wording
from tools.content.words import language_of
from tools.errors import ConfigError, InputError, StorageError
from tools.money.ledger import Ledger
from tools.setup.configuration import MAX_SEED
from tools.sqlite.run_ids import BEGINNING_CHARS
from tools.sqlite.task_rows import UNDER_WAY
from tools.sqlite.versions import PENDING, Version, Versions


@dataclass(frozen=True, slots=True, kw_only=True)
class RedoTools:
    """The tools and settings of the node `redo`.

    `check` is `graph.route.Routes.candidates`, which refuses a provider that is unknown or cannot draw the size;
    `style` is the id of the style for ``default``; `prompt_limit` is the most characters of a prompt; `templates` is
    the user's folder of templates.
    """

    versions: Versions
    ledger: Ledger
    check: Callable[..., object]
    style: str
    prompt_limit: int
    templates: Path | None


async def redo(state: State, *, tools: RedoTools) -> State:
    """Plan the new version, and write the plan to the database before it is paid.

    If it cannot be made, the result has no success and a note that says why; pictures and records are unchanged. A run
    without a checkpoint is restored from the records.

    Raises:
        InputError: The input is no mapping, which the state could not hold.
        StorageError: The database cannot be used.
    """
    asked = as_redo(state["redo"])
    try:
        run = await _run_of(state, checked(asked), tools.versions)
        planned = await _planned(run, asked, tools)
    except StorageError:
        raise
    except (InputError, ConfigError) as error:
        notes = cast("list[str]", Overwrite([*without_refusal(state), refusal(str(error))]))
        return {"success": False, "notes": notes, "redoing": {"asked": asked, "planned": None, "problem": str(error)}}
    event: Event = {"event": "planned", "run_id": run["run_id"], "count": 1}
    teller()(event)
    recalled = run if not state.get("run_id") else {}
    notes = cast("list[str]", Overwrite(without_refusal(run)))
    return {**recalled, "notes": notes, "redoing": {"asked": asked, "planned": planned, "problem": None}}


async def _run_of(state: State, asked: Redo, versions: Versions) -> State:
    """Return the state of the run to redo, from this thread or from the records.

    Raises:
        InputError: There is no such finished run, or the thread belongs to another one.
    """
    known, wanted = state.get("run_id"), asked.get("run_id")
    if known and wanted in {None, known}:
        return state
    if known or wanted is None:
        raise InputError(f"This thread belongs to run {known!r} - name that run" if known else "There is no run yet")
    found = await asyncio.to_thread(versions.find_run, wanted)
    if found is None or not found["plan"]:
        raise InputError(f"There is no finished run {wanted!r} - `peitu runs` lists them")
    return await asyncio.to_thread(_recalled, found)


def _recalled(found: dict[str, Any]) -> State:
    """Return the state of a run from its records; prompt and seed are those of the image that was made, if any."""
    drawn = {image["index"]: image for image in found["images"]}
    prompts = [
        {**prompt, **{name: drawn.get(prompt["index"], prompt)[name] for name in ("prompt", "seed")}}
        for prompt in found["plan"]["prompts"]
    ]
    images = [{name: image[name] for name in Image.__annotations__} for image in found["images"]]
    known = {name: found[name] for name in ("run_id", "requested", "language_model", "notes")}
    title = {"title": found["title"] or ""}
    analysis = {**given_analysis(found["content"]), **title}
    state = {**known, "content": found["content"][:BEGINNING_CHARS], "analysis": analysis}
    options = given_options(found["options"])
    return cast("State", {**state, "options": options, "prompts": prompts, "images": images})


async def _planned(run: State, asked: Redo, tools: RedoTools) -> Prompt:
    """Return the plan of the version for this redo: made already, pending, or new.

    Raises:
        InputError: It cannot be made; the message says why.
        ConfigError: The style leaves no room for the prompt.
    """
    old, image = _place(run, asked)
    provider = asked.get("provider") or run.get("options", {}).get("provider")
    tools.check(provider, width_px=old["width_px"], height_px=old["height_px"])
    known = await tools.versions.of(run["run_id"], old["index"])
    if done := _done_already(known, asked, old.get("version", 1)):
        return cast("Prompt", done.plan)
    # The first version has no plan of its own; while it is held, the picture is not redone, see below.
    pending = next((version for version in known if version.plan and version.status in PENDING), None)
    if pending is None:
        await _check_nothing_is_open(run["run_id"], image, tools.ledger)
        new = await asyncio.to_thread(_new, old, asked, known, tools)
        wish = {name: value for name, value in asked.items() if name != "run_id"}
        pending = await tools.versions.begin(run["run_id"], new, wish)
    if pending is None or not same_wish(pending.asked, asked):
        raise InputError(busy(run["run_id"], old["index"]))
    return cast("Prompt", pending.plan)


def _place(run: State, asked: Redo) -> tuple[Prompt, Image]:
    """Return the plan and the image with this index.

    Raises:
        InputError: There is no such image, or it is not made yet.
    """
    prompts = {prompt["index"]: prompt for prompt in run.get("prompts", [])}
    images = {image["index"]: image for image in run.get("images", [])}
    index, run_id = asked["index"], run["run_id"]
    if index not in prompts:
        known = ", ".join(map(str, sorted(prompts)))
        raise InputError(f"There is no image {index} in run {run_id!r}, only {known} - count from 0")
    if index not in images:
        raise InputError(f"Image {index} of run {run_id!r} is not made yet - continue with: peitu resume {run_id}")
    return prompts[index], images[index]


def _done_already(known: Sequence[Version], asked: Redo, number: int) -> Version | None:
    """Return the version after `number` that this same redo made already: a power cut may have lost its checkpoints."""
    newest = next((version for version in reversed(known) if version.status == "saved"), None)
    return newest if newest and newest.number > number and same_wish(newest.asked, asked) else None


async def _check_nothing_is_open(run_id: str, image: Image, ledger: Ledger) -> None:
    """Check that no paid task may still deliver this image.

    Raises:
        InputError: One may; it has to be collected first.
    """
    if image["status"] == "saved":
        return
    task = next((task for task in await ledger.tasks(run_id, image["index"]) if task.status in UNDER_WAY), None)
    if task is not None:
        what = f"a request to {task.provider} that may be paid already" if not task.task_id else "a paid task under way"
        raise InputError(f"Image {image['index']} of run {run_id!r} has {what} - first run: peitu resume {run_id}")


def _new(old: Prompt, asked: Redo, known: Sequence[Version], tools: RedoTools) -> Prompt:
    """Return the plan of a new version: the old one with the changes that are asked for."""
    number = max((version.number for version in known), default=0) + 1
    kept = [version.path for version in known if version.path]
    path = Path(kept[0] if kept else old["path"])
    if kept or path.exists():
        number, path = _free(path, number)
    new: Prompt = {**old, "seed": _seed(asked, known), "path": str(path), "version": number}
    if text := asked.get("prompt", "").strip():
        new.update({"prompt": text, "subject": text})
    if name := asked.get("style"):
        language = language_of(new["prompt"])
        style = templates.style(name, default=tools.style, own=tools.templates)
        known_styles = templates.styles(tools.templates).values()
        body = text or wording.body_of(old["prompt"], styles=known_styles, language=language)
        new["prompt"] = wording.compose(body, style=style, language=language, limit=tools.prompt_limit)
        new["negative_prompt"] = wording.negative(style, language)
    return new


def _free(first: Path, number: int) -> tuple[int, Path]:
    """Return number and path of the next version whose file, beside the first one's, does not exist yet."""
    while (path := first.with_name(f"{first.stem}-v{number}{first.suffix}")).exists():
        number += 1
    return number, path


def _seed(asked: Redo, known: Sequence[Version]) -> int:
    """Return the seed that is asked for, or a random one that no version has."""
    if "seed" in asked:
        return asked["seed"]
    seed = secrets.randbelow(MAX_SEED + 1)
    while any(version.seed == seed for version in known):
        seed = secrets.randbelow(MAX_SEED + 1)
    return seed
