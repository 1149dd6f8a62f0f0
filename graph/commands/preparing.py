"""The first steps of every command that makes pictures: load the settings, open the log, import the workflow."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # it imports pydantic: typing errors should be reported before that
    from tools.setup.configuration import Settings

GARBAGE = 2000
"""Objects that may be allocated before a garbage collection, instead of Python's 700."""

SWITCH_S = 0.0005
"""The interpreter's switch interval in seconds, instead of Python's 0.005: the database thread needs the interpreter
again after every statement, and whoever is about to submit waits for that thread."""

KEPT_BYTES = 2**18
"""Freed memory blocks of more bytes go back to the system at once. glibc's own limit grows with the largest block, here
the pixels of a picture, up to 32 MiB, and then it keeps the memory of many pictures (see mallopt(3))."""

M_MMAP_THRESHOLD = -3
"""The option's number in glibc's `malloc.h`."""


def prepare(config: Path | None, overrides: Mapping[str, Any]) -> "Settings":
    """Load the settings and open the log for a command that makes pictures."""
    from tools.setup.log import open_log
    from tools.setup.settings import load_settings

    settings = load_settings(config, overrides)
    open_log(settings, terminal_level="ERROR")  # the progress display reports failures already
    return settings


def load_workflow() -> None:
    """Import everything that makes pictures, above all LangGraph; without garbage collection, which saves a sixth.

    Imported objects live until the end, so they are excluded from later collections (`gc.freeze`). Those run less often
    as well: they took a twentieth of a batch's time and found next to nothing.
    """
    import gc

    sys.setswitchinterval(SWITCH_S)
    _give_memory_back()
    gc.disable()
    try:
        import graph.commands.session  # noqa: F401 - for its imports
    finally:
        gc.freeze()
        gc.set_threshold(GARBAGE)
        gc.enable()


def _give_memory_back() -> None:
    """Have glibc give large blocks back as soon as they are freed; other C libraries are left as they are."""
    if sys.platform == "linux":
        import ctypes

        if set_option := getattr(ctypes.CDLL(None), "mallopt", None):
            set_option(M_MMAP_THRESHOLD, KEPT_BYTES)
