"""Parse JSON element by element with line numbers, so that messages can name the line of an element."""

import json
import re
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class JsonScan:
    """Parses a JSON text from its beginning on.

    Raises:
        JSONDecodeError: (every method but `is_at_end`) The text is different there; the error has line and column.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line, self._counted = 1, 0
        self._skip()

    def elements(self) -> list[tuple[int, Any]]:
        """Parse a list and return each element with its line."""
        rows: list[tuple[int, Any]] = []
        self._take("[")
        while not self._takes("]"):
            if rows:
                self._take(",")
            line = self._line_here()
            rows.append((line, self._value()))
        return rows

    def members(self, wanted: str) -> tuple[list[tuple[int, Any]] | None, dict[str, Any]]:
        """Parse an object; return the elements of its list `wanted` with lines, or `None`, and its other values."""
        rows: list[tuple[int, Any]] | None = None
        values: dict[str, Any] = {}
        self._take("{")
        while not self._takes("}"):
            if values or rows is not None:
                self._take(",")
            key = str(self._value())
            self._take(":")
            if key == wanted and self._text[self._at : self._at + 1] == "[":
                rows = self.elements()
            else:
                values[key] = self._value()
        return rows, values

    def is_at_end(self) -> bool:
        """Tell whether the text is at its end."""
        return self._at >= len(self._text)

    def end(self) -> None:
        """Check that the text is at its end."""
        if not self.is_at_end():
            raise json.JSONDecodeError("more after the end", self._text, self._at)

    def _value(self) -> Any:
        value, self._at = _DECODER.raw_decode(self._text, self._at)
        self._skip()
        return value

    def _takes(self, sign: str) -> bool:
        found = self._text.startswith(sign, self._at)
        if found:
            self._at += 1
            self._skip()
        return found

    def _take(self, sign: str) -> None:
        if not self._takes(sign):
            raise json.JSONDecodeError(f"Expecting {sign!r}", self._text, self._at)

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _line_here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line
