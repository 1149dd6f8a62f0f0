"""The command `peitu article`: write the text of a run with its pictures in it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graph.commands.links import relative_to
from graph.commands.options import Config, Output
from tools.errors import InputError

if TYPE_CHECKING:
    from tools.content.illustrated import PlacedPicture


def article(
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID")], output: Output = None, config: Config = None
) -> None:
    """Put the pictures of a run into its article, as Markdown."""
    from graph.terminal.console import say
    from tools.content.illustrated import illustrated
    from tools.pictures.files import write_whole
    from tools.pictures.names import folder_name
    from tools.setup.settings import load_settings
    from tools.sqlite.records import find_run

    settings = load_settings(config)
    run = find_run(settings.database.path, run_id)
    if run is None:
        raise InputError(f"There is no run {run_id!r} - `peitu runs` lists them; of a batch, name a segment")
    if output and output.exists():
        raise InputError(f"{str(output)!r} is there already - name another file with --output")
    path = output or settings.output_dir / folder_name(run_id) / "article.md"
    pictures = list(_placed(run, relative_to(path.parent)))
    if not pictures:
        raise InputError(f"Run {run_id!r} has no pictures yet - make them with: peitu resume {run_id}")
    write_whole(path, illustrated(run["content"], pictures).encode("utf-8", "replace"))
    requested = run["requested"] or len(run["images"])  # not known before the first end of a run
    if missing := requested - len(pictures):
        say(f"{missing} of {requested} pictures missing - continue with: peitu resume {run_id}")
    typer.echo(str(path))


def _placed(run: Mapping[str, Any], link: Callable[[Path], str]) -> "Iterator[PlacedPicture]":
    """Yield the existing pictures with their addresses; one without a known place in the text goes to the end."""
    from tools.content.illustrated import PlacedPicture

    plan = {prompt["index"]: prompt for prompt in (run["plan"] or {}).get("prompts", [])}
    for image in run["images"]:
        if image["status"] == "saved" and (image["url"] or Path(image["path"]).is_file()):
            planned = plan.get(image["index"], {})
            words = planned.get("subject") or planned.get("heading") or run["title"] or ""
            end = planned.get("end", len(run["content"]))
            yield PlacedPicture(end=end, words=words, address=image["url"] or link(Path(image["path"])))
