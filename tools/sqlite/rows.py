"""Write mappings as rows; names of tables and columns come from our code, never from users."""

import sqlite3
from collections.abc import Mapping
from typing import Any


def insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Any], *, then: str = "") -> sqlite3.Cursor:
    """Insert the row; `then` is the end of the statement, e.g. ``RETURNING *``."""
    places = ", ".join(f":{name}" for name in row)
    statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places}) {then}"  # noqa: S608
    return connection.execute(statement, row)


def upsert(connection: sqlite3.Connection, table: str, row: Mapping[str, Any], *, key: str) -> None:
    """Insert the row, or update the one with the same `key` (one or more names of columns, with commas)."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in row)
    insert(connection, table, row, then=f"ON CONFLICT ({key}) DO UPDATE SET {changes}")
