"""Check the options of a run: their types, the number of pictures, and the size."""

import re
from collections.abc import Mapping
from typing import Any

from tools.errors import InputError
from tools.setup.configuration import MAX_COUNT, MAX_SEED

SIZE = re.compile(r"(\d{2,5})\s*[xX×*]\s*(\d{2,5})")

_KINDS: dict[str, tuple[type, str]] = {
    "count": (int, "a number"),
    "seed": (int, f"a number from 0 to {MAX_SEED}"),
    "style": (str, "text such as 'line'"),
    "size": (str, "text such as '1024x1024'"),
    "provider": (str, "text such as 'auto'"),
    "upload": (bool, "true or false"),
    "review": (bool, "true or false"),
    "as_is": (bool, "true or false"),
}


def check_kinds(asked: Mapping[str, Any]) -> None:
    """Check the type of every option and the range of numbers; options left out or `None` are fine.

    Raises:
        InputError: One is wrong, e.g. the text "false", which would count as true.
    """
    for name, (kind, advice) in _KINDS.items():
        value = asked.get(name)
        # To Python, True and False are numbers as well.
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool)):
            raise InputError(f"The {name} is {value!r:.40} - give {advice}")
    seed, count = asked.get("seed"), asked.get("count")
    if seed is not None and not 0 <= seed <= MAX_SEED:
        raise InputError(f"The seed is {seed} - give {_KINDS['seed'][1]}")
    if count is not None:
        checked_count(count)


def checked_count(count: int) -> int:
    """Return the count if it is allowed.

    Raises:
        InputError: It is less than 1 or more than `MAX_COUNT`.
    """
    if not 1 <= count <= MAX_COUNT:
        raise InputError(f"The count is {count} - ask for 1 to {MAX_COUNT} pictures")
    return count


def parse_size(size: str) -> tuple[int, int]:
    """Return width and height in pixels from a text such as ``1024x768``.

    Raises:
        InputError: The text is not a size.
    """
    found = SIZE.fullmatch(size.strip())
    if not found:
        raise InputError(f"The size {size!r} is not WIDTHxHEIGHT - write it like 1024x1024")
    return int(found[1]), int(found[2])
