"""The command `peitu sheet`: write one JPG with all pictures of a run, or the first ones of a batch."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from graph.commands.options import Config, Output
from tools.errors import InputError

MOST = 200
"""Most pictures on the sheet of a batch; a run has fewer."""


def sheet(
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID|BATCH_ID")], output: Output = None, config: Config = None
) -> None:
    """Make one JPG with all pictures of a run, or of a batch."""
    from graph.terminal.console import say
    from tools.gallery.sheet import contact_sheet, keep_pictures
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
    keep_pictures(settings.database.path, path)
    font = chinese_font()
    write_whole(path, contact_sheet(run, font=font, label=_label(run, settings.labels.content_producer)))
    if font is None and has_chinese(f"{run['title']} {run['content']}"):
        say("no Chinese font was found - install one, e.g. fonts-noto-cjk, and run it again")
    typer.echo(str(path))


def _find_batch(database_path: Path, batch_id: str) -> dict[str, Any] | None:
    """Return a batch in the form of a run, for its sheet: its first pictures, each with the id of its segment."""
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


def _label(run: Mapping[str, Any], producer: str) -> str | None:
    """Return the AIGC label of a sheet, or `None` when no model made any of its pictures."""
    from tools.pictures.labels import aigc_label

    if all(image["provider"] in {None, "sketch"} for image in run["images"] if image["status"] == "saved"):
        return None
    return aigc_label(f"{run['run_id']}-sheet", content_producer=producer)
