"""Read files and decode their text: UTF-8, UTF-16 with a byte order mark, or GB 18030."""

import os
from collections.abc import Callable
from pathlib import Path

from tools.errors import InputError

ENCODINGS = ("utf-8-sig", "gb18030")
"""Encodings that are tried, in this order; older Chinese editors write GB 18030."""

# How some documents begin; small ones have no zero byte and would pass for text.
_DOCUMENTS = {b"%PDF-": "a PDF", b"{\\rtf": "an RTF document", b"PK\3\4": "an Office document or an archive"}
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def tell_nobody(_: str) -> None:
    """Ignore the message."""


def read_as_chinese(name: str) -> str:
    """Return the warning that a text is not UTF-8: Big5 and Shift JIS often decode as GB 18030, to wrong characters."""
    return f"{name}: not UTF-8, so read as GB 18030 - if the text looks wrong, save it as UTF-8"


def decode_text(
    data: bytes,
    name: str,
    *,
    advice: str = "name a Markdown or text file",
    tell: Callable[[str], None] = tell_nobody,
) -> str:
    """Return the bytes as text; messages call them `name`, and `advice` says what to do if they are not text.

    `tell` is called with a warning if the encoding is a guess.

    Raises:
        InputError: It is a document or a binary file, or text in another encoding.
    """
    start = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, kind in _DOCUMENTS.items():
        if start.startswith(mark):
            raise InputError(f"{name} is {kind}, no text - {advice}")
    if data.startswith(_UTF_16_MARKS):
        encodings: tuple[str, ...] = ("utf-16",)
    elif b"\0" in data:
        raise InputError(f"{name} is a binary file, not text - {advice}")
    else:
        encodings = ENCODINGS
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "gb18030":
            tell(read_as_chinese(name))
        return text
    raise InputError(f"{name} is not text in UTF-8 or GB 18030 - save it as UTF-8")


def read_bytes(path: Path, *, most: int) -> bytes:
    """Return the bytes of a file.

    Raises:
        InputError: It does not exist, cannot be read, or is larger than `most` bytes.
    """
    try:
        with path.open("rb") as stream:
            # Not always `read(most + 1)`, which allocates that much memory at once.
            data = stream.read() if os.fstat(stream.fileno()).st_size <= most else stream.read(most + 1)
    except FileNotFoundError:
        raise InputError(f"There is no file {str(path)!r} - check the name") from None
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read ({error.strerror})") from error
    if len(data) > most:
        raise InputError(f"{str(path)!r} is larger than {most // 1_000_000} MB - split it")
    return data
