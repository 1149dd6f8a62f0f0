"""The command `peitu gallery`: write one web page with the pictures of all runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from graph.commands.links import relative_to
from graph.commands.options import Config, Output


def gallery(
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    output: Output = None,
    config: Config = None,
) -> None:
    """Build a searchable web page of all runs; no server needed."""
    from tools.gallery.page import gallery_page
    from tools.gallery.sheet import keep_pictures
    from tools.pictures.files import write_whole
    from tools.setup.settings import load_settings

    settings = load_settings(config)
    path = output or settings.output_dir / "gallery.html"
    keep_pictures(settings.database.path, path)
    with _thumbnail_progress() as watch:
        page = gallery_page(settings.database.path, link=relative_to(path.parent), watch=watch)
    write_whole(path, page.encode())
    typer.echo(str(path))
    if show:
        _open(path)


@contextmanager
def _thumbnail_progress() -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error while thumbnails are made, if that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("making thumbnails", total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


def _open(path: Path) -> None:
    """Open the page in the browser; without one, say so (its path is printed already)."""
    import webbrowser

    from graph.terminal.console import say

    if not webbrowser.open(path.resolve().as_uri()):
        say("no browser was found - open the file yourself")
