"""Default arguments that show a value and still leave the last word to the settings.

`given` tells a default from the same value passed on purpose: an argument beats the settings, a default does not.
"""

from typing import TypeVar

T = TypeVar("T")


class LeftOut:
    """Marks a value as a default."""


class Text(LeftOut, str):
    """A text by default."""


class Count(LeftOut, int):
    """A whole number by default."""


class Number(LeftOut, float):
    """A number by default."""


def given(value: T) -> T | None:
    """Return the argument, or `None` when it was left out."""
    return None if isinstance(value, LeftOut) else value
