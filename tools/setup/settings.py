"""Load the settings from arguments, environment, `.env` and `config.yaml`.

Order of precedence: argument, environment (`PEITU_` and the path, with two underscores between its names), `.env`,
`config.yaml`, default. Relative paths start at the working directory.
"""

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, YamlConfigSettingsSource
from yaml import MarkedYAMLError, YAMLError

from tools.errors import ConfigError
from tools.setup.configuration import Settings
from tools.setup.environment import configuration_file, environment_file
from tools.setup.misfit import misfit

# Names of these settings in other programs, for suggestions.
_SYNONYMS = {
    "timeout_s": "deadline_s",
    "retries": "attempts",
    "rate_limit": "rate_per_s",
    "api_key": "api_key_env",
}


def load_settings(config: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Load and check the settings from all sources.

    `overrides` maps dotted paths to values, e.g. `{"images.count": 5}`; `None` counts as not given.

    Raises:
        ConfigError: A source is not valid; the message names file or variable, the key, its value and what it may be.
    """
    file = configuration_file(config)
    values = _merge(Settings().model_dump(), _read_file(file) if file else {})
    origins: dict[str, str] = {}
    for names, value, origin in [*_variables(), *_arguments(overrides or {})]:
        known = _as_written(names, values, origin)
        values = _merge(values, _nest(known, value))
        path = ".".join(known)
        origins.pop(path, None)
        origins[path] = origin
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_explain(error.errors(), origins, str(file))) from None


def _read_file(path: Path) -> dict[str, Any]:
    try:
        values = YamlConfigSettingsSource(BaseSettings, yaml_file=path).yaml_data
    except YAMLError as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        place = f"line {mark.line + 1} is" if mark else "this is"
        problem = f" ({error.problem})" if isinstance(error, MarkedYAMLError) and error.problem else ""
        raise ConfigError(f"{path}: {place} not YAML{problem}; correct it") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: this is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); change its permissions") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise ConfigError(f"{path}: this is not a mapping of settings; write lines of `name: value`") from error
    return {str(key): value for key, value in values.items()}


def _variables() -> list[tuple[list[str], Any, str]]:
    """Return path, value and origin of every `PEITU_` variable, in ascending precedence.

    Without pydantic-settings, which ignores variables that name no setting, and whose errors do not say which variable
    has the wrong value.
    """
    return [
        (name.removeprefix("PEITU_").lower().split("__"), value, name + place)
        for place, variables in ((" in .env", environment_file(warn=True)), ("", os.environ))
        for name, value in variables.items()
        if name.startswith("PEITU_") and name != "PEITU_CONFIG" and value.strip()
    ]


def _arguments(overrides: Mapping[str, Any]) -> list[tuple[list[str], Any, str]]:
    return [(path.split("."), value, "argument") for path, value in overrides.items() if value is not None]


def _as_written(names: Sequence[str], values: Mapping[str, Any], origin: str) -> list[str]:
    """Return the path with names as they are written in the settings, e.g. ``My-Model`` for ``my_model``.

    Names of entries may have capitals, hyphens and dots, which a variable cannot have.

    Raises:
        ConfigError: A name may stand for several entries.
    """
    path: list[str] = []
    section: Any = values
    for name in names:
        known = section if isinstance(section, Mapping) else {}
        alike = [str(key) for key in known if _folded(str(key)) == _folded(name)]
        if name not in known and len(alike) > 1:
            which = " or ".join(map(repr, alike))
            raise ConfigError(f"{origin}: {'.'.join([*path, name])} may be {which}; rename one of them")
        path.append(name if name in known or not alike else alike[0])
        section = known.get(path[-1])
    return path


def _folded(name: str) -> str:
    return re.sub(r"\W", "_", name).lower()


def _nest(path: Sequence[str], value: Any) -> Any:
    return {path[0]: _nest(path[1:], value)} if path else value


def _merge(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    """Return `low` updated with `high`, section by section; an empty section changes nothing."""
    merged = dict(low)
    for key, value in high.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and (value is None or isinstance(value, Mapping)):
            merged[key] = _merge(below, value or {})
        else:
            merged[key] = value
    return merged


def _explain(problems: list[ErrorDetails], origins: Mapping[str, str], file: str) -> str:
    first = min(problems, key=lambda problem: problem["type"] != "extra_forbidden")  # a typo explains the rest
    path = ".".join(str(part) for part in first["loc"])
    # For a missing key, the origin is that of other keys in its section.
    begun = path.rpartition(".")[0] if first["type"] == "missing" else path
    places = [
        origin
        for key, origin in reversed(list(origins.items()))
        if f"{path}.".startswith(f"{key}.") or key.startswith(f"{begun}.")
    ]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{places[0] if places else file}: {path} {_problem(first)}{more}"


def _problem(problem: ErrorDetails) -> str:
    if problem["type"] == "extra_forbidden":
        return f"is not a setting; {_suggestion(problem['loc'])}"
    if problem["type"] == "missing":
        return "is missing; add it"
    value = problem["input"]
    hidden = "key" in str(problem["loc"][-1])
    told = re.sub(r"//[^\s/@]*@", "//…@", repr(value))  # it may contain a password
    shown = "empty" if value is None or not str(value).strip() else "not usable" if hidden else f"{told:.60}"
    return f"is {shown}; it {misfit(problem)}"


def _suggestion(loc: tuple[int | str, ...]) -> str:
    section: Any = Settings
    for part in loc[:-1]:
        fields = getattr(section, "model_fields", None)
        section = fields[part].annotation if fields else get_args(section)[-1]
    known = list(section.model_fields)
    synonyms = {word: key for word, key in _SYNONYMS.items() if key in known}
    close = difflib.get_close_matches(str(loc[-1]), [*known, *synonyms], n=1)
    return f"did you mean {synonyms.get(close[0], close[0])}?" if close else f"known are {', '.join(known)}"
