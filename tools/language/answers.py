"""The answer of a language model: its JSON out of think text, fences and small mistakes."""

import json
import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

_ANSWER_CHARS = 200_000
_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?think(?:ing)?>", re.IGNORECASE)
Schema = TypeVar("Schema", bound=BaseModel)


def without_thoughts(text: str) -> str:
    """Return the text without think text, also where one of its tags is missing.

    Source: https://platform.minimax.io/docs (text-openai-api), read 2026-11-23.
    """
    text = _THOUGHT.sub("", text)
    while tag := _TAG.search(text):
        text = text[tag.end() :] if tag[0].startswith("</") else text[: tag.start()]
    return text.strip()


def parse(text: str, schema: type[Schema]) -> Schema:
    """Return the answer as the schema.

    Raises:
        ValueError: It is no JSON, or not what the schema wants; the message tells the model what to mend.
    """
    given = _loads(without_thoughts(text[:_ANSWER_CHARS]))
    try:
        return schema.model_validate(given)
    except ValidationError as error:
        places = [f"{'.'.join(map(str, item['loc'])) or 'the answer'}: {item['msg']}" for item in error.errors()[:5]]
        raise ValueError("; ".join(places)) from error


def _loads(text: str) -> Any:
    import json_repair

    start, end = text.find("{"), text.rfind("}")
    if start < 0:
        raise ValueError("there is no JSON object in it")
    try:
        return json.loads(text[start : end + 1])
    except (json.JSONDecodeError, RecursionError):
        pass
    try:
        return json_repair.loads(text[start:])
    except (ValueError, RecursionError) as error:
        raise ValueError("its JSON cannot be read") from error
