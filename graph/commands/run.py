"""The command `peitu run`: make the pictures of an article or a topic."""

from typing import TYPE_CHECKING, Annotated

import typer

from graph.commands.options import Config, Json, OutputDir, Provider, Upload
from graph.commands.preparing import load_workflow, prepare

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from graph.build import Workflow
    from graph.state import OutputState
    from graph.terminal.run_progress import Watcher


def run(  # noqa: PLR0917 - typer reads a command's options from its parameters
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
    provider: Provider = None,
    size: Annotated[str | None, typer.Option(metavar="WxH", help="Size in pixels, e.g. 1024x1024.")] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="K", help="Seed of the first picture; each further picture adds 1.")
    ] = None,
    output_dir: OutputDir = None,
    upload: Upload = None,
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
    from graph.commands.request import Wishes, check, check_run_id, check_unused
    from graph.terminal.console import say
    from tools.content.templates import style_lines
    from tools.sqlite.run_ids import new_run_id

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
    name = new_run_id() if run_id is None else check_run_id(run_id)
    check_unused(name, asked["content"], settings.database.path)

    load_workflow()
    from graph import runs
    from graph.commands.session import follow
    from graph.opening.assembly import check_ready

    check_ready(settings, provider=provider, size=size, upload=upload)

    def begin(workflow: "Workflow", watch: "Watcher", name: str) -> "Awaitable[OutputState]":
        return runs.run(workflow, asked, run_id=name, watch=watch, ask=watch.ask)

    follow(config, overrides, name, begin, database_path=settings.database.path, as_json=as_json)
