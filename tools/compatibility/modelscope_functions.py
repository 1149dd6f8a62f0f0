"""The functions of Peitu's predecessor that make pictures with ModelScope, with its names and signatures."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from tools.compatibility.left_out import Count, Number, Text, given
from tools.compatibility.rate_limiter import RateLimiter
from tools.errors import InputError

_MODEL = Text("Tongyi-MAI/Z-Image-Turbo")
_RETRIES = Count(3)
_RATE = Number(2.0)

Place = TypeVar("Place", bound=str | Path)


def generate_image(  # noqa: PLR0917 - the predecessor's signature
    prompt: str,
    output_path: str | Path,
    api_key: str | None = None,
    model: str = _MODEL,
    max_retries: int = _RETRIES,
    rate_limiter_instance: RateLimiter | None = None,
) -> bool:
    """Make one picture at `output_path` (JPG or PNG) and return whether it exists; the log says why it does not.

    Synchronous; also works inside a running event loop. The same call, made again after a crash, collects what it paid
    for; a picture that it made already stays. Arguments left out come from the environment, `.env` and `config.yaml`.
    `max_retries` is the most submits for the picture, including those refused with 429; `rate_limiter_instance` paces
    them.

    Raises:
        InputError: The prompt is blank, or the path names no file; nothing was sent.
        ConfigError: No key is set, or a setting, the database or the folder cannot be used; nothing was sent.
    """
    from tools.compatibility.illustrate import illustrate

    path = Path(output_path)
    made = illustrate(
        {path: prompt},
        provider="modelscope",
        api_key=api_key,
        overrides={"images.modelscope.model": given(model)},
        attempts=given(max_retries),
        pace=rate_limiter_instance,
    )
    return made[path]


def generate_images_batch(
    tasks: Iterable[tuple[str, Place]],
    api_key: str | None = None,
    model: str = _MODEL,
    max_workers: int = 4,
    rate_limit: float = _RATE,
) -> dict[Place, bool]:
    """Make a picture for each ``(prompt, path)``, and return for each path whether it exists.

    At most `max_workers` tasks are under way at once; `rate_limit` is in submits per second, evenly spaced. All else is
    as for `generate_image`.

    Raises:
        InputError: A task is no pair, a prompt is blank, or a path names no file or belongs to two prompts; nothing was
            sent.
        ConfigError: No key is set, or a setting, the database or a folder cannot be used; nothing was sent.
    """
    from tools.compatibility.illustrate import illustrate

    paths: dict[Place, Path] = {}
    wanted: dict[Path, tuple[Path, str]] = {}
    for task in tasks:
        if isinstance(task, str) or len(task) != 2:
            raise InputError(f"{task!r:.60} is no prompt with a path - give each picture as (prompt, path)")
        prompt, place = task
        path, known = wanted.setdefault(Path(place).absolute(), (Path(place), prompt))
        if known != prompt:
            raise InputError(f"{str(place)!r} is the path of two prompts - give each picture a path of its own")
        paths[place] = path
    made = illustrate(
        dict(wanted.values()),
        provider="modelscope",
        api_key=api_key,
        overrides={
            "images.modelscope.model": given(model),
            "images.modelscope.rate_per_s": given(rate_limit),
        },
        at_once=max_workers,
    )
    return {place: made[path] for place, path in paths.items()}
