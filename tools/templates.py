"""Topic templates and styles: YAML files in `nodes/templates`, one each, that a user may add to.

A topic says how a text about it becomes a picture; a style is what all pictures of a set have in common.
"""

from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tools.errors import ConfigError, InputError

FOLDER = Path(__file__).parent.parent / "nodes" / "templates"
DEFAULT = "default"
Mood = Literal["calm", "joyful", "tense", "melancholic", "hopeful", "curious", "energetic", "solemn", "warm"]
Language = Literal["zh", "en"]
_Text = Annotated[str, Field(min_length=1, max_length=400)]
_Texts = Annotated[tuple[_Text, ...], Field(min_length=1)]
_PLACEHOLDERS = {"subject", "setting", "mood", "shot"}


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_File):
    """One wording in both languages."""

    zh: _Text
    en: _Text

    def of(self, language: Language) -> str:
        """Return the wording in the language."""
        return self.zh if language == "zh" else self.en


class Choices(_File):
    """Several wordings in both languages."""

    zh: _Texts
    en: _Texts

    def of(self, language: Language) -> tuple[str, ...]:
        """Return the wordings in the language."""
        return self.zh if language == "zh" else self.en


class Topic(_File):
    """How a text about something becomes a picture.

    `frame` has the placeholders ``{subject}``, ``{setting}``, ``{mood}`` and ``{shot}``. A text of a word or two
    is pictured in the `settings`, by the `shots`; a passage that cannot be drawn by one of the `symbols`.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
    name: Words
    keywords: Choices
    moods: Annotated[tuple[Mood, ...], Field(min_length=1)]
    frame: Words
    settings: Choices
    shots: Choices
    symbols: Choices

    @field_validator("frame")
    @classmethod
    def _has_placeholders(cls, frame: Words) -> Words:
        for text in (frame.zh, frame.en):
            names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
            if names != _PLACEHOLDERS:
                raise ValueError(f"a frame needs exactly {sorted(_PLACEHOLDERS)}, found {sorted(names)} in {text!r}")
        return frame


class Style(_File):
    """What all pictures of a set have in common: the words before and after every prompt."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
    name: Words
    description: Words
    prefix: Words
    suffix: Words
    negative: Words


class Common(_File):
    """What every prompt carries, whatever the topic and the style."""

    constraints: Words
    negative: Words
    scene: Words
    shots: Choices
    lights: Choices
    moods: dict[Mood, Words]


_Model = TypeVar("_Model", bound=_File)


@lru_cache(maxsize=4)
def topics(folder: Path = FOLDER) -> dict[str, Topic]:
    """Return the topics of the folder by id.

    Raises:
        ConfigError: A file of the folder is no topic template; the message names the file and the key.
    """
    found: dict[str, Topic] = {}
    for path in sorted(folder.glob("*.y*ml")):
        topic = _load(path, Topic)
        if topic.id in found:
            raise ConfigError(f"{path} has the id {topic.id!r} of another template - give it an id of its own")
        found[topic.id] = topic
    if DEFAULT not in found:
        raise ConfigError(f"{folder} has no template with the id {DEFAULT!r} - restore default.yaml")
    return found


@lru_cache(maxsize=4)
def styles(folder: Path = FOLDER) -> dict[str, Style]:
    """Return the styles of the folder by id.

    Raises:
        ConfigError: A file of the folder is no style; the message names the file and the key.
    """
    loaded = (_load(path, Style) for path in sorted((folder / "styles").glob("*.y*ml")))
    return {style.id: style for style in loaded}


def style(name: str, *, default: str = "clean") -> Style:
    """Return the style of this id; ``default`` is another name of the style `default`.

    Raises:
        InputError: There is no such style; the message lists them all.
    """
    known = styles()
    wanted = default if name.strip().lower() in {"", "default"} else name.strip().lower()
    if wanted not in known:
        raise InputError(f"There is no style {name!r} - choose one of: {', '.join(style_names())}")
    return known[wanted]


def style_names() -> list[str]:
    """Return the ids of all styles, in alphabetical order."""
    return sorted(styles())


def style_lines(language: Language = "en") -> list[tuple[str, str]]:
    """Return the id and a description of one line for every style."""
    return [(name, styles()[name].description.of(language)) for name in style_names()]


@lru_cache(maxsize=4)
def common(folder: Path = FOLDER) -> Common:
    """Return what every prompt carries."""
    return _load(folder / "common" / "prompt.yaml", Common)


@lru_cache(maxsize=16)
def words_of(name: str, folder: Path = FOLDER) -> dict[str, frozenset[str]]:
    """Return the lists of words of the file `common/{name}.yaml`."""
    lists = _yaml(folder / "common" / f"{name}.yaml")
    return {key: frozenset(str(words).split()) for key, words in lists.items()}


@lru_cache(maxsize=4)
def instructions(name: str, folder: Path = FOLDER) -> str:
    """Return what the language model is told, from the file `instructions/{name}.md`."""
    return (folder / "instructions" / f"{name}.md").read_text(encoding="utf-8").strip()


def _load(path: Path, kind: type[_Model]) -> _Model:
    """Return the file as this kind of template."""
    try:
        return kind.model_validate(_yaml(path))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise ConfigError(f"{path}: {place}: {first['msg']} - compare it with default.yaml beside it") from error


def _yaml(path: Path) -> dict[str, Any]:
    import yaml

    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read as YAML: {error}".replace("\n", " ")) from error
    if not isinstance(loaded, dict):
        raise ConfigError(f"{path} must hold keys and values, found {type(loaded).__name__}")
    return loaded
