"""Insert the pictures into the content, as Markdown: each below the part that it shows."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tools.content.front_matter import front_matter
from tools.content.reading import block_tokens, line_starts
from tools.content.web_page import is_web_page, read_page

_LINE_END = re.compile(r"[ \t]*(?:[\r\n]|\Z)")
_BLANK_LINE = re.compile(r"[ \t]*(?:\r\n|\r(?!\n)|\n)[ \t]*(?:[\r\n]|\Z)")
_NEWLINE = re.compile(r"\r?\n")
_LONG_PARAGRAPH_CHARS = 1000
"""A longer paragraph is taken for text without blank lines, in which each line is a paragraph."""
_LINE_PARAGRAPHS_CHARS = 100
"""So is one of more characters if it is over half of the text and its lines end sentences, apart from headings."""
_HEADING_CHARS = 30
_SENTENCE_ENDS = tuple("。！？…；：.!?;:")
_AFTER_SENTENCE_END = " \t\u3000”’」』）)\"'*_"
_WORDS_CHARS = 200
_RELATIVE = r"(?![a-z][a-z\d+.-]{0,20}:|[/\\#])[^\s>\"')]"
_OWN_PICTURE = re.compile(
    rf"!\[[^\[\]\n]{{0,300}}\]\(\s{{0,9}}<?{_RELATIVE}|<img\s[^<>]{{0,500}}?\bsrc=[\"']?{_RELATIVE}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class PlacedPicture:
    """A picture of a part of the content that ends at the character offset `end`.

    `words` is its alternative text; `address` is a URL, or a relative path quoted as in a URL.
    """

    end: int
    words: str
    address: str


def illustrated(content: str, pictures: Iterable[PlacedPicture]) -> str:
    """Return the content with each picture below the block that it belongs to; a web page becomes Markdown."""
    page = read_page(content) if is_web_page(content) else None
    text = page.markdown if page else content
    blocks = list(_blocks(text))
    placed: dict[int, list[str]] = {}
    for picture in pictures:
        end = min(page.block_end(picture.end) if page else picture.end, len(text))
        placed.setdefault(_spot(text, end, blocks), []).append(_markup(picture))
    first = _NEWLINE.search(text)
    newline = first[0] if first else "\n"
    parts, position = [], 0
    for spot in sorted(placed):
        parts += [text[position:spot], *(2 * newline + markup for markup in placed[spot])]
        parts.append(_newlines_before(text[spot:]) * newline)
        position = spot
    return "".join([*parts, text[position:]])


def has_own_pictures(content: str) -> bool:
    """Tell whether Markdown or plain text shows pictures by relative paths, which lead nowhere in another folder."""
    return not is_web_page(content) and bool(_OWN_PICTURE.search(content))


class _Block(NamedTuple):
    """A top-level block of the text, e.g. a paragraph or a whole list, table or quotation.

    `has_paragraphs` marks a long one in which each line counts as a paragraph.
    """

    end: int
    has_paragraphs: bool


def _blocks(text: str) -> Iterator[_Block]:
    """Yield the top-level blocks in order."""
    base = front_matter(text)[1]
    lines = line_starts(text, base)
    for token in block_tokens(text[base:]):
        if token.level == 0 and token.nesting >= 0 and token.map:
            start, end = (lines[min(number, len(lines) - 1)] for number in token.map)
            end = start + len(text[start:end].rstrip())
            yield _Block(end, token.type == "paragraph_open" and _has_paragraphs(text, start, end))


def _has_paragraphs(text: str, start: int, end: int) -> bool:
    """Tell whether each line of this paragraph of the text counts as a paragraph."""
    if end - start > _LONG_PARAGRAPH_CHARS:
        return True
    if end - start <= max(_LINE_PARAGRAPHS_CHARS, len(text) // 2):
        return False
    lines = [line.strip() for line in text[start:end].splitlines()]
    others = [line for line in lines if not line.rstrip(_AFTER_SENTENCE_END).endswith(_SENTENCE_ENDS)]
    are_headings = all(len(line) <= _HEADING_CHARS and not line.endswith(("，", "、", ",")) for line in others)
    return len(lines) > 2 and 2 * len(others) < len(lines) and are_headings


def _spot(text: str, end: int, blocks: list[_Block]) -> int:
    """Return the offset at which to insert a picture whose part ends at `end`: below its paragraph, list or table."""
    number = bisect_left(blocks, end, key=lambda block: block.end)
    if number == len(blocks):
        return len(text.rstrip())
    line_end = _LINE_END.search(text, end) if blocks[number].has_paragraphs else None
    return line_end.start() if line_end else blocks[number].end


def _newlines_before(rest: str) -> int:
    """Return how many newlines are needed between a picture and the text that follows it."""
    if not rest.strip():
        return 0 if rest else 1
    if _BLANK_LINE.match(rest):
        return 0
    return 1 if rest[0] in "\r\n" else 2


def _markup(picture: PlacedPicture) -> str:
    words = re.sub(r"([\\\[\]])", r"\\\1", " ".join(picture.words.split())[:_WORDS_CHARS])
    return f"![{words}]({picture.address})"
