"""Every setting and key, typed and frozen, from argument, environment, `.env` and `config.yaml`.

What stands first wins: argument, environment (`PEITU_` and the path, two underscores between), `.env`,
`config.yaml`, default. Relative paths count from the working directory.
"""

import difflib
import io
import json
import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, YamlConfigSettingsSource
from yaml import MarkedYAMLError, YAMLError

from tools.errors import ConfigError

MAX_COUNT = 50  # pictures of one content; the checkpoints of a wider fan-out outgrow the pictures


# What a value may be


def _matching(pattern: str, wanted: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"should be {wanted}")
        return value

    return AfterValidator(check)


def _listed(value: object) -> object:
    """Return the items of `a, b` or `["a", "b"]`: an environment variable holds a list as text."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [item.strip() for item in value.split(",") if item.strip()]
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        raise ValueError("should be a list, e.g. modelscope, dashscope") from None


def _distinct(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(value)) < len(value):
        raise ValueError("should name each provider once")
    return value


def _path(value: object) -> object:
    if not isinstance(value, str | Path) or not str(value).strip():
        raise ValueError("should be a path")
    return Path(value).expanduser()


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


Text = Annotated[str, _matching(r"(?s)\s*\S.*", "text, not blank")]
Ascii = Annotated[str, _matching(r"[ -~]*", "ASCII text")]
Url = Annotated[str, _matching(r"https?://[^\s/]\S*", "an address that begins with http:// or https://")]
Size = Annotated[str, _matching(r"[1-9]\d{0,4}x[1-9]\d{0,4}", "WIDTHxHEIGHT in pixels, e.g. 1024x1024")]
VariableName = Annotated[str, _matching(r"[A-Za-z_]\w*", "the name of a variable, never the key itself")]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
FilePath = Annotated[Path, BeforeValidator(_path)]
Order = Annotated[tuple[Literal["modelscope", "dashscope"], ...], BeforeValidator(_listed), AfterValidator(_distinct)]
Level = Annotated[Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_upper)]


# The tree of config.yaml


class Section(BaseModel):
    """A part of the settings: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LanguageService(Section):
    """An OpenAI-compatible chat service."""

    base_url: Url = Field(description="address up to and with the version, e.g. https://…/v1")
    model: Text = Field(description="the service's name of the model")
    api_key_env: VariableName | None = Field(None, description="variable with the key; none: no key is sent")
    temperature: float = Field(1.0, gt=0, le=1, description="randomness of the answers, above 0 up to 1")
    timeout_s: Seconds = Field(60.0, description="seconds to wait for one answer")


_LANGUAGE_SERVICES = {
    "minimax": LanguageService(
        base_url="https://api.minimaxi.com/v1", model="MiniMax-M2.5", api_key_env="MINIMAX_API_KEY"
    ),
    "dashscope": LanguageService(
        base_url="https://dashscope.aliyuncs.com/compatible-mode/v1",
        model="qwen-plus",
        api_key_env="DASHSCOPE_API_KEY",
    ),
    "local": LanguageService(base_url="http://127.0.0.1:8080/v1", model="local"),
}


class LanguageSettings(Section):
    """Who writes the prompts."""

    max_content_chars: int = Field(24000, ge=100, description="characters of the content that the model reads")
    providers: dict[str, LanguageService] = Field(_LANGUAGE_SERVICES, description="the services, by name")
    provider: str = Field("minimax", description="an entry of `providers`; none: the templates alone")

    @field_validator("provider")
    @classmethod
    def _is_known(cls, value: str, info: ValidationInfo) -> str:
        known = [*info.data.get("providers", [value]), "none"]
        if value not in known:
            raise ValueError(f"should be an entry of llm.providers: {', '.join(known)}")
        return value


class ImageService(Section):
    """A provider of pictures."""

    base_url: Url = Field(description="address of the API, up to and with its version")
    model: Text = Field(description="the provider's name of the model")
    rate_per_s: float = Field(2.0, gt=0, le=1000, description="submits per second, evenly spaced")
    max_in_flight: int = Field(2, ge=1, le=1000, description="tasks under way at once")
    deadline_s: Seconds = Field(600.0, description="seconds to wait for one task")
    first_poll_s: Seconds = Field(
        1, description="seconds from the submit to the first poll, and least pause between polls"
    )
    attempts: int = Field(3, ge=1, le=10, description="tasks for one picture, and repeats of a refused submit")
    on_lost_reply: Literal["hold", "resubmit"] = Field(
        "hold", description="leave a request whose answer was lost to the user, or send it again"
    )


_MODELSCOPE = ImageService(
    base_url="https://api-inference.modelscope.cn/v1",
    model="Tongyi-MAI/Z-Image-Turbo",
    max_in_flight=8,
    deadline_s=300,
    on_lost_reply="resubmit",
)
_DASHSCOPE = ImageService(base_url="https://dashscope.aliyuncs.com/api/v1", model="wanx2.1-t2i-plus", first_poll_s=2)


