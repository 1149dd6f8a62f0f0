"""The steps of the subgraph `generate`, which makes one image; `check` and `rewrite` have modules of their own."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol, cast

from loguru import logger

from graph.events import Event
from graph.image_state import Failure, ImageOutput, ImageState, Outcome
from graph.state import Prompt
from nodes.places import CheckPlace
from nodes.planned import request_of
from nodes.results import notes_of, result_image
from nodes.telling import teller
from tools import sketch
from tools.errors import ElsewhereError, GoneError, PeituError
from tools.money.jobs import Job, Report, Service
from tools.money.ledger import Ledger
from tools.money.tasks import TaskRunner
from tools.pictures.files import check_writable
from tools.pictures.images import SavedImage, save_picture
from tools.providers.adapt import adapt
from tools.providers.sizes import SKETCH_SIZES
from tools.sqlite.records import Records
from tools.sqlite.versions import Versions

SKETCH = "sketch"
SKETCH_DESCRIPTION = "Peitu offline sketch, drawn from an icon set, not by an image model"


_LEVELS = {"queued": "DEBUG", "polled": "DEBUG", "failed": "WARNING"}


class Labeler(Protocol):
    """Makes the AIGC label of a picture from its id, see `tools.pictures.labels`."""

    def __call__(self, produce_id: str) -> str | None:
        """Return the label's JSON, or `None` for no label."""
        ...


async def choose(state: ImageState, *, ledger: Ledger, services: Mapping[str, Service]) -> ImageState:
    """Find out which provider has an open task of this image, and which are down; the edge after it decides."""
    task = await ledger.open_task(state["run_id"], state["prompt"]["index"], state["picture"])
    return {
        "open_provider": task.provider if task else None,
        "down": [name for name, service in services.items() if service.health.is_down],
        "outcome": None,
    }


async def buy(
    state: ImageState,
    *,
    service: Service,
    runner: TaskRunner,
    quality: int,
    label: Labeler,
    visible_label: bool,
    is_last: Callable[[ImageState, str], bool],
    check_place: CheckPlace,
) -> ImageState:
    """Make the image at a provider; a failure is returned as data, since an exception would stop the other images."""
    prompt = state["prompt"]
    request, notes = adapt(request_of(prompt), service.provider)
    job = Job(
        run_id=state["run_id"],
        image_index=prompt["index"],
        request=request,
        path=Path(prompt["path"]),
        quality=quality,
        label=label(f"{state['run_id']}-{prompt['index']}{_suffix(prompt)}"),
        visible_label=visible_label,
        keeps_earlier=True,
        picture=state["picture"],
        may_be_known=state.get("open_provider") is not None,
        again=bool(state.get("failures")),
        may_fail_over=not is_last(state, service.name),
    )
    report = reporter(state)
    try:
        await check_place(prompt["path"], state["run_id"])  # before it is paid
        await asyncio.to_thread(check_writable, job.path)
        made = await runner.run(job, service, report=report)
    except ElsewhereError:
        return {"outcome": None}
    except GoneError as error:
        again = f"make another with: peitu redo {state['run_id']} {prompt['index']}"
        return _failed(state, service.name, GoneError(f"{error} - {again}"), report)
    except PeituError as error:
        return _failed(state, service.name, error, report)
    saved, task = made.saved, made.task
    report("saved", provider=service.name, path=str(saved.path))
    came, wanted = f"{saved.width_px}x{saved.height_px}", f"{request.width_px}x{request.height_px}"
    if came != wanted:
        notes.append(f"Picture {prompt['index'] + 1} came as {came} instead of {wanted}")
    notes += notes_of(saved)
    for note in notes:
        logger.bind(run=state["run_id"], image=prompt["index"]).warning(note)
    outcome = _outcome(saved, task.provider, task.model, prompt=task.prompt or request.prompt, task=task.id)
    return {"outcome": outcome, "notes": notes}


