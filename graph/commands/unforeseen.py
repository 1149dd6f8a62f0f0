"""The message for an unexpected error: the machine is short of a resource, or Peitu has a bug."""

import errno
from pathlib import Path

_SHORT = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EIO,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.EAGAIN,
}
"""Error numbers that mean that disk, open files, memory or threads are used up, or that the disk is broken."""


def tell(error: Exception) -> str:
    """Return the message, one line; for a bug, the traceback is written into the log file."""
    is_short = isinstance(error, OSError) and error.errno in _SHORT
    if is_short or isinstance(error, MemoryError) or "can't start new thread" in str(error):
        reason = str(error) or "out of memory"
        return (
            f"The system gives no more ({reason}) - free disk space or memory, or raise the limit that `ulimit -a` "
            "shows, then run it again; what was begun is kept, see: peitu runs"
        )
    return f"unexpected {type(error).__name__}: {error} - a bug in Peitu; {_keep_traceback(error)}"


def _keep_traceback(error: Exception) -> str:
    """Write the traceback, without secrets, into the log file; return where it is."""
    from loguru import logger

    from tools.setup.log import set_up_logging

    path = Path("logs/peitu.log")
    set_up_logging(level="ERROR", path=path, rotation="10 MB", retention="14 days", terminal_level=None)
    logger.opt(exception=error).error("Unexpected error")
    return f"the traceback is in {path}"
