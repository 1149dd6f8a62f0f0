"""Find the author's own words for what a picture shows: the subject may be in the third person or in Simplified."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tools.content.characters import characters, introduced
from tools.content.reading import Passage, read
from tools.content.subjects import subject_of_verse, subjects_of
from tools.content.templates import Language
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
    cast = characters(reading.text, reading.language)

    def told(subject: str, end: int) -> Told | None:
        passage = passages.get(end)
        words = _words(subject, passage, reading.language, cast) if passage else None
        if not passage or not words:
            return None
        place = content.find(words, passage.start, end)
        return Told(words, end if place < 0 else place + len(words))

    return told


def _words(subject: str, passage: Passage, language: Language, cast: Mapping[str, str]) -> str | None:
    verse = subject_of_verse(passage.text, language) if passage.kind == "verse" else None
    found = [verse] if verse else subjects_of(passage.text, language)
    clauses = next((one.clauses for one in found if introduced(one.phrase, cast, language) == subject), "")
    place = simplified(passage.text).find(clauses)
    return passage.text[place : place + len(clauses)] if place >= 0 else None
