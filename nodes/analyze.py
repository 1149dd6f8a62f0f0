"""The node `analyze`: what the content is about, and which parts of it are worth a picture."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, cast, get_args

from langchain_core.runnables import RunnableConfig
from langgraph.types import Overwrite

from graph.state import Analysis, Image, Scene, State
from tools.errors import InputError, PeituError
from tools.llm import LanguageModel
from tools.markup import plain, without_unseen
from tools.matching import match_topic
from tools.questions import AnalysisAnswer, analysis_question
from tools.reading import Passage, Reading, read
from tools.records import next_run_id
from tools.scenes import Place, choose
from tools.subjects import LIMIT_CHARS, Subject, shortened, subject_of
from tools.templates import Mood, Topic, instructions, topics
from tools.words import keywords, language_of, mood_of

MAX_SCENES = 12
MAX_CANDIDATES = 60
BEGINNING_CHARS = 2000
EXCERPT_CHARS = 300
_OPTIONS = ("count", "style", "provider", "size", "seed", "upload", "review")


class Records(Protocol):
    """Where the whole content of a run is kept, since the state holds only its beginning."""

    async def start_run(self, *, run_id: str, thread_id: str, content: str, options: dict[str, Any]) -> None:
        """Record the run; the same run again changes nothing."""
        ...

    async def content_of(self, run_id: str) -> str | None:
        """Return the whole content of the run, or `None` if there is no such run."""
        ...


async def analyze(
    state: State,
    config: RunnableConfig,
    *,
    model: LanguageModel | None,
    records: Records,
    max_content_chars: int,
    check: Callable[[State], None] | None = None,
) -> State:
    """Read the content, with the language model's help where there is one.

    `check` refuses what cannot be made, before anything is asked of a service.

    Raises:
        InputError: The content is blank.
    """
    if check is not None:
        await asyncio.to_thread(check, state)
    thread_id = str(config["configurable"]["thread_id"])
    run_id = next_run_id(thread_id, state.get("run_id"))
    content = await _whole_content(state, run_id, records)
    options = {key: state[key] for key in _OPTIONS if key in state}  # type: ignore[literal-required]
    await records.start_run(run_id=run_id, thread_id=thread_id, content=content, options=options)
    reading, analysis = await asyncio.to_thread(_read, content)
    notes: list[str] = []
    used = None
    if model is not None:
        try:
            analysis = await _improved(analysis, reading, model=model, max_chars=max_content_chars, notes=notes)
            used = model.name
        except PeituError as error:
            notes.append(f"The language model was not used: {error}; the templates wrote the prompts")
    return {
        "run_id": run_id,
        "wanted": state.get("count"),
        "content": content[:BEGINNING_CHARS],
        "analysis": analysis,
        "language_model": used,
        "notes": notes,
        **_fresh(state, notes),
    }


def _fresh(state: State, notes: list[str]) -> State:
    """Return what makes the thread forget the images and notes of its earlier run, if it had one."""
    if state.get("run_id") is None:
        return {}
    return {"notes": cast("list[str]", Overwrite(notes)), "images": cast("list[Image]", Overwrite([]))}


async def _whole_content(state: State, run_id: str, records: Records) -> str:
    """Return the content; when the node runs again, the state has its beginning and the records have all."""
    # A lone surrogate, e.g. from a file name, can be written neither to SQLite nor as JSON.
    content = state.get("content", "").encode("utf-8", "replace").decode()
    known = await records.content_of(run_id)
    if known is not None and known[:BEGINNING_CHARS] == content:
        content = known
    if not without_unseen(content):
        raise InputError("The content is blank - give a text, at least one word")
    return content


def _read(content: str) -> tuple[Reading, Analysis]:
    """Return the reading and the analysis that need no service."""
    reading = read(content)
    # Of a content without prose, e.g. all code, the raw text says at least what it is about.
    text = reading.text or content[:20000]
    topic = match_topic(text, title=reading.title, headings=[*reading.headings, *reading.tags])
    found = keywords(text, language=reading.language, title=reading.title)
    return reading, {
        "title": reading.title,
        "topic": topic.id,
        "language": reading.language,
        "keywords": list(dict.fromkeys([*reading.tags, *found]))[:10] or [reading.title],
        "mood": mood_of(text, topic.moods[0]),
        "scenes": _scenes(reading) or [_whole(reading, topic, len(content))],
    }


def _scenes(reading: Reading) -> list[Scene]:
    """Return the passages worth a picture, at most `MAX_SCENES`, in the order of the content."""
    step = max(1.0, len(reading.passages) / MAX_CANDIDATES)
    candidates = [reading.passages[int(number * step)] for number in range(int(len(reading.passages) / step))]
    rated = _worthwhile([(passage, subject_of(passage.text, reading.language)) for passage in candidates])
    places = [Place(passage.heading, subject.score) for passage, subject in rated]
    return [_scene(*rated[choice.place], reading) for choice in choose(places, min(MAX_SCENES, len(places)))]


def _whole(reading: Reading, topic: Topic, length: int) -> Scene:
    """Return the one scene of a content without a sentence: a picture of its topic."""
    passage = Passage("", reading.title, 0, length)
    return _scene(passage, Subject(topic.name.of(reading.language), (), 0.0), reading)


def _worthwhile(rated: list[tuple[Passage, Subject]]) -> list[tuple[Passage, Subject]]:
    """Drop repeated subjects, and bylines, notes and fragments as long as something else is left."""
    unique = list({subject.phrase: (passage, subject) for passage, subject in reversed(rated)}.values())[::-1]
    good = [(passage, subject) for passage, subject in unique if subject.score > 0]
    return good or unique


def _scene(passage: Passage, subject: Subject, reading: Reading) -> Scene:
    return {
        "heading": passage.heading,
        "excerpt": passage.text[:EXCERPT_CHARS],
        "start": passage.start,
        "end": passage.end,
        "subject": subject.phrase,
        "keywords": keywords(passage.text, language=reading.language, limit=5),
    }


async def _improved(
    analysis: Analysis, reading: Reading, *, model: LanguageModel, max_chars: int, notes: list[str]
) -> Analysis:
    """Return the analysis with what the language model knows better.

    Raises:
        PeituError: The model gave no usable answer; the analysis stands as it is.
    """
    texts = [passage.text for passage in reading.passages] or [reading.title]
    question, shown = analysis_question(
        texts, title=analysis["title"], language=analysis["language"], max_chars=max_chars
    )
    if shown < len(texts):
        notes.append(f"The content is long: the language model read {shown} of its {len(texts)} passages")
    told = await asyncio.to_thread(instructions, "analyze")
    answer = await model.answer(told, question, AnalysisAnswer)
    return await asyncio.to_thread(_merged, analysis, reading, answer)


def _merged(analysis: Analysis, reading: Reading, answer: AnalysisAnswer) -> Analysis:
    """Return the analysis with the valid parts of the answer in place of its own."""
    language = analysis["language"]
    title = plain(answer.title)[:120]
    topic, mood = answer.topic.strip().lower(), answer.mood.strip().lower()
    words = [word for word in map(plain, answer.keywords) if word]
    return {
        "title": title or analysis["title"],
        "topic": topic if topic in topics() else analysis["topic"],
        "language": language,
        "keywords": list(dict.fromkeys(word[:40] for word in words))[:10] or analysis["keywords"],
        "mood": mood if mood in get_args(Mood) else analysis["mood"],
        "scenes": _model_scenes(reading, answer) or analysis["scenes"],
    }


def _model_scenes(reading: Reading, answer: AnalysisAnswer) -> list[Scene]:
    """Return the scenes that name a passage that exists, in the order of the content."""
    scenes: dict[tuple[int, str], Scene] = {}
    for item in answer.scenes:
        phrase = shortened(plain(item.subject), LIMIT_CHARS[reading.language], reading.language)
        if not 1 <= item.paragraph <= len(reading.passages) or language_of(phrase) != reading.language or not phrase:
            continue
        subject = Subject(phrase, (), 0)
        scenes[item.paragraph, phrase] = _scene(reading.passages[item.paragraph - 1], subject, reading)
    return [scenes[key] for key in sorted(scenes)][:MAX_SCENES]
