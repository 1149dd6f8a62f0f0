"""Find a passage of a text again after somebody has edited the text."""

from difflib import get_close_matches

from tools.content.reading import read

_ALIKE = 0.6
"""Least similarity of a passage to its edited self, 0…1; less is another passage."""


def end_of_passage(passage: str, edited: str) -> int | None:
    """Return the offset at which the passage ends in the edited text, or `None` if nothing in there resembles it."""
    if passage.strip() and (start := edited.find(passage)) >= 0:
        return start + len(passage)
    ends = {edited[found.start : found.end]: found.end for found in read(edited).passages}
    alike = get_close_matches(passage, ends, n=1, cutoff=_ALIKE)
    return ends[alike[0]] if alike else None
