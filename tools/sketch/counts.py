"""Find out how many of a thing a subject asks for, e.g. `三只小猪` or `two people`; at most three are drawn."""

import re
from collections.abc import Sequence

_MOST = 3
_WORDS = {"two": 2, "both": 2, "pair": 2, "couple": 2, "three": 3, "four": 3, "five": 3, "six": 3, "seven": 3}
_WORDS |= dict.fromkeys(("several", "many", "eight", "nine", "ten", "dozens", "some"), 3)
_PEOPLE = {"children", "people", "men", "women", "kids", "boys", "girls", "students", "pupils", "villagers", "workers"}
_CHINESE = {"两": 2, "二": 2, "俩": 2, "双": 2, "对": 2}
_NUMBER = re.compile(
    r"(?:(?P<number>[两二三四五六七八九十几])|(?P<many>许多|很多|好多|一群|一排|成群的|无数))"
    r"[个只位名条头匹棵群双朵盏颗座艘把枚辆架]?(?:小|大|老)?$"
)


def count_of(tokens: Sequence[str], place: int, length: int) -> int:
    """Return the count for the English words at `place`: from a number before them, or 2 for a plural of people."""
    before = tokens[max(0, place - 2) : place]
    told = next((_WORDS[word] for word in reversed(before) if word in _WORDS), 0)
    return told or (2 if tokens[place + length - 1] in _PEOPLE else 1)


def count_in(text: str, place: int, length: int) -> int:
    """Return the count for the Chinese word at `place`: from a number before it, or 3 for a plural of people (们)."""
    if text.startswith("们", place + length):
        return _MOST
    found = _NUMBER.search(text[max(0, place - 5) : place])
    if not found:
        return 1
    return _CHINESE.get(found["number"] or "", _MOST)
