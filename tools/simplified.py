"""Convert Traditional Chinese to Simplified characters, in which all our word lists are written."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencc import OpenCC

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30fa]")

_BORROWED = 8
"""A Chinese text has more Han characters than this for each kana, a Japanese one has fewer."""


@lru_cache(maxsize=8)
def simplified(text: str) -> str:
    """Return the text in Simplified Chinese, with the same length; what is not Chinese stays as it is."""
    # Some Japanese characters look like Traditional ones and must stay; a single の does not make a text Japanese.
    han = len(_HAN.findall(text))
    if len(_KANA.findall(text)) * _BORROWED >= han:
        return text
    # Taiwan's rules also convert 看著 to 看着, but they would change words of a Simplified text, such as 土著.
    return text if _converted(text, "t2s") == text else _converted(text, "tw2s")


def _converted(text: str, rules: str) -> str:
    """Convert the text by these rules, except to characters that no font and no image model knows."""
    converted = _converter(rules).convert(text)
    # Another length would shift all offsets in the text. The Simplified form of a rare character such as 蟳 is in an
    # extension of Unicode, which a Simplified text does not use either.
    if len(converted) != len(text):
        return text
    return "".join(old if new > "\uffff" else new for new, old in zip(converted, text, strict=True))


def as_written(changed: str, simple: str, written: str) -> str:
    """Return `changed` with the characters of `written` where it equals `simple`; all three have the same length."""
    if simple == written:
        return changed
    return "".join(own if now == was else now for now, was, own in zip(changed, simple, written, strict=True))


@lru_cache(maxsize=2)
def _converter(rules: str) -> "OpenCC":
    from opencc import OpenCC

    return OpenCC(rules)
