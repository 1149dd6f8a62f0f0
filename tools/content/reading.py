"""Read a content (Markdown, plain text or a web page): its title, language, and passages with their offsets.

No service is used; 200 KB take a fraction of a second.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tools.content.clearing import cleared
from tools.content.front_matter import front_matter, tags_of
from tools.content.markup import is_indented_code, plain, without_elements
from tools.content.templates import Language
from tools.content.titles import title_for
from tools.content.verse import bold_line, couplets, in_one_line, title_lines, title_of
from tools.content.web_page import is_web_page, read_page
from tools.content.words import language_of, sentence_ends

if TYPE_CHECKING:
    from markdown_it.token import Token

PASSAGE_CHARS = 280
TEXT_CHARS = 60_000
_NEWLINE = re.compile(r"\r\n?|\n")
_HIDDEN_HTML = re.compile(r"\s*<(?:!--|script|style|svg|head|!doctype|\?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, a list, rows of a table, lines of a poem, or a piece of a long paragraph.

    `text` is plain text; `start` and `end` are character offsets in the content; `kind` is text, verse or row.
    """

    heading: str
    text: str
    start: int
    end: int
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Reading:
    """A content that was read. `passages` may be empty, e.g. if all of it is code; `title` never is."""

    title: str
    language: Language
    tags: tuple[str, ...]
    headings: tuple[str, ...]
    passages: tuple[Passage, ...]

    @property
    def text(self) -> str:
        """The plain text; of a long content, a sample of passages from all over it, about `TEXT_CHARS` in total."""
        step = 1 + sum(len(passage.text) for passage in self.passages) // TEXT_CHARS
        return "\n".join(passage.text for passage in self.passages[::step])


def read(content: str) -> Reading:
    """Return the title, the language and the passages of the content.

    Code, pictures, comments and links are left out, and so is what `tools.content.clearing` removes. Any string is
    accepted, even one without a single word.
    """
    page = read_page(content) if is_web_page(content) else None
    if page is None:
        return _read(content)
    reading = _read(page.markdown)
    placed = [(passage, page.place(passage.start, passage.end)) for passage in reading.passages]
    return replace(reading, passages=tuple(replace(passage, start=place[0], end=place[1]) for passage, place in placed))


def _read(content: str) -> Reading:
    whole = without_elements(content, {"script", "style"})
    content = cleared(whole)  # offsets stay as they are
    matter, base = front_matter(content)
    blocks = _headed(list(_blocks(content, base)), content)
    headings = [plain(block.raw[:400]) for block in blocks if block.kind == "heading"]
    passages = tuple(_passages(blocks, content))
    first = passages[0].text if passages else ""
    title = title_for(content, matter=str(matter.get("title") or ""), headings=headings, first=first)
    said = " ".join([title, *headings[:50], *(passage.text for passage in passages[:200])])
    language = language_of(said if passages or headings else plain(whole[:20000]))
    return Reading(title, language, tags_of(matter), tuple(headings), passages)


@dataclass(frozen=True, slots=True)
class _Block:
    """A block of the content with its markup; `kind` is heading, text, item, row or html."""

    kind: str
    raw: str
    start: int
    end: int


def _blocks(content: str, base: int) -> Iterator[_Block]:
    """Yield the blocks of the content that may have words, in order."""
    lines = line_starts(content, base)
    lists, kind = 0, "text"
    for token in block_tokens(content[base:]):
        lists += token.nesting if token.type in _LISTS else 0
        if token.type in _KINDS:
            kind = "item" if lists and token.type == "paragraph_open" else _KINDS[token.type]
        if token.type not in {"inline", "html_block", "tr_open"} or not token.map:
            continue
        start, end = (lines[min(number, len(lines) - 1)] for number in token.map)
        if token.type == "html_block" and not _HIDDEN_HTML.match(token.content):
            yield _Block("html", token.content[:20000], start, end)
        elif token.type == "tr_open":
            yield _Block("row", content[start:end].strip().strip("|").strip(), start, end)
        elif token.type == "inline" and kind != "row" and not is_indented_code(content[start:end]):
            yield _Block(kind, content[start:end] if kind == "text" else token.content, start, end)


