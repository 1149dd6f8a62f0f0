"""What may be asked of a run: how many pictures, and of what size."""

import re

from tools.errors import InputError
from tools.setup.configuration import MAX_COUNT

_SIZE = re.compile(r"(\d{2,5})\s*[xX×*]\s*(\d{2,5})")


def checked_count(count: int) -> int:
    """Return the count if so many pictures can be planned.

    Raises:
        InputError: It is less than 1 or more than `MAX_COUNT`.
    """
    if not 1 <= count <= MAX_COUNT:
        raise InputError(f"The count is {count} - ask for 1 to {MAX_COUNT} pictures")
    return count


def parse_size(size: str) -> tuple[int, int]:
    """Return width and height in pixels of a text such as ``1024x768``.

    Raises:
        InputError: The text is no size.
    """
    found = _SIZE.fullmatch(size.strip())
    if not found:
        raise InputError(f"The size {size!r} is not WIDTHxHEIGHT - write it like 1024x1024")
    return int(found[1]), int(found[2])
