"""The vocabulary of the sketch, from `words.txt`: one concept per line, with its words in Chinese and English."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

_WORDS = Path(__file__).with_name("words.txt")

Kind = Literal["person", "big", "mid", "small", "sky", "water", "idea", "-"]


@dataclass(frozen=True, slots=True)
class Concept:
    """One line of the vocabulary.

    `kind` is its place in a picture: `person`, `big` (a house), `mid` (a car), `small` (a cup), `sky` (it flies),
    `water` (it floats or swims), `idea` (a symbol of something abstract), or `-`: nothing is drawn for it; it only sets
    the scene, asks for a composition, or is no subject at all. `tags` are the scenes and compositions that it asks for.
    `things` are the words of both languages that name the thing itself, not something that it is a symbol of.
    """

    icons: tuple[str, ...]
    kind: Kind
    english: tuple[str, ...]
    chinese: tuple[str, ...]
    tags: frozenset[str]
    things: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All concepts, also by word. English words are in lower case, phrases have single spaces.

    `kinds` are by the name of a concept's first icon; `longest_english` counts words, `longest_chinese` characters.
    """

    concepts: tuple[Concept, ...]
    things: frozenset[str]
    english: dict[str, Concept]
    chinese: dict[str, Concept]
    kinds: dict[str, Kind]
    longest_english: int
    longest_chinese: int


@lru_cache(maxsize=1)
def load_vocabulary() -> Vocabulary:
    """Return the vocabulary, read from its file at the first call."""
    lines = _WORDS.read_text(encoding="utf-8").splitlines()
    concepts = tuple(_concept(line) for line in lines if line.strip() and not line.startswith("#"))
    english = {word: concept for concept in concepts for word in concept.english}
    chinese = {word: concept for concept in concepts for word in concept.chinese}
    return Vocabulary(
        concepts,
        frozenset(word for concept in concepts for word in concept.things),
        english,
        chinese,
        kinds={concept.icons[0]: concept.kind for concept in reversed(concepts) if concept.icons},
        longest_english=max(word.count(" ") for word in english) + 1,
        longest_chinese=max(len(word) for word in chinese),
    )


def _concept(line: str) -> Concept:
    icons, kind, english, chinese, tags = (part.strip() for part in line.split("|"))
    if kind not in get_args(Kind):
        raise AssertionError(f"Unknown kind {kind!r} in {_WORDS.name}: {line!r}")
    return Concept(
        icons=() if icons == "-" else tuple(icons.split()),
        kind=kind,  # type: ignore[arg-type] # mypy does not narrow `str` by `in get_args`
        english=_words(english.replace(";", ",")),
        chinese=_words(chinese.replace(";", ",")),
        tags=frozenset(tags.split()),
        things=_words(english.partition(";")[0]) + _words(chinese.partition(";")[0]),
    )


def _words(listed: str) -> tuple[str, ...]:
    return tuple(word for word in map(str.strip, listed.split(",")) if word)
