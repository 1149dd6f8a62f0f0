"""Find who is introduced by name, e.g. `a small fox called Rusty`: an image model knows foxes, but no Rusty."""

import re
from collections.abc import Iterator, Mapping

from tools.content.templates import Language
from tools.content.words import picturable, tokens
from tools.simplified import simplified

_MOST = 12
_KIND_CHARS = 8  # of a Chinese one
_NAME_ZH = r"([\u4e00-\u9fff]{2,4}?)"
_CALLED_ZH = "(?:名叫|名字叫|叫做|叫作)"
# 一只叫阿橘的小狐狸, and the other way round: 一只小狐狸，名叫阿橘。
_BEFORE_ZH = re.compile(rf"[只条头匹位名个](?:叫|{_CALLED_ZH}){_NAME_ZH}的")
_AFTER_ZH = re.compile(rf"[只条头匹位名个]([^\W的]{{2,6}}?)[，,]?{_CALLED_ZH}{_NAME_ZH}(?=[，。！？；、,\s]|$)")
_CALLED_EN = re.compile(
    r"\b(?:[Aa]n?|[Tt]he|[Mm]y|[Oo]ur|[Hh]er|[Hh]is|[Tt]heir) ((?:[a-z][a-z-]* ){0,2}[a-z]+),? "
    r"(?:named|called) ([A-Z][a-z]+)\b"
)


def characters(text: str, language: Language) -> dict[str, str]:
    """Return who the names of the plain text are, e.g. ``{"Rusty": "small fox"}``, if that can be drawn.

    Chinese ones are in Simplified characters, as subjects are.
    """
    text = simplified(text)
    found: dict[str, str] = {}
    for name, kind in _introduced_zh(text) if language == "zh" else _introduced_en(text):
        if len(found) < _MOST and picturable(kind, language):
            found.setdefault(name, kind)
    return found


def introduced(phrase: str, cast: Mapping[str, str], language: Language) -> str:
    """Return the phrase with who they are before the names, e.g. `the small fox Rusty`, unless it says so itself."""
    for name, kind in cast.items():
        if language == "zh" and kind[-2:] not in phrase:
            phrase = phrase.replace(name, kind + name, 1)
        elif language == "en" and kind.split()[-1] not in phrase:
            phrase = re.sub(rf"\b{name}\b", f"the {kind} {name}", phrase, count=1)
    return phrase


def _introduced_zh(text: str) -> Iterator[tuple[str, str]]:
    for found in _BEFORE_ZH.finditer(text):
        kind = _kind_zh(text[found.end() : found.end() + _KIND_CHARS])
        if kind:
            yield found[1], kind
    for found in _AFTER_ZH.finditer(text):
        yield found[2], found[1]


def _kind_zh(text: str) -> str:
    """Return the noun at the beginning of the text with its adjectives, or an empty string."""
    words = tokens(text, "zh")
    end = next((number for number, (_, tag) in enumerate(words) if tag[:1] not in {"a", "n"}), len(words))
    return "".join(word for word, _ in words[:end])


def _introduced_en(text: str) -> Iterator[tuple[str, str]]:
    for found in _CALLED_EN.finditer(text):
        yield found[2], found[1]
