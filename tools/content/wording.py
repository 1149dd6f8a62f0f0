"""Build a prompt from a template, a style and the constraints, within the length that a model takes."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tools.content.hours import fitting
from tools.content.subjects import shortened
from tools.content.templates import Language, Mood, Style, Topic, common
from tools.content.words import picturable
from tools.content.worth import shows_posture
from tools.errors import ConfigError

IDEA_CHARS = {"zh": 24, "en": 60}
NEGATIVE_CHARS = 500
_LEAST_BODY_CHARS = 40
_VAGUE_CHARS = {"zh": 30, "en": 70}
_COUPLET = re.compile(
    r"[\u4e00-\u9fff]{5}，[\u4e00-\u9fff]{5}|[\u4e00-\u9fff]{7}，[\u4e00-\u9fff]{7}"
)  # classical couplets always show something
_WORD_CHARS = {"zh": 8, "en": 24}


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture shows: the subject in a few words, and the body in the template's frame, both without style."""

    subject: str
    body: str


def room(style: Style, language: Language, limit: int) -> int:
    """Return how many characters of a prompt are left for the body, beside the style and the constraints.

    Raises:
        ConfigError: The style leaves no room; use another style, or a model that takes longer prompts.
    """
    left = limit - len(_whole("", style, language))
    if left < _LEAST_BODY_CHARS:
        message = f"The style {style.id!r} leaves {left} of {limit} characters for the picture itself"
        raise ConfigError(f"{message} - use another style, or a model that takes longer prompts")
    return left


def compose(body: str, *, style: Style, language: Language, limit: int) -> str:
    """Return the whole prompt: the body is cut at a clause if need be, style and constraints never are.

    Raises:
        ConfigError: The style leaves no room for the body.
    """
    return _whole(shortened(body, room(style, language, limit), language), style, language)


def body_of(prompt: str, *, styles: Iterable[Style], language: Language) -> str:
    """Return the body from which `compose` made the prompt; if no style matches, the whole prompt."""
    bodies = [prompt]
    for style in styles:
        head, _, tail = _whole("\0", style, language).partition("\0")
        if prompt.startswith(head) and prompt.endswith(tail):
            bodies.append(prompt[len(head) : -len(tail)])
    return min(bodies, key=len)


def negative(style: Style, language: Language) -> str:
    """Return the negative prompt, common and the style's, within the 500 characters that every provider takes."""
    text = _joined([common().negative.of(language), style.negative.of(language)], language)
    return shortened(text, NEGATIVE_CHARS, language)


def picture(
    subject: str,
    *,
    topic: Topic,
    language: Language,
    mood: Mood,
    position: int,
    turn: int,
    concrete: bool = False,
    around: Sequence[str] = (),
) -> Picture:
    """Return what the picture shows, in the template's frame.

    `position` is the index of the picture in the set; it selects the shot, the symbol and the setting. `turn` is how
    often the same subject was used before. A `concrete` subject is known to be drawable. `around` is the surrounding
    text, the nearest first: it decides the hour and the weather if the subject does not.
    """
    vague = not concrete and _is_vague(subject, language)
    # A scene brings its own setting, and a symbol needs none. A single word is shown in the settings of its topic;
    # one that cannot be drawn, like "hope", alternates between a setting and a symbol.
    mere = max(len(subject), *map(len, around[:1]), 0) <= _WORD_CHARS[language]
    placed = mere and (not vague or position % 2 == 1)
    shots = (topic if placed else common()).shots.of(language)
    told = (subject, *around)
    setting = [_at(fitting(topic.settings.of(language), told), position)] if placed else []
    shown = _symbolized(subject, topic, language, position) if vague and not placed else subject
    body = _framed(
        topic.frame.of(language),
        subject=shown,
        setting=_joined([*setting, *_light(turn // len(shots), fitting(common().lights.of(language), told))], language),
        mood=common().moods[mood].of(language),
        shot=_at(shots, position),
    )
    return Picture(_joined([shown, *setting], language) if vague else shown, body)


def _is_vague(subject: str, language: Language) -> bool:
    """Say whether the subject names nothing that can be drawn, or too little for its length."""
    if _COUPLET.fullmatch(subject) or shows_posture(subject, language):
        return False
    things = len(picturable(subject, language))
    return things == 0 or (things == 1 and len(subject) > _VAGUE_CHARS[language])


def _light(lap: int, lights: Sequence[str]) -> list[str]:
    """Return the lights for a subject whose shots were all used `lap` times: none at first, then one, then two."""
    if lap == 0:
        return []
    first, second = (lap - 1) % len(lights), (lap - 1) // len(lights)
    return [lights[first], *([_at(lights, first + second)] if second else [])]


def _symbolized(subject: str, topic: Topic, language: Language, position: int) -> str:
    """Return the subject together with a symbol of the topic, for ideas that cannot be drawn."""
    idea = shortened(subject, IDEA_CHARS[language], language)
    if language == "en" and idea[1:2].islower():
        idea = idea[0].lower() + idea[1:]
    return common().scene.of(language).format(symbol=_at(topic.symbols.of(language), position), idea=idea)


def _framed(frame: str, *, subject: str, setting: str, mood: str, shot: str) -> str:
    """Fill in the frame; without a setting, its placeholder is removed together with the comma after it."""
    if not setting:
        for comma in ("，", ", ", ""):
            frame = frame.replace("{setting}" + comma, "", 1)
    return frame.format(subject=subject, setting=setting, mood=mood, shot=shot)


def _whole(body: str, style: Style, language: Language) -> str:
    parts = (style.prefix.of(language), body, style.suffix.of(language), common().constraints.of(language))
    if language == "zh":
        return "".join(f"{part.rstrip('。 ')}。" for part in parts)
    return " ".join(f"{part[:1].upper()}{part[1:].rstrip('. ')}." for part in parts)


def _joined(parts: Sequence[str], language: Language) -> str:
    return ("，" if language == "zh" else ", ").join(parts)


def _at(choices: Sequence[str], number: int) -> str:
    return choices[number % len(choices)]
