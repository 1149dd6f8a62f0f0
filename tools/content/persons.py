"""A phrase told about somebody whom one sees: a picture shows no `I` and no 你."""

import re
from itertools import pairwise

from tools.content.templates import Language
from tools.content.words import tokens

_SPEAKERS_ZH = {"我": "一个人", "你": "一个人", "您": "一个人", "我们": "人们", "咱们": "人们", "你们": "人们"}
_SPEAKERS_EN = (
    (r"I['’]m|I am", "a person is", "they are"),
    (r"I['’]ve|I have", "a person has", "they have"),
    (r"I['’](?:d|ll)|I", "a person", "they"),
    (r"we['’]re|we are", "people are", "they are"),
    (r"we['’]ve|we have", "people have", "they have"),
    (r"we", "people", "they"),
    (r"my|our|your", "their", "their"),
    (r"me|us", "them", "them"),
)
# The numeral, which is no speaker.
_NUMBERED_EN = re.compile(r"\b(War|Act|Part|Chapter|Book|Volume|Phase|Stage|Type|Level) I\b(?!['’])")
# What a person does now; a verb that may be of the past, such as `put`, is no such one.
_SIMPLE_EN = re.compile(
    r"\b(a person (?:always |often |still |sometimes |usually |never )?)(know|see|love|like|remember|want|need|feel"
    r"|hear|live|work|sit|stand|walk|drink|eat|write|think|go|make|take|keep|hold|find|look|watch|wake|sleep|dream|cook|bake|grow"
    r"|plant|paint|play|run|ride|wait|wear|draw|sing|dance|bring|build|open|water|feed)\b"
)


def of_others(phrase: str, language: Language) -> str:
    """Return the phrase about a person or people, instead of whoever tells it or is told it."""
    return _of_others_zh(phrase) if language == "zh" else _of_others_en(phrase)


def _of_others_zh(phrase: str) -> str:
    """Return the phrase about somebody; what belongs to a speaker is shown without, e.g. `我妈妈` as `妈妈`."""
    if not any(person in phrase for person in "我你您咱"):
        return phrase
    words: list[str] = []
    said: dict[str, str] = {}
    told = [*tokens(phrase, "zh"), ("", "")]
    for (word, _), (following, tag) in pairwise(told):
        other = _SPEAKERS_ZH.get(word, word)
        if other == word:
            skipped = word == "的" and words[-1:] == [""]
            words.append("" if skipped else word)
        elif other in words:
            words.append("自己" if said[other] == word else "别人")
        else:
            hidden = following == "的" or tag.startswith("n") or (word.endswith("们") and tag.startswith("m"))
            words.append("" if hidden else other)
            said.setdefault(other, word)
    return "".join(words)


def _of_others_en(phrase: str) -> str:
    """Return the phrase with `I` and `we` as people whom one sees; the first is named, the rest are `they`."""
    phrase = _NUMBERED_EN.sub(r"\1 One", phrase)
    for pattern, first, later in _SPEAKERS_EN:
        flags = 0 if pattern.startswith("I") else re.IGNORECASE
        spoken = re.compile(rf"(?<![\w'’])(?:{pattern})(?![\w'’])", flags)
        phrase = spoken.sub(first if not re.search(r"\b(?:a person|people)\b", phrase) else later, phrase, count=1)
        phrase = spoken.sub(later, phrase)
    return _SIMPLE_EN.sub(_in_third_person, phrase)


def _in_third_person(found: re.Match[str]) -> str:
    verb = found[2]
    return found[1] + verb + ("es" if verb.endswith(("ch", "sh", "o", "ss")) else "s")
