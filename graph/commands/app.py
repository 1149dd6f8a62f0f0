"""The Typer application: the list of all commands, and how errors become messages and exit statuses.

Every command imports what it needs when it runs, so that `peitu --help`, `runs` and `show` start without LangGraph.
"""

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer
from typer._click.exceptions import UsageError  # typer 0.29 keeps its copy of click private

from graph.commands import look
from graph.commands.article import article
from graph.commands.batch import batch
from graph.commands.gallery import gallery
from graph.commands.prune import prune
from graph.commands.redo import redo
from graph.commands.resume import resume
from graph.commands.run import run
from graph.commands.sheet import sheet
from tools.errors import PeituError

app = typer.Typer(
    help="Peitu (配图) turns an article or a topic into finished illustrations.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

STOPPED = 130
"""The exit status that Typer returns for a `KeyboardInterrupt`."""

WELCOME = """\
Peitu (配图) turns an article or a topic into illustrations. Next:

  peitu run examples/coffee.md            illustrate an article; without a key: offline sketches
  peitu run --text "春天的第一杯茶"         illustrate a few words
  peitu batch examples/storyboard.json    illustrate a whole storyboard, or a folder of articles
  peitu gallery --open                    look at all pictures so far
  peitu doctor                            what is configured, what is missing and where to get it
  peitu --help                            all commands"""


def run_command() -> int:
    """Run the command and return the exit status; an error is printed as one line on standard error.

    Raises:
        KeyboardInterrupt: Somebody pressed Ctrl-C before anything was begun.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us: `print` would use the other one
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


COMMANDS = (
    run,
    batch,
    resume,
    redo,
    look.runs,
    look.show,
    article,
    gallery,
    sheet,
    prune,
    look.doctor,
    look.models,
    look.graph,
)
for command in COMMANDS:
    app.command()(command)
