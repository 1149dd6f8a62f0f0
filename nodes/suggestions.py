"""Put the usable parts of a language model's answers into an analysis and into drafts."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from graph.state import Analysis, Scene
from tools.content.markup import plain
from tools.content.subjects import LIMIT_CHARS, Subject, shortened, unquoted
from tools.content.templates import Mood, topics
from tools.content.words import language_of
from tools.language.questions import AnalysisAnswer, PromptsAnswer

if TYPE_CHECKING:
    from tools.content.reading import Reading


@dataclass(frozen=True, slots=True)
class Draft:
    """A picture before the style is added."""

    scene: Scene
    subject: str
    body: str


def merged(analysis: Analysis, reading: "Reading", answer: AnalysisAnswer, count: int, own: Path | None) -> Analysis:
    """Return the analysis with the valid parts of the answer in place of its own; `count` is the number of pictures."""
    language = analysis["language"]
    title = plain(answer.title)[:120]
    topic, mood = answer.topic.strip().lower(), answer.mood.strip().lower()
    words = [word for word in map(plain, answer.keywords) if word]
    return {
        "title": title or analysis["title"],
        "topic": topic if topic in topics(own) else analysis["topic"],
        "language": language,
        "keywords": list(dict.fromkeys(word[:40] for word in words))[:10] or analysis["keywords"],
        "mood": mood if mood in get_args(Mood) else analysis["mood"],
        "scenes": _model_scenes(reading, answer, count) or analysis["scenes"],
    }


def _model_scenes(reading: "Reading", answer: AnalysisAnswer, count: int) -> list[Scene]:
    """Return the scenes that name an existing passage, in the order of the content."""
    from nodes.first_look import MAX_SCENES, scene_of  # slow to import, but imported already by now

    scenes: dict[tuple[int, str], Scene] = {}
    for item in answer.scenes:
        phrase = shortened(plain(item.subject).rstrip(" .。"), LIMIT_CHARS[reading.language], reading.language)
        if not 1 <= item.paragraph <= len(reading.passages) or language_of(phrase) != reading.language or not phrase:
            continue
        subject = Subject(phrase, 0)
        scenes[item.paragraph, phrase] = scene_of(reading.passages[item.paragraph - 1], subject, reading)
    return [scenes[key] for key in sorted(scenes)][: max(MAX_SCENES, count)]


def rewritten(drafts: list[Draft], answer: PromptsAnswer, analysis: Analysis) -> tuple[list[Draft], int]:
    """Return the drafts with the usable prompts of the answer, and how many drafts got none."""
    language = analysis["language"]
    given = {item.number: item for item in reversed(answer.prompts)}
    seen: set[str] = set()
    written: list[Draft] = []
    missing = 0
    for number, draft in enumerate(drafts, start=1):
        item = given.get(number)
        body = unquoted(plain(item.prompt)) if item else ""
        if item is None or len(body) < 4 or language_of(body) != language or body.casefold() in seen:
            missing += 1
            written.append(draft)
            continue
        seen.add(body.casefold())
        subject = shortened(plain(item.subject).rstrip(" .。"), LIMIT_CHARS[language], language) or draft.subject
        written.append(replace(draft, body=body, subject=subject))
    return written, missing
