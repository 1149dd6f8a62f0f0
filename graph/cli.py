"""The command line: `peitu run`, `resume`, `runs`, `show`, `doctor`, `graph`.

Every command imports what it needs when it runs, so that `peitu --help`, `runs` and `show` start without LangGraph.
"""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer._click.exceptions import UsageError  # typer 0.29 keeps its copy of click private

from tools.errors import InputError, PeituError

app = typer.Typer(
    help="Peitu (配图): an article, a storyboard or a topic becomes finished illustrations.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Config = Annotated[
    Path | None, typer.Option("--config", metavar="F", help="Configuration file instead of config.yaml.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]

WELCOME = """\
Peitu (配图) turns an article, a storyboard or a topic into illustrations. Next:

  peitu run examples/coffee.md            illustrate an article; with no key: offline sketches
  peitu run --text "春天的第一杯茶"         illustrate a few words
  peitu doctor                            what is configured, what is missing and where to get it
  peitu --help                            all commands"""


def main() -> NoReturn:
    """Run the command line and exit: 0 all is there, 1 something is missing, 2 it could not start."""
    try:
        code = app(standalone_mode=False)
    except UsageError as error:
        fail(f"{error.format_message()} - see: peitu --help", 2)
    except PeituError as error:
        fail(str(error), 2)
    except KeyboardInterrupt:
        fail("stopped", 1)
    sys.exit(code or 0)


def fail(message: str, code: int) -> NoReturn:
    """Print one line on standard error and exit."""
    from tools.log import redact

    print("peitu: " + " ".join(redact(message).split()), file=sys.stderr)
    sys.exit(code)


@app.callback(invoke_without_command=True)
def welcome(context: typer.Context) -> None:
    """Say what to do next when no command is given."""
    if context.invoked_subcommand is None:
        typer.echo(WELCOME)


@app.command()
def run(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE|-]", help="Article (Markdown or text); - reads standard input.")
    ] = None,
    text: Annotated[
        str | None, typer.Option(metavar="T", help="The content itself: a topic, a sentence, an article.")
    ] = None,
    count: Annotated[int | None, typer.Option(metavar="N", help="How many pictures.")] = None,
    style: Annotated[str | None, typer.Option(metavar="S", help="Style of the whole set; `list` shows them.")] = None,
    provider: Annotated[str | None, typer.Option(metavar="P", help="auto, modelscope, dashscope or sketch.")] = None,
    size: Annotated[str | None, typer.Option(metavar="WxH", help="Size in pixels, e.g. 1024x1024.")] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="K", help="Seed of the first picture; the next ones count up.")
    ] = None,
    output_dir: Annotated[Path | None, typer.Option(metavar="D", help="Folder of the pictures.")] = None,
    upload: Annotated[bool | None, typer.Option("--upload/--no-upload", help="Upload to OSS, or do not.")] = None,
    run_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Name of the run; made from the time when left out.")
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make the pictures of one article or topic."""
    from graph.request import Wishes, check, check_run_id, new_run_id
    from tools.templates import style_lines

    if style == "list":
        typer.echo("\n".join(f"{name:<12} {text}" for name, text in style_lines()))
        return
    overrides = {"output_dir": output_dir and str(output_dir)}
    settings = prepare(config, overrides)
    wishes = Wishes(
        file=file, text=text, count=count, style=style, provider=provider, size=size, seed=seed, upload=upload
    )
    asked = check(wishes, settings)
    name = check_run_id(run_id) if run_id else new_run_id()

    from graph import runs
    from graph.assembly import check_ready

    check_ready(settings, provider=provider, size=size, upload=upload)
    follow(
        config,
        overrides,
        [name],
        lambda workflow, watch, _: runs.run(workflow, asked, run_id=name, watch=watch),
        as_json=as_json,
    )


@app.command()
def resume(
    run_id: Annotated[str | None, typer.Argument(metavar="[RUN_ID]")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Continue every run that is not complete.")] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Continue a run where it stopped; what is paid is collected, never bought again."""
    from tools.records import find_run, list_runs

    settings = prepare(config, {})
    path = settings.database.path
    if (run_id is None) != everything:
        raise InputError("Name the run to continue, or all with --all - `peitu runs` lists them")
    names = (
        [run["run_id"] for run in list_runs(path, limit=10_000) if not run["success"]] if everything else [str(run_id)]
    )

    from graph import runs

    def go_on(workflow: Any, watch: Any, name: str) -> Any:
        return runs.resume(workflow, name, recorded=find_run(path, name), watch=watch)

    follow(config, {}, names, go_on, as_json=as_json, as_list=everything)


@app.command(name="runs")
def list_all(config: Config = None, as_json: Json = False) -> None:
    """List the runs, the newest first."""
    from graph.console import print_json, print_runs
    from tools.environment import database_path
    from tools.records import list_runs

    found = list_runs(database_path(config))
    if as_json:
        print_json({"runs": found})
    elif found:
        print_runs(found)
    else:
        typer.echo('No runs yet. Start one: peitu run --text "a lighthouse before the storm"')


@app.command()
def show(
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID")], config: Config = None, as_json: Json = False
) -> None:
    """Show all that is recorded of a run."""
    from graph.console import print_json, print_run
    from tools.environment import database_path
    from tools.records import find_run

    found = find_run(database_path(config), run_id)
    if found is None:
        raise InputError(f"There is no run {run_id!r} - `peitu runs` lists them")
    if as_json:
        print_json(found)
    else:
        print_run(found)


@app.command()
def doctor(config: Config = None) -> None:
    """Say what is configured, what is missing and where to get it; checks what can be checked without paying."""
    from graph.doctor import examine, print_findings

    sys.exit(print_findings(asyncio.run(examine(settings_of(config)))))


@app.command()
def graph(
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print the graph as Mermaid text (the default).")] = False,
    config: Config = None,
) -> None:
    """Draw the graph."""
    from graph.drawing import tidy
    from graph.wiring import drawing

    del mermaid  # the only way to draw for now
    typer.echo(tidy(asyncio.run(drawing(settings_of(config))).draw_mermaid()))


def settings_of(config: Path | None, overrides: Mapping[str, Any] | None = None) -> Any:
    """Load the settings."""
    from tools.settings import load_settings

    return load_settings(config, overrides)


def prepare(config: Path | None, overrides: Mapping[str, Any]) -> Any:
    """Load the settings and open the log for a command that makes pictures."""
    from tools.environment import KEY_VARIABLES, environment_value
    from tools.log import set_up_logging

    settings = settings_of(config, overrides)
    rules = settings.logging
    set_up_logging(
        level=rules.level,
        path=rules.path,
        rotation=rules.rotation,
        retention=rules.retention,
        secrets=[key for name in KEY_VARIABLES if (key := environment_value(name))],
    )
    return settings


def follow(
    config: Path | None,
    overrides: Mapping[str, Any],
    names: list[str],
    step: Any,
    *,
    as_json: bool,
    as_list: bool = False,
) -> NoReturn:
    """Work through the runs with the terminal showing how they go; print what came of them and exit."""
    from graph.console import print_json, print_result
    from graph.session import work_through

    try:
        documents = asyncio.run(work_through(config, overrides, names, step))
    except KeyboardInterrupt:
        rest = names[0] if len(names) == 1 else "--all"
        fail(f"stopped; what is under way is kept - continue with: peitu resume {rest}", 1)
    if as_json:
        print_json({"success": all(d["success"] for d in documents), "runs": documents} if as_list else documents[0])
    else:
        for document in documents:
            print_result(document)
    sys.exit(0 if all(document["success"] for document in documents) else 1)


if __name__ == "__main__":
    main()
