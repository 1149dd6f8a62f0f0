"""The log file: it rotates, and what it cannot take stops nobody."""

import contextlib
import sys
from pathlib import Path
from typing import Any

from loguru._file_sink import FileSink  # loguru 0.7.3 makes one of a path, and lets nobody catch what it raises


class LogFile:
    """Loguru's own file, but for a disk that takes no more.

    Loguru would print a traceback for each line then, with the whole record, whose keys are not taken out yet.
    """

    def __init__(self, path: Path, *, rotation: str, retention: str) -> None:
        self._path = path
        # `watch`: another process may rotate the same file.
        make: Any = FileSink  # it has no types
        self._sink = make(path, rotation=rotation, retention=retention, encoding="utf-8", watch=True)
        self._is_told = False

    def write(self, message: str) -> None:
        """Write a line, or tell once that none can be written; when there is space again, it goes on."""
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
