"""The rotating log file, whose write errors do not stop the program."""

import contextlib
import sys
from pathlib import Path
from typing import Any

from loguru._file_sink import FileSink  # loguru 0.7.3 uses it for paths, and its errors cannot be caught


class LogFile:
    """Loguru's file sink, which also copes with a full disk.

    Loguru alone would print a traceback for each line then, with the whole record, in which keys are not hidden yet.
    """

    def __init__(self, path: Path, *, rotation: str, retention: str) -> None:
        self._path = path
        # `watch`: another process may rotate the same file.
        make: Any = FileSink  # it has no types
        self._sink = make(path, rotation=rotation, retention=retention, encoding="utf-8", watch=True)
        self._is_told = False

    def write(self, message: str) -> None:
        """Write a line; the first time that this fails, print a warning. Later lines are tried again."""
        try:
            self._sink.write(message)
        except OSError as error:
            if not self._is_told:
                self._is_told = True
                told = f"warning: log file {str(self._path)!r} cannot be written ({error.strerror}); the work goes on"
                print(told, file=sys.stderr)

    def stop(self) -> None:
        """Close the file."""
        with contextlib.suppress(OSError):
            self._sink.stop()
