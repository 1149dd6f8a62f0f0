"""The folder that pictures go to, looked at before anything is made."""

import errno
import os
from pathlib import Path

from tools.errors import ConfigError


def check_folder(folder: Path, *, make: bool = False) -> None:
    """See that files can be made in the folder, or in the one in which it would be made; `make` makes it.

    Raises:
        ConfigError: It cannot be made or written.
    """
    try:
        if make:
            folder.mkdir(parents=True, exist_ok=True)
        there = next(place for place in (folder, *folder.absolute().parents) if _exists(place))
        if not there.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{str(there)!r} is no folder")
        writable = os.access(there, os.W_OK | os.X_OK)
    except OSError as error:
        raise ConfigError(
            f"The output folder {str(folder)!r} cannot be made ({error.strerror}) - choose another with --output-dir"
        ) from error
    if not writable:
        raise ConfigError(f"The output folder {str(folder)!r} cannot be written - choose another with --output-dir")


def _exists(path: Path) -> bool:
    """Tell whether there is something; unlike `Path.exists`, raise `OSError` for what cannot be in any Python."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
