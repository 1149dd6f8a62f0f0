"""Time of day and weather in texts, so that a night scene does not get morning light."""

import re
from collections.abc import Sequence

from tools.content.templates import words_of
from tools.simplified import simplified

_GROUPS = (("night", "evening", "morning", "day"), ("clear", "rain", "snow", "fog"))
_WORD = re.compile(r"[a-z]+")


def fitting(choices: Sequence[str], texts: Sequence[str]) -> tuple[str, ...]:
    """Return the choices that do not contradict the texts, or all choices if none would be left.

    The first text that mentions a time of day decides on it; the first that mentions the weather decides on that.
    """
    shown = [next(filter(None, (_shown(text, group) for text in texts)), set()) for group in _GROUPS]
    fit = tuple(
        choice
        for choice in choices
        if all(_agree(_shown(choice, group), seen) for group, seen in zip(_GROUPS, shown, strict=True))
    )
    return fit or tuple(choices)


def _agree(one: set[str], other: set[str]) -> bool:
    return not one or not other or bool(one & other)


def _shown(text: str, group: tuple[str, ...]) -> set[str]:
    text = simplified(text)
    words, known = set(_WORD.findall(text.lower())), words_of("hours")
    return {name for name in group if any(word in (words if word.isascii() else text) for word in known[name])}
