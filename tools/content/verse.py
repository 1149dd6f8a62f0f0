"""Recognize the form of plain text: the lines of a poem, and titles without markup."""

import re
from collections.abc import Iterator
from itertools import pairwise

_LINE = re.compile(r"[^\r\n]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_SENTENCE_ENDS = "。！？!?；;."
_PAUSES = _SENTENCE_ENDS + "，,、：:…—~～-"
_LONGEST_VERSE = {True: 20, False: 55}  # characters of a line, in Chinese and otherwise; wrapped prose has more
_LONGEST_TITLE = {True: 30, False: 60}
_FEWEST_VERSES = {True: 2, False: 3}
_OLD = re.compile(r"[\u3400-\u9fff]{4,7}[，,][\u3400-\u9fff]{4,7}[。！？；]?")  # a line of a classical poem
_BOLD = re.compile(r"\s*(\*\*|__)(?=\S)([^*_\n]{1,60})(?<=\S)\1\s*")


def couplets(content: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return start and end of the units of a poem: two lines, or one that ends a sentence; ``[]`` if it is no poem."""
    lines = [found.span() for found in _LINE.finditer(content, start, end) if found[0].strip()]
    fewest = _FEWEST_VERSES[bool(_HAN.match(content, start))]
    few = len(lines) < fewest and not all(_OLD.fullmatch(content[left:right].strip()) for left, right in lines)
    if few or not lines or not all(_is_verse(content[left:right]) for left, right in lines):
        return []
    return list(_paired(content, lines))


def title_lines(content: str, start: int, end: int) -> int | None:
    """Return the offset at which a poem begins directly below its title and author, or `None` if there are none."""
    lines = [found.span() for found in _LINE.finditer(content, start, end) if found[0].strip()]
    marked = [content[left:right].rstrip()[-1] in _PAUSES for left, right in lines]
    first = marked.index(True) if True in marked else 0
    if first not in {1, 2} or not all(marked[first:]) or len(lines) - first < 2 or not _HAN.match(content, start):
        return None
    longest = max(right - left for left, right in lines[:first])
    return lines[first][0] if 2 * longest <= lines[first][1] - lines[first][0] else None


def _is_verse(line: str) -> bool:
    return 1 < len(line.strip()) <= _LONGEST_VERSE[bool(_HAN.search(line))]


def _paired(content: str, lines: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    open_at: int | None = None
    for number, (left, right) in enumerate(lines):
        complete = content[left:right].rstrip()[-1] in _SENTENCE_ENDS
        if open_at is not None or complete or number == len(lines) - 1:
            yield (left if open_at is None else open_at), right
            open_at = None
        else:
            open_at = left


def in_one_line(verses: str) -> str:
    """Return the lines of a poem as one, with a comma where a line ended without punctuation."""
    lines = [line.strip() for line in verses.splitlines() if line.strip()]
    pause = "，" if _HAN.search(verses) else ","
    # A line that begins in lower case continues the one before.
    open_ended = (line[-1] not in _PAUSES and not after[0].islower() for line, after in pairwise(lines))
    joined = (line + pause * is_open for line, is_open in zip(lines, open_ended, strict=False))
    return " ".join([*joined, *lines[-1:]])


def title_of(first: str, following: str) -> str | None:
    """Return the title, perhaps followed by the author, if the first block is one above a longer text; else `None`."""
    lines = [line.strip() for line in first.splitlines() if line.strip()]
    if not 1 <= len(lines) <= 2 or len(following.strip()) < 2 * len(first.strip()):
        return None
    # A title may be a question.
    bare = [lines[0].rstrip("？！?!") or lines[0], *lines[1:]]
    short = all(len(line) <= _LONGEST_TITLE[bool(_HAN.search(line))] and line[-1] not in _PAUSES for line in bare)
    return lines[0] if short else None


def bold_line(raw: str) -> str | None:
    """Return the words of a line that is all bold and no sentence: editors without headings use it as one."""
    found = _BOLD.fullmatch(raw)
    return found[2] if found and found[2].rstrip()[-1] not in _SENTENCE_ENDS else None
