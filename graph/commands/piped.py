"""Detect content that is piped into `peitu run` without ``-``, and do not hang on a pipe that stays silent."""

import os
import stat
import sys
from io import BufferedReader

PATIENCE_S = 1.0
"""How long to wait for the first byte of a pipe: a cron job or a CI may hold a pipe open and never write to it."""


def has_piped_content(patience_s: float = PATIENCE_S) -> bool:
    """Tell whether standard input is a pipe or a file with something in it; nothing is consumed."""
    if sys.stdin is None:
        return False
    try:
        number = sys.stdin.fileno()
        mode = os.fstat(number).st_mode
    except (OSError, ValueError):  # Closed, or no file at all, as in a notebook.
        return False
    if stat.S_ISREG(mode):
        return _has_more()
    return stat.S_ISFIFO(mode) and _brings_something(number, patience_s)


def _brings_something(number: int, patience_s: float) -> bool:
    if os.name == "nt":  # Windows cannot wait for a pipe for a while.
        return False
    from select import select

    # A pipe at its end is readable as well, but has no byte.
    return bool(select([number], [], [], patience_s)[0]) and _has_more()


def _has_more() -> bool:
    """Look at the next byte without taking it."""
    return isinstance(sys.stdin.buffer, BufferedReader) and bool(sys.stdin.buffer.peek(1))
