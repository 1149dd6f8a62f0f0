"""Make names of files, folders and objects that are safe on every system and readable."""

import hashlib
import re
import unicodedata
from pathlib import PurePath

from tools.errors import InputError

_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}\Z")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_DOTS = re.compile(r"\.{2,}")
# Windows reserves these for devices, with any extension.
# Source: https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file, read 2026-11-24
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(?![a-z0-9])", re.IGNORECASE)

LONGEST_NAME = 80
_UNREADABLE = re.compile(r"[^\w.-]+|\.{2,}")
_LONGEST_BYTES = 120

_NEVER_MADE = {".webp", ".gif", ".bmp", ".avif", ".tif", ".tiff", ".heic", ".svg"}


def safe_name(text: str) -> str:
    """Return a name for a file or an object that is safe everywhere, and never empty.

    It has only ASCII letters, digits, ``.``, ``_`` and ``-``. Accented and full-width letters become plain ones,
    anything else (Chinese, spaces, slashes) becomes ``-``, and an empty name becomes ``image``. The extension is kept;
    the name has at most `LONGEST_NAME` characters. Applying this twice changes nothing more.
    """
    letters = (char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    # Several dots look like a parent folder; at the beginning, a dot hides the file and a dash looks like an option.
    plain = _DOTS.sub(".", _UNSAFE.sub("-", "".join(letters))).rstrip("._-")
    found = _EXTENSION.search(plain)
    extension = found.group() if found else ""
    stem = plain.removesuffix(extension).strip("._-")
    if _RESERVED.match(stem):
        stem = f"file-{stem}"
    stem = stem[: LONGEST_NAME - len(extension)].rstrip("._-")
    return (stem or "image") + extension


def readable_name(text: str) -> str:
    """Return a file name without extension that keeps letters of all scripts, e.g. Chinese.

    Spaces, slashes and characters that some system refuses become ``-``.
    """
    if text.isascii():
        return safe_name(text)
    plain = _UNREADABLE.sub("-", unicodedata.normalize("NFC", text)).strip("._-")
    while len(plain.encode()) > _LONGEST_BYTES:
        plain = plain[:-1]
    head, dot, rest = plain.partition(".")
    # Windows reserves names such as `con` for devices, whatever follows their dot.
    return (safe_name(head) if head.isascii() and head else head) + dot + rest or "image"


def object_name(name: str) -> str:
    """Return the object name for a file name: readable, with its extension."""
    found = None if name.isascii() else _EXTENSION.search(name)
    extension = found.group() if found else ""
    return readable_name(name.removesuffix(extension)) + extension


def check_picture_name(path: str | PurePath, *, png: bool = True) -> None:
    """Check that the file name of a new picture does not end like a kind other than JPG or, with `png`, PNG.

    Raises:
        InputError: It does.
    """
    suffix = PurePath(path).suffix
    if suffix.lower() in _NEVER_MADE or (suffix.lower() == ".png" and not png):
        kinds, ends = ("JPG or PNG", ".jpg or .png") if png else ("JPG", ".jpg")
        raise InputError(f"The file name {str(path)!r} ends in {suffix}, but pictures are {kinds} - end it in {ends}")


def folder_name(run_id: str) -> str:
    """Return the name of a run's folder: its id if that is safe, else a readable form of it with a hash."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", run_id) and not run_id.endswith("."):
        return run_id
    return f"{readable_name(run_id)}-{hashlib.sha256(run_id.encode('utf-8', 'replace')).hexdigest()[:8]}"
