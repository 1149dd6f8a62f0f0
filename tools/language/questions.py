"""The questions to the language model, and the schemas of its answers."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tools.content.templates import Language, topics

_PASSAGE_CHARS = 600
_FENCE = re.compile(r"</?\s*(?:content|drafts|prompt)\b[^>]{0,99}>", re.IGNORECASE)
_NAMES = {"zh": "Simplified Chinese", "en": "English"}


class SceneAnswer(BaseModel):
    """A scene: the number of the passage it stands in, and what a picture of it shows."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=False)

    paragraph: int
    subject: str = Field(min_length=1)


class AnalysisAnswer(BaseModel):
    """What the content is about."""

    model_config = ConfigDict(extra="ignore")

    title: str = ""
    topic: str = ""
    mood: str = ""
    keywords: list[str] = []
    scenes: list[SceneAnswer] = Field(min_length=1)


class PromptAnswer(BaseModel):
    """One picture by its number: what it shows, in a few words and in full."""

    model_config = ConfigDict(extra="ignore")

    number: int
    subject: str = ""
    prompt: str = Field(min_length=1)


class PromptsAnswer(BaseModel):
    """The pictures, one for each that was asked for."""

    model_config = ConfigDict(extra="ignore")

    prompts: list[PromptAnswer] = Field(min_length=1)


def analysis_question(
    texts: Sequence[str], *, title: str, language: Language, count: int, max_chars: int, own: Path | None = None
) -> tuple[str, int]:
    """Return the question about the numbered passages, for `count` pictures, and how many passages it holds.

    Of a content longer than `max_chars` it holds some, evenly spread. `own` is the user's folder of templates.
    """
    numbers = _sample([min(len(text), _PASSAGE_CHARS) + 8 for text in texts], max_chars)
    lines = [f"[{number + 1}] {_harmless(texts[number][:_PASSAGE_CHARS])}" for number in numbers]
    head = (
        f"Language of every string in the answer: {_NAMES[language]}.\n"
        f"Pictures wanted: {count}.\n"
        f"Topics to choose from: {', '.join(sorted(topics(own)))}.\n"
        f"Title, as far as known: {json.dumps(_harmless(title), ensure_ascii=False)}\n"
    )
    return f"{head}<content>\n" + "\n".join(lines) + "\n</content>", len(numbers)


def prompts_question(
    drafts: Sequence[tuple[str, str]],
    *,
    title: str,
    topic: str,
    mood: str,
    keywords: Sequence[str],
    style: str,
    size_px: tuple[int, int],
    language: Language,
    max_chars: int,
) -> str:
    """Return the question that asks for one picture for each draft, a pair of excerpt and template text.

    `style` are the words that stand before every prompt, `size_px` the width and the height.
    """
    items = [
        {"number": number, "passage": _harmless(excerpt), "draft": _harmless(draft)}
        for number, (excerpt, draft) in enumerate(drafts, start=1)
    ]
    head = (
        f"Language of every prompt and subject: {_NAMES[language]}.\n"
        f"Pictures: {len(items)}. Longest prompt: {max_chars} characters.\n"
        f"Format: {_shape(*size_px)}. Style, added later: {style.rstrip('. 。')}.\n"
        f"Topic: {topic}. Mood: {mood}. Title: {json.dumps(_harmless(title), ensure_ascii=False)}\n"
        f"Keywords: {json.dumps([_harmless(word) for word in keywords], ensure_ascii=False)}\n"
    )
    lines = "\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    return f"{head}<drafts>\n{lines}\n</drafts>"


def rewrite_question(prompt: str, reason: str) -> str:
    """Return the question that asks for a softer wording of a refused prompt."""
    return f"<prompt>\n{_harmless(prompt)}\n</prompt>\nWhy it was refused: {_harmless(reason)}"


def _shape(width_px: int, height_px: int) -> str:
    """Return the format in an artist's words, e.g. `wide landscape`."""
    if abs(width_px - height_px) * 20 <= width_px + height_px:
        return "square"
    name = "landscape" if width_px > height_px else "portrait"
    return f"{'wide ' if width_px > 1.6 * height_px else 'tall ' if height_px > 1.6 * width_px else ''}{name}"


def _harmless(text: str) -> str:
    """Return the text without the tags that fence it in the question."""
    return _FENCE.sub(" ", text)


def _sample(sizes: list[int], most: int) -> list[int]:
    """Return the numbers of evenly spread passages whose sizes together stay within `most`; one at least."""
    step = 1.0
    numbers = list(range(len(sizes)))
    while len(numbers) > 1 and sum(sizes[number] for number in numbers) > most:
        step *= 1.1
        numbers = [int(place * step) for place in range(int((len(sizes) - 1) / step) + 1)]
    return numbers
