"""Default arguments that show a value in the signature, while the settings still take precedence over them.

`given` tells a default from the same value passed on purpose: an argument overrides the settings, a default does not.
"""

from typing import TypeVar

T = TypeVar("T")


class LeftOut:
    """Marks a value as a default."""


class Text(LeftOut, str):
    """A default text."""


class Count(LeftOut, int):
    """A default whole number."""


class Number(LeftOut, float):
    """A default number."""


def given(value: T) -> T | None:
    """Return the argument, or `None` when it was left out."""
    return None if isinstance(value, LeftOut) else value
