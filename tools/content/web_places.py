"""Find the offsets of a web page's blocks in its source by searching: the parser does not tell them."""

import html
import re
from collections.abc import Iterator, Sequence

_TAG = re.compile(r"<[^<>]*>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_LETTER = re.compile(r"\S")
_FIRST = 12
"""How many letters of a block are searched for."""
_WITHIN = 100_000
"""How far ahead to search for a block, in characters of the source: scripts and menus may come before it."""


def places_of(texts: Sequence[str], source: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each text in the source, in order; for one not found, both are the end of the last."""
    seen = _TAG.sub(lambda found: " " * len(found[0]), source)
    seen = _ENTITY.sub(lambda found: html.unescape(found[0])[:1].ljust(len(found[0])), seen)
    position = 0
    for text in texts:
        letters = "".join(text.split())
        start = _start_of(letters[:_FIRST], seen, position)
        if start is not None:
            position = _end_of(letters, seen, start)
        yield position if start is None else start, position


def _start_of(letters: str, seen: str, position: int) -> int | None:
    """Return where these letters follow each other, ignoring white space, or `None`."""
    found = _LETTER.search(seen, position)
    if found and seen.startswith(letters, found.start()):
        return found.start()
    pattern = r"\s{0,999}".join(map(re.escape, letters))
    later = re.compile(pattern).search(seen, position, position + _WITHIN)
    return later.start() if later else None


def _end_of(letters: str, seen: str, position: int) -> int:
    """Return the end of the text whose letters begin at the position, ignoring white space."""
    end = position
    for letter in letters:
        while position < len(seen) and seen[position].isspace():
            position += 1
        if position == len(seen) or seen[position] != letter:
            break
        position += 1
        end = position
    return end
