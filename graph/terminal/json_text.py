"""Write a document as JSON piece by piece, so that one with thousands of images is never in memory as a whole."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any


def json_pieces(value: Any, *, ascii_only: bool = False) -> Iterator[str]:
    """Yield the JSON text of one document and a newline; if `images` is the last key, its items are read one by one.

    With `ascii_only`, all other characters are written as escapes.
    """
    text = partial(json.dumps, ensure_ascii=ascii_only, indent=2, default=list)
    images = value.get("images") if isinstance(value, Mapping) else None
    if images is None or list(value)[-1] != "images":
        yield text(value) + "\n"
        return
    head = text({**value, "images": []})
    yield head.removesuffix("[]\n}")
    first = True
    for image in images:
        # JSON escapes newlines in strings, so every newline here belongs to the layout.
        yield ("[" if first else ",") + "\n    " + text(image).replace("\n", "\n    ")
        first = False
    yield "[]\n}\n" if first else "\n  ]\n}\n"
