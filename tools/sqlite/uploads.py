"""The record of objects in buckets, so that no file is uploaded twice."""

import sqlite3

from tools.clock import utc_now
from tools.sqlite.database import Database
from tools.sqlite.rows import upsert


class Uploads:
    """The rows of `uploads`: objects known to be in a bucket. Its methods block; `tools.oss` calls them in a thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, bucket: str, md5: str) -> tuple[str, str] | None:
        """Return key and URL of an object with this content, or `None`."""

        def work(connection: sqlite3.Connection) -> tuple[str, str] | None:
            row = connection.execute(
                "SELECT object_key, url FROM uploads WHERE bucket = ? AND md5 = ? ORDER BY id DESC", (bucket, md5)
            ).fetchone()
            return row and (row["object_key"], row["url"])

        return self._database.hand_in(work).result()

    def add(self, *, bucket: str, object_key: str, md5: str, size_bytes: int, url: str, content_type: str) -> None:
        """Record that an object is in the bucket."""
        row = {
            "bucket": bucket,
            "object_key": object_key,
            "md5": md5,
            "size_bytes": size_bytes,
            "url": url,
            "content_type": content_type,
            "uploaded_at": utc_now().isoformat(),
        }
        self._database.hand_in(lambda connection: upsert(connection, "uploads", row, key="bucket, object_key")).result()
