"""The command `peitu article`: write the text of a run, or the texts of a batch, with their pictures in them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graph.commands.links import relative_to
from graph.commands.options import Config, Output
from tools.errors import InputError

if TYPE_CHECKING:
    from tools.content.illustrated import PlacedPicture

Text = Mapping[str, Any]
"""A run as `tools.sqlite.records.find_run` returns it, or a segment as `tools.sqlite.texts.texts_of` yields it."""


def article(
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID|BATCH_ID")], output: Output = None, config: Config = None
) -> None:
    """Put the pictures of a run, or of a batch, into its text, as Markdown."""
    from graph.terminal.console import say
    from tools.content.illustrated import has_own_pictures
    from tools.pictures.names import folder_name
    from tools.setup.settings import load_settings
    from tools.sqlite.batch_records import find_batch
    from tools.sqlite.records import find_run
    from tools.sqlite.texts import texts_of

    settings = load_settings(config)
    records = settings.database.path
    texts: list[Text] = list(texts_of(records, run_id)) if records.exists() else []
    if not texts and (run := find_run(records, run_id)):
        texts = [run]
    if not texts:
        raise InputError(f"There is no run or batch {run_id!r} - `peitu runs` lists them")
    if output and output.exists():
        raise InputError(f"{str(output)!r} is there already - name another file with --output")
    folder = folder_name(run_id)
    usual = settings.output_dir / folder / "article.md"
    documents: dict[Path, list[Text]] = {}
    for text in texts:
        documents.setdefault(output or _own_place(text, folder) or usual, []).append(text)
    missing = requested = 0
    for path, together in documents.items():
        link = relative_to(path.parent)
        placed = [list(_placed(text, link)) for text in together]
        # What a run was asked for is not known before its first end.
        wanted = sum(text["requested"] or len(text["images"]) for text in together)
        requested, missing = requested + wanted, missing + wanted - sum(map(len, placed))
        if any(placed):
            _write(path, _joined(together, placed).encode("utf-8", "replace"))
            typer.echo(str(path))
            if not output and any(has_own_pictures(text["content"]) for text in together):
                say(f"{path} shows pictures by relative paths that are not there - write it beside them: --output FILE")
    if missing == requested:
        what = "Batch" if find_batch(records, run_id) else "Run"
        raise InputError(f"{what} {run_id!r} has no pictures yet - make them with: peitu resume {run_id}")
    if missing:
        say(f"{missing} of {requested} pictures missing - continue with: peitu resume {run_id}")


def _write(path: Path, data: bytes) -> None:
    """Write the file; another one in its place, in which somebody may have worked, is kept under a free name."""
    from graph.terminal.console import say
    from tools.pictures.files import free_path, write_whole

    if path.is_file() and (earlier := path.read_bytes()) != data:
        kept = free_path(path)
        write_whole(kept, earlier)
        say(f"{path} is new - the earlier one is kept as {kept}")
    write_whole(path, data)


def _own_place(text: Text, folder: str) -> Path | None:
    """Return the place beside the pictures if they have a folder of their own, as those of a run or an article have."""
    if saved := next(_saved(text), None):
        place = Path(saved["path"]).parent
        if place.name == folder or text.get("filename", "").endswith("/"):
            return place / "article.md"
    return None


def _joined(texts: Sequence[Text], placed: "Sequence[Sequence[PlacedPicture]]") -> str:
    """Return the texts with their pictures, one below the other; a single one is not changed otherwise."""
    from tools.content.illustrated import illustrated

    parts = [illustrated(text["content"], pictures) for text, pictures in zip(texts, placed, strict=True)]
    return parts[0] if len(parts) == 1 else "\n\n".join(part.strip("\r\n") for part in parts) + "\n"


def _saved(text: Text) -> Iterator[Mapping[str, Any]]:
    """Yield the pictures that can be shown: uploaded ones, and those whose file is there."""
    for image in text["images"]:
        if image["status"] == "saved" and (image["url"] or Path(image["path"]).is_file()):
            yield image


def _placed(text: Text, link: Callable[[Path], str]) -> "Iterator[PlacedPicture]":
    """Yield the pictures with their addresses; one without a known place in the text goes to the end."""
    from tools.content.illustrated import PlacedPicture
    from tools.content.told import teller

    plan = {prompt["index"]: prompt for prompt in (text["plan"] or {}).get("prompts", [])}
    told = teller(text["content"])
    for image in _saved(text):
        planned = plan.get(image["index"], {})
        end = planned.get("end", len(text["content"].rstrip()))
        words = planned.get("subject") or planned.get("heading") or text["title"] or ""
        words, end = told(words, end) or (words, end)
        yield PlacedPicture(end=end, words=words, address=image["url"] or link(Path(image["path"])))
