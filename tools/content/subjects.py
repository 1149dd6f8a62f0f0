"""What a passage would show as a picture: its most picturable clause, short enough for a prompt."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tools.content.templates import Language, words_of
from tools.content.words import keywords, picturable, sentence_ends, tokens

LIMIT_CHARS = {"zh": 40, "en": 110}
_LONGEST_SENTENCE = 400
_MOST_SENTENCES = 12
_MOST_CLAUSES = 12
_CLAUSE_END = re.compile(r"[,，;；:：—–]+|\s-\s|(?<=\w)\.(?=\s)")
_LEADING = {
    "zh": re.compile(
        r"^(?:但是|但|而且|而|因此|所以|于是|然后|接着|同时|此外|另外|不过|然而|其实|其次|首先|最后|第[一二三四五六七八九十](?=[，,、])|例如"
        r"|比如|也就是说|因为|由于|如果|虽然|尽管|即使|并且|并|就|还|也|又|则|那么|当然|事实上|甚至|总之|随后|后来|其中)[，,：:]?"
    ),
    "en": re.compile(
        r"^(?:(?:it|this|that) is (?:the reason )?(?:why|how|where|when)|and|but|so|or|yet|then|however|therefore"
        r"|moreover|also|because|since|while|although|though|instead|thus|finally|first|second|next|still|indeed"
        r"|in fact|for example|for instance|of course|that is|which|that|if|when|as|imagine(?: that)?|picture)"
        r"\b[,:]?\s+",
        re.IGNORECASE,
    ),
}
_POINTING = re.compile(r"^(?:(?:it|this|that|they|these|those|there|what|why|how)\b|这|那|它|此)", re.IGNORECASE)
_QUOTES = re.compile(r"(?<!\w)[\"'‘’]|[\"'‘’](?!\w)|[“”「」『』《》〈〉]")
_BRACKETS = re.compile(r"[(（\[【][^()（）\[\]【】]{0,80}[)）\]】]")
_EDGES = " ,，、;；:：.。!！?？…—–-"
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


@dataclass(frozen=True, slots=True)
class Subject:
    """A phrase, the things in it that can be drawn, and how good it is for a picture (higher is better)."""

    phrase: str
    things: tuple[str, ...]
    score: float


def subject_of(text: str, language: Language) -> Subject:
    """Return the part of the plain text that would make the best picture."""
    best: Subject | None = None
    for number, sentence in enumerate(_sentences(text)):
        for whole, clause in _windows(sentence, LIMIT_CHARS[language]):
            subject = _rated(clause, language, number=number, whole=whole)
            if subject and (best is None or subject.score > best.score):
                best = subject
    if best:
        return best
    phrase = ", ".join(keywords(text, language=language, limit=3))
    return Subject(phrase or shortened(text, LIMIT_CHARS[language], language), (), 0.0)


def shortened(text: str, limit: int, language: Language) -> str:
    """Return the beginning of the text, cut at a clause or else at a word."""
    text = text.strip()
    if len(text) <= limit:
        return text
    ends = [found.start() for found in _CLAUSE_END.finditer(text, 0, limit + 1)]
    if ends and ends[-1] >= limit // 2:
        return text[: ends[-1]].rstrip()
    return text[: _last_word_end(text, limit, language) or limit].rstrip(_EDGES)


def _last_word_end(text: str, limit: int, language: Language) -> int:
    """Return where the last word within the limit ends that can end a phrase; 0 if there is none."""
    small = words_of("stop_words")["en"]
    place = end = 0
    for word, _ in tokens(text[: limit + 40], language):
        place = text.find(word, place)
        if place < 0 or place + len(word) > limit:
            break
        place += len(word)
        end = end if word.lower() in small else place
    return end


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in sentence_ends(text, 0, len(text), longest=_LONGEST_SENTENCE)[:_MOST_SENTENCES]:
        yield text[start:end].strip()
        start = end


def _windows(sentence: str, limit: int) -> Iterator[tuple[bool, str]]:
    """Yield runs of clauses that fit the limit, and whether each begins where the sentence does."""
    borders = [0, *(found.end() for found in _CLAUSE_END.finditer(sentence)), len(sentence)]
    for left, start in enumerate(borders[:-1][:_MOST_CLAUSES]):
        fitting = [end for end in borders[left + 1 : left + 6] if end - start <= limit]
        for end in fitting or [borders[left + 1]]:
            yield left == 0, sentence[start:end]


def _rated(clause: str, language: Language, *, number: int, whole: bool) -> Subject | None:
    phrase = _tidy(clause, language)
    if sum(map(str.isalnum, phrase)) < 2:
        return None
    things = picturable(phrase, language)
    words = max(1.0, len(phrase) / (2.5 if language == "zh" else 6))
    score = 2.0 * min(len(things), 4) + min(1.5, 4 * len(things) / words)
    score += 0.5 * whole - 0.05 * number - clause.rstrip().endswith(("?", "？"))
    # Numbers tempt the image model to write.
    score -= 1.0 * min(3, len(re.findall(r"\d+", phrase)))
    score -= 1.5 * (len(phrase) < (5 if language == "zh" else 14))
    score -= 1.5 * bool(_POINTING.match(phrase))
    return Subject(phrase, tuple(things), score)


def _tidy(clause: str, language: Language) -> str:
    """Return the clause without brackets, quotes and the word that joins it on, told about somebody else."""
    phrase = _QUOTES.sub("", _BRACKETS.sub("", clause)).strip(_EDGES)
    phrase = " ".join(_LEADING[language].sub("", phrase).split())
    phrase = _of_others_zh(phrase) if language == "zh" else _of_others_en(phrase)
    return shortened(phrase, LIMIT_CHARS[language], language).strip(_EDGES)


def _of_others_zh(phrase: str) -> str:
    if not any(person in phrase for person in "我你您咱"):
        return phrase
    words: list[str] = []
    for word, _ in tokens(phrase, "zh"):
        other = _SPEAKERS_ZH.get(word, word)
        words.append("自己" if other != word and other in words else other)
    return "".join(words)


def _of_others_en(phrase: str) -> str:
    """Return the phrase with `I` and `we` as people whom one sees; the first is named, the rest are `they`."""
    for pattern, first, later in _SPEAKERS_EN:
        flags = 0 if pattern.startswith("I") else re.IGNORECASE
        spoken = re.compile(rf"(?<![\w'’])(?:{pattern})(?![\w'’])", flags)
        phrase = spoken.sub(first if not re.search(r"\b(?:a person|people)\b", phrase) else later, phrase, count=1)
        phrase = spoken.sub(later, phrase)
    return phrase
