"""Writes a row into a table of ours."""

import sqlite3
from collections.abc import Mapping
from typing import Any


def insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Any], *, on_conflict: str) -> None:
    """Insert the row, or do what `on_conflict` says; names of tables and columns are our own."""
    names = ", ".join(row)
    places = ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places}) ON CONFLICT {on_conflict}", row)  # noqa: S608
