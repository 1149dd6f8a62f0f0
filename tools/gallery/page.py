"""Build the gallery: one HTML page that contains style, scripts, data and thumbnails, and links to the pictures."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from tools.gallery.entries import Entry, Older, RunCard, read_entries
from tools.gallery.thumbnails import Watch, cache_path, thumbnails

Link = Callable[[Path], str]
"""Returns the link to a picture from its path."""

_SCRIPTS = ("words.js", "model.js", "grid.js", "large.js", "main.js")
_CHUNK = 100  # thumbnails in one block of the page; main.js reads this number from the page
# (number of pictures, side of thumbnails): with 5,000 large ones, the page would have 100 MB.
_SIDES_PX = ((800, 400), (2000, 320))
_SMALLEST_PX = 240
# Characters that could end the data for HTML or for old JavaScript.
_ESCAPED = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def gallery_page(database_path: Path, *, link: Link, watch: Watch | None = None) -> str:
    """Return the page of all runs in the database.

    `watch` is called with the progress of making thumbnails. This reads every new picture, so call it in a thread.

    Raises:
        StorageError: The database or the thumbnails beside it cannot be used; the message says why.
    """
    runs, entries = read_entries(database_path)
    # The thumbnails of older versions come after those of all entries.
    pictures: list[Entry | Older] = [*entries, *(older for entry in entries for older in entry["older"] or [])]
    keys = [_key(picture) for picture in pictures]
    files = {key: Path(one["path"]) for key, one in zip(keys, pictures, strict=True) if key and one["path"]}
    small = thumbnails(cache_path(database_path), files, side_px=_side_px(len(files)), watch=watch) if files else {}
    shown = [_shown(entry, link) for entry in entries]
    return _assemble(runs, shown, [small.get(key or "", b"") for key in keys])


def _key(entry: Entry | Older) -> str | None:
    """Return the key of the picture in the cache, which changes when the picture does; `None` for no picture."""
    if entry["status"] != "saved" or not entry["path"]:
        return None
    return entry["sha256"] or hashlib.sha256(entry["path"].encode()).hexdigest()


def _side_px(count: int) -> int:
    return next((side for most, side in _SIDES_PX if count <= most), _SMALLEST_PX)


def _shown(entry: Entry | Older, link: Link) -> dict[str, Any]:
    """Return the entry with the link and size of its file, and without empty values; `bytes` is `None` if missing."""
    path = Path(entry["path"]) if entry["status"] == "saved" and entry["path"] else None
    try:
        size_bytes = path.stat().st_size if path else None
    except (OSError, ValueError):
        size_bytes = None
    values: dict[str, Any] = {name: value for name, value in entry.items() if value is not None and name != "sha256"}
    if older := values.get("older"):
        values["older"] = [_shown(one, link) for one in cast("list[Older]", older)]
    return {**values, "bytes": size_bytes, "link": link(path) if path else None}


def _assemble(runs: Sequence[RunCard], entries: Sequence[Mapping[str, Any]], small: Sequence[bytes]) -> str:
    style = _read("gallery.css")
    script = '"use strict";\n' + "\n".join(_read(name) for name in _SCRIPTS)
    parts = {
        "style": style,
        "style_hash": _hash(style),
        "script": script,
        "script_hash": _hash(script),
        "data": _data({"runs": runs, "entries": entries, "chunk": _CHUNK}),
        "thumbnails": "\n".join(_blocks(small)),
    }
    # One pass over the template, so that placeholders inside inserted text are not replaced.
    page = re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _read("gallery.html"))
    return page.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be written


def _data(value: Any) -> str:
    """Return JSON that is safe inside a `script` element, whatever a prompt contains."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED)


def _blocks(small: Sequence[bytes]) -> list[str]:
    """Return blocks of thumbnails, one per line: the page reads a block when one of its images comes into view."""
    return [
        f'<script type="text/plain" id="thumbnails-{start // _CHUNK}">'
        + "\n".join(base64.b64encode(webp).decode() for webp in small[start : start + _CHUNK])
        + "</script>"
        for start in range(0, len(small), _CHUNK)
    ]


def _hash(text: str) -> str:
    """Return the hash of this text for the page's content security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _read(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
