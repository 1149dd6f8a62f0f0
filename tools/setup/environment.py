"""Read environment variables, `.env`, and the path of the configuration file, without importing pydantic."""

import io
import logging
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from tools.errors import ConfigError

SECRET_VARIABLES = (
    "MODELSCOPE_API_KEY",
    "DASHSCOPE_API_KEY",
    "MINIMAX_API_KEY",
    "OSS_ACCESS_KEY_ID",
    "OSS_ACCESS_KEY_SECRET",
)
"""Variables that hold secrets."""

KEY_PAGES = {
    "MODELSCOPE_API_KEY": "https://modelscope.cn/my/myaccesstoken",
    "DASHSCOPE_API_KEY": "https://bailian.console.aliyun.com/?tab=model#/api-key",
    "MINIMAX_API_KEY": "https://platform.minimaxi.com/user-center/basic-information/interface-key",
}
"""Where to get each key."""

OSS_REQUIRED = ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_ENDPOINT", "OSS_BUCKET_NAME")
OSS_VARIABLES = (*OSS_REQUIRED, "OSS_BASE_PATH", "OSS_CUSTOM_DOMAIN", "OSS_REGION")

_LOG = logging.getLogger(__name__)


def environment_file(*, warn: bool = False) -> Mapping[str, str]:
    """Return the variables in `.env` in the working directory; with `warn`, invalid lines are logged."""
    try:
        text = Path(".env").read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f".env cannot be read ({type(error).__name__}); save it as UTF-8 text") from error
    # A file that refers to other variables is parsed each time, since they may have changed.
    return (_parse if "$" in text else _parsed)(text, warn=warn)


def _parse(text: str, *, warn: bool) -> Mapping[str, str]:
    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    logging.getLogger("dotenv.main").disabled = True  # its warning does not name the file
    values = dotenv_values(stream=io.StringIO(text))
    for line in parse_stream(io.StringIO(text)) if warn else ():
        if line.error:
            _LOG.warning(".env: line %d is ignored - write NAME=value", line.original.line)
    return MappingProxyType({name: value for name, value in values.items() if value})


_parsed = lru_cache(maxsize=4)(_parse)
"""Caches the result for a text: a command reads its variables some fifty times, and parsing takes a millisecond."""


def environment_value(name: str) -> str | None:
    """Return a variable from the environment or else from `.env`; an empty one counts as not set."""
    return os.environ.get(name, "").strip() or environment_file().get(name, "").strip() or None


def meant_for(variable: str) -> str | None:
    """Return the name in `.env` that was probably meant for this variable, e.g. the same in lower case."""
    from difflib import get_close_matches

    known = {*SECRET_VARIABLES, *OSS_VARIABLES, variable}
    for name in environment_file():
        if name not in known and get_close_matches(name.upper(), known, n=1, cutoff=0.75) == [variable]:
            return name
    return None


def configuration_file(config: Path | None) -> Path | None:
    """Return the file that settings are read from, or `None` if there is none and the defaults apply.

    Raises:
        ConfigError: The file that was named does not exist.
    """
    named = config or environment_value("PEITU_CONFIG")
    if not named:
        candidates = (Path("config.yaml"), Path(__file__).parents[2] / "config.yaml")
        return next((path for path in candidates if path.is_file()), None)
    path = Path(named).expanduser()
    if not path.is_file():
        problem = "is not a file" if path.exists() else "does not exist"
        raise ConfigError(f"configuration file {str(path)!r} {problem}; name another: --config or PEITU_CONFIG")
    return path
