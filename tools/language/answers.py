"""Read the JSON in an answer of a language model, despite think text, code fences, other text and small mistakes."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tools.setup.misfit import misfit

_ANSWER_CHARS = 200_000
_STARTS = 200
"""Most opening braces that are tried as the beginning of the JSON; each costs a pass over the text."""
_MENDED_CHARS = 16_000
"""Most characters of broken JSON that are repaired; a long answer with fifty pictures has as many."""
_MENDING_S = 1.0
"""Most seconds of processor time for the repair: json-repair scans to the end from every brace, so that a text of
many braces would take ten."""
_TAG = re.compile(r"</?think(?:ing)?>", re.IGNORECASE)
_BEGINNING = re.compile(r"""\{\s{0,99}["'“]?[\w-]{1,99}["'”]?\s{0,99}:""")
_DECODER = json.JSONDecoder(strict=False)  # a line break in a string is clear enough
Schema = TypeVar("Schema", bound=BaseModel)


def without_thoughts(text: str) -> str:
    """Return the text without think text, even if its opening or closing tag is missing.

    Source: https://platform.minimax.io/docs (text-openai-api), read 2026-11-23.
    """
    said, start, thinking = "", 0, False
    for tag in _TAG.finditer(text):
        closes = tag[0].startswith("</")
        if not thinking:  # Everything before a closing tag without an opening one is think text.
            said = "" if closes else said + text[start : tag.start()]
        start, thinking = tag.end(), not closes
    return (said if thinking else said + text[start:]).strip()


def parse(text: str, schema: type[Schema]) -> Schema:
    """Return the answer validated as the schema.

    Raises:
        ValueError: It has no JSON, or none that fits the schema; the message tells the model what to correct.
    """
    text = without_thoughts(text[:_ANSWER_CHARS])
    if "{" not in text:
        raise ValueError("there is no JSON object in it")
    misfits: list[ValidationError] = []
    for given in _objects(text):
        try:
            return schema.model_validate(given)
        except ValidationError as error:
            misfits.append(error)
    if not misfits:
        raise ValueError("its JSON cannot be read")
    faults = misfits[0].errors()[:5]
    places = [f"{'.'.join(map(str, item['loc'])) or 'the answer'}: {misfit(item)}" for item in faults]
    raise ValueError("; ".join(places)) from misfits[0]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects in the text, the longest first, since the text around may have examples or braces.

    Last come those from a repair of broken or unfinished JSON.
    """
    whole: list[tuple[int, dict[str, Any]]] = []
    for brace in islice(re.finditer("{", text), _STARTS):
        try:
            found, end = _DECODER.raw_decode(text, brace.start())
        except (ValueError, RecursionError):
            continue
        whole.append((end - brace.start(), found))
    yield from (found for _, found in sorted(whole, key=lambda item: item[0], reverse=True))
    mended = _mended(text)
    yield from (item for item in (mended if isinstance(mended, list) else [mended]) if isinstance(item, dict))


def _mended(text: str) -> Any:
    from tools.language.mending import mend

    beginning = _BEGINNING.search(text)
    start = beginning.start() if beginning else text.index("{")
    return mend(text[start : start + _MENDED_CHARS], budget_s=_MENDING_S)
