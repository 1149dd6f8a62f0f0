"""Brings the tables of the database up to date; what they are stands in `tools.sqlite.migrations`."""

import sqlite3

from tools.sqlite.migrations import CHANGES


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to date; several processes may do so at once.

    Raises:
        sqlite3.Error: The file cannot be read or written.
    """
    if _applied(connection) >= len(CHANGES):
        return
    import sqlite_utils

    migrations = sqlite_utils.Migrations("peitu")
    for change in CHANGES:
        migrations()(change)
    # One transaction around all of it: a second process waits here and then finds nothing left to do.
    connection.execute("BEGIN IMMEDIATE")
    try:
        migrations.apply(sqlite_utils.Database(connection))
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _applied(connection: sqlite3.Connection) -> int:
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone()
    if not known:
        return 0
    rows = connection.execute("SELECT count(*) FROM _sqlite_migrations WHERE migration_set = 'peitu'")
    return int(rows.fetchone()[0])
