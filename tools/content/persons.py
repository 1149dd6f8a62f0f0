"""Rewrite a phrase in the third person: a picture can show `a person`, but no `I` and no 你."""

import re
from itertools import pairwise

from tools.content.templates import Language
from tools.content.words import tokens

_SPEAKERS_ZH = {"我": "一个人", "你": "一个人", "您": "一个人", "我们": "人们", "咱们": "人们", "你们": "人们"}
# `you` is a subject after these words, after punctuation and at the beginning; elsewhere it is an object.
_BEFORE = ("if", "as", "so", "and", "but", "that", "when", "while", "where", "what", "which", "how", "because", "until")
_BEGINS = "(?:" + "|".join(rf"(?<=\b{word} )" for word in _BEFORE) + r"|^|(?<=[,;:—] ))"
_SPEAKERS_EN = (
    (r"I['’]m|I am", "a person is", "they are"),
    (r"I['’]ve|I have", "a person has", "they have"),
    (r"I['’](?:d|ll)|I", "a person", "they"),
    (r"we['’]re|we are", "people are", "they are"),
    (r"we['’]ve|we have", "people have", "they have"),
    (r"we", "people", "they"),
    (rf"{_BEGINS}(?:you['’]re|you are)", "a person is", "they are"),
    (rf"{_BEGINS}(?:you['’]ve|you have)", "a person has", "they have"),
    (rf"{_BEGINS}you(?:['’](?:d|ll))?", "a person", "they"),
    (r"me|us|you", "them", "them"),
    (r"myself|yourself", "themselves", "themselves"),
)
_OWNERS_EN = re.compile(r"(?<![\w'’])(?:my|our|your)(?![\w'’])", re.IGNORECASE)
_NAMED_EN = re.compile(r"\b(?:a person|people|they|them)\b")
# Here `I` is a Roman numeral.
_NUMBERED_EN = re.compile(r"\b(War|Act|Part|Chapter|Book|Volume|Phase|Stage|Type|Level) I\b(?!['’])")
_ACTS_EN = re.compile(
    r"\b(a person (?:(?:always|often|still|sometimes|never|just|once|even|only|also|already|then|soon|now|\w+ly) )?)"
    r"([a-z]{2,20})\b"
)
# Words that stay as they are after `a person`: auxiliaries, past tenses, and words that are no verbs.
_KEPT_EN = re.compile(
    r"is|has|was|had|does|did|can|could|will|would|shall|should|may|might|must|cannot|ought|used|"
    r"began|became|broke|brought|built|bought|came|chose|caught|drank|drew|drove|ate|fell|felt|"
    r"found|flew|forgot|gave|went|got|grew|heard|held|hid|kept|knew|laid|led|left|lent|lost|made|"
    r"meant|met|paid|rode|ran|rang|rose|said|sat|saw|sold|sent|shone|shot|slept|slid|spoke|spent|"
    r"stood|stole|swam|swept|swore|swung|took|taught|tore|thought|told|threw|understood|woke|wore|"
    r"won|wrote|put|cut|let|set|hit|shut|hurt|cost|spread|quit|read|beat|bent|bit|bled|blew|"
    r"burst|dealt|dug|fed|fought|froze|hung|knelt|lay|leapt|lit|sang|sank|shook|sought|spun|stuck|"
    r"struck|swam|wept|wound|with|who|in|on|at|of|and|or|from|to|by|for|as|up|out|under|over|"
    r"behind|before|after|near|beside|like|about|than|whose|that|which"
)


def of_others(phrase: str, language: Language) -> str:
    """Return the phrase with the first and second person replaced by the third, e.g. `a person` or 人们."""
    return _of_others_zh(phrase) if language == "zh" else _of_others_en(phrase)


def _of_others_zh(phrase: str) -> str:
    """Replace the Chinese pronouns by nouns; possessive ones are dropped, e.g. `我妈妈` becomes `妈妈`."""
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
            if not hidden:
                said[other] = word
    return "".join(words)


def _of_others_en(phrase: str) -> str:
    """Replace the English pronouns: the first becomes `a person` or `people`, later ones `they` or `them`."""
    phrase = _NUMBERED_EN.sub(r"\1 One", phrase)
    for pattern, first, later in _SPEAKERS_EN:
        flags = 0 if pattern.startswith("I") else re.IGNORECASE
        spoken = re.compile(rf"(?<![\w'’])(?:{pattern})(?![\w'’])", flags)
        phrase = spoken.sub(first if not re.search(r"\b(?:a person|people)\b", phrase) else later, phrase, count=1)
        phrase = spoken.sub(later, phrase)
    phrase = _OWNERS_EN.sub(lambda found: "their" if _NAMED_EN.search(phrase[: found.start()]) else "the", phrase)
    return _ACTS_EN.sub(_in_third_person, phrase)


def _in_third_person(found: re.Match[str]) -> str:
    verb = found[2]
    if verb == "have":
        return f"{found[1]}has"
    if _KEPT_EN.fullmatch(verb) or verb.endswith(("ed", "ing", "ly")):
        return found[0]
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{found[1]}{verb[:-1]}ies"
    return found[1] + verb + ("es" if verb.endswith(("ch", "sh", "o", "ss", "x", "z")) else "s")
