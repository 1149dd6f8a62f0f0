"""Find the subject of a passage: the clause that makes the best picture, short enough for a prompt."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tools.content.ingredients import ingredients
from tools.content.persons import of_others
from tools.content.speech import without_speech
from tools.content.templates import Language, words_of
from tools.content.words import keywords, sentence_ends, tokens
from tools.content.worth import CLAUSE_END, affirmed, beginning, worth
from tools.simplified import simplified

LIMIT_CHARS = {"zh": 56, "en": 140}
_LONGEST_SENTENCE = 400
_MOST_SENTENCES = 12
_MOST_CLAUSES = 12
_LEAST_SECOND = 1.0  # a further subject of the same sentence must score more than this
_LEADING = {
    "zh": re.compile(
        r"^(?:(?:本报)?记者[^，]{0,24}(?:看到|了解到|获悉|发现|注意到|得知)[，,]|(?:同学|朋友|家人|各位|小伙伴)们?[，,]"
        r"|(?:请|试着|不妨)?想象(?:一下)?[，,]?|(?:如果|假如|假设)(?:你|我)是|图为|图中|但是|但|而且|而|因此|所以|于是|然后|接着|同时|此外|另外|不过|然而|其实|其次|首先|最后(?!一|两|几|的|那)|第[一二三四五六七八九十](?=[，,、])|例如"
        r"|比如|也就是说|因为|由于|如果|虽然|尽管|即使|并且|并|就|还有|也有|还|也|又|则|那么|当然|事实上|甚至|总之|随后|后来|其中)[，,：:]?"
    ),
    "en": re.compile(
        r"^(?:(?:it|this|that) is (?:the reason )?(?:why|how|where|when)|and|but|so|or|yet|then|however|therefore"
        r"|moreover|also|because|since|while|although|though|instead|thus|finally|first|second|next|still|indeed"
        r"|in fact|says|said|asked|for example|for instance|of course|that is|if|when|as|imagine(?: that)?|picture"
        r"|(?:in|at|on|from|to|with|of) which|um+|uh+|well|okay|yeah|right|you know|said)"
        r"\b[,:]?\s+",
        re.IGNORECASE,
    ),
}
# Greetings, thanks and good wishes show nothing, whatever things they name.
_ADDRESSED = re.compile(
    r"[\W_]{0,9}(?:(?:so|and|okay|well|now)\b,? )?"
    r"(?:[敬恭]?祝[福贺]?(?=您|你|大家|各位|所有|愿|好|身体|生日|一切|万事|顺|全|新)|愿(?=您|你|大家|各位|我们|所有)"
    r"|(?:致|写给|给)\S{1,14}[：:]\W*$|谢谢|感谢(?=您|你|大家|各位|所有|阅读|关注|支持)|欢迎(?=您|你|大家|各位|来到|关注|留言|收听|收看)"
    r"|wishing|(?:best|kind|warm) (?:wishes|regards)"
    r"|(?:happy (?:birthday|new year|holidays)|merry christmas)(?:[,!.]| to\b| in\b|\W*$)"
    r"|thanks?\b(?! to\b)|i hope (?:this|you|all)\b|welcome (?:back )?to\b|(?:lots of |with )?love,|lots of love\W*$"
    r"|(?:嗨|嘿|哈喽)?(?:[您你]好|大家好|此致|敬礼|晚安|再见|hello|hi|good luck|see you|yours|sincerely)"
    r"(?:\b|\W).{0,30}$)",
    re.IGNORECASE,
)
_LABEL = {"zh": re.compile(r"^[^，。：:\d]{1,5}[：:]\s*"), "en": re.compile(r"^(?:[A-Z]\w{1,12} ?){1,2}: ")}
_QUOTES = re.compile(r"(?<!\w)['‘’]|['‘’](?!\w)|[\"“”「」『』《》〈〉]")
# The denied half of `It is not a piggy bank but …`: a picture of `no piggy bank` would show one.
_INSTEAD = {
    "zh": re.compile(
        r"^[^，。]{0,16}(?:并?不是|不只是|并非)[^，。]{1,30}[，,](?:而是|它?更像是?|它?更是|它?其实是|是)(?=.{4})"
    ),
    "en": re.compile(
        r"^[^,;]{0,40}?\b(?:is|are|was|were)(?: not|n['’]t) [^,;]{1,60}[,;] ?(?:but|it['’]s|it is|they['’]re"
        r"|they are|rather)\b,? (?=.{8})",
        re.IGNORECASE,
    ),
}
_READER = re.compile(r"[你您]|\byou(?:r|rs)?\b", re.IGNORECASE)  # whom a question addresses
_PARTICLES = re.compile(r"(?<=[\u4e00-\u9fff])[吧呢啊呀哦啦嘛哟]$")
_BRACKETS = re.compile(r"[(（\[【][^()（）\[\]【】]{0,80}[)）\]】]")
_ONE_WORD = re.compile(r"\W*(?:[A-Za-z'’-]+|[\u3400-\u9fff]{1,2})\W*")
_EDGES = " ,，、;；:：.。!！?？…—–-"


@dataclass(frozen=True, slots=True)
class Subject:
    """A phrase, how good it is for a picture (higher is better), and the clauses from which it was made."""

    phrase: str
    score: float
    clauses: str = ""


def subject_of(text: str, language: Language) -> Subject:
    """Return the part of the plain text that would make the best picture."""
    text = simplified(text)
    if listed := ingredients(text, language):
        return Subject(listed, 4.0)
    found = subjects_of(text, language)
    if found:
        return max(found, key=lambda subject: subject.score)
    phrase = ", ".join(keywords(text, language=language, limit=3))
    return Subject(phrase or shortened(text, LIMIT_CHARS[language], language), 0.0)


def subjects_of(text: str, language: Language) -> list[Subject]:
    """Return the subjects of the plain text in its order: the best clauses of each sentence, and other good ones."""
    text = simplified(text)
    if ingredients(text, language):
        return [subject_of(text, language)]
    text = without_speech(text)
    found: list[Subject] = []
    least = 1 if language == "zh" and sum(map(str.isalnum, text)) == 1 else 2  # a text may be one character
    for number, sentence in enumerate(_sentences(text, language)):
        said = _to_somebody(sentence) + 0.05 * number
        rated = [
            (subject, start, end)
            for start, end in _windows(sentence, LIMIT_CHARS[language])
            if (
                subject := _rated(
                    sentence[start:end], language, bonus=beginning(sentence, start, language) - said, least=least
                )
            )
        ]
        taken: list[tuple[int, int, Subject]] = []
        for subject, start, end in sorted(rated, key=lambda one: -one[0].score):
            free = all(end <= left or right <= start for left, right, _ in taken)
            if free and (not taken or subject.score > _LEAST_SECOND):
                taken.append((start, end, subject))
        found.extend(subject for _, _, subject in sorted(taken, key=lambda one: one[0]))
    return found


def subject_of_verse(text: str, language: Language) -> Subject | None:
    """Return a couplet as a single subject, since its lines belong together; `None` if it holds no word."""
    text = shortened(simplified(text), LIMIT_CHARS[language], language)
    return _rated(text, language, bonus=0.5 - _to_somebody(text), whole=True)


def unquoted(phrase: str) -> str:
    """Return the phrase without quotation marks: image models print quoted words in the picture."""
    return _QUOTES.sub("", phrase)


def shortened(text: str, limit: int, language: Language) -> str:
    """Return the beginning of the text, cut at a clause or else at a word."""
    text = text.strip()
    if len(text) <= limit:
        return text
    ends = [found.start() for found in CLAUSE_END.finditer(text, 0, limit + 1)]
    if ends and ends[-1] >= limit // 2:
        return text[: ends[-1]].rstrip()
    return text[: _last_word_end(text, limit, language) or limit].rstrip(_EDGES)


def _last_word_end(text: str, limit: int, language: Language) -> int:
    """Return the end of the last word within the limit that is no stop word; 0 if there is none."""
    small = words_of("stop_words")["en"]
    place = end = 0
    for word, _ in tokens(text[: limit + 40], language):
        place = text.find(word, place)
        if place < 0 or place + len(word) > limit:
            break
        place += len(word)
        end = end if word.lower() in small else place
    return end


def _to_somebody(sentence: str) -> float:
    return 9.0 if _ADDRESSED.match(sentence) else 0.0  # outweighs the things that it may name


def _sentences(text: str, language: Language) -> Iterator[str]:
    """Yield the sentences without labels such as `Tip:` or a speaker's name."""
    start = 0
    for end in sentence_ends(text, 0, len(text), longest=_LONGEST_SENTENCE)[:_MOST_SENTENCES]:
        yield _LABEL[language].sub("", text[start:end].strip())
        start = end


