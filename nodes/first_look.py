"""The analysis of a content that needs no service: topic, mood, keywords, and scenes worth a picture."""

import re
from dataclasses import replace
from pathlib import Path

from graph.state import Analysis, Scene
from tools.content.characters import characters, introduced
from tools.content.clearing import cleared
from tools.content.matching import match_topic
from tools.content.reading import Passage, Reading, read
from tools.content.scenes import Place, choose
from tools.content.subjects import Subject, subject_of, subject_of_verse, subjects_of
from tools.content.templates import Topic
from tools.content.titles import UNTITLED
from tools.content.words import keywords, mood_of
from tools.simplified import simplified

MAX_SCENES = 12
MAX_CANDIDATES = 60
EXCERPT_CHARS = 300
# Headings in a course, a paper or minutes; the text below them shows little.
_ASIDE = re.compile(
    r"[\W\d_]{0,9}(?:(?:学习|教学|课程|本节)(?:目标|要求|安排)|作业|课后(?:作业|习题|练习)|练习题?|思考题"
    r"|参考(?:文献|资料)|目录|行动项|待办事项"
    r"|learning (?:objectives|outcomes|goals)|objectives|homework|assignments?|references|bibliography|works cited"
    r"|further reading"
    r"|(?:table of )?contents|action items|next steps|prerequisites|changelog|acknowledge?ments)\W{0,3}",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^(?:```|~~~)\w", re.MULTILINE)  # of code, with the language named


def first_look(content: str, own: Path | None = None, *, most: int = MAX_SCENES) -> tuple[Reading, Analysis]:
    """Return the reading and the analysis that need no service.

    `own` is the user's folder of templates, and `most` the largest number of scenes.
    """
    reading = read(content)
    # If a content has no prose, e.g. only code, its raw text still shows what it is about.
    text = reading.text or cleared(content[:20000])
    code = ["code, programming"] if _FENCE.search(content) else []
    topic = match_topic(
        text, title=reading.title, headings=[*reading.headings, *reading.tags, *code], tags=reading.tags, own=own
    )
    found = keywords(text, language=reading.language, title=reading.title)
    return reading, {
        "title": reading.title,
        "topic": topic.id,
        "language": reading.language,
        "keywords": list(dict.fromkeys([*map(simplified, reading.tags), *found]))[:10] or [reading.title],
        "mood": mood_of(text, topic.moods[0]),
        "scenes": _scenes(reading, most) or [_whole(reading, topic, len(content))],
    }


def _scenes(reading: Reading, most: int) -> list[Scene]:
    """Return the parts worth a picture, at most `most`, in the order of the content."""
    prose = [passage for passage in reading.passages if passage.kind != "row"] or reading.passages
    prose = [passage for passage in prose if not _ASIDE.fullmatch(passage.heading)] or prose
    step = max(1.0, len(prose) / MAX_CANDIDATES)
    candidates = [prose[int(number * step)] for number in range(int(len(prose) / step))]
    rated = _worthwhile([(passage, _best(passage, reading)) for passage in candidates])
    if len(rated) < most:
        rated = _moments(rated, reading)
    places = [Place(passage.heading, subject.score, passage.start) for passage, subject in rated]
    cast = characters(reading.text, reading.language)
    chosen = [rated[choice.place] for choice in choose(places, min(most, len(places)))]
    named = [replace(subject, phrase=introduced(subject.phrase, cast, reading.language)) for _, subject in chosen]
    return [scene_of(passage, subject, reading) for (passage, _), subject in zip(chosen, named, strict=True)]


def _best(passage: Passage, reading: Reading) -> Subject:
    """Return the best subject of a passage; two lines of a poem are one subject."""
    whole = subject_of_verse(passage.text, reading.language) if passage.kind == "verse" else None
    return whole or subject_of(passage.text, reading.language)


def _moments(rated: list[tuple[Passage, Subject]], reading: Reading) -> list[tuple[Passage, Subject]]:
    """Return each passage once for each of its subjects: another sentence is better than the same one twice."""
    split = [
        (passage, subject)
        for passage, best in rated
        for subject in (subjects_of(passage.text, reading.language) if passage.kind == "text" else [best])
    ]
    return _worthwhile(split)


def _whole(reading: Reading, topic: Topic, length: int) -> Scene:
    """Return the one scene of a content without a sentence: a picture of its title, or else of its topic."""
    passage = Passage("", reading.title, 0, length)
    shown = topic.name.of(reading.language) if reading.title == UNTITLED else simplified(reading.title)
    return scene_of(passage, Subject(shown, 0.0), reading)


def _worthwhile(rated: list[tuple[Passage, Subject]]) -> list[tuple[Passage, Subject]]:
    """Drop repeated subjects, and those without a positive score, e.g. bylines and fragments, unless all are such."""
    unique: dict[str, tuple[Passage, Subject]] = {}
    for passage, subject in rated:
        unique.setdefault(subject.phrase, (passage, subject))
    good = [(passage, subject) for passage, subject in unique.values() if subject.score > 0]
    return good or list(unique.values())


def scene_of(passage: Passage, subject: Subject, reading: Reading) -> Scene:
    """Return the passage as a scene."""
    return {
        "heading": passage.heading,
        "excerpt": passage.text[:EXCERPT_CHARS],
        "start": passage.start,
        "end": passage.end,
        "subject": subject.phrase,
        "keywords": keywords(passage.text, language=reading.language, limit=5),
    }
