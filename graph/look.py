"""The commands that only look: `peitu runs`, `show`, `doctor`, `models`, `graph`. They make and pay nothing.

Each imports what it needs when it runs, so that `runs` and `show` start without LangGraph.
"""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from tools.errors import InputError

Config = Annotated[
    Path | None, typer.Option("--config", metavar="F", help="Configuration file instead of config.yaml.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]


def runs(config: Config = None, as_json: Json = False) -> None:
    """List the runs, the newest first."""
    from graph.console import print_json, print_runs
    from tools.database_path import database_path
    from tools.records import list_runs

    found = list_runs(database_path(config))
    if as_json:
        print_json({"runs": found})
    elif found:
        print_runs(found)
    else:
        typer.echo('No runs yet. Start one: peitu run --text "a lighthouse before the storm"')


def show(
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID")], config: Config = None, as_json: Json = False
) -> None:
    """Show all that is recorded of a run."""
    from graph.console import print_json, print_run
    from tools.database_path import database_path
    from tools.records import find_run

    found = find_run(database_path(config), run_id)
    if found is None:
        raise InputError(f"There is no run {run_id!r} - `peitu runs` lists them")
    if as_json:
        print_json(found)
    else:
        print_run(found)


def doctor(config: Config = None) -> None:
    """Say what is configured, what is missing and where to get it; checks what can be checked without paying."""
    from graph.doctor import examine, print_findings
    from tools.settings import load_settings

    sys.exit(print_findings(asyncio.run(examine(load_settings(config), config))))


def models(as_json: Json = False) -> None:
    """List the models that are known, with their sizes and limits; with ModelScope any other name may be tried."""
    from graph.console import print_json, print_models
    from tools.models import known_models

    if as_json:
        print_json({"models": known_models()})
    else:
        print_models(known_models())


def graph(
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print the graph as Mermaid text (the default).")] = False,
    png: Annotated[Path | None, typer.Option("--png", metavar="F", help="Draw the graph into a PNG file.")] = None,
    config: Config = None,
) -> None:
    """Draw the graph, offline."""
    from graph.drawing import draw_png, tidy
    from graph.wiring import drawing
    from tools.settings import load_settings

    drawn = asyncio.run(drawing(load_settings(config)))
    if png is not None:
        from tools.files import write_whole

        write_whole(png, draw_png(drawn))
    if mermaid or png is None:
        typer.echo(tidy(drawn.draw_mermaid()))
