"""The read-only commands: `peitu runs`, `show`, `doctor`, `models`, `graph`. They make no pictures and cost nothing.

Each imports what it needs when it runs, so that `runs` and `show` start without LangGraph.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from graph.commands.options import Config, Json
from tools.errors import InputError

MOST = 50
"""Most lines in each table of `peitu runs`."""


def runs(config: Config = None, as_json: Json = False) -> None:
    """List the runs and the batches, newest first (the table shows the most recent; --json shows all)."""
    from graph.terminal.console import print_json
    from graph.terminal.tables import print_runs
    from tools.sqlite.database_path import database_path
    from tools.sqlite.lists import count_runs, list_batches, list_runs

    path = database_path(config)
    limit = None if as_json else MOST
    found, batches = list_runs(path, limit=limit), list_batches(path, limit=limit)
    if as_json:
        print_json({"runs": found, "batches": batches})
    elif found or batches:
        print_runs(found, batches, counts=count_runs(path))
    else:
        typer.echo('No runs yet. Start one: peitu run --text "a lighthouse before the storm"')


def show(
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID|BATCH_ID")], config: Config = None, as_json: Json = False
) -> None:
    """Show everything recorded about a run, or the state of a batch: of a large one, what failed or is missing."""
    from graph.terminal.console import print_json, print_run
    from tools.sqlite.database_path import database_path
    from tools.sqlite.liveness import find_state
    from tools.sqlite.records import find_run
    from tools.sqlite.unfinished import with_what_is_missing

    path = database_path(config)
    found = find_run(path, run_id)
    if found is None:
        _show_batch(path, run_id, as_json=as_json)
        return
    found = {**with_what_is_missing(found), "state": find_state(path, found)}
    if as_json:
        print_json(found)
    else:
        print_run(found)


def _show_batch(path: Path, batch_id: str, *, as_json: bool) -> None:
    from graph.terminal.batch_lines import print_segments
    from graph.terminal.console import print_json
    from graph.terminal.report import make_report, print_report
    from tools.sqlite.batch_records import batch_document, find_batch, notes_of
    from tools.sqlite.provenance import other_prompts

    batch = find_batch(path, batch_id)
    if batch is None:
        raise InputError(f"There is no run or batch {batch_id!r} - `peitu runs` lists them")
    document = batch_document(path, batch_id)
    if as_json:
        print_json(document)
    else:
        print_segments(document)
        report = make_report(
            document,
            source=batch["source"],
            seconds=0.0,
            made_now=0,
            other_prompts=other_prompts(path, batch_id),
            notes=notes_of(path, batch_id),
            by_model=False,
        )
        print_report(report)


def doctor(config: Config = None) -> None:
    """Show what is configured, what is missing and where to get it; runs free checks only."""
    import asyncio

    from graph.commands.doctor import examine, print_findings
    from tools.setup.settings import load_settings

    sys.exit(print_findings(asyncio.run(examine(load_settings(config), config))))


def models(as_json: Json = False) -> None:
    """List the known image models with their sizes and limits; ModelScope also accepts other model names."""
    from graph.terminal.console import print_json
    from graph.terminal.tables import print_models
    from tools.providers.models import known_models

    if as_json:
        print_json({"models": known_models()})
    else:
        print_models(known_models())


def graph(
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print the graph as Mermaid text (the default).")] = False,
    png: Annotated[Path | None, typer.Option("--png", metavar="F", help="Draw the graph into a PNG file.")] = None,
    config: Config = None,
) -> None:
    """Draw the graph; no internet needed."""
    import asyncio

    from graph.terminal.drawing import draw_png, tidy
    from graph.wiring import drawing
    from tools.setup.settings import load_settings

    drawn = asyncio.run(drawing(load_settings(config)))
    if png is not None:
        from tools.pictures.files import write_whole

        write_whole(png, draw_png(drawn))
    if mermaid or png is None:
        typer.echo(tidy(drawn.draw_mermaid()))
