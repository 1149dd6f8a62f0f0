"""Variables of the environment and of `.env`, and what can be known without waiting for pydantic."""

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


def environment_file(*, warn: bool = False) -> Mapping[str, str]:
    """Return what `.env` in the working directory sets; a line that is no assignment is passed over."""
    try:
        text = Path(".env").read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f".env cannot be read ({type(error).__name__}); save it as UTF-8 text") from error
    # What names other variables is read anew: they may have changed.
    return (_parse if "$" in text else _parsed)(text, warn=warn)


def _parse(text: str, *, warn: bool) -> Mapping[str, str]:
    from dotenv import dotenv_values

    logging.getLogger("dotenv.main").disabled = not warn  # one warning of such a line is enough
    values = dotenv_values(stream=io.StringIO(text))
    return MappingProxyType({name: value for name, value in values.items() if value})


_parsed = lru_cache(maxsize=4)(_parse)
"""Remembers what a text holds: a command asks for its variables some fifty times, and a parse takes a millisecond."""


def environment_value(name: str) -> str | None:
    """Return a variable of the environment, else of `.env`; an empty one counts as not set."""
    return os.environ.get(name, "").strip() or environment_file().get(name, "").strip() or None


def configuration_file(config: Path | None) -> Path | None:
    """Return the file that settings are read from, or `None` where there is none and the defaults hold.

    Raises:
        ConfigError: The file that was asked for is not there.
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
