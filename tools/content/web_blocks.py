"""The text blocks of a web page: headings, paragraphs, list items and tables, without menus, scripts and the like."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_SKIPPED = """
    head script style noscript template svg math canvas iframe object embed audio video picture img map
    nav aside footer button select textarea input dialog menu pre rt rp
"""
_UNSEEN = frozenset(_SKIPPED.split())
"""Elements without text for readers; code is among them, since it is left out of Markdown, too."""
_WITHIN_LINES = """
    a abbr b bdi bdo big cite code data del dfn em font i ins kbd label mark q ruby rb s samp small span strike
    strong sub sup time tt u var wbr
"""
_INLINE = frozenset(_WITHIN_LINES.split())
_HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
_NO_DISPLAY = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_NAMES_AROUND = """
    nav navbar navigation topnav breadcrumb breadcrumbs crumb crumbs sidebar footer cookie-banner cookie-notice share
    related comments newsletter pagination
"""
_AROUND = frozenset(_NAMES_AROUND.split())
"""Ids and classes of the parts of a page around its text."""
_CELL_CHARS = 200
"""Longest cell of a data table, in characters; a table with a longer one is for layout."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block in plain text on one line; the lines of a ``row`` are rows of a table, with tabs between their cells."""

    kind: Literal["heading", "text", "item", "row"]
    text: str


def blocks_of(root: "LexborNode | None") -> Iterator[Block]:
    """Yield the blocks with words, in order; a line break ends a block, and a block of several links only is left out.

    Without recursion, since a page may be nested deeply.
    """
    words: list[str] = []
    heading, items = 0, 0  # how many of these elements are open
    link, inside = 0, False
    links: list[int] = []  # for each text of the block: the number of its link, or 0

    def ended() -> Iterator[Block]:
        text = " ".join("".join(words).split())
        menu = len(set(links)) > 1 and all(links)
        words.clear()
        links.clear()
        if any(map(str.isalnum, text)) and not menu:
            yield Block("heading" if heading else "item" if items else "text", text)

    for node, enters in _walk(root):
        tag = node.tag or ""
        if tag == "-text":
            words.append(node.text_content or "")
            links.extend([link * inside] if any(map(str.isalnum, words[-1])) else [])
            continue
        if tag == "a":
            link, inside = link + enters, enters
        if tag in _INLINE or (not enters and tag == "br"):
            continue
        yield from ended()
        heading += (1 if enters else -1) * (tag in _HEADINGS)
        items += (1 if enters else -1) * (tag == "li")
        if tag == "table" and enters and (rows := _rows(node)):
            yield Block("row", "\n".join("\t".join(row) for row in rows))
    yield from ended()


def _walk(root: "LexborNode | None") -> "Iterator[tuple[LexborNode, bool]]":
    """Yield each text once, and each visible element twice: `True` on entering it, `False` on leaving it."""
    node = root
    open_ones: list[LexborNode] = []
    while node is not None:
        seen = not _is_unseen(node)
        if seen:
            yield node, True
        below = node.child if seen and node.tag != "-text" and not _is_data(node) else None
        if below is not None:
            open_ones.append(node)
            node = below
            continue
        if seen and node.tag != "-text":
            yield node, False
        while node.next is None or not open_ones:
            if not open_ones:
                return
            node = open_ones.pop()
            yield node, False
        node = node.next


def _is_unseen(node: "LexborNode") -> bool:
    tag = node.tag or ""
    if tag == "-text":
        return False
    if tag.startswith("-") or tag in _UNSEEN:
        return True
    told = node.attributes
    if not told:
        return False
    if tag not in {"body", "main", "article"} and not _AROUND.isdisjoint(_names(told)):
        return True
    return "hidden" in told or told.get("aria-hidden") == "true" or bool(_NO_DISPLAY.search(told.get("style") or ""))


def _names(told: "dict[str, str | None]") -> list[str]:
    return f"{told.get('id') or ''} {told.get('class') or ''}".lower().split()


def _is_data(node: "LexborNode") -> bool:
    return node.tag == "table" and bool(_rows(node))


def _rows(table: "LexborNode") -> list[list[str]]:
    """Return the cells of a data table by rows, or ``[]`` for a layout table."""
    if table.css_first("table table, h1, h2, h3, h4, h5, h6") is not None:
        return []
    rows = [[" ".join(_words(cell)) for cell in row.css("td, th")] for row in table.css("tr")]
    rows = [row for row in rows if any(row)]
    is_data = (
        len(rows) > 1 and min(map(len, rows)) > 1 and all(len(cell) <= _CELL_CHARS for row in rows for cell in row)
    )
    return rows if is_data else []


def _words(cell: "LexborNode") -> Iterator[str]:
    for node, _ in _walk(cell):
        if node.tag == "-text":
            yield from (node.text_content or "").split()
