"""Topic templates and styles: one YAML file each, in `nodes/templates` and in the user's own folder.

A topic says how a text about it becomes a picture; a style is what all pictures of a set have in common. `own` is the
user's folder (the setting `templates`), with topics in it and styles in its subfolder `styles`. A template there
replaces the built-in one of the same id. An edited file takes effect from the next call on.
"""

from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tools.content.template_files import load_yaml, misnamed, problem_of, read_file, read_folder, write_file
from tools.errors import ConfigError, InputError

FOLDER = Path(__file__).parents[2] / "nodes" / "templates"
DEFAULT = "default"
STYLES = "styles"
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


class _Template(_File):
    """The keys that topics and styles share."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
    name: Words

    def altered(self, **changes: Any) -> Self:
        """Return the template with these keys changed, e.g. ``altered(id="mine", suffix={"zh": …, "en": …})``.

        Raises:
            InputError: It would not be valid; the message names the key.
        """
        try:
            return self.model_validate({**self.model_dump(), **changes})
        except ValidationError as error:
            raise InputError(f"The template {changes.get('id', self.id)!r}: {problem_of(error)}") from error


class Topic(_Template):
    """How a text about one topic becomes a picture.

    `frame` is the sentence of the prompt, with the placeholders ``{subject}``, ``{setting}``, ``{mood}`` and
    ``{shot}``. Pictures of a text of a word or two vary by `settings` and `shots`; a passage that cannot be drawn is
    replaced by one of the `symbols`.
    """

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


class Style(_Template):
    """What all pictures of a set have in common: the text before and after every prompt, and the negative prompt."""

    description: Words
    prefix: Words
    suffix: Words
    negative: Words


class Common(_File):
    """Wordings used for every topic and style."""

    constraints: Words
    negative: Words
    scene: Words
    shots: Choices
    lights: Choices
    moods: dict[Mood, Words]


_Kind = TypeVar("_Kind", bound=_Template)


def topics(own: Path | None = None) -> dict[str, Topic]:
    """Return the topics by id; a `ConfigError` names an invalid file and its key."""
    return _laid_over("", own, Topic, model="nodes/templates/default.yaml; a style belongs in the folder 'styles'")


def styles(own: Path | None = None) -> dict[str, Style]:
    """Return the styles by id; a `ConfigError` names an invalid file and its key."""
    return _laid_over(STYLES, own, Style, model="nodes/templates/styles/clean.yaml")


def style(name: str, *, default: str = "clean", own: Path | None = None) -> Style:
    """Return the style of this id; ``default`` or ``""`` stands for the style with the id `default`.

    Raises:
        InputError: There is no such style; the message lists them all.
    """
    known = styles(own)
    wanted = default if name.strip().lower() in {"", "default"} else name.strip().lower()
    if wanted not in known:
        if own and (advice := misnamed(own / STYLES, wanted, Style)):
            raise InputError(f"There is no style {name!r} - {advice}")
        where = f"; put your own styles in {str(own / STYLES)!r}" if own else ""
        raise InputError(f"There is no style {name!r} - choose one of: {', '.join(sorted(known))}{where}")
    return known[wanted]


def style_names(own: Path | None = None) -> list[str]:
    """Return the ids of all styles, in alphabetical order."""
    return sorted(styles(own))


def style_lines(language: Language = "en", *, own: Path | None = None) -> list[tuple[str, str]]:
    """Return the id and a description of one line for every style."""
    return [(name, found.description.of(language)) for name, found in sorted(styles(own).items())]


def keep(template: Topic | Style, own: Path, *, replace: bool = False) -> Path:
    """Write a template into the user's folder, where every run finds it by its id, and return the path.

    Raises:
        InputError: The folder has another one of that id, and `replace` is false.
        StorageError: It cannot be written there.
    """
    path = own / (STYLES if isinstance(template, Style) else "") / f"{template.id}.yaml"
    write_file(path, template, replace=replace)
    return path


def common() -> Common:
    """Return the wordings used for every topic and style."""
    return read_file(FOLDER / "common" / "prompt.yaml", Common)


@lru_cache(maxsize=16)
def words_of(name: str) -> dict[str, frozenset[str]]:
    """Return the lists of words of the file `common/{name}.yaml`."""
    return {key: frozenset(str(words).split()) for key, words in load_yaml(FOLDER / "common" / f"{name}.yaml").items()}


def instructions(name: str) -> str:
    """Return the instructions for the language model in the file `instructions/{name}.md`."""
    return (FOLDER / "instructions" / f"{name}.md").read_text(encoding="utf-8").strip()


def _laid_over(folder: str, own: Path | None, kind: type[_Kind], *, model: str) -> dict[str, _Kind]:
    """Return the built-in templates and the user's, which replace those of the same id."""
    found = _by_id(FOLDER / folder, kind, model)
    if own is None:
        return found
    advice = f"{model}; where {own} holds something else, set `templates` to another folder"
    return found | _by_id(own / folder, kind, advice)


def _by_id(folder: Path, kind: type[_Kind], model: str) -> dict[str, _Kind]:
    found: dict[str, _Kind] = {}
    for path, template in read_folder(folder, kind, model=model):
        if template.id in found:
            raise ConfigError(f"{path} has the id {template.id!r} of another template - give it an id of its own")
        found[template.id] = template
    return found
