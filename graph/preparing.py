"""What every command that makes pictures begins with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def prepare(config: Path | None, overrides: Mapping[str, Any]) -> Any:
    """Load the settings and open the log for a command that makes pictures."""
    from graph.journal import open_log
    from tools.setup.settings import load_settings

    settings = load_settings(config, overrides)
    open_log(settings, terminal_level="ERROR")  # what fails is told by the progress display, once
    return settings


def load_workflow() -> None:
    """Import what makes pictures, LangGraph above all; without collecting garbage meanwhile, which saves a sixth.

    What is imported stays until the end: nobody need look through it again.
    """
    import gc

    gc.disable()
    try:
        import graph.session  # noqa: F401 - for its imports
    finally:
        gc.freeze()
        gc.enable()