class ImageSettings(Section):
    """What pictures are made, and by whom."""

    order: Order = Field(("modelscope", "dashscope"), description="providers that `auto` tries, in this order")
    count: int = Field(3, ge=1, le=MAX_COUNT, description="pictures of a content, when not asked otherwise")
    size: Size = Field("1024x1024", description="width x height in pixels")
    quality: int = Field(92, ge=1, le=95, description="quality of the saved JPG, 1 to 95")
    modelscope: ImageService = Field(_MODELSCOPE, description="ModelScope API-Inference, free of charge")
    dashscope: ImageService = Field(_DASHSCOPE, description="Alibaba DashScope, every picture is paid")


class StorageSettings(Section):
    """Where finished pictures go."""

    upload: Literal["auto", "always", "never"] = Field("auto", description="auto: when the OSS variables are set")


class DatabaseSettings(Section):
    """The records: runs, images, ledger, uploads."""

    path: FilePath = Field(Path("data/peitu.db"), description="SQLite file")


class CheckpointSettings(Section):
    """LangGraph's state of every run."""

    path: FilePath = Field(Path("data/checkpoints.db"), description="SQLite file")


class LabelSettings(Section):
    """The label that says that a picture was generated."""

    content_producer: Ascii = Field("", description="service provider for the AIGC label; blank: peitu")


class LoggingSettings(Section):
    """The log file."""

    level: Level = Field("INFO", description="the least level that is kept")
    path: FilePath = Field(Path("logs/peitu.log"), description="the file")
    rotation: Text = Field("10 MB", description="size or age at which a new file begins, e.g. 10 MB or 1 day")
    retention: Text = Field("14 days", description="age at which an old file goes")


class Settings(Section):
    """The whole of `config.yaml`. `Settings()` holds the defaults and reads nothing; see `load_settings`."""

    output_dir: FilePath = Field(Path("output"), description="folder of the pictures: {output_dir}/{run id}/00.jpg")
    style: Text = Field("clean", description="the style when none is asked for")
    llm: LanguageSettings = Field(LanguageSettings(), description="who writes the prompts")
    images: ImageSettings = Field(ImageSettings(), description="what pictures are made, and by whom")
    storage: StorageSettings = Field(StorageSettings(), description="where finished pictures go")
    database: DatabaseSettings = Field(DatabaseSettings(), description="runs, images, ledger, uploads")
    checkpoints: CheckpointSettings = Field(CheckpointSettings(), description="LangGraph's state of every run")
    labels: LabelSettings = Field(LabelSettings(), description="the label of generated pictures")
    logging: LoggingSettings = Field(LoggingSettings(), description="the log file")
    rss: dict[str, Any] = Field({"feeds": []}, description="accepted, not read")
    vector_store: dict[str, Any] = Field({}, description="accepted, not read")
    scheduler: dict[str, Any] = Field({}, description="accepted, not read")


# The environment

_OSS_VARIABLES = (
    "OSS_ACCESS_KEY_ID",
    "OSS_ACCESS_KEY_SECRET",
    "OSS_ENDPOINT",
    "OSS_BUCKET_NAME",
    "OSS_BASE_PATH",
    "OSS_CUSTOM_DOMAIN",
    "OSS_REGION",
)


def _environment_file(*, warn: bool = False) -> dict[str, str]:
    """Return what `.env` in the working directory sets; a line that is no assignment is passed over."""
    logging.getLogger("dotenv.main").disabled = not warn  # one warning of such a line is enough
    try:
        text = Path(".env").read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f".env cannot be read ({type(error).__name__}); save it as UTF-8 text") from error
    return {name: value for name, value in dotenv_values(stream=io.StringIO(text)).items() if value}


def environment_value(name: str) -> str | None:
    """Return a variable of the environment, else of `.env`; an empty one counts as not set."""
    return os.environ.get(name, "").strip() or _environment_file().get(name, "").strip() or None


def oss_environment() -> dict[str, str]:
    """Return the `OSS_` variables that are set, by their names."""
    values = {name: environment_value(name) for name in _OSS_VARIABLES}
    return {name: value for name, value in values.items() if value}


