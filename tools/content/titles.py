"""Find the title of a content."""

from collections.abc import Sequence
from itertools import pairwise

from tools.content.markup import plain
from tools.content.words import sentence_ends

TITLE_CHARS = 80
UNTITLED = "untitled"


def title_for(content: str, *, matter: str, headings: Sequence[str], first: str) -> str:
    """Return the title of the front matter, or the first heading, or the beginning of the text."""
    line = plain(content.strip().split("\n", 1)[0][:400]) if content.strip() else ""
    own = line if 0 < len(line) <= TITLE_CHARS and first.startswith(line) else first
    for candidate in (plain(matter), *headings[:1], own, line):
        if any(map(str.isalnum, candidate)):
            return _shortened(candidate)
    return UNTITLED


def _shortened(text: str) -> str:
    """Return the first sentence or clause that fits as a title and is longer than a greeting such as `您好！`."""
    text = text.lstrip("，,。、；;：: ") or text
    ends = [0, *sentence_ends(text, 0, len(text), longest=TITLE_CHARS)]
    sentences = [text[start:end].strip() for start, end in pairwise(ends)] or [text]
    first = next((sentence for sentence in sentences if sum(map(str.isalnum, sentence)) > 3), sentences[0])
    return first.rstrip("。.；;，, ") or text[:TITLE_CHARS]
