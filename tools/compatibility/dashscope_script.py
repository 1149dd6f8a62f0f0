"""The script of Peitu's predecessor: make line drawings of a storyboard with DashScope.

Its settings are `JSON_PATH`, `OUTPUT_DIR`, `MAX_WORKERS`, `STYLE_PREFIX` and `STYLE_SUFFIX` of `tools.dashscope`. For
more, e.g. a style or a size for each segment, use `peitu batch`.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from tools.errors import InputError, PeituError
from tools.pictures.files import inside

SIDE_PX = 1024
"""Width and height of the pictures, as in the predecessor."""

TEXT_KEYS = ("prompt", "text", "content")
"""Keys of a segment that may hold its text; the first one that does is used."""


def main() -> dict[str, bool]:
    """Draw the segments of `JSON_PATH` into `OUTPUT_DIR`, print a summary, and return which pictures exist, by id.

    An existing picture that is whole and has the right size is skipped. The same call, made again after a crash,
    collects what it paid for.

    Raises:
        InputError: The file is no storyboard, or a segment of it cannot be used; nothing was sent.
        ConfigError: No key is set, or a setting, the database or the folder cannot be used; nothing was sent.
    """
    from tools import dashscope

    path = Path(dashscope.JSON_PATH)
    segments = _read(path)
    try:
        wanted = _wanted(segments, Path(dashscope.OUTPUT_DIR))
    except InputError as error:
        raise InputError(f"{str(path)!r}: {error}") from error
    there = _there(wanted)
    made = {**dict.fromkeys(there, True), **_draw({id_: wanted[id_] for id_ in wanted if id_ not in there})}
    results = {id_: made[id_] for id_ in wanted}
    failed = [id_ for id_, is_made in results.items() if not is_made]
    counts = f"{len(results) - len(there) - len(failed)} made, {len(there)} there already, {len(failed)} failed"
    print(f"{len(results)} segments: {counts}{': ' + ', '.join(failed) if failed else ''}")
    return results


def generate_single_task(
    seg: Mapping[str, Any] | str | int,
    text: str | None = None,
    *,
    output_dir: str | Path | None = None,
    api_key: str | None = None,
) -> bool:
    """Draw one segment, passed as a mapping or as id and text, and return whether its picture exists.

    `output_dir` replaces `OUTPUT_DIR`.

    Raises:
        InputError: The segment cannot be used; nothing was sent.
        ConfigError: No key is set, or a setting, the database or the folder cannot be used; nothing was sent.
    """
    from tools import dashscope

    one = seg if isinstance(seg, Mapping) else {"id": seg, "text": text}
    wanted = _wanted([one], Path(output_dir or dashscope.OUTPUT_DIR))
    return bool(_there(wanted)) or all(_draw(wanted, api_key=api_key).values())


def as_program() -> None:
    """Run `main` as a program; exit status: 0 all pictures exist, 1 some are missing, 2 it could not start."""
    try:
        results = main()
    except PeituError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stopped; what is under way is kept - run it again to continue", file=sys.stderr)
        sys.exit(1)
    sys.exit(0 if all(results.values()) else 1)


def _draw(wanted: Mapping[str, tuple[str, Path]], *, api_key: str | None = None) -> dict[str, bool]:
    """Make the pictures of these texts and paths; return by id whether each was made."""
    from tools import dashscope
    from tools.compatibility.illustrate import illustrate

    if not wanted:
        return {}
    made = illustrate(
        {path: _styled(text, dashscope.STYLE_PREFIX, dashscope.STYLE_SUFFIX) for text, path in wanted.values()},
        provider="dashscope",
        api_key=api_key,
        overrides={"images.size": f"{SIDE_PX}x{SIDE_PX}"},
        at_once=dashscope.MAX_WORKERS,
    )
    return {id_: made[path] for id_, (_, path) in wanted.items()}


def _styled(text: str, prefix: str, suffix: str) -> str:
    """Return the whole prompt; the suffix is a sentence of its own, so that it stays when a long text is cut."""
    stop = "" if text.endswith(tuple("。！？….!?")) else "。"
    return f"{prefix}{text}{stop}{suffix}"


def _there(wanted: Mapping[str, tuple[str, Path]]) -> set[str]:
    """Return the ids whose pictures exist, decode and have the right size."""
    from tools.pictures.images import is_whole

    with ThreadPoolExecutor() as threads:
        whole = threads.map(
            partial(is_whole, width_px=SIDE_PX, height_px=SIDE_PX), (path for _, path in wanted.values())
        )
        return {id_ for id_, is_there in zip(wanted, whole, strict=True) if is_there}


def _read(path: Path) -> list[Any]:
    name = f"The storyboard {str(path)!r}"
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error.strerror}) - set tools.dashscope.JSON_PATH") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8 text - save it as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not JSON ({error}) - correct it there") from error
    segments = found.get("segments") if isinstance(found, dict) else found
    if not isinstance(segments, list) or not segments:
        raise InputError(f"{name} contains no segments - write a list, or an object with the list in 'segments'")
    return segments


def _wanted(segments: Iterable[Any], folder: Path) -> dict[str, tuple[str, Path]]:
    """Return text and path of every segment by its id.

    Raises:
        InputError: Segments cannot be used; the message has the first five problems in one line.
    """
    wanted: dict[str, tuple[str, Path]] = {}
    problems: list[str] = []
    taken: dict[str, int] = {}
    for number, segment in enumerate(segments, start=1):
        try:
            id_, text = _segment(segment, number)
            path = inside(folder, f"{id_}.jpg")
        except InputError as error:
            problems.append(f"segment {number}: {error}")
            continue
        if taken.setdefault(str(path).casefold(), number) != number:
            problems.append(f"segment {number}: segment {taken[str(path).casefold()]} has the id {id_!r} too")
        wanted[id_] = (text, path)
    if problems:
        more = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
        raise InputError("; ".join(problems[:5]) + more)
    return wanted


def _segment(segment: Any, number: int) -> tuple[str, str]:
    """Return id and text of a segment; its number is the default id."""
    if not isinstance(segment, Mapping):
        raise InputError(f"it is {segment!r:.40} - write an object with id and prompt")
    id_ = segment.get("id")
    if id_ is not None and (isinstance(id_, bool) or not isinstance(id_, str | int)):
        raise InputError(f"the id {id_!r:.40} is neither text nor a number - use a name for the picture")
    texts = [value for key in TEXT_KEYS if isinstance(value := segment.get(key), str) and value.strip()]
    if not texts:
        raise InputError(f"it has no {', '.join(TEXT_KEYS[:-1])} or {TEXT_KEYS[-1]} - say what the picture should show")
    return str(number if id_ is None else id_).strip() or str(number), texts[0].strip()