async def draw(state: ImageState, *, quality: int, check_place: CheckPlace) -> ImageState:
    """Draw the image offline as a line sketch; it is free, and the file's metadata says what it is."""
    prompt = state["prompt"]
    report = reporter(state)
    size = SKETCH_SIZES.nearest(prompt["width_px"], prompt["height_px"]) or (prompt["width_px"], prompt["height_px"])
    try:
        await check_place(prompt["path"], state["run_id"])
        saved = await asyncio.to_thread(_draw, prompt, size, quality)
    except PeituError as error:
        return _failed(state, SKETCH, error, report)
    report("saved", provider=SKETCH, path=str(saved.path))
    asked = (prompt["width_px"], prompt["height_px"])
    notes = notes_of(saved)
    if size != asked:
        notes.append(f"Size {asked[0]}x{asked[1]} became {size[0]}x{size[1]}, the nearest that a sketch has")
    outcome = _outcome(saved, SKETCH, sketch.MODEL, prompt=prompt["prompt"], task=None)
    return {"outcome": outcome, "notes": notes}


async def done(state: ImageState, *, records: Records, versions: Versions) -> ImageOutput:
    """Return the finished or failed image, and record it at once, so that a later crash does not lose it."""
    run_id, prompt, outcome = state["run_id"], state["prompt"], state.get("outcome")
    of_tasks = partial(result_image, state)
    if "version" in prompt:
        image = await versions.image(run_id, prompt, of_tasks, picture=state["picture"])
    else:
        image = await records.image(run_id, prompt["index"], of_tasks)
    notes = list(state.get("notes", []))
    if outcome:
        last_errors = {failure["provider"]: failure["error"] for failure in state.get("failures", [])}
        last_errors.pop(outcome["provider"], None)
        notes += [f"{name} was given up: {why}" for name, why in last_errors.items()]
    return {"images": [image], "notes": notes}


def reporter(state: ImageState) -> Report:
    """Return a function that logs events of this image and sends them to whoever watches the run."""
    tell = teller()
    run_id, index = state["run_id"], state["prompt"]["index"]
    bound = logger.bind(run=run_id, image=index)

    def report(event: str, **details: Any) -> None:
        told = ", ".join(f"{name} {value}" for name, value in details.items())
        bound.log(_LEVELS.get(event, "INFO"), "Image {}: {}", event, told)
        tell(cast("Event", {"event": event, "run_id": run_id, "index": index, **details}))

    return report


def _draw(prompt: Prompt, size: tuple[int, int], quality: int) -> SavedImage:
    subject = prompt["subject"] or prompt["prompt"]
    data = sketch.draw(subject, width_px=size[0], height_px=size[1], seed=prompt["seed"])
    description: dict[str, str | int] = {
        "prompt": prompt["prompt"],
        "provider": SKETCH,
        "model": sketch.MODEL,
        "seed": prompt["seed"],
        "generator": SKETCH_DESCRIPTION,
    }
    path = Path(prompt["path"])
    return save_picture(data, path, quality=quality, description=description, label=None, keeps_earlier=True)


def _suffix(prompt: Prompt) -> str:
    """Return the version as in its file name, e.g. ``-v2``; empty for a picture that was not redone."""
    return f"-v{prompt['version']}" if "version" in prompt else ""


def _outcome(saved: SavedImage, provider: str, model: str, *, prompt: str, task: int | None) -> Outcome:
    return {
        "task": task,
        "provider": provider,
        "model": model,
        "prompt": prompt,
        "path": str(saved.path),
        "width": saved.width_px,
        "height": saved.height_px,
        "sha256": saved.sha256,
        "blank": saved.blank,
    }


def _failed(state: ImageState, provider: str, error: PeituError, report: Report) -> ImageState:
    report("failed", provider=provider, kind=type(error).__name__, error=str(error))
    failure: Failure = {"provider": provider, "kind": type(error).__name__, "error": str(error)}
    return {"outcome": None, "failures": [*state.get("failures", []), failure]}
