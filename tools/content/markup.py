"""Strip Markdown, HTML and invisible characters from a piece of text, so that only what a reader sees is left."""

import html
import re
import unicodedata
from collections.abc import Collection

# Every quantifier is bounded: an unbounded one takes seconds on 200 KB of "[[[[[".
_REPLACEMENTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), replacement)
    for pattern, replacement in (
        (r"<!--.{0,2000}?-->", " "),
        (r"[0-9#*]?\ufe0f?\u20e3", " "),  # keycaps such as 1️⃣
        (r"!\[[^\[\]\n]{0,300}\]\([^()\n]{0,2000}\)", " "),  # pictures, whose names are not for readers
        (r"!?\[\[([^\[\]\n]{1,200})\]\]", r"\1"),
        (r"\[\^[^\[\]\n]{1,50}\]:?", " "),
        (r"\[([^\[\]\n]{1,300})\]\((?:[^()\n]|\([^()\n]{0,200}\)){0,2000}\)", r"\1"),
        (r"\[([^\[\]\n]{1,300})\]\[[^\[\]\n]{0,100}\]", r"\1"),
        (r"^ {0,3}\[[^\[\]\n]{1,100}\]:[ \t]{0,9}\S{1,2000}.{0,200}$", " "),
        (r"</?[A-Za-z][^<>]{0,1000}>", " "),
        (r"\{[%{].{0,300}?[%}]\}", " "),
        (r"\b(?:https?|ftp|file|data)://[^\s<>\"'）)，。；、】]{1,2000}", " "),
        (r"\bwww\.[^\s<>\"'）)，。；、】]{1,2000}", " "),
        (r"<?\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,5}>?", " "),
        (r"\$\$.{0,500}?\$\$", " "),
        # Hashtags and mentions.
        (r"(?<![\w#/&])#(?=[^\W\d_])\w{1,30}(?:#|(?=\s|$))|(?<![\w.])@[\w.]{2,30}", " "),
        (r"^[ \t]{0,99}(?:>[ \t]?){1,50}", ""),
        (r"^[ \t]{0,99}(?:[-*+•·]|\d{1,9}[.)、])[ \t]{1,9}(?:\[[ xX]\][ \t])?", ""),
        (r"^ {0,3}#{1,6}[ \t]{1,9}", ""),
        (r"^[ \t]{0,99}(?:[-=*_:|+][-=*_:|+ \t]{2,500})$", ""),
        (r"(?<!\w)__(?=\S)|(?<=\S)__(?!\w)|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)", ""),
        (r"(?<!\\)[*`~]{1,9}|={2}", ""),
        (r"[ \t]{0,9}\|[ \t]{0,9}", ", "),
        (r"\\([\\`*_{}\[\]()#+.!|<>~-])", r"\1"),
    )
)
_OPENED = re.compile(r"<([A-Za-z]{1,20})\b[^>]{0,2000}>")
_SPACES = re.compile(r"\s+")
_STRAY_COMMAS = re.compile(r"(?:, ){2,}")
_COMMON = r"\x20-\x7e\u00a1-\u00ac\u00ae-\u024f\u2018-\u201f\u3001-\u3029\u3400-\u9fff\uff01-\uff60"
_UNCOMMON = re.compile(f"[^{_COMMON}]")
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}  # control, zero-width and right-to-left, surrogate, private, unassigned
_PICTOGRAPHS = {"So", "Sk"}
_PICTOGRAPH = "\x01"
# In Chinese, a space after an emoji means that the clause ends there.
_PAUSE = re.compile(f"(?<=[\u3400-\u9fff]){_PICTOGRAPH}[{_PICTOGRAPH}\\s]{{0,20}}\\s(?=[\u3400-\u9fff])")
_HAN = r"\u3400-\u9fff\uf900-\ufaff\u3000-\u303f\uff00-\uffef"
_SPACE_IN_CHINESE = re.compile(f"(?<=[{_HAN}]) (?=[{_HAN}])")

_CODE_LINE = re.compile(r"(?: {4}|\t)[ \t]{0,99}[a-z0-9$.~/<{}\[\]()#@-][^\n]{0,2000}(?<![.!?。！？，,])")
_CODE_SIGN = re.compile(r"[=_/\\{}<>|;$`]|--|&&|[a-z_]\(")


def plain(text: str) -> str:
    """Return what a reader sees of this piece of Markdown or HTML, as one line.

    Links keep their words and lose their address; pictures, comments and invisible characters are removed. So are
    emoji, unless there is nothing else: then they are named, e.g. ``birthday cake``.
    """
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    text = html.unescape(text)
    shown = _UNCOMMON.sub(lambda found: _shown(found[0], pictographs=False), text)
    seen = _one_line(_PAUSE.sub("，", shown).replace(_PICTOGRAPH, " "))
    return seen if any(map(str.isalnum, seen)) else _emoji_names(text)


def without_unseen(text: str) -> str:
    """Return the text without control, zero-width and direction characters, as one line."""
    return _one_line(_UNCOMMON.sub(lambda found: _shown(found[0], pictographs=True), text))


def without_elements(text: str, names: Collection[str], *, filler: str = " ") -> str:
    """Return the text with these HTML elements replaced by as many spaces, in linear time; offsets stay the same.

    `filler` replaces each of their characters; with ``""`` offsets change.
    """
    parts, position, kept, unclosed = [], 0, 0, set()
    while opened := _OPENED.search(text, position):
        name, position = opened[1].lower(), opened.end()
        closed = None
        if name in names and name not in unclosed:
            closed = re.compile(rf"</{name}\s{{0,99}}>", re.IGNORECASE).search(text, position)
            unclosed |= set() if closed else {name}
        if closed:
            position = closed.end()
            parts += [text[kept : opened.start()], filler * (position - opened.start())]
            kept = position
    return "".join([*parts, text[kept:]])


def _one_line(text: str) -> str:
    text = _SPACES.sub(" ", text)
    return _STRAY_COMMAS.sub(", ", _SPACE_IN_CHINESE.sub("", text)).strip(" ,|")


def _shown(letter: str, *, pictographs: bool) -> str:
    """Return the character, a space for white space, `_PICTOGRAPH` for an unwanted emoji, or ``""`` if invisible."""
    category = unicodedata.category(letter)
    if letter.isspace() or letter == "\x00":
        return " "
    if category in _PICTOGRAPHS and not pictographs:
        return _PICTOGRAPH
    return "" if category in _UNSEEN or "\ufe00" <= letter <= "\ufe0f" else letter


def _emoji_names(text: str) -> str:
    """Return the English names of the first pictographs, e.g. ``party popper, birthday cake``."""
    signs = dict.fromkeys(letter for letter in text if unicodedata.category(letter) == "So")
    names = (unicodedata.name(sign, "").lower() for sign in list(signs)[:8])
    return ", ".join(name for name in names if name)


def is_indented_code(block: str) -> bool:
    """Tell whether a paragraph is code that is marked by its indent alone; a poem or a first line may be indented, too.

    All of its lines are indented by four spaces or a tab and begin and end like code, and it has a sign of code.
    """
    lines = block.splitlines()
    return all(map(_CODE_LINE.fullmatch, lines)) and _CODE_SIGN.search(block) is not None
