"""Check everything that the user asked for before anything is made or paid."""

import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from graph.commands.piped import has_piped_content
from tools.content.templates import style as find_style
from tools.content.templates import topics as find_topics
from tools.content.web_page import MAX_PAGE_BYTES, fitting
from tools.content.wishes import SIZE
from tools.errors import InputError
from tools.pictures.folders import check_folder
from tools.setup.configuration import MAX_COUNT, MAX_SEED, PROVIDERS, Settings
from tools.storyboards.decoding import decode_text, tell_nobody
from tools.storyboards.storyboard_rows import is_storyboard

if TYPE_CHECKING:  # it imports LangGraph: typing errors should be reported before that
    from graph.state import InputState

MAX_CONTENT_BYTES = 1_000_000
"""Largest content, in bytes; an article of 200 KB is a long one."""

MAX_WORKERS = 1000
"""Most segments at work at once; each holds a little memory, and the providers' limits are far below."""

_ADDRESS = re.compile(r"\s*https?://\S+\s*", re.IGNORECASE)
_SAVE_PAGE = "save the page in a browser, then name its file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The flags of `peitu run` as they were given; `None` if a flag was left out."""

    file: str | None = None
    text: str | None = None
    count: int | None = None
    style: str | None = None
    provider: str | None = None
    size: str | None = None
    seed: int | None = None
    upload: bool | None = None
    review: bool = False


def read_content(file: str | None, text: str | None, tell: Callable[[str], None] = tell_nobody) -> str:
    """Return the content of `--text`, of a file, or of standard input (``-``, or a pipe).

    `tell` is called with notes for the user, e.g. about a guessed encoding.

    Raises:
        InputError: There is no content, or it is not usable; the message says why.
    """
    if file and text is not None:
        raise InputError("A file and --text were both given - choose one of them")
    if text is not None:
        return _usable(text, "--text")
    if not file and has_piped_content():
        tell("reading standard input")  # slow input is waited for, as with -
        file = "-"
    if file and _ADDRESS.fullmatch(file):
        raise InputError(f"Peitu opens no web addresses - {_SAVE_PAGE}")
    if not file:
        raise InputError('There is nothing to illustrate - name a file, or pass --text "…", or - for standard input')
    name = "standard input" if file == "-" else repr(file)
    if file == "-" and sys.stdin is None:
        raise InputError("Standard input is closed - pipe the content into it, or name a file")
    data = sys.stdin.buffer.read(MAX_PAGE_BYTES + 1) if file == "-" else _read_file(Path(file))
    if len(data) > MAX_PAGE_BYTES:
        raise InputError(f"{name} is larger than {MAX_PAGE_BYTES // 1_000_000} MB - split it into articles")
    content = fitting(decode_text(data, name, tell=tell), len(data), name, most_bytes=MAX_CONTENT_BYTES)
    if is_storyboard(content, Path(file).suffix.lower()):
        way = "save it in a file, then: peitu batch FILE" if file == "-" else f"peitu batch {shlex.quote(file)}"
        raise InputError(f"{name} is a storyboard, no article - illustrate all of it: {way}")
    return _usable(content, name)


def check(wishes: Wishes, settings: Settings, tell: Callable[[str], None] = tell_nobody) -> "InputState":
    """Return the input of the graph; `tell` is called with notes about the content.

    Raises:
        InputError: A value cannot be used; the message names it and what is possible.
        ConfigError: The output folder cannot be written.
    """
    content = read_content(wishes.file, wishes.text, tell)
    given = check_options(wishes, settings)
    return cast("InputState", {"content": content, **given, **({"review": True} if wishes.review else {})})


def check_options(wishes: Wishes, settings: Settings, *, workers: int | None = None) -> dict[str, Any]:
    """Return the options that were given, by their names in the input of the graph.

    Raises:
        InputError: A value cannot be used; the message names it and what is possible.
        ConfigError: The output folder cannot be written.
    """
    if workers is not None and not 1 <= workers <= MAX_WORKERS:
        raise InputError(f"--workers {workers} is not possible - choose 1 to {MAX_WORKERS}")
    if wishes.count is not None and not 1 <= wishes.count <= MAX_COUNT:
        raise InputError(f"--count {wishes.count} is not possible - choose 1 to {MAX_COUNT}")
    if wishes.seed is not None and not 0 <= wishes.seed <= MAX_SEED:
        raise InputError(f"--seed {wishes.seed} is not possible - choose 0 to {MAX_SEED}")
    if wishes.size is not None and not SIZE.fullmatch(wishes.size.strip()):
        raise InputError(f"--size {wishes.size!r} is not a valid size - use WIDTHxHEIGHT in pixels, e.g. 1024x1024")
    if wishes.provider is not None and wishes.provider not in PROVIDERS:
        raise InputError(f"There is no provider {wishes.provider!r} - choose one of: {', '.join(PROVIDERS)}")
    find_style(wishes.style or settings.style, own=settings.templates)
    find_topics(settings.templates)  # a broken template is reported before anything begins
    check_folder(settings.output_dir, make=True)
    wished = {name: getattr(wishes, name) for name in ("count", "style", "provider", "size", "seed", "upload")}
    return {name: value for name, value in wished.items() if value is not None}


def check_run_id(run_id: str) -> str:
    """Return the id if it can name a run and its folder.

    Raises:
        InputError: It cannot.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", run_id) or run_id.endswith("."):
        raise InputError(
            f"--run-id {run_id!r} cannot name a run - use up to 80 Latin letters, digits, dots, dashes and underscores"
        )
    return run_id


def check_unused(run_id: str, content: str, database_path: Path) -> None:
    """Check that no other content, thread or segment has the id: its pictures would be taken for those of this run.

    A run that was killed before the end of its first step may be started again.

    Raises:
        InputError: The id is in use; the message says how to continue that run.
    """
    from tools.sqlite.batch_records import find_segment
    from tools.sqlite.records import find_run

    found = find_run(database_path, run_id)
    is_own = found and (found["thread_id"], found["content"]) == (run_id, content)
    if (found or find_segment(database_path, run_id)) and not is_own:
        raise InputError(f"There is a run {run_id!r} already - continue it with: peitu resume {run_id}")


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_PAGE_BYTES + 1)
    except FileNotFoundError:
        raise InputError(
            f"There is no file {str(path)!r} - check the name, or pass the text itself with --text"
        ) from None
    except IsADirectoryError:
        raise InputError(
            f"{str(path)!r} is a folder - name one article in it, or illustrate all of them: "
            f"peitu batch {shlex.quote(str(path))}"
        ) from None
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read ({error.strerror})") from error


def _usable(text: str, name: str) -> str:
    if not any(character.isprintable() and not character.isspace() for character in text):
        raise InputError(f"{name} is empty - write something to illustrate")
    if _ADDRESS.fullmatch(text):
        raise InputError(f"{name} is a web address, and Peitu opens none - {_SAVE_PAGE}")
    return text
