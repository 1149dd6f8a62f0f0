"""What a passage would show as a picture: its most picturable clause, short enough for a prompt."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from tools.content.ingredients import ingredients
from tools.content.templates import Language, words_of
from tools.content.words import keywords, picturable, sentence_ends, tokens

LIMIT_CHARS = {"zh": 40, "en": 110}
_LONGEST_SENTENCE = 400
_MOST_SENTENCES = 12
_MOST_CLAUSES = 12
_LEAST_SECOND = 1.0  # a second moment of a sentence shows something
_CLAUSE_END = re.compile(r"[,，;；:：—–]+|\s-\s|(?<=\w)\.(?=\s)")
_LEADING = {
    "zh": re.compile(
        r"^(?:但是|但|而且|而|因此|所以|于是|然后|接着|同时|此外|另外|不过|然而|其实|其次|首先|最后(?!一|两|几|的|那)|第[一二三四五六七八九十](?=[，,、])|例如"
        r"|比如|也就是说|因为|由于|如果|虽然|尽管|即使|并且|并|就|还有|也有|还|也|又|则|那么|当然|事实上|甚至|总之|随后|后来|其中)[，,：:]?"
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
# What a person does now; a verb that may be of the past, such as `put`, is no such one.
_SIMPLE_EN = re.compile(
    r"\b(a person (?:always |often |still |sometimes |usually |never )?)(know|see|love|like|remember|want|need|feel"
    r"|hear|live|work|sit|stand|walk|drink|eat|write|think|go|make|take|keep|hold|find|look|watch|wake|sleep|dream|cook|bake|grow"
    r"|plant|paint|play|run|ride|wait|wear|draw|sing|dance|bring|build|open|water|feed)\b"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A phrase, the things in it that can be drawn, and how good it is for a picture (higher is better)."""

    phrase: str
    things: tuple[str, ...]
    score: float


def subject_of(text: str, language: Language) -> Subject:
    """Return the part of the plain text that would make the best picture."""
    if listed := ingredients(text, language):
        return Subject(listed, tuple(picturable(listed, language)), 4.0)
    found = subjects_of(text, language)
    if found:
        return max(found, key=lambda subject: subject.score)
    phrase = ", ".join(keywords(text, language=language, limit=3))
    return Subject(phrase or shortened(text, LIMIT_CHARS[language], language), (), 0.0)


def subjects_of(text: str, language: Language) -> list[Subject]:
    """Return the moments of the plain text, in its order: the best part of each sentence, and others beside it."""
    if ingredients(text, language):
        return [subject_of(text, language)]
    found: list[Subject] = []
    least = 1 if language == "zh" and sum(map(str.isalnum, text)) == 1 else 2  # a text may be one character
    for number, sentence in enumerate(_sentences(text)):
        rated = [
            (subject, start, end)
            for start, end in _windows(sentence, LIMIT_CHARS[language])
            if (subject := _rated(sentence[start:end], language, number=number, whole=start == 0, least=least))
        ]
        taken: list[tuple[int, int, Subject]] = []
        for subject, start, end in sorted(rated, key=lambda one: -one[0].score):
            free = all(end <= left or right <= start for left, right, _ in taken)
            if free and (not taken or subject.score > _LEAST_SECOND):
                taken.append((start, end, subject))
        found.extend(subject for _, _, subject in sorted(taken, key=lambda one: one[0]))
    return found


def subject_of_verse(text: str, language: Language) -> Subject | None:
    """Return a couplet as one picture: its lines belong together; `None` if it holds no word."""
    return _rated(shortened(text, LIMIT_CHARS[language], language), language, number=0, whole=True)


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


def _windows(sentence: str, limit: int) -> Iterator[tuple[int, int]]:
    """Yield where runs of clauses that fit the limit begin and end."""
    borders = [0, *(found.end() for found in _CLAUSE_END.finditer(sentence)), len(sentence)]
    for left, start in enumerate(borders[:-1][:_MOST_CLAUSES]):
        fitting = [end for end in borders[left + 1 : left + 6] if end - start <= limit]
        for end in fitting or [borders[left + 1]]:
            yield start, end


def _rated(clause: str, language: Language, *, number: int, whole: bool, least: int = 2) -> Subject | None:
    phrase = _tidy(clause, language)
    if sum(map(str.isalnum, phrase)) < least:
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
    """Return the phrase about somebody; what belongs to a speaker is shown without, e.g. `我妈妈` as `妈妈`."""
    if not any(person in phrase for person in "我你您咱"):
        return phrase
    words: list[str] = []
    told = [*tokens(phrase, "zh"), ("", "")]
    for (word, _), (following, tag) in pairwise(told):
        other = _SPEAKERS_ZH.get(word, word)
        if other == word:
            skipped = word == "的" and words[-1:] == [""]
            words.append("" if skipped else word)
        elif other in words:
            words.append("自己")
        else:
            hidden = following == "的" or tag.startswith("n") or (word.endswith("们") and tag.startswith("m"))
            words.append("" if hidden else other)
    return "".join(words)


def _of_others_en(phrase: str) -> str:
    """Return the phrase with `I` and `we` as people whom one sees; the first is named, the rest are `they`."""
    for pattern, first, later in _SPEAKERS_EN:
        flags = 0 if pattern.startswith("I") else re.IGNORECASE
        spoken = re.compile(rf"(?<![\w'’])(?:{pattern})(?![\w'’])", flags)
        phrase = spoken.sub(first if not re.search(r"\b(?:a person|people)\b", phrase) else later, phrase, count=1)
        phrase = spoken.sub(later, phrase)
    return _SIMPLE_EN.sub(_in_third_person, phrase)


def _in_third_person(found: re.Match[str]) -> str:
    verb = found[2]
    return found[1] + verb + ("es" if verb.endswith(("ch", "sh", "o", "ss")) else "s")
