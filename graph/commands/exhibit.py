"""The commands that show what was made: `peitu gallery` and `peitu sheet`. They make and pay nothing.

Each imports what it needs when it runs, so that `peitu --help` starts at once.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from graph.commands.look import Config
from tools.errors import InputError

Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Where to write it.")]


def gallery(
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    output: Output = None,
    config: Config = None,
) -> None:
    """Build a searchable web page of all runs; no server needed."""
    from tools.gallery.page import gallery_page
    from tools.pictures.files import write_whole
    from tools.setup.settings import load_settings

    settings = load_settings(config)
    path = output or settings.output_dir / "gallery.html"
    _keep_pictures(settings.database.path, path)
    with _thumbnail_progress() as watch:
        page = gallery_page(settings.database.path, link=_relative_to(path.parent), watch=watch)
    write_whole(path, page.encode())
    typer.echo(str(path))
    if show:
        _open(path)


MOST = 200
"""Pictures on the sheet of a batch; a run has fewer."""


def sheet(
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID|BATCH_ID")], output: Output = None, config: Config = None
) -> None:
    """Make one JPG with all pictures of a run, or of a batch."""
    from graph.terminal.console import say
    from tools.gallery.sheet import contact_sheet
    from tools.pictures.files import write_whole
    from tools.pictures.fonts import chinese_font, has_chinese
    from tools.pictures.names import check_picture_name, folder_name
    from tools.setup.settings import load_settings
    from tools.sqlite.records import find_run

    if output:
        check_picture_name(output, png=False)
    settings = load_settings(config)
    run = find_run(settings.database.path, run_id) or _find_batch(settings.database.path, run_id)
    if run is None:
        raise InputError(f"There is no run or batch {run_id!r} - `peitu runs` lists them")
    path = output or settings.output_dir / folder_name(run_id) / "sheet.jpg"
    _keep_pictures(settings.database.path, path)
    font = chinese_font()
    write_whole(path, contact_sheet(run, font=font, label=_label(run, settings.labels.content_producer)))
    if font is None and has_chinese(f"{run['title']} {run['content']}"):
        say("no Chinese font was found - install one, e.g. fonts-noto-cjk, and run it again")
    typer.echo(str(path))


def _find_batch(database_path: Path, batch_id: str) -> dict[str, Any] | None:
    """Return a batch as the run that a sheet shows: its first pictures, each with the id of its segment."""
    from graph.terminal.console import say
    from tools.sqlite.batch_records import batch_document, find_batch
    from tools.sqlite.provenance import subjects_of

    batch = find_batch(database_path, batch_id)
    if batch is None:
        return None
    document = batch_document(database_path, batch_id)
    images = list(islice(document["images"], MOST))
    title = batch["options"].get("title") or Path(batch["source"]).name
    told = {"run_id": batch_id, "title": title, "started_at": batch["started_at"], "options": {}}
    if document["requested"] > len(images):
        say(f"the sheet shows the first {len(images)} of {document['requested']} pictures")
        told["whole"] = (document["count"], document["requested"])
    subjects = subjects_of(database_path, images)
    plan = {"prompts": [{"index": index, "subject": subject} for index, subject in subjects.items()]}
    words = " ".join(image["prompt"] for image in images[:10])
    return {**told, "plan": plan, "content": words, "images": images}


def _keep_pictures(database_path: Path, path: Path) -> None:
    """Refuse to write over a picture of a run, e.g. one that a storyboard calls `sheet.jpg`."""
    from tools.gallery.sheet import is_picture

    if is_picture(database_path, path):
        raise InputError(f"{str(path)!r} is a picture of a run - name another file with --output")


def _label(run: Mapping[str, Any], producer: str) -> str | None:
    """Return the AIGC label of a sheet, or `None` when no model made any of its pictures."""
    from tools.pictures.labels import aigc_label

    if all(image["provider"] in {None, "sketch"} for image in run["images"] if image["status"] == "saved"):
        return None
    return aigc_label(f"{run['run_id']}-sheet", content_producer=producer)


def _relative_to(folder: Path) -> Callable[[Path], str]:
    """Return what makes the address of a picture for a page in the folder; it stays right when both move together."""

    def link(picture: Path) -> str:
        try:
            return quote(Path(os.path.relpath(picture, folder)).as_posix())
        except ValueError:  # On another drive of Windows.
            return picture.absolute().as_uri()

    return link


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
    """Open the page in the browser; where there is none, its path is printed already."""
    import webbrowser

    from graph.terminal.console import say

    if not webbrowser.open(path.resolve().as_uri()):
        say("no browser was found - open the file yourself")
