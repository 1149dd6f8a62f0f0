"""Find a passage of a text again after somebody has edited the text."""

import re
from difflib import get_close_matches

_BLANK_LINES = re.compile(r"\r?\n[ \t]*\r?\n")
_ALIKE = 0.6
"""Least similarity of a passage to its edited self, 0…1; less is another passage."""


def end_of_passage(passage: str, edited: str) -> int | None:
    """Return the offset at which the passage ends in the edited text, or `None` if nothing in there resembles it."""
    start = edited.find(passage) if passage.strip() else -1
    if start >= 0:
        return start + len(passage)
    # A paragraph is a line in some texts, and several lines between blank ones in others.
    parts = dict.fromkeys(part.strip() for part in (*edited.splitlines(), *_BLANK_LINES.split(edited)))
    alike = get_close_matches(passage, [part for part in parts if part], n=1, cutoff=_ALIKE)
    return edited.index(alike[0]) + len(alike[0]) if alike else None
