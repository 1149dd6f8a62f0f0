"""Find the author's own words for what a picture shows: the subject may be in the third person or in Simplified."""

from collections.abc import Callable
from typing import NamedTuple

from tools.content.reading import Passage, Reading, read
from tools.content.subjects import subject_of_verse, subjects_of
from tools.simplified import simplified


class Told(NamedTuple):
    """The author's words, and the offset at which they end in the content, or else their passage does."""

    words: str
    end: int


def teller(content: str) -> Callable[[str, int], Told | None]:
    """Return a function that finds a subject in the passage of the content that ends at an offset.

    It returns `None` if the subject is from somewhere else, e.g. from a language model.
    """
    reading = read(content)
    passages = {passage.end: passage for passage in reading.passages}

    def told(subject: str, end: int) -> Told | None:
        passage = passages.get(end)
        words = _words(subject, passage, reading) if passage else None
        if not passage or not words:
            return None
        place = content.find(words, passage.start, end)
        return Told(words, end if place < 0 else place + len(words))

    return told


def _words(subject: str, passage: Passage, reading: Reading) -> str | None:
    verse = subject_of_verse(passage.text, reading.language) if passage.kind == "verse" else None
    found = [verse] if verse else subjects_of(passage.text, reading.language)
    clauses = next((one.clauses for one in found if one.phrase == subject), "")
    place = simplified(passage.text).find(clauses)
    return passage.text[place : place + len(clauses)] if place >= 0 else None
