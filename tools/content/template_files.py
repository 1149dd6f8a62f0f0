"""Read and write template files; a file is parsed again only after it was edited.

Scanning a folder takes about 0.1 ms.
"""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from tools.errors import ConfigError, InputError
from tools.pictures.files import write_whole
from tools.setup.misfit import misfit

_T = TypeVar("_T", bound=BaseModel)
_Stamp = tuple[int, int, int]
"""Tells versions of a file apart: time of its last change in ns, size in bytes, inode."""


def read_folder(folder: Path, kind: type[_T], *, model: str) -> tuple[tuple[Path, _T], ...]:
    """Return the YAML files of the folder and their templates, sorted by path; none if there is no folder.

    `model` is the built-in file with which the error message tells the user to compare.

    Raises:
        ConfigError: The folder cannot be read, or a file is no template of this kind; the message names file and key.
    """
    try:
        with os.scandir(folder) as entries:
            # Hidden files are those that editors and `write_whole` have not finished yet.
            found = [entry for entry in entries if entry.name[0] != "." and entry.name.endswith((".yaml", ".yml"))]
            stamps = tuple(sorted((entry.path, _stamp(entry.stat())) for entry in found))
    except FileNotFoundError:
        return ()
    except OSError as error:
        advice = "set `templates` to a folder of topics and styles"
        raise ConfigError(f"{folder} cannot be read ({error.strerror}) - {advice}") from error
    return cast("tuple[tuple[Path, _T], ...]", _parsed_folder(stamps, kind, model))


def misnamed(folder: Path, name: str, kind: type[BaseModel]) -> str | None:
    """Return how to correct the file of this name that holds another id, e.g. a copy; `None` if there is no file."""
    for path, template in read_folder(folder, kind, model="the others in this folder"):
        if path.stem.lower() == name:
            return f"{path.as_posix()} holds the id {getattr(template, 'id', '')!r}: write 'id: {name}' there"
    return None


def read_file(path: Path, kind: type[_T]) -> _T:
    """Return the file as this kind of template.

    Raises:
        ConfigError: The file is not of this kind; the message names the file and the key.
    """
    return cast("_T", _parsed(path, _stamp(path.stat()), kind, path.name))


def write_file(path: Path, template: BaseModel, *, replace: bool) -> None:
    """Write the template; the file may exist already with the same one.

    Raises:
        InputError: The file holds another template, and `replace` is false.
        StorageError: The file cannot be written.
    """
    import yaml

    values = template.model_dump(mode="json")
    if path.exists() and not replace and load_yaml(path) != values:
        raise InputError(f"{path} holds another template already - choose another id, or pass replace=True")
    text = yaml.safe_dump(values, allow_unicode=True, sort_keys=False, width=110)
    write_whole(path, text.encode("utf-8"))


def load_yaml(path: Path) -> dict[str, Any]:
    """Return the keys and values of a YAML file.

    Raises:
        ConfigError: It cannot be read, or does not hold keys and values; the message names the file.
    """
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        # The C loader, if present, reads all topics in 0.01 s instead of 0.1 s; the Python loader explains errors.
        try:
            loaded = yaml.load(text, Loader=yaml.CSafeLoader)
        except (yaml.YAMLError, AttributeError):
            loaded = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ConfigError(f"{path}: {line}this is not YAML ({error.problem or error.context}) - correct it") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read as YAML: {error}".replace("\n", " ")) from error
    if not isinstance(loaded, dict):
        raise ConfigError(f"{path} must hold keys and values as YAML, found {type(loaded).__name__}")
    return loaded


def problem_of(error: ValidationError) -> str:
    """Return the key of the first problem, and what it is."""
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"])) or "the template"
    if first["type"] == "extra_forbidden":
        return f"{place}: there is no such key"
    if first["type"] == "missing":
        return f"{place}: is missing"
    if first["type"] == "model_type":
        return f"{place}: should have the keys zh and en"
    if first["type"] == "string_pattern_mismatch":
        return f"{place}: should be small letters, digits, - and _, beginning with a letter"
    return f"{place}: {misfit(first)}"


@lru_cache(maxsize=64)
def _parsed_folder(
    stamps: tuple[tuple[str, _Stamp], ...], kind: type[BaseModel], model: str
) -> tuple[tuple[Path, BaseModel], ...]:
    return tuple((Path(path), _parsed(Path(path), stamp, kind, model)) for path, stamp in stamps)


@lru_cache(maxsize=1024)
def _parsed(path: Path, stamp: _Stamp, kind: type[BaseModel], model: str) -> BaseModel:
    del stamp  # only a part of the cache key: each version of the file has its own entry
    try:
        return kind.model_validate(load_yaml(path))
    except ValidationError as error:
        raise ConfigError(f"{path}: {problem_of(error)} - compare it with {model}") from error


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_mtime_ns, status.st_size, status.st_ino
