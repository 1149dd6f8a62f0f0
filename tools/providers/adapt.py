"""Adapt a request to another model: its sizes, its longest prompt, and whether it takes a negative prompt."""

import re
from dataclasses import replace

from tools.content.subjects import shortened
from tools.content.templates import common
from tools.content.words import language_of
from tools.providers.provider import ImageProvider, ImageRequest

LEAST_ROOM = 40
"""If fewer characters are left for the beginning, the prompt is cut at its limit rather than at a clause."""

_PAUSE = re.compile(r"\s*[,，]\s*")
_LAST_SENTENCE = re.compile(r"(?<=[.。!！?？])\s*(?=[^.。!！?？]+[.。!！?？]?\s*$)")


def adapt(request: ImageRequest, provider: ImageProvider) -> tuple[ImageRequest, list[str]]:
    """Return the request as the provider's model takes it, and a note for every visible change.

    The size becomes the nearest one of the same shape. A prompt that is too long keeps its last sentence, which holds
    the constraints. If the model takes no negative prompt, its words are added to the prompt.
    """
    notes: list[str] = []
    size = provider.fit(request.width_px, request.height_px)
    if size and size != (request.width_px, request.height_px):
        asked, taken = f"{request.width_px}x{request.height_px}", f"{size[0]}x{size[1]}"
        notes.append(f"Size {asked} became {taken}, the nearest that {provider.model} draws")
        request = replace(request, width_px=size[0], height_px=size[1])
    if request.negative_prompt and not provider.takes_negative:
        request = replace(request, prompt=_with_negative(request, provider.prompt_limit), negative_prompt="")
    if len(request.prompt) > provider.prompt_limit:
        notes.append(f"The prompt was cut to the {provider.prompt_limit} characters that {provider.model} takes")
        request = replace(request, prompt=_cut(request.prompt, provider.prompt_limit))
    return request, notes


def _with_negative(request: ImageRequest, limit: int) -> str:
    """Return the prompt with the words of its negative prompt, if they fit.

    Words that every negative prompt has are left out: the constraints say the same where it matters, and a model
    without a negative prompt may draw what is named, e.g. deformed hands.
    """
    chinese = language_of(request.prompt) == "zh"
    always = {*_PAUSE.split(common().negative.zh), *_PAUSE.split(common().negative.en)}
    own = [word for word in _PAUSE.split(request.negative_prompt) if word and word not in always]
    if not own:
        return request.prompt
    addition = f"避免：{'，'.join(own)}。" if chinese else f" Avoid: {', '.join(own)}."
    longer = request.prompt + addition
    return longer if len(longer) <= limit else request.prompt


def _cut(prompt: str, limit: int) -> str:
    """Return the beginning up to a clause, and the last sentence whole."""
    parts = _LAST_SENTENCE.split(prompt.strip(), maxsplit=1)
    head, tail = (parts[0], parts[1]) if len(parts) == 2 else (prompt, "")
    room = limit - len(tail) - 2
    if room < LEAST_ROOM:
        return prompt[:limit]
    kept = shortened(head, room, language_of(prompt)).rstrip(".。 ")
    separator = "。" if language_of(prompt) == "zh" else ". "
    return f"{kept}{separator}{tail}" if tail else kept
