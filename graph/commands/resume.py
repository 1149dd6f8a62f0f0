"""The command `peitu resume`: continue a run, a batch, or all that are not complete."""

import sys
from collections import deque
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from graph.commands.options import Config, Json
from graph.commands.preparing import load_workflow, prepare
from tools.errors import InputError, PeituError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from graph.build import Workflow
    from graph.commands.session import Step
    from graph.state import OutputState
    from graph.terminal.run_progress import Watcher


def resume(
    run_id: Annotated[str | None, typer.Argument(metavar="[RUN_ID|BATCH_ID]")] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Continue every run and every batch that is not complete; complete ones are passed over, also where"
            " pictures were deleted since: name those.",
        ),
    ] = False,
    resubmit: Annotated[
        bool, typer.Option("--resubmit", help="Re-send held requests, even though they may already have been billed.")
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Continue a run or a batch where it stopped; what is paid is not bought again."""
    if (run_id is None) != everything:
        raise InputError("Name the run to continue, or use --all - `peitu runs` lists the runs")
    if run_id is None:
        _resume_all(config, resubmit=resubmit, as_json=as_json)

    from tools.sqlite.batch_records import find_batch, find_segment, held_runs_of

    path = prepare(config, {}).database.path
    batch = find_batch(path, run_id)
    segment = None if batch else find_segment(path, run_id)
    overrides = {"output_dir": (batch or segment or {}).get("options", {}).get("output_dir")}
    settings = prepare(config, overrides)
    if resubmit:
        _send_again(path, held_runs_of(path, run_id) if batch else [run_id])
    load_workflow()
    if batch:
        from graph.batches.session import follow_batch

        follow_batch(config, settings, batch, as_json=as_json)

    from graph.commands.session import follow

    follow(config, overrides, run_id, _step(path), database_path=path, as_json=as_json)


def _step(path: Path, *, asks: bool = True, several: bool = False) -> "Step":
    """Return the function that continues a run: from its checkpoint, its row, or what its segment asked for."""
    from graph import runs
    from tools.sqlite.batch_records import find_segment
    from tools.sqlite.records import find_run

    def go_on(workflow: "Workflow", watch: "Watcher", name: str) -> "Awaitable[OutputState]":
        ask = partial(watch.ask, head=f"Run {name}") if several else watch.ask
        recorded = find_run(path, name)
        if recorded is None and (segment := find_segment(path, name)):
            asked = dict(segment["asked"])
            recorded = {"content": asked.pop("content"), "options": asked}
        return runs.resume(workflow, name, recorded=recorded, watch=watch, ask=ask if asks else None)

    return go_on


def _resume_all(config: Path | None, *, resubmit: bool, as_json: bool) -> NoReturn:
    """Continue all runs that are incomplete or have a redo pending, then all incomplete batches, each as a whole."""
    load_workflow()
    from graph.commands.session import work_through
    from graph.terminal.asking import can_ask
    from graph.terminal.console import print_json, print_result
    from graph.terminal.next_steps import tell_beside, ways_on_with
    from graph.terminal.stopping import until_stopped
    from tools.sqlite.batch_records import held_runs_of
    from tools.sqlite.lists import list_batches, list_runs
    from tools.sqlite.versions import pending_segments

    path = prepare(config, {}).database.path
    names = [run["run_id"] for run in list_runs(path, limit=None) if not run["success"]] + pending_segments(path)
    batches = [batch["batch_id"] for batch in list_batches(path, limit=None) if not batch["success"]]
    if resubmit:
        _send_again(path, [*names, *(run_id for name in batches for run_id in held_runs_of(path, name))])
    # Where nobody can answer, printing the prompts of every run that waits for a review would only hide the results.
    work = work_through(config, {}, names, _step(path, asks=can_ask(), several=True), database_path=path)
    found = until_stopped(work, go_on="--all")
    reports = _resume_batches(config, path, batches, as_json=as_json)
    success = all(document["success"] for document in [*found, *reports])
    if as_json:
        print_json({"success": success, "runs": found, "batches": reports})
        named = [*found, *({**batch, "run_id": batch["batch_id"]} for batch in reports)]
        tell_beside(line for each in named if not each["success"] for line in ways_on_with(each))
    elif not names and not batches:
        typer.echo("nothing to continue")
    else:
        for document in found:
            print_result(document)
    sys.exit(0 if success else 1)


def _resume_batches(config: Path | None, path: Path, names: list[str], *, as_json: bool) -> list[dict[str, Any]]:
    """Continue the batches and return their result documents; one that cannot be continued stops no other.

    A batch that left pictures to another batch of its storyboard gets a second turn after that one.
    """
    from graph.batches.session import BatchSession
    from graph.terminal.console import say
    from tools.sqlite.batch_records import batch_document, find_batch

    reports: dict[str, dict[str, Any]] = {}
    turns = deque(names)
    while turns:
        name = turns.popleft()
        row = find_batch(path, name) or {}
        try:
            settings = prepare(config, {"output_dir": row["options"].get("output_dir")})
            session = BatchSession(config, settings, row, as_json=as_json)
            report = session.until_stopped(go_on="--all")
        except PeituError as error:  # another batch of its storyboard is at work, or its output folder cannot be used
            say(str(error))
            reports[name] = {**batch_document(path, name, reason=str(error)), "success": False}
            continue
        if session.leaves_to_others and not report["success"] and name not in reports:
            turns.append(name)
        reports[name] = report
    return list(reports.values())


def _send_again(path: Path, run_ids: list[str]) -> None:
    import asyncio

    from graph.commands.session import send_again

    asyncio.run(send_again(path, run_ids))