def _windows(sentence: str, limit: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of the runs of clauses within the limit; a longer clause comes alone."""
    borders = [0, *(found.end() for found in CLAUSE_END.finditer(sentence)), len(sentence)]
    for left, start in enumerate(borders[:-1][:_MOST_CLAUSES]):
        if left and _ONE_WORD.fullmatch(sentence, start, borders[left + 1]):
            continue  # e.g. the country after its town, or an item of a list
        fitting = [end for end in borders[left + 1 : left + 6] if end - start <= limit]
        for end in fitting or [borders[left + 1]]:
            yield start, end


def _rated(clause: str, language: Language, *, bonus: float, least: int = 2, whole: bool = False) -> Subject | None:
    phrase = _tidy(clause, language)
    if not whole:
        phrase = affirmed(phrase, language)
    if sum(map(str.isalnum, phrase)) < least:
        return None
    asked = clause.rstrip().endswith(("?", "？")) * (9.0 if _READER.search(clause) else 1.0)
    return Subject(phrase, worth(phrase, language) + bonus - asked, clause.strip(_EDGES))


def _tidy(clause: str, language: Language) -> str:
    """Return the clause in the third person, without brackets, quotes and leading conjunction, within the limit."""
    phrase = unquoted(_BRACKETS.sub("", clause)).strip(_EDGES)
    phrase = _INSTEAD[language].sub("", _LEADING[language].sub("", phrase))
    phrase = " ".join(_PARTICLES.sub("", _LEADING[language].sub("", phrase)).split())
    phrase = of_others(phrase, language)
    return shortened(phrase, LIMIT_CHARS[language], language).strip(_EDGES)
