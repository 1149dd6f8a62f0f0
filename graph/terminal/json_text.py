"""A document as JSON text, piece by piece: one with thousands of images is never whole in memory."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any


def json_pieces(value: Any, *, ascii_only: bool = False) -> Iterator[str]:
    """Yield the text of one document and a line's end; an iterable under the key `images` is read as it goes.

    With `ascii_only`, other letters are escaped, which loses nothing.
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
        # In JSON a line's end within a text is escaped: each one here is of the layout.
        yield ("[" if first else ",") + "\n    " + text(image).replace("\n", "\n    ")
        first = False
    yield "[]\n}\n" if first else "\n  ]\n}\n"
