"""Thumbnails of the pictures, made once and kept in a SQLite file beside the database.

The file is a cache and may be deleted at any time. It is one file instead of thousands, so that it is read quickly and
a crash leaves no half-written thumbnail.
"""

import contextlib
import io
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tools.sqlite.connection import explain, explained

Watch = Callable[[int, int], None]
"""Called with the number of thumbnails that are made, and of all that have to be."""

_KEPT_TOGETHER = 200  # thumbnails in one transaction; a crash loses at most as many
_QUALITY = 64
_EFFORT = 2  # of 6; a tenth larger than with 4, in a quarter of the time


def _nobody(done: int, total: int) -> None:
    """Ignore the progress."""


def cache_path(database_path: Path) -> Path:
    """Return the path of the thumbnails of a database: `peitu.thumbnails.db` beside `peitu.db`."""
    return database_path.with_name(f"{database_path.stem}.thumbnails.db")


def thumbnails(
    cache: Path, pictures: Mapping[str, Path], *, side_px: int, watch: Watch | None = None
) -> dict[str, bytes]:
    """Return a WebP of each picture, at most `side_px` wide and high; those that cannot be read are left out.

    `pictures` maps a key that changes with the picture, such as its SHA-256, to its file. Thumbnails of other keys or
    sizes are deleted from the cache.

    Raises:
        StorageError: The cache cannot be written; the message says why.
    """
    with _open(cache) as connection:
        rows = connection.execute("SELECT key, webp FROM thumbnails WHERE side_px = ?", (side_px,))
        kept = {key: webp for key, webp in rows if key in pictures}
        missing = _readable(connection, {key: path for key, path in pictures.items() if key not in kept})
        made = _make(connection, missing, side_px, watch or _nobody)
        old = connection.execute("SELECT key, side_px FROM thumbnails").fetchall()
        gone = [(key, side) for key, side in old if side != side_px or key not in pictures]
        connection.executemany("DELETE FROM thumbnails WHERE key = ? AND side_px = ?", gone)
        unreadable = [key for (key,) in connection.execute("SELECT key FROM unreadable").fetchall()]
        no_more = [(key,) for key in unreadable if key not in pictures or key in kept or key in made]
        connection.executemany("DELETE FROM unreadable WHERE key = ?", no_more)
        connection.commit()
    return {key: webp for key, webp in {**kept, **made}.items() if webp}


@contextmanager
def _open(cache: Path) -> Iterator[sqlite3.Connection]:
    """Open the cache; a damaged one is replaced by an empty one."""
    try:
        connection = _connect(cache)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # Locked, or not writable, but not damaged.
            raise explain(error, cache) from error
        cache.unlink(missing_ok=True)
        connection = _connect(cache)
    with explained(connection, cache) as opened:
        yield opened


def _connect(cache: Path) -> sqlite3.Connection:
    cache.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(cache, timeout=30)
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS thumbnails (key TEXT, side_px INTEGER, webp BLOB, PRIMARY KEY (key, side_px))"
        )
        connection.execute("CREATE TABLE IF NOT EXISTS unreadable (key TEXT PRIMARY KEY, stamp TEXT)")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _make(connection: sqlite3.Connection, missing: Mapping[str, Path], side_px: int, watch: Watch) -> dict[str, bytes]:
    """Make thumbnails in a thread per core: Pillow releases the interpreter while it decodes and encodes."""
    made: dict[str, bytes] = {}
    if not missing:
        return made
    stamps = {key: _stamp(path) for key, path in missing.items()}
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        made_all = pool.map(lambda path: thumbnail(path, side_px), missing.values())
        for done, (key, webp) in enumerate(zip(missing, made_all, strict=True), start=1):
            if webp:
                made[key] = webp
                connection.execute("INSERT OR REPLACE INTO thumbnails VALUES (?, ?, ?)", (key, side_px, webp))
            else:
                connection.execute("INSERT OR REPLACE INTO unreadable VALUES (?, ?)", (key, stamps[key]))
            if done % _KEPT_TOGETHER == 0:
                connection.commit()
            watch(done, len(missing))
    connection.commit()
    return made


def _readable(connection: sqlite3.Connection, pictures: Mapping[str, Path]) -> dict[str, Path]:
    """Return the existing pictures without those that could not be read before and have not changed since."""
    known = dict(connection.execute("SELECT key, stamp FROM unreadable").fetchall())
    stamps = {key: _stamp(path) for key, path in pictures.items()}
    return {key: path for key, path in pictures.items() if stamps[key] and stamps[key] != known.get(key)}


def _stamp(path: Path) -> str | None:
    """Return a text that changes when the file or its permissions do, or `None` if there is no file."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return f"{found.st_mtime_ns} {found.st_ctime_ns} {found.st_size}"


def thumbnail(path: Path, side_px: int) -> bytes | None:
    """Return a WebP of the picture, at most `side_px` wide and high, or `None` if the file is missing or damaged."""
    from PIL import Image

    from tools.pictures.pixels import DAMAGES, flatten

    with contextlib.suppress(Image.DecompressionBombError, *DAMAGES), Image.open(path) as image:
        # First of all, so that a JPEG is decoded at a half or a quarter of its size.
        image.thumbnail((side_px, side_px), Image.Resampling.LANCZOS, reducing_gap=1.0)
        buffer = io.BytesIO()
        flatten(image).save(buffer, "WEBP", quality=_QUALITY, method=_EFFORT)
        return buffer.getvalue()
    return None
