"""The command `peitu batch`: make the pictures of a storyboard, or of a folder of articles."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graph.commands.options import Config, Json, OutputDir, Provider, Upload, named
from graph.commands.preparing import load_workflow, prepare

if TYPE_CHECKING:
    from graph.commands.request import Wishes
    from tools.setup.configuration import Settings
    from tools.storyboards.storyboard import Defaults, Storyboard


def batch(  # noqa: PLR0917 - typer reads a command's options from its parameters
    source: Annotated[
        Path,
        typer.Argument(
            parser=named, metavar="FILE|FOLDER", help="Storyboard (JSON, JSON Lines, CSV) or folder of articles."
        ),
    ],
    output_dir: OutputDir = None,
    provider: Provider = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Segments processed at once (default: the provider's limit).")
    ] = None,
    count: Annotated[int | None, typer.Option(metavar="N", help="Pictures per text or article.")] = None,
    style: Annotated[str | None, typer.Option(metavar="S", help="Style for texts that do not set one.")] = None,
    size: Annotated[str | None, typer.Option(metavar="WxH", help="Size for segments that do not set one.")] = None,
    upload: Upload = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make the pictures of a whole storyboard; existing pictures are skipped."""
    from graph.commands.request import Wishes, check_options
    from tools.storyboards.storyboard import Defaults

    settings = prepare(config, {"output_dir": output_dir and str(output_dir)})
    wishes = Wishes(count=count, style=style, provider=provider, size=size, upload=upload)
    given = check_options(wishes, settings, workers=workers)
    for_all = {name: value for name, value in given.items() if name in {"provider", "upload"}}
    segments = _read(source, settings, Defaults(count=count, style=style, size=size), wishes)
    from tools.sqlite.batch_records import find_batch
    from tools.sqlite.batches import Batch
    from tools.sqlite.rivals import place_of
    from tools.sqlite.run_ids import new_run_id

    place = place_of(source, settings.output_dir) | ({"title": segments.title} if segments.title else {})
    row = Batch(
        batch_id=new_run_id(),
        source=str(source),
        options={"output_dir": str(settings.output_dir), "provider": provider, "workers": workers, **place},
        requested=sum(segment.count for segment in segments),
    )

    from graph.batches.begin import begin
    from graph.batches.session import follow_batch

    name, leases = begin(settings, row, segments, for_all)
    del segments  # From here on they are in the database, and nowhere else.
    begun = asdict(row) if name == row.batch_id else find_batch(settings.database.path, name)
    follow_batch(config, settings, begun or {}, as_json=as_json, leases=leases)


def _read(source: Path, settings: "Settings", defaults: "Defaults", wishes: "Wishes") -> "Storyboard":
    """Return the segments, checked against all rules that are known before anything is paid."""
    load_workflow()
    from graph.opening.assembly import check_ready
    from graph.opening.providers import Feasible
    from graph.terminal.console import say
    from tools.storyboards.storyboard import Limits, read_storyboard

    check_ready(settings, provider=wishes.provider, size=wishes.size, upload=wishes.upload)
    feasible = Feasible(settings, wishes.provider)
    limits = Limits(
        templates=settings.templates,
        folder=settings.output_dir,
        article_count=settings.images.count,
        size_refusal=feasible.size_refusal,
        prompt_refusal=feasible.prompt_refusal,
    )
    return read_storyboard(source, defaults=defaults, limits=limits, tell=say)
