"""Turn a recipe's list of ingredients into a phrase for one picture: the things on a table, without amounts."""

import re

from tools.content.templates import Language

_UNITS = {
    "zh": r"克|千克|公斤|斤|两|毫升|升|大?小?[勺匙]|茶匙|汤匙|杯|个|只|颗|根|片|块|把|瓣|枚|条|g|kg|ml",
    "en": r"g|kg|mg|ml|cl|dl|l|oz|lbs?|cups?|tbsps?|tsps?|tablespoons?|teaspoons?|pinch(?:es)?(?: of)?|cloves?|sticks?",
}
_AMOUNT = {
    "zh": re.compile(
        rf"(?:约|各)?[\d½¼¾半]+(?:[./~-]\d{{1,4}})?[ \t]{{0,2}}(?:{_UNITS['zh']})|少许|适量", re.IGNORECASE
    ),
    "en": re.compile(
        r"^(?:an? )?(?:\d{1,4}(?:[.,/]\d{1,3})?[½¼¾]?|[½¼¾]|(?=pinch))[ \t]{0,2}"
        rf"(?:(?:{_UNITS['en']})\b)?(?: of\b)?"
        # Times, percents, ranges and durations are no amounts of an ingredient.
        r"(?!\d|[ \t]{0,2}(?:[:%-]|(?:hour|minute|second|day|week|month|year)s?\b))",
        re.IGNORECASE,
    ),
}
_MEASURED = {
    language: re.compile(rf"\d[ \t]{{0,2}}(?:{units})(?![a-z])", re.IGNORECASE) for language, units in _UNITS.items()
}
_ITEM_END = re.compile(r"[;；\n。]+")
_COMMA_ZH = re.compile(r"[、，,]+")
_LONGEST_ITEM = {"zh": 14, "en": 50}
_MOST = 5


def ingredients(text: str, language: Language) -> str | None:
    """Return the ingredients, at most five, as things on a table; `None` if the text is no list of amounts."""
    # Items in one line, as in most Chinese recipes, are separated by commas.
    end = _ITEM_END if language == "en" or _ITEM_END.search(text.rstrip("。")) else _COMMA_ZH
    items = [item.strip(" .") for item in end.split(text[:1000]) if item.strip(" .。")]
    measured = [item for item in items if _AMOUNT[language].search(item) and len(item) <= _LONGEST_ITEM[language]]
    if len(measured) < 2 or 2 * len(measured) < len(items) or not _MEASURED[language].search(text):
        return None
    names = (_AMOUNT[language].sub("", item).split(",")[0].split("，")[0].strip(" ：:、") for item in measured)
    things = list(dict.fromkeys(name for name in names if name))[:_MOST]
    if len(things) < 2:
        return None
    if language == "zh":
        return f"{'、'.join(things[:-1])}和{things[-1]}摆在桌上"
    return f"{', '.join(things[:-1])} and {things[-1]} on a table"
