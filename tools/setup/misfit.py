"""Describe in plain words what is wrong with a value: pydantic's messages are about its parsing."""

import re

from pydantic_core import ErrorDetails

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "tuple": "a list",
    "dict": "a mapping",
    "model": "a mapping",
}
"""What the value should be, by the first word of pydantic's error type, e.g. `int_parsing` or `string_type`."""


def misfit(problem: ErrorDetails) -> str:
    """Return a phrase for an error of pydantic, e.g. ``should be a whole number`` or ``is missing``."""
    if problem["type"] == "extra_forbidden":
        return "is not known"
    if problem["type"] == "missing":
        return "is missing"
    kind, _, fault = problem["type"].partition("_")
    if kind in _KINDS and fault in {"type", "parsing", "from_float", "attributes_type"}:
        return f"should be {_KINDS[kind]}"
    return re.sub(r"^(Input|String|List|Tuple|Value error,) ", "", problem["msg"])
