"""Whether somebody pipes a content into Peitu without saying so by ``-``; it never waits for one that does not come."""

import os
import stat
import sys
from io import BufferedReader

PATIENCE_S = 1.0
"""How long a pipe is given to bring its first byte: a cron job or a CI may hold one open that never brings any."""


def has_piped_content(patience_s: float = PATIENCE_S) -> bool:
    """Tell whether standard input is a pipe or a file with something in it; nothing of it is lost."""
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

    # At its end a pipe can be read, too, and brings nothing.
    return bool(select([number], [], [], patience_s)[0]) and _has_more()


def _has_more() -> bool:
    """Look at the next byte without taking it."""
    return isinstance(sys.stdin.buffer, BufferedReader) and bool(sys.stdin.buffer.peek(1))
