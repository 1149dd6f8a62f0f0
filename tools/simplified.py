"""Traditional Chinese in Simplified characters, in which all our words are written."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencc import OpenCC

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30fa]")

_BORROWED = 8
"""Chinese text has more than so many characters for each kana, Japanese has fewer."""


@lru_cache(maxsize=8)
def simplified(text: str) -> str:
    """Return the text, as long as it is, in Simplified Chinese; all that is no Chinese stays as it is."""
    # Japanese has characters of its own, some of which look like Traditional ones; a の among many is only borrowed.
    han = len(_HAN.findall(text))
    if len(_KANA.findall(text)) * _BORROWED >= han:
        return text
    # The rules of Taiwan also make 看着 of 看著, but they would change words of a Simplified text, such as 土著.
    return text if _converted(text, "t2s") == text else _converted(text, "tw2s")


def _converted(text: str, rules: str) -> str:
    """Return the text in Simplified Chinese by these rules, but for what no font and no image model knows."""
    converted = _converter(rules).convert(text)
    # A length that differs would move every place in the text. Of a rare character such as 蟳, the Simplified form is
    # one of the extensions of Unicode, which a Simplified text does not use either.
    if len(converted) != len(text):
        return text
    return "".join(old if new > "\uffff" else new for new, old in zip(converted, text, strict=True))


def as_written(changed: str, simple: str, written: str) -> str:
    """Return what `simple` was changed to, all three as long, in the characters of what was written."""
    if simple == written:
        return changed
    return "".join(own if now == was else now for now, was, own in zip(changed, simple, written, strict=True))


@lru_cache(maxsize=2)
def _converter(rules: str) -> "OpenCC":
    from opencc import OpenCC

    return OpenCC(rules)
