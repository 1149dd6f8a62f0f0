"""Read a subject: which concepts of the vocabulary it names, their weights, and the scenes that they ask for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tools.simplified import simplified
from tools.sketch.counts import count_in, count_of
from tools.sketch.style import without_style
from tools.sketch.vocabulary import Concept, Vocabulary, load_vocabulary

MOST_ICONS = 5
_CHINESE = "\u3400-\u9fff"
_TOKEN = re.compile(rf"[a-z]+(?:['’][a-z]+)*|[{_CHINESE}]+|[^\w\s'’-]")
_NOT = {"no", "not", "without", "never", "non", "avoid", "excluding", "except", "don't", "don’t"}
_AGAIN = {"but", "with", "only", "just", "while", "and", "then", "in", "on", "at", "because", "when"}
_NOT_CHINESE = re.compile(r"不要|没有|不含|不带|避免|去掉|禁止|切勿|无|别")
_AGAIN_CHINESE = re.compile(r"[的而但只却，。；]")
_LONGEST_NOT = 5
# Pairs of icons that are replaced by one.
_TOGETHER = {
    ("p:cat", "box"): "p:cat-box",
    ("p:cat", "p:sleeper"): "p:sleeping-cat",
    ("p:meeting", "p:team"): "p:meeting",
    ("p:laptop-call", "p:meeting"): "p:video-meeting",
    ("p:laptop-call", "p:team"): "p:laptop-call",
    ("p:bookshop", "store"): "p:bookshop",
    ("cloud-lightning", "cloud-rain-wind"): "cloud-lightning",
}
_PRONOUN = re.compile(r"(?<!其)[他她]|\b(?:he|she)\b|的人(?=们|正|在|$|[，。、；！？,.;!?])")
_WEIGHT_OF_PRONOUN = 0.5
_IRREGULAR = {"leaves": "leaf", "wolves": "wolf", "loaves": "loaf", "bought": "buy", "grew": "grow", "grown": "grow"}


@dataclass(slots=True)
class Found:
    """A concept that the subject names: its weight, whether it is plural, and how many of it to draw."""

    concept: Concept
    weight: float
    plural: bool
    count: int = 1


@dataclass(slots=True)
class Reading:
    """The result of reading a subject: the concepts to draw, the heaviest first, and the tags of all concepts."""

    found: list[Found] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)

    def icons(self) -> list[str]:
        """Return the names of the icons to draw, the main one first, at most `MOST_ICONS`."""
        names = [found.concept.icons[0] for found in self.found]
        if len(names) < 3:
            for found in self.found[:2]:
                names += [name for name in found.concept.icons[1:] if name not in names]
        return list(dict.fromkeys(names))[:MOST_ICONS]

    def concept_of(self, icon: str) -> Found:
        """Return the found concept that an icon of `icons()` belongs to."""
        mains = {found.concept.icons[0]: found for found in self.found}
        others = {name: found for found in reversed(self.found) for name in found.concept.icons}
        return mains.get(icon) or others[icon]


def read(subject: str) -> Reading:
    """Return the concepts in a subject in English, Chinese or both.

    Earlier and repeated words weigh more. Words after a negation ("no text", "不要文字") are left out up to the end of
    the phrase.
    """
    vocabulary = load_vocabulary()
    subject = simplified(subject)
    by_icon: dict[str, Found] = {}
    reading = Reading()
    for place, (concept, plural, count) in enumerate(_concepts(without_style(subject.lower()), vocabulary)):
        reading.tags |= concept.tags
        if concept.kind == "-":
            continue
        weight = 1 / (1 + 0.15 * place)
        found = by_icon.setdefault(concept.icons[0], Found(concept, 0.0, plural=False))
        found.weight += weight if found.weight == 0 else 0.6 * weight
        found.plural = found.plural or plural or count > 1
        found.count = max(found.count, count)
    _join(by_icon, vocabulary)
    _somebody(by_icon, subject.lower(), vocabulary)
    reading.found = sorted(by_icon.values(), key=lambda found: -found.weight * _presence(found.concept))
    return reading


def _join(by_icon: dict[str, Found], vocabulary: Vocabulary) -> None:
    for (one, other), joined in _TOGETHER.items():
        if one in by_icon and other in by_icon:
            weight = by_icon.pop(one).weight + by_icon.pop(other).weight
            concept = next(concept for concept in vocabulary.concepts if concept.icons[:1] == (joined,))
            by_icon[joined] = Found(concept, weight, plural=False)


def _somebody(by_icon: dict[str, Found], subject: str, vocabulary: Vocabulary) -> None:
    """Add a person if only a pronoun, and no concept, names one."""
    spoken = _PRONOUN.search(subject)
    if spoken and by_icon and not any(found.concept.kind == "person" for found in by_icon.values()):
        woman = spoken[0] in {"她", "she"}
        concept = vocabulary.english["woman" if woman else "person"]
        by_icon[concept.icons[0]] = Found(concept, _WEIGHT_OF_PRONOUN, plural=False)


def _presence(concept: Concept) -> float:
    # People and large things suit the main role better than ideas and the sky do.
    if "weak" in concept.tags:
        return 0.4
    return {"person": 1.5, "big": 1.1, "idea": 0.85, "sky": 0.8}.get(concept.kind, 1.0)


def _concepts(text: str, vocabulary: Vocabulary) -> Iterator[tuple[Concept, bool, int]]:
    """Yield each concept, whether it is plural, and how many the text names."""
    tokens = _TOKEN.findall(text.replace("-", " "))
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if re.match(rf"[{_CHINESE}]", token):
            yield from _chinese_concepts(token, vocabulary)
            place += 1
            continue
        if token in _NOT:
            place = _after_negation(tokens, place + 1)
            continue
        length, concept, plural = _english_concept(tokens, place, vocabulary)
        if concept is not None:
            yield concept, plural, count_of(tokens, place, length)
        place += length


def _after_negation(tokens: list[str], place: int) -> int:
    end = min(len(tokens), place + _LONGEST_NOT)
    while place < end and tokens[place].isalpha() and tokens[place] not in _AGAIN:
        place += 1
    return place


def _english_concept(tokens: list[str], place: int, vocabulary: Vocabulary) -> tuple[int, Concept | None, bool]:
    for length in range(min(vocabulary.longest_english, len(tokens) - place), 0, -1):
        words = tokens[place : place + length]
        head = " ".join(words[:-1])
        for number, form in enumerate(_forms(words[-1])):
            concept = vocabulary.english.get(f"{head} {form}".strip())
            if concept is not None:
                return length, concept, number > 0 or words[-1].endswith("s")
    return 1, None, False


def _forms(word: str) -> Iterator[str]:
    """Yield the word itself, then the base forms that it may be an inflection of, the likeliest first."""
    yield word
    if word in _IRREGULAR:
        yield _IRREGULAR[word]
    for ending in ("'s", "’s", "s", "es", "ing", "ed", "er", "ly"):
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < 3:
            continue
        yield stem
        if stem.endswith("i"):
            yield stem[:-1] + "y"
        if stem[-1] == stem[-2]:
            yield stem[:-1]
        if ending in {"ing", "ed", "er"}:
            yield stem + "e"


def _chinese_concepts(text: str, vocabulary: Vocabulary) -> Iterator[tuple[Concept, bool, int]]:
    place = 0
    while place < len(text):
        length = next(
            (n for n in range(vocabulary.longest_chinese, 0, -1) if text[place : place + n] in vocabulary.chinese),
            0,
        )
        negation = _NOT_CHINESE.match(text, place)
        if negation and length <= len(negation.group()):
            end = _AGAIN_CHINESE.search(text, negation.end())
            limit = negation.end() + _LONGEST_NOT
            place = min(end.start() if end else len(text), limit)
        elif length:
            yield vocabulary.chinese[text[place : place + length]], False, count_in(text, place, length)
            place += length
        else:
            place += 1
