"""A content with its pictures in it, as Markdown: each stands below the part that it shows."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tools.content.front_matter import front_matter
from tools.content.reading import block_tokens
from tools.content.web_page import is_web_page, read_page

_NEWLINE = re.compile(r"\r\n?|\n")
_LINE_END = re.compile(r"[ \t]*(?:[\r\n]|\Z)")
_BLANK_LINE = re.compile(r"[ \t]*(?:\r\n?|\n)[ \t]*(?:[\r\n]|\Z)")
_LONG_PARAGRAPH_CHARS = 1000
"""A paragraph that is longer is text without blank lines: each line of it is one."""
_WORDS_CHARS = 200


@dataclass(frozen=True, slots=True)
class PlacedPicture:
    """A picture of a part of the content, which ends at the character offset `end`.

    `words` say what it shows; `address` is a URL, or a path as it stands in one.
    """

    end: int
    words: str
    address: str


def illustrated(content: str, pictures: Iterable[PlacedPicture]) -> str:
    """Return the content, a web page as Markdown, with each picture below the block of text that it belongs to."""
    page = read_page(content) if is_web_page(content) else None
    text = page.markdown if page else content
    blocks = list(_blocks(text))
    placed: dict[int, list[str]] = {}
    for picture in pictures:
        end = min(page.block_end(picture.end) if page else picture.end, len(text))
        placed.setdefault(_spot(text, end, blocks), []).append(_markup(picture))
    parts, position = [], 0
    for spot in sorted(placed):
        parts += [text[position:spot], "".join(f"\n\n{markup}" for markup in placed[spot]), _gap(text[spot:])]
        position = spot
    return "".join([*parts, text[position:]])


class _Block(NamedTuple):
    """An outermost block of the text, where a list, a table and a quotation are one each."""

    end: int
    has_paragraphs: bool


def _blocks(text: str) -> Iterator[_Block]:
    """Yield the outermost blocks in order."""
    base = front_matter(text)[1]
    lines = [base, *(found.end() for found in _NEWLINE.finditer(text, base)), len(text)]
    for token in block_tokens(text[base:]):
        if token.level == 0 and token.nesting >= 0 and token.map:
            start, end = (lines[min(number, len(lines) - 1)] for number in token.map)
            end = start + len(text[start:end].rstrip())
            yield _Block(end, token.type == "paragraph_open" and end - start > _LONG_PARAGRAPH_CHARS)


def _spot(text: str, end: int, blocks: list[_Block]) -> int:
    """Return where a picture goes whose part ends there: below its paragraph, list or table."""
    number = bisect_left(blocks, end, key=lambda block: block.end)
    if number == len(blocks):
        return max(end, len(text.rstrip()))
    line_end = _LINE_END.search(text, end) if blocks[number].has_paragraphs else None
    return line_end.start() if line_end else blocks[number].end


def _gap(rest: str) -> str:
    """Return what keeps the picture and what follows apart."""
    if not rest.strip():
        return "" if rest else "\n"
    if _BLANK_LINE.match(rest):
        return ""
    return "\n" if rest[0] in "\r\n" else "\n\n"


def _markup(picture: PlacedPicture) -> str:
    words = re.sub(r"([\\\[\]])", r"\\\1", " ".join(picture.words.split())[:_WORDS_CHARS])
    return f"![{words}]({picture.address})"