class Keys(BaseModel):
    """The keys that are set; printed they are stars."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    modelscope: SecretStr | None = Field(None, description="MODELSCOPE_API_KEY")
    dashscope: SecretStr | None = Field(None, description="DASHSCOPE_API_KEY")
    minimax: SecretStr | None = Field(None, description="MINIMAX_API_KEY")
    oss_access_key_id: SecretStr | None = Field(None, description="OSS_ACCESS_KEY_ID")
    oss_access_key_secret: SecretStr | None = Field(None, description="OSS_ACCESS_KEY_SECRET")

    def named(self, variable: str) -> SecretStr | None:
        """Return the key that a variable holds, e.g. the one that `api_key_env` names."""
        for name, field in Keys.model_fields.items():
            if field.description == variable:
                found: SecretStr | None = getattr(self, name)
                return found
        value = environment_value(variable)
        return SecretStr(value) if value else None


def load_keys() -> Keys:
    """Read the keys from the environment and `.env`."""
    found = {name: environment_value(str(field.description)) for name, field in Keys.model_fields.items()}
    return Keys(**{name: SecretStr(value) for name, value in found.items() if value})


# All of it together

# What people call these settings elsewhere.
_SYNONYMS = {
    "timeout_s": "deadline_s",
    "retries": "attempts",
    "rate_limit": "rate_per_s",
    "api_key": "api_key_env",
}


def load_settings(config: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings from everywhere.

    `overrides` maps dotted paths to values, e.g. `{"images.count": 5}`; `None` counts as not given.

    Raises:
        ConfigError: In one line the file or variable, the key, what it is and what it may be.
    """
    file = configuration_file(config)
    values = _merge(Settings().model_dump(), _read_file(file) if file else {})
    origins: dict[str, str] = {}
    for path, value, origin in [*_variables(), *_arguments(overrides or {})]:
        values = _merge(values, _nest(path, value))
        origins.pop(path, None)
        origins[path] = origin
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_explain(error.errors(), origins, str(file))) from None


def configuration_file(config: Path | None) -> Path | None:
    """Return the file that settings are read from, or `None` where there is none and the defaults hold.

    Raises:
        ConfigError: The file that was asked for is not there.
    """
    named = config or environment_value("PEITU_CONFIG")
    if not named:
        candidates = (Path("config.yaml"), Path(__file__).parent.parent / "config.yaml")
        return next((path for path in candidates if path.is_file()), None)
    path = Path(named).expanduser()
    if not path.is_file():
        problem = "is no file" if path.exists() else "does not exist"
        raise ConfigError(f"configuration file {str(path)!r} {problem}; name another: --config or PEITU_CONFIG")
    return path


def _read_file(path: Path) -> dict[str, Any]:
    try:
        values = YamlConfigSettingsSource(BaseSettings, yaml_file=path).yaml_data
    except YAMLError as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        place = f"line {mark.line + 1} is" if mark else "this is"
        problem = f" ({error.problem})" if isinstance(error, MarkedYAMLError) and error.problem else ""
        raise ConfigError(f"{path}: {place} no YAML{problem}; mend it") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: this is no UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); change its permissions") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise ConfigError(f"{path}: this is not a mapping of settings; write lines of `name: value`") from error
    return {str(key): value for key, value in values.items()}


def _variables() -> list[tuple[str, Any, str]]:
    """Return path, value and origin of every `PEITU_` variable, what counts more coming later.

    Not by pydantic-settings: it passes over a variable that names no setting, and its errors do not say which
    variable holds the wrong value.
    """
    return [
        (name.removeprefix("PEITU_").lower().replace("__", "."), value, name + place)
        for place, variables in ((" in .env", _environment_file(warn=True)), ("", os.environ))
        for name, value in variables.items()
        if name.startswith("PEITU_") and name != "PEITU_CONFIG" and value.strip()
    ]


def _arguments(overrides: Mapping[str, Any]) -> list[tuple[str, Any, str]]:
    return [(path, value, "argument") for path, value in overrides.items() if value is not None]


def _nest(path: str, value: Any) -> dict[str, Any]:
    first, _, rest = path.partition(".")
    return {first: _nest(rest, value) if rest else value}


def _merge(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    """Lay `high` over `low`; a section with nothing under it changes nothing."""
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
    places = [
        origin
        for key, origin in reversed(list(origins.items()))
        if f"{path}.".startswith(f"{key}.") or key.startswith(f"{path}.")
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
    shown = "empty" if value is None else "not usable" if hidden else f"{value!r:.60}"
    wanted = re.sub(r"^(Input|String|List|Tuple|Value error,) ", "", problem["msg"])
    return f"is {shown}; it {'should be a mapping' if problem['type'] == 'model_type' else wanted}"


def _suggestion(loc: tuple[int | str, ...]) -> str:
    section: Any = Settings
    for part in loc[:-1]:
        fields = getattr(section, "model_fields", None)
        section = fields[part].annotation if fields else get_args(section)[-1]
    known = list(section.model_fields)
    synonyms = {word: key for word, key in _SYNONYMS.items() if key in known}
    close = difflib.get_close_matches(str(loc[-1]), [*known, *synonyms], n=1)
    return f"did you mean {synonyms.get(close[0], close[0])}?" if close else f"known are {', '.join(known)}"
