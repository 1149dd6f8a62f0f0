"""Markdown, HTML and invisible characters out of a piece of text, so that only what a reader sees is left."""

import html
import re
import unicodedata

# Every quantifier is bounded: an unbounded one takes seconds on 200 KB of "[[[[[".
_REPLACEMENTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), replacement)
    for pattern, replacement in (
        (r"<!--.{0,2000}?-->", " "),
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
        (r"^[ \t]{0,99}(?:>[ \t]?){1,50}", ""),
        (r"^[ \t]{0,99}(?:[-*+•·]|\d{1,9}[.)、])[ \t]{1,9}(?:\[[ xX]\][ \t])?", ""),
        (r"^ {0,3}#{1,6}[ \t]{1,9}", ""),
        (r"^[ \t]{0,99}(?:[-=*_:|+][-=*_:|+ \t]{2,500})$", ""),
        (r"(?<!\w)__(?=\S)|(?<=\S)__(?!\w)|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)", ""),
        (r"[*`~]{1,9}|={2}", ""),
        (r"[ \t]{0,9}\|[ \t]{0,9}", ", "),
        (r"\\([\\`*_{}\[\]()#+.!|<>~-])", r"\1"),
    )
)
_SPACES = re.compile(r"\s+")
_STRAY_COMMAS = re.compile(r"(?:, ){2,}")
_UNSEEN = {
    "Cc",
    "Cf",
    "Cs",
    "Co",
    "Cn",
}  # control, format (zero-width, right-to-left), surrogate, private, unassigned
_PICTOGRAPHS = {"So", "Sk"}
_HAN = r"\u3400-\u9fff\uf900-\ufaff\u3000-\u303f\uff00-\uffef"
_SPACE_IN_CHINESE = re.compile(f"(?<=[{_HAN}]) (?=[{_HAN}])")


def plain(text: str) -> str:
    """Return what a reader sees of this piece of Markdown or HTML, as one line.

    Links keep their words and lose their address; pictures, comments and invisible characters go. Emoji go too,
    unless there is nothing else: then they are named, e.g. ``birthday cake``.
    """
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    text = html.unescape(text)
    seen = _one_line("".join(map(_letter, text)))
    return seen if any(map(str.isalnum, seen)) else _emoji_names(text)


def without_unseen(text: str) -> str:
    """Return the text without control, zero-width and direction characters, as one line."""
    return _one_line("".join(" " if _is_space(letter) else _seen(letter) for letter in text))


def _one_line(text: str) -> str:
    text = _SPACES.sub(" ", text)
    return _STRAY_COMMAS.sub(", ", _SPACE_IN_CHINESE.sub("", text)).strip(" ,|")


def _letter(letter: str) -> str:
    """Return the letter itself, a space in place of white space and emoji, or nothing if it is invisible."""
    if letter < "\x7f" and letter >= " ":
        return letter
    if _is_space(letter) or unicodedata.category(letter) in _PICTOGRAPHS:
        return " "
    return _seen(letter)


def _is_space(letter: str) -> bool:
    return letter.isspace() or letter == "\x00"


def _seen(letter: str) -> str:
    unseen = unicodedata.category(letter) in _UNSEEN or "\ufe00" <= letter <= "\ufe0f"
    return "" if unseen else letter


def _emoji_names(text: str) -> str:
    """Return the English names of the first pictographs, e.g. ``party popper, birthday cake``."""
    signs = dict.fromkeys(letter for letter in text if unicodedata.category(letter) == "So")
    names = (unicodedata.name(sign, "").lower() for sign in list(signs)[:8])
    return ", ".join(name for name in names if name)
