"""A document as JSON text, piece by piece: one with thousands of images is never whole in memory."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def json_pieces(value: Any) -> Iterator[str]:
    """Yield the text of one document and a line's end; an iterable under the key `images` is read as it goes."""
    images = value.get("images") if isinstance(value, Mapping) else None
    if images is None or list(value)[-1] != "images":
        yield _text(value) + "\n"
        return
    head = _text({**value, "images": []})
    yield head.removesuffix("[]\n}")
    first = True
    for image in images:
        # In JSON a line's end within a text is escaped: each one here is of the layout.
        yield ("[" if first else ",") + "\n    " + _text(image).replace("\n", "\n    ")
        first = False
    yield "[]\n}\n" if first else "\n  ]\n}\n"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=list)
