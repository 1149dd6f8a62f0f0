"""The entry point of the command line. It imports almost nothing, so that Ctrl-C works while the rest is imported."""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and exit: 0 all is there, 1 something is missing, 2 it could not start."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    try:
        from graph.commands.app import run_command

        status = run_command()
    except KeyboardInterrupt:
        _say_stopped()
        status = 1
    sys.exit(status)


def _stop(_: int, frame: FrameType | None) -> None:
    """Exit at once during an import, which could swallow a `KeyboardInterrupt` or turn it into another error."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            _say_stopped()
            os._exit(1)
        frame = frame.f_back
    raise KeyboardInterrupt


def _say_stopped() -> None:
    # Commands that make pictures handle Ctrl-C themselves, see `graph.terminal.stopping`.
    print("peitu: stopped; nothing was begun", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
