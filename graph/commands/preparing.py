"""What every command that makes pictures begins with."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # pydantic comes with it: a typing error should be told sooner than that
    from tools.setup.configuration import Settings

GARBAGE = 2000
"""Objects that may come up before garbage is looked for, instead of Python's 700."""

SWITCH_S = 0.0005
"""How long a thread may keep the interpreter while another wants it, in seconds, instead of Python's 0.005: the
thread of the database asks for it after every statement, and whoever is about to submit waits for that thread."""


def prepare(config: Path | None, overrides: Mapping[str, Any]) -> "Settings":
    """Load the settings and open the log for a command that makes pictures."""
    from tools.setup.log import open_log
    from tools.setup.settings import load_settings

    settings = load_settings(config, overrides)
    open_log(settings, terminal_level="ERROR")  # what fails is told by the progress display, once
    return settings


def load_workflow() -> None:
    """Import what makes pictures, LangGraph above all; without collecting garbage meanwhile, which saves a sixth.

    What is imported stays until the end: nobody need look through it again. Afterwards garbage is looked for less
    often: a batch spent a twentieth of its time on that, and next to nothing of it is garbage.
    """
    import gc

    sys.setswitchinterval(SWITCH_S)
    gc.disable()
    try:
        import graph.commands.session  # noqa: F401 - for its imports
    finally:
        gc.freeze()
        gc.set_threshold(GARBAGE)
        gc.enable()
