"""The command line: `peitu run`, and the commands that stand in files of their own.

Every command imports what it needs when it runs, so that `peitu --help`, `runs` and `show` start without LangGraph.
"""

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer
from typer._click.exceptions import UsageError  # typer 0.29 keeps its copy of click private

from graph.commands import exhibit, look
from graph.commands.batch import batch
from graph.commands.look import Config, Json, OutputDir
from graph.commands.preparing import load_workflow, prepare
from graph.commands.prune import prune
from graph.commands.redo import redo
from graph.commands.resume import resume
from tools.errors import PeituError

app = typer.Typer(
    help="Peitu (配图) turns an article or a topic into finished illustrations.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

STOPPED = 130
"""The status that Typer makes of a `KeyboardInterrupt`."""

WELCOME = """\
Peitu (配图) turns an article or a topic into illustrations. Next:

  peitu run examples/coffee.md            illustrate an article; without a key: offline sketches
  peitu run --text "春天的第一杯茶"         illustrate a few words
  peitu batch examples/storyboard.json    illustrate a whole storyboard, or a folder of articles
  peitu gallery --open                    look at all pictures so far
  peitu doctor                            what is configured, what is missing and where to get it
  peitu --help                            all commands"""


def obey() -> int:
    """Do what the command line says and return the exit status; a message is one line on standard error.

    Raises:
        KeyboardInterrupt: Somebody pressed Ctrl-C before anything was begun.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us: `print` would turn to the other one
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that knows no Chinese still gets the rest
    try:
        status = app(standalone_mode=False, prog_name="peitu")
    except UsageError as error:
        command = error.ctx.command_path if error.ctx else "peitu"
        return _refuse(f"{error.format_message().rstrip('.')} - see: {command} --help", 2)
    except PeituError as error:
        return _refuse(str(error), 2)
    except Exception as error:  # noqa: BLE001 - the one place where nothing may get past
        from graph.commands.unforeseen import tell

        return _refuse(tell(error), 1)
    if status == STOPPED:
        raise KeyboardInterrupt
    return status or 0


def _refuse(message: str, status: int) -> int:
    from graph.terminal.console import say

    say(message)
    return status


@app.callback(invoke_without_command=True)
def welcome(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    """Print the version, or say what to do next when no command is given."""
    if version:
        from importlib.metadata import version as version_of

        typer.echo(f"peitu {version_of('peitu')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(WELCOME)


@app.command()
def run(
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE|-]", help="Article (Markdown, plain text or HTML); - reads standard input."),
    ] = None,
    text: Annotated[
        str | None, typer.Option(metavar="T", help="The content itself: a topic, a sentence or an article.")
    ] = None,
    count: Annotated[int | None, typer.Option(metavar="N", help="How many pictures.")] = None,
    style: Annotated[
        str | None, typer.Option(metavar="S", help="Style of the whole set; `--style list` shows all styles.")
    ] = None,
    provider: Annotated[str | None, typer.Option(metavar="P", help="auto, modelscope, dashscope or sketch.")] = None,
    size: Annotated[str | None, typer.Option(metavar="WxH", help="Size in pixels, e.g. 1024x1024.")] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="K", help="Seed of the first picture; each further picture adds 1.")
    ] = None,
    output_dir: OutputDir = None,
    upload: Annotated[
        bool | None, typer.Option("--upload/--no-upload", help="Upload the pictures to OSS, or keep them here.")
    ] = None,
    review: Annotated[
        bool, typer.Option("--review", help="Show the prompts first; no picture is made until you approve.")
    ] = False,
    run_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Name of the run (default: the current time).")
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make the pictures of one article or topic."""
    from graph.commands.request import Wishes, check, check_run_id, see_unused
    from graph.terminal.console import say
    from tools.content.templates import style_lines
    from tools.sqlite.run_names import new_run_id

    if style == "list":
        from tools.setup.settings import load_settings

        own = load_settings(config).templates
        typer.echo("\n".join(f"{name:<12} {text}" for name, text in style_lines(own=own)))
        return
    overrides = {"output_dir": output_dir and str(output_dir)}
    settings = prepare(config, overrides)
    wishes = Wishes(
        file=file,
        text=text,
        count=count,
        style=style,
        provider=provider,
        size=size,
        seed=seed,
        upload=upload,
        review=review,
    )
    asked = check(wishes, settings, tell=say)
    name = check_run_id(run_id) if run_id else new_run_id()
    see_unused(name, asked["content"], settings.database.path)

    load_workflow()
    from graph import runs
    from graph.commands.session import follow
    from graph.opening.assembly import check_ready

    check_ready(settings, provider=provider, size=size, upload=upload)

    def begin(workflow: Any, watch: Any, name: str) -> Any:
        return runs.run(workflow, asked, run_id=name, watch=watch, ask=watch.ask)

    follow(config, overrides, name, begin, database_path=settings.database.path, as_json=as_json)


# What stands elsewhere is registered here, so that one file lists all commands.
COMMANDS = (
    batch,
    resume,
    redo,
    look.runs,
    look.show,
    exhibit.gallery,
    exhibit.sheet,
    prune,
    look.doctor,
    look.models,
    look.graph,
)
for command in COMMANDS:
    app.command()(command)
