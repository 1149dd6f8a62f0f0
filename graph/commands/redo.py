"""The command `peitu redo`: make one picture of a finished run again."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graph.commands.options import Config, Json, Provider
from graph.commands.preparing import load_workflow, prepare

if TYPE_CHECKING:
    from graph.build import Workflow
    from graph.state import OutputState
    from graph.terminal.run_progress import Watcher


def redo(  # noqa: PLR0917 - Typer reads a command's options from its parameters
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID")],
    index: Annotated[int, typer.Argument(metavar="INDEX", help="Which picture, counted from 0: 00.jpg is 0.")],
    prompt: Annotated[str | None, typer.Option(metavar="T", help="New prompt; used as it is without --style.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="K", help="Seed (default: a new random one).")] = None,
    provider: Provider = None,
    style: Annotated[str | None, typer.Option(metavar="S", help="Another style for the same scene.")] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make one picture of a finished run again; the old file is kept."""
    from graph.commands.redo_begin import find_begun

    path = prepare(config, {}).database.path
    begun = find_begun(path, run_id)
    settings = prepare(config, begun.overrides)

    load_workflow()
    from graph.commands.session import work_through
    from graph.opening.assembly import check_ready
    from graph.redo import redo as make_anew
    from graph.terminal.next_steps import tell_beside
    from graph.terminal.stopping import until_stopped

    check_ready(settings, provider=provider, size=begun.size(index), upload=None)

    async def step(workflow: "Workflow", watch: "Watcher", name: str) -> "OutputState":
        recorded = await begun.record(workflow, path, watch)
        wishes: dict[str, Any] = {"prompt": prompt, "seed": seed, "provider": provider, "style": style}
        return await make_anew(workflow, name, index, recorded=recorded, watch=watch, **wishes)

    def last_word() -> None:
        if as_json:
            _print_json({"success": False}, path, run_id)

    work = work_through(config, begun.overrides, [run_id], step, database_path=path)
    found = until_stopped(work, go_on=run_id, last_word=last_word)[0]
    if as_json:
        _print_json(found, path, run_id)
        tell_beside([] if found["success"] else _ways_on(path, run_id, index))
    else:
        _print(found, path, run_id, index)
    sys.exit(0 if found["success"] else 1)


def _print_json(found: Mapping[str, Any], path: Path, run_id: str) -> None:
    """Print the result document, with the versions of the images that have some."""
    from graph.following import document
    from graph.terminal.console import print_json
    from tools.sqlite.records import find_run

    recorded = find_run(path, run_id) or {"images": []}
    told = document(run_id, {**recorded, **found})
    versions = {image["index"]: {"versions": image["versions"]} for image in recorded["images"] if "versions" in image}
    print_json({**told, "images": [{**image, **versions.get(image["index"], {})} for image in told["images"]]})


def _print(found: Mapping[str, Any], path: Path, run_id: str, index: int) -> None:
    """Print what was made and what it replaces, or why it was not made and how to continue."""
    from graph.terminal.console import version_lines
    from tools.sqlite.records import NOT_ANEW, find_run

    recorded = find_run(path, run_id) or {"images": [], "success": False}
    image: dict[str, Any] = next((image for image in recorded["images"] if image["index"] == index), {})
    for line in [*(f"note: {note}" for note in found["notes"]), *version_lines(image)]:
        typer.echo(line.strip())
    if found["success"]:
        typer.echo(f"Image {index} of run {run_id} was made again: {image['path']}")
        return
    # The line of the version says already why it was not made.
    reason = (image.get("error") or "it stopped early").partition(f"{NOT_ANEW}: ")[0] or NOT_ANEW
    typer.echo(f"Image {index} of run {run_id}: {reason}; shown is {image.get('path') or 'none'}")
    for line in _ways_on(path, run_id, index):
        typer.echo(line)


def _ways_on(path: Path, run_id: str, index: int) -> list[str]:
    """Return the commands that continue the run, or none if it is complete and no new version is pending."""
    from graph.terminal.next_steps import ways_on
    from tools.sqlite.records import find_run
    from tools.sqlite.versions import pending_wish

    recorded = find_run(path, run_id)
    if recorded and recorded["success"] and not pending_wish(recorded):
        return []
    versions = (image.get("versions", []) for image in (recorded or {}).get("images", []) if image["index"] == index)
    return ways_on(run_id, held=any(version["status"] == "unknown" for known in versions for version in known))