_LISTS = {"bullet_list_open", "bullet_list_close", "ordered_list_open", "ordered_list_close"}
_KINDS = {"heading_open": "heading", "paragraph_open": "text", "tr_open": "row"}


def _headed(blocks: list[_Block], content: str) -> list[_Block]:
    """Return the blocks after turning implicit headings into headings: bold lines, and a title above plain text."""
    bold = [bold_line(block.raw) if block.kind == "text" else None for block in blocks]
    blocks = [replace(b, kind="heading", raw=words) if words else b for b, words in zip(blocks, bold, strict=True)]
    if not blocks or blocks[0].kind != "text":
        return blocks
    first, rest = blocks[0], blocks[1:]
    if begins := title_lines(content, first.start, first.end):
        title = first.raw.split("\n", 1)[0]
        return [replace(first, kind="heading", raw=title), replace(first, raw="", start=begins), *rest]
    named = title_of(first.raw, max((block.raw for block in rest), key=len, default=""))
    return [replace(first, kind="heading", raw=named), *rest] if named else blocks


def line_starts(text: str, base: int) -> list[int]:
    """Return where the lines from the offset `base` on start, and where the text ends."""
    return [base, *(found.end() for found in _NEWLINE.finditer(text, base)), len(text)]


def block_tokens(text: str) -> "list[Token]":
    """Return the block tokens of Markdown or plain text, each with its line numbers."""
    from markdown_it import MarkdownIt

    # Inline markup is stripped by `plain`, which is ten times faster and lets us keep the offsets. Indented code is
    # off, since in plain text an indent starts a paragraph.
    parser = MarkdownIt("commonmark", {"maxNesting": 20}).enable("table").disable("code")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser.parse(text)


def _passages(blocks: list[_Block], content: str) -> Iterator[Passage]:
    """Yield the passages with words, each with the heading above it; long paragraphs are split."""
    heading = ""
    for block in _merged(blocks):
        if block.kind == "heading":
            heading = plain(block.raw[:400])[:200]
            continue
        verses = couplets(content, block.start, block.end) if block.kind == "text" else []
        pieces = verses or (list(_pieces(content, block.start, block.end)) if block.kind == "text" else [])
        for start, end in pieces or [(block.start, block.end)]:
            raw = content[start:end] if pieces else block.raw
            text = plain(in_one_line(raw) if verses else raw)
            if any(map(str.isalnum, text)):
                kind = "verse" if verses else "row" if block.kind == "row" else "text"
                yield Passage(heading, text, *_trimmed(content, start, end), kind)


def _trimmed(content: str, start: int, end: int) -> tuple[int, int]:
    """Return the offsets without white space at both ends."""
    piece = content[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))


def _pieces(content: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of the pieces of a paragraph, split after sentences, of about `PASSAGE_CHARS` each."""
    ends = sentence_ends(content, start, end, longest=2 * PASSAGE_CHARS)
    while start < end:
        after = bisect_right(ends, start + PASSAGE_CHARS)
        before = ends[after - 1] if after and ends[after - 1] > start else None
        stop = before or (ends[after] if after < len(ends) else end)
        yield start, stop
        start = stop


def _merged(blocks: list[_Block]) -> Iterator[_Block]:
    """Yield the blocks; neighboring list items or table rows are merged into blocks of up to `PASSAGE_CHARS`."""
    current: _Block | None = None
    for block in blocks:
        if current and block.kind == current.kind and block.kind in {"item", "row"}:
            raw = current.raw.rstrip()
            if len(raw) + len(block.raw) <= PASSAGE_CHARS:
                pause = "" if raw[-1:] in "。！？.!?；;：:," else ";"
                current = replace(current, raw=f"{raw}{pause}\n{block.raw}", end=block.end)
                continue
        if current:
            yield current
        current = block
    if current:
        yield current
