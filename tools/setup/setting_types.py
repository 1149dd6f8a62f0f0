"""The types of the values of settings, with the error messages for invalid ones."""

import json
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field


def _matching(pattern: str, wanted: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"should be {wanted}")
        return value

    return AfterValidator(check)


def _listed(value: object) -> object:
    """Return the items of the text `a, b` or `["a", "b"]`, as a list is written in an environment variable."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [item.strip() for item in value.split(",") if item.strip()]
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        raise ValueError("should be a list, e.g. modelscope, dashscope") from None


def _weighted(value: object) -> object:
    """Return the mapping in the text `{"a/x": 0.5, "b/y": 0.5}`, as it is written in an environment variable."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        raise ValueError('should be a repository, or e.g. {"a/x": 0.5, "b/y": 0.5}') from None


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
Url = Annotated[
    str, _matching(r"https?://[^\s/@]+(/\S*)?", "an address that begins with http:// or https://, without a user name")
]
Size = Annotated[str, _matching(r"[1-9]\d{0,4}x[1-9]\d{0,4}", "WIDTHxHEIGHT in pixels, e.g. 1024x1024")]
VariableName = Annotated[str, _matching(r"[A-Za-z_]\w*", "the name of a variable, never the key itself")]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
FilePath = Annotated[Path, BeforeValidator(_path)]
Loras = Annotated[str | dict[str, float], BeforeValidator(_weighted)]
Order = Annotated[tuple[Literal["modelscope", "dashscope"], ...], BeforeValidator(_listed), AfterValidator(_distinct)]
Level = Annotated[Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_upper)]
