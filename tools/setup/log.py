"""Set up logging without secrets: to a rotating file, and as short lines to the terminal.

Nodes and tools only use `logger.bind(run=…, image=…)`; sinks are added when a command or server asks for them.
"""

import logging
import sys
import traceback
from collections.abc import Callable, Collection
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tools.errors import ConfigError
from tools.setup.environment import SECRET_VARIABLES, environment_value
from tools.setup.redact import redact

if TYPE_CHECKING:
    from loguru import Logger, Record

    from tools.setup.configuration import Settings

# Below WARNING, these libraries log URLs and headers, some with keys or signed queries.
_TALKATIVE = (
    "httpx",
    "httpcore",
    "urllib3",
    "oss2",
    "openai",
    "langchain",
    "langchain_core",
    "langchain_openai",
    "langgraph",
)

_LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)

_OURS = ("graph", "nodes", "tools")
_state = {"set up": False}


def _file_line(record: "Record", *, hide: Callable[[str], str]) -> str:
    """Format a record with time, level, run and image before each line, even of a traceback, so that grep finds all."""
    text = record["message"]
    if record["exception"]:
        text += "\n" + "".join(traceback.format_exception(record["exception"].value)).rstrip()
    time = record["time"].astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    run, image = (record["extra"].get(key, "-") for key in ("run", "image"))
    head = f"{time} {record['level'].name:<8} run={run} image={image} "
    record["extra"]["file_line"] = "\n".join(head + line for line in hide(text).splitlines() or [""])
    return "{extra[file_line]}\n"


def _terminal_line(record: "Record", *, hide: Callable[[str], str]) -> str:
    """Format a record as one line; the traceback is only in the file."""
    text = record["message"]
    if record["exception"]:
        text += " " + traceback.format_exception_only(record["exception"].value)[-1]
    image = record["extra"].get("image")
    head = record["level"].name.lower() + (f", image {image}" if image is not None else "")
    record["extra"]["terminal_line"] = f"{head}: {' '.join(hide(text).split())}"
    return "{extra[terminal_line]}\n"


class _Intercept(logging.Handler):
    """Passes warnings of libraries on to loguru."""

    def __init__(self, logger: "Logger") -> None:
        super().__init__(logging.WARNING)
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        level = record.levelname if record.levelno in _LEVELS else record.levelno
        self._logger.opt(exception=record.exc_info).log(level, "{}: {}", record.name, record.getMessage())


def _take_over_libraries(logger: "Logger") -> None:
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Intercept)]:
        root.removeHandler(handler)
    root.addHandler(_Intercept(logger))
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _add_file(
    logger: "Logger", path: Path, *, level: str, rotation: str, retention: str, hide: Callable[[str], str]
) -> None:
    from tools.setup.log_file import LogFile

    line = partial(_file_line, hide=hide)
    try:
        logger.level(level)  # checked first, since loguru would leave the file open
        # Not `enqueue`: a line must be on disk before a paid request leaves, and it costs microseconds.
        # Not `diagnose`: it prints the values of variables.
        file = LogFile(path, rotation=rotation, retention=retention)
        logger.add(file, level=level, format=line, backtrace=False, diagnose=False)
    except OSError as error:
        reason = f"{error.strerror}: {error.filename!r}"
        message = f"log file {str(path)!r} cannot be written ({reason}); set another as logging.path"
        raise ConfigError(message) from error
    except ValueError as error:
        raise ConfigError(f"logging: {error}; correct level, rotation or retention") from error


def be_quiet() -> None:
    """Disable our log unless it was set up, for programs that import Peitu; `logger.enable("nodes")` enables it."""
    from loguru import logger

    if not _state["set up"]:
        for package in _OURS:
            logger.disable(package)


def open_log(settings: "Settings", *, terminal_level: str | None) -> None:
    """Set up logging by the settings, to standard error from `terminal_level` on, with the keys in use hidden.

    Raises:
        ConfigError: The log file cannot be written.
    """
    rules = settings.logging
    set_up_logging(
        level=rules.level,
        path=rules.path,
        rotation=rules.rotation,
        retention=rules.retention,
        terminal_level=terminal_level,
        secrets=[secret for name in SECRET_VARIABLES if (secret := environment_value(name))],
    )


def set_up_logging(
    *,
    level: str,
    path: Path | None,
    rotation: str,
    retention: str,
    terminal_level: str | None = "WARNING",
    secrets: Collection[str] = (),
) -> None:
    """Log to the file and, from `terminal_level` on, to standard error; this replaces all earlier sinks.

    `rotation` and `retention` are loguru's, e.g. `10 MB` and `14 days`. `secrets` are keys in use, which are hidden
    whatever they look like.

    Raises:
        ConfigError: The file cannot be written, or loguru does not understand a setting.
    """
    from loguru import logger

    def hide(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, "…")
        return redact(text)

    logger.remove()
    _state["set up"] = True
    for package in _OURS:
        logger.enable(package)
    if terminal_level is not None:
        # `sys.stderr` is looked up for every line, since a progress display replaces it.
        logger.add(
            lambda line: print(line, end="", file=sys.stderr),
            level=terminal_level,
            format=partial(_terminal_line, hide=hide),
        )
    if path is not None:
        _add_file(logger, path, level=level, rotation=rotation, retention=retention, hide=hide)
    _take_over_libraries(logger)
