"""Convert a saved web page, or a piece of one, to Markdown: what a reader sees of it, block by block.

The parser is Lexbor's, which reads broken HTML by the same rules as browsers, in linear time, see ADR 28.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from tools.content.markup import without_elements
from tools.content.web_blocks import Block, blocks_of
from tools.content.web_places import places_of
from tools.errors import InputError

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_PAGE_BYTES = 10_000_000
"""Largest saved page, in bytes; most of such a page is scripts, which do not count as content."""

_BEFORE = r"(?:<!--.{0,2000}?-->\s*|<\?xml.{0,200}?>\s*){0,9}"
_DOCUMENT = re.compile(rf"\s*{_BEFORE}<(?:!doctype html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_BLOCK = re.compile(r"<(?:p|div|section|article|main|h[1-6]|[uo]l|table|blockquote|figure)\b", re.IGNORECASE)
_NESTING = re.compile(
    r"<(/?)(?:div|section|span|article|main|[uo]l|table|blockquote|figure|form|font|a|b|i|em|strong)\b", re.IGNORECASE
)
_DEEPEST = 1000
"""Deepest nesting of elements; browsers stop at 512, and Lexbor's time grows with the square of the depth."""
_COMMENT = re.compile(r"<!--.{0,2000}?-->", re.DOTALL)
_MARKDOWN = re.compile(r"^ {0,3}(?:#{1,6}\s|[-*+]\s|\d{1,9}[.)]\s|>|```|~~~|\|)|\]\(|\*\*\S", re.MULTILINE)
_TAIL = re.compile(r"\s+[-|_–—·]\s+[^-|_–—·]{1,40}$|_[^_]{1,20}$")
_MAIN = ("#js_content", "article", "main, [role=main]")
"""Selectors of the main part of a page; the first one is WeChat's, which is hidden until a script has run."""
_MAIN_CHARS = 80
"""Least number of letters in the main part; with fewer, it is a teaser."""
_GAP = "\n\n"
_SPECIAL = str.maketrans({sign: f"&#{ord(sign)};" for sign in "<>&*_`~[]|\\{}$=#"})


@dataclass(frozen=True, slots=True)
class WebPage:
    """The page as Markdown; `starts` are the offsets of its blocks, `places` their start and end in the source."""

    markdown: str
    starts: tuple[int, ...]
    places: tuple[tuple[int, int], ...]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return start and end in the source of the blocks that this part of the Markdown belongs to."""
        first = max(bisect_right(self.starts, start) - 1, 0)
        last = max(bisect_right(self.starts, max(start, end - 1)) - 1, 0)
        return self.places[first][0], max(self.places[first][0], self.places[last][1])

    def block_end(self, end: int) -> int:
        """Return where the block that contains this offset of the source ends in the Markdown."""
        following = bisect_left([place[1] for place in self.places], end) + 1
        return self.starts[following] - len(_GAP) if following < len(self.starts) else len(self.markdown)


def is_web_page(content: str) -> bool:
    """Tell whether the content is HTML, a whole page or a piece; Markdown that contains some tags is not."""
    if _DOCUMENT.match(content):
        return True
    if not content.lstrip().startswith("<") or not content.rstrip().endswith(">") or not _BLOCK.search(content):
        return False
    return not _MARKDOWN.search(_COMMENT.sub(" ", without_elements(content, {"script", "style", "pre"})))


def fitting(text: str, size_bytes: int, name: str, *, most_bytes: int) -> str:
    """Return the content if it is not too large; a web page that is too large is returned without scripts and styles.

    Raises:
        InputError: It is too large; the message calls it `name`.
    """
    if size_bytes <= most_bytes:
        return text
    lighter = without_elements(text, {"script", "style"}, filler="") if is_web_page(text) else text
    if lighter == text or len(lighter.encode("utf-8", "replace")) > most_bytes:
        raise InputError(f"{name} is larger than {most_bytes // 1000} KB - split it into articles")
    return lighter


def read_page(source: str) -> WebPage | None:
    """Return the page as Markdown, or `None` if it has no text or is nested too deeply."""
    if _depth(source) > _DEEPEST:
        return None
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(source.encode("utf-8", "replace").decode())
    title = _title(tree)
    found = [block for block in blocks_of(_main(tree)) if (block.kind, block.text) != ("heading", title)]
    if not found:
        return None
    parts = [f"# {title.translate(_SPECIAL)}"] if title else []
    starts, length = [], len(parts[0]) + len(_GAP) if parts else 0
    for text in _markdown(found):
        starts.append(length)
        parts.append(text)
        length += len(text) + len(_GAP)
    return WebPage(_GAP.join(parts), tuple(starts), tuple(places_of([block.text for block in found], source)))


def _depth(source: str) -> int:
    """Return an estimate of the deepest nesting, from the elements that need an end tag."""
    return max(accumulate(-1 if tag[1] else 1 for tag in _NESTING.finditer(source)), default=0)


def _main(tree: "LexborHTMLParser") -> "LexborNode | None":
    """Return the element with the text of the page: WeChat's, the only article, the main part, or the whole body."""
    for selector in _MAIN:
        found = tree.css(selector)
        if len(found) == 1 and sum(map(str.isalnum, found[0].text())) >= _MAIN_CHARS:
            return found[0]
    return tree.body


def _title(tree: "LexborHTMLParser") -> str:
    """Return the title of the page, without the name of its site, or ``""``."""
    told = tree.css_first('meta[property="og:title"]')
    headings = tree.css("h1")
    named = tree.css_first("title")
    for title in (
        str(told.attributes.get("content") or "") if told else "",
        headings[0].text() if len(headings) == 1 else "",
        _TAIL.sub("", " ".join(named.text().split())) if named else "",
    ):
        if any(map(str.isalnum, title)):
            return " ".join(title.split())[:200]
    return ""


def _markdown(blocks: list[Block]) -> Iterator[str]:
    """Yield the Markdown of each block, with Markdown's special characters escaped."""
    for block in blocks:
        if block.kind == "row":
            rows = [[cell.translate(_SPECIAL) for cell in row.split("\t")] for row in block.text.split("\n")]
            lines = [f"| {' | '.join(row)} |" for row in rows]
            yield "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
        else:
            sign = {"heading": "## ", "item": "- "}.get(block.kind, "")
            yield sign + block.text.translate(_SPECIAL)
