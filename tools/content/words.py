"""Analyze the words of a text: language, sentence ends, keywords, things that can be drawn, and mood."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from tools.content.templates import Language, words_of
from tools.simplified import simplified
from tools.sketch.vocabulary import load_vocabulary

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_](?:[\w'’+#-]{0,40}\w|[+#]{1,2})?")
_SENTENCE_END = re.compile(r"[。！？!?…]+[”’」』）)\"']*|[.;](?=[\s”’\"')]|$)[”’\"')]*|；|\n+")
# "pandas loads a table": with a verb in the singular it is the Python library, not the bears.
LIBRARY = re.compile(
    r"\b[Pp]andas(?= (?:is|has|was|can|(?!always\b|sometimes\b)[a-z]{2,}s)\b)|\b(?:import|in|with|use|using) pandas\b"
)
_PLURALS = {
    "women": "woman",
    "men": "man",
    "people": "person",
    "fishermen": "fisherman",
    "mice": "mouse",
    "geese": "goose",
    "feet": "foot",
    "teeth": "tooth",
    "loaves": "loaf",
    "knives": "knife",
    "leaves": "leaf",
    "shelves": "shelf",
    "wolves": "wolf",
    "bookshelves": "bookshelf",
}


def language_of(text: str) -> Language:
    """Return ``zh`` if the text reads as Chinese: a Han character counts as three Latin letters."""
    sample = text[:20000]
    han = len(_HAN.findall(sample))
    others = len(_LETTER.findall(sample)) - han
    return "zh" if han and han * 3 >= others else "en"


def sentence_ends(text: str, start: int, end: int, *, longest: int) -> list[int]:
    """Return the offsets after each sentence of ``text[start:end]``; none has more than `longest` characters.

    A line break ends a sentence only if the line is complete, so that wrapped lines stay one sentence.
    """
    ends: list[int] = []
    last = start
    for found in _SENTENCE_END.finditer(text, start, end):
        if found[0][0] == "\n" and not _line_is_complete(text, last, found.start()):
            continue
        ends.extend(_cuts(text, last, found.end(), longest))
        last = found.end()
    ends.extend(_cuts(text, last, end, longest))
    return ends


def _line_is_complete(text: str, start: int, end: int) -> bool:
    line = text[max(start, end - 200) : end].rstrip()
    return not line or line[-1] in "。！？.!?…：:；;”』」" or bool(_HAN.match(line[-1]))


def _cuts(text: str, start: int, end: int, longest: int) -> Iterator[int]:
    """Yield the offsets at which to cut an over-long sentence, at commas or spaces if possible, and its end."""
    while end - start > longest:
        window = text[start : start + longest]
        cut = max(window.rfind(mark) for mark in "，,；;、 \n")
        start += cut + 1 if cut > longest // 3 else longest
        yield start
    if end > start:
        yield end


def tokens(text: str, language: Language) -> list[tuple[str, str]]:
    """Return the words, Chinese ones in Simplified characters, with their part of speech.

    The part of speech is ``n…`` for nouns, ``eng`` for words in Latin letters.
    """
    if language == "zh":
        import rjieba

        return [(word, "eng" if word.isascii() else tag) for word, tag in rjieba.tag(simplified(text))]
    return [(found[0], "eng") for found in _WORD.finditer(text)]


def keywords(text: str, *, language: Language, title: str = "", limit: int = 10) -> list[str]:
    """Return the most important words of the text, the heaviest first; those of the title weigh more."""
    weights: Counter[str] = Counter()
    shapes: dict[str, str] = {}
    things = _things()
    for source, weight in ((text, 2), (title, 5)):
        for word in _content_words(tokens(source, language)):
            key = singular(word.lower())
            # Among words that occur once, those that can be drawn come first.
            weights[key] += weight if key in weights or key not in things else weight + 1
            shapes.setdefault(key, word if word.isupper() or not word.isascii() else key)
    for pair, count in _pairs(text, language):
        weights[pair], shapes[pair] = 4 * count, pair
    return _without_parts([shapes[key] for key, _ in weights.most_common(2 * limit)])[:limit]


def _content_words(words: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the nouns (in English, where nouns are not tagged, all words) without stop words and very short ones."""
    stop = words_of("stop_words")
    for word, tag in words:
        lower = word.lower()
        shortest = 3 if word.isascii() and not word.isupper() else 2
        noun = tag.startswith(("n", "s", "vn", "eng")) and not word.startswith("一")
        if noun and len(word) >= shortest and lower not in stop["zh"] and lower.replace("’", "'") not in stop["en"]:
            yield word


def _pairs(text: str, language: Language) -> Iterator[tuple[str, int]]:
    """Yield pairs of words that an English text repeats, e.g. ``machine learning``."""
    if language == "zh":
        return
    stop = words_of("stop_words")["en"]
    for pair, count in Counter(pairwise(found[0].lower() for found in _WORD.finditer(text))).items():
        if count >= 3 and pair[0] != pair[1] and all(len(word) > 2 and word not in stop for word in pair):
            yield " ".join(pair), count


def _without_parts(words: list[str]) -> list[str]:
    """Drop words that are part of a longer one of the list."""
    parts = {singular(part) for word in words if " " in word for part in word.split()}
    return [word for word in words if singular(word) not in parts]


def singular(word: str) -> str:
    """Return the singular of a lower-case English word, approximately, so that `cats` and `cat` count together."""
    if word in _PLURALS:
        return _PLURALS[word]
    if not word.isascii() or len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("ches", "shes", "sses", "xes", "zes")) else word[:-1]


@lru_cache(maxsize=1)
def _things() -> frozenset[str]:
    """Return the words for what the sketch or an image model can draw; English words in the singular."""
    more = words_of("picturable")
    return frozenset(map(singular, load_vocabulary().things)) | more["zh"] | more["en"]


def picturable(text: str, language: Language) -> list[str]:
    """Return the different things in the text that can be drawn, in order."""
    things = _things()
    found: dict[str, None] = {}
    for word, tag in tokens(LIBRARY.sub(" ", text), language):
        key = singular(word.lower())
        if key in things or (tag.startswith(("n", "s")) and _is_thing_zh(word)):
            found[key] = None
    return list(found)


def _is_thing_zh(noun: str) -> bool:
    """Tell whether a Chinese noun has the ending of a thing, or is a place at a thing, e.g. 槐树 and 槐树下."""
    endings, others = words_of("picturable_endings")["zh"], words_of("picturable")["not_zh"]
    if len(noun) > 1 and noun[-1] in "上下里旁边前后":
        place = noun[:-1]
        return place in _things() or (place[-1] in endings and place not in others and noun not in others)
    return len(noun) > 1 and noun[-1] in endings and noun not in others


def mood_of(text: str, default: str) -> str:
    """Return the mood whose words the text uses most, or `default` if no mood is clear."""
    lower = simplified(text[:60000]).lower().replace("历史新高", "")  # a record high, which is not solemn
    english = Counter(found[0] for found in _WORD.finditer(lower))
    hits = {
        mood: [count for word in words if (count := english[word] if word.isascii() else lower.count(word))]
        for mood, words in words_of("moods").items()
    }
    scores = {mood: sum(counts) for mood, counts in hits.items()}
    best = max(scores, key=scores.__getitem__)
    # A single repeated word, e.g. `run` of a machine, is the topic of the text rather than its mood.
    enough = 1 if len(text) < 80 else 2 + len(text) // 3000
    clear = scores[best] >= enough and (len(hits[best]) > 1 or scores[best] > 2 * enough or len(text) < 80)
    return best if clear and scores[best] > scores.get(default, 0) else default
