"""Content, Markdown or plain text, as a title and passages that know their place in it.

Nothing here asks a service: the whole reading of 200 KB takes a fraction of a second.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tools.markup import plain
from tools.words import Language, language_of, sentence_ends

if TYPE_CHECKING:
    from markdown_it.token import Token

PASSAGE_CHARS = 280
TITLE_CHARS = 80
_FRONT_MATTER = re.compile(
    r"\A\ufeff?(---|\+\+\+)[ \t]*\r?\n(.{0,20000}?)\r?\n(?:\1|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL
)
_NEWLINE = re.compile(r"\r\n?|\n")
_HIDDEN_HTML = re.compile(r"\s*<(?:!--|script|style|svg|head|!doctype|\?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, list or piece of a long paragraph: `text` is plain, `start` and `end` point into the content."""

    heading: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands in the content. `passages` may be empty, e.g. when all of it is code; `title` never is."""

    title: str
    language: Language
    tags: tuple[str, ...]
    headings: tuple[str, ...]
    passages: tuple[Passage, ...]

    @property
    def text(self) -> str:
        """The plain text of all passages."""
        return "\n".join(passage.text for passage in self.passages)


def read(content: str) -> Reading:
    """Return the title, the language and the passages of the content.

    Code, pictures, comments and addresses are left out. Any string is fine, also one without a single word.
    """
    matter, base = _front_matter(content)
    blocks = list(_blocks(content, base))
    headings = [text for kind, text, _, _ in blocks if kind == "heading"]
    passages = tuple(_merged(list(_passages(blocks, content))))
    title = _title(str(matter.get("title") or ""), headings, passages, content)
    text = " ".join([title, *headings, *(passage.text for passage in passages)])
    return Reading(title, language_of(text), _tags(matter), tuple(headings), passages)


def _front_matter(content: str) -> tuple[dict[str, Any], int]:
    """Return the front matter and where the content goes on after it."""
    found = _FRONT_MATTER.match(content)
    if not found:
        return {}, 0
    try:
        matter = _parsed(found[1], found[2])
    except ValueError:
        return {}, found.end()
    return (matter, found.end()) if isinstance(matter, dict) else ({}, 0)


def _parsed(fence: str, text: str) -> Any:
    import tomllib  # noqa: PLC0415 - needed for few contents

    import yaml  # noqa: PLC0415

    try:
        return tomllib.loads(text) if fence == "+++" else yaml.safe_load(text)
    except (yaml.YAMLError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"The front matter is neither YAML nor TOML: {error}") from error


def _tags(matter: dict[str, Any]) -> tuple[str, ...]:
    tags = matter.get("tags") or matter.get("keywords") or []
    listed = re.split(r"[,，、;]", tags) if isinstance(tags, str) else tags
    words = [plain(str(tag)) for tag in listed] if isinstance(listed, list) else []
    return tuple(word for word in words if word)[:8]


def _blocks(content: str, base: int) -> Iterator[tuple[str, str, int, int]]:
    """Yield the kind (heading, text, item, table, html), the raw text and the place of every block with words."""
    lines = [base, *(found.end() for found in _NEWLINE.finditer(content, base)), len(content)]
    inside, kind = 0, "text"
    for token in _tokens(content[base:]):
        inside += token.nesting if token.type in _LISTS else 0
        if token.type == "heading_open":
            kind = "heading"
        elif token.type in {"paragraph_open", "td_open", "th_open"}:
            kind = "table" if token.type != "paragraph_open" else "item" if inside else "text"
        if token.type not in {"inline", "html_block"} or not token.map:
            continue
        start, end = lines[token.map[0]], lines[min(token.map[1], len(lines) - 1)]
        if token.type == "html_block" and not _HIDDEN_HTML.match(token.content):
            yield "html", token.content, start, end
        elif token.type == "inline" and token.content.strip():
            yield kind, plain(token.content[:2000]) if kind == "heading" else token.content, start, end


_LISTS = {"bullet_list_open", "bullet_list_close", "ordered_list_open", "ordered_list_close"}


def _tokens(text: str) -> "list[Token]":
    from markdown_it import MarkdownIt  # noqa: PLC0415 - costs a tenth of a second

    # Inline markup is stripped by `plain`, which is ten times faster and keeps the places. Indented code is off:
    # in plain text an indent starts a paragraph.
    parser = MarkdownIt("commonmark", {"maxNesting": 20}).enable("table").disable("code")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser.parse(text)


def _passages(blocks: list[tuple[str, str, int, int]], content: str) -> Iterator[tuple[str, Passage]]:
    """Yield every block, long paragraphs in pieces, with its kind and the heading above it."""
    heading = ""
    for kind, text, start, end in blocks:
        if kind == "heading":
            heading = text[:200]
        elif kind == "text":
            for left, right in _pieces(content, start, end):
                yield kind, _passage(heading, content[left:right], left, right)
        else:
            yield kind, _passage(heading, text[:20000], start, end)


def _passage(heading: str, raw: str, start: int, end: int) -> Passage:
    left = start + len(raw) - len(raw.lstrip()) if end - start == len(raw) else start
    right = end - (len(raw) - len(raw.rstrip())) if end - start == len(raw) else end
    return Passage(heading, plain(raw), left, max(left, right))


def _pieces(content: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the borders of pieces of about `PASSAGE_CHARS`, cut after sentences, of one paragraph."""
    ends = sentence_ends(content, start, end, longest=2 * PASSAGE_CHARS)
    while start < end:
        after = bisect_right(ends, start + PASSAGE_CHARS)
        before = ends[after - 1] if after and ends[after - 1] > start else None
        stop = before or (ends[after] if after < len(ends) else end)
        yield start, stop
        start = stop


def _merged(passages: list[tuple[str, Passage]]) -> Iterator[Passage]:
    """Yield the passages with words; neighboring items of a list, and cells of a table, become one."""
    current: tuple[str, Passage] | None = None
    for kind, passage in passages:
        if not any(map(str.isalnum, passage.text)):
            continue
        if current and _belongs(current, kind, passage):
            current = (kind, _joined(current[1], passage, kind))
            continue
        if current:
            yield current[1]
        current = (kind, passage)
    if current:
        yield current[1]


def _belongs(current: tuple[str, Passage], kind: str, passage: Passage) -> bool:
    same = current[0] == kind != "text" and current[1].heading == passage.heading
    return same and len(current[1].text) + len(passage.text) <= PASSAGE_CHARS


def _joined(first: Passage, second: Passage, kind: str) -> Passage:
    if kind == "table":
        text = f"{first.text}, {second.text}"
    else:
        text = first.text + (" " if first.text[-1] in "。！？.!?；;" else "; ") + second.text
    return replace(first, text=text, end=second.end)


def _title(matter: str, headings: list[str], passages: tuple[Passage, ...], content: str) -> str:
    first = passages[0].text if passages else ""
    line = plain(content.strip().split("\n", 1)[0][:400]) if content.strip() else ""
    own = line if len(line) <= TITLE_CHARS and first.startswith(line) else first
    for candidate in (plain(matter), *headings[:1], own, line):
        if any(map(str.isalnum, candidate)):
            return _shortened(candidate)
    return "untitled"


def _shortened(text: str) -> str:
    """Return the first sentence or clause that fits a title."""
    ends = sentence_ends(text, 0, len(text), longest=TITLE_CHARS)
    first = text[: ends[0]].strip() if ends else text
    return first.rstrip("。.；;，, ") or text[:TITLE_CHARS]
