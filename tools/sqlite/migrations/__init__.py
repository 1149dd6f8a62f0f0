"""The tables of the database as sqlite-utils migrations: only add new ones, never edit one that has run anywhere.

Times are UTC in ISO 8601; names of columns have units. No table has secrets, signed URLs or image bytes.
"""

import sqlite3

from tools.sqlite.migrations.first import (
    m001_runs,
    m002_images,
    m003_tasks,
    m004_uploads,
    m005_leases,
    m006_standings,
    m007_threads,
)
from tools.sqlite.migrations.later import (
    m008_budgets,
    m009_storyboards,
    m010_versions,
    m011_budget_times,
    m012_indexes,
    m013_guesses,
)

CHANGES = (
    m001_runs,
    m002_images,
    m003_tasks,
    m004_uploads,
    m005_leases,
    m006_standings,
    m007_threads,
    m008_budgets,
    m009_storyboards,
    m010_versions,
    m011_budget_times,
    m012_indexes,
    m013_guesses,
)


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
    # One transaction around all: a second process waits here, and then has nothing left to do.
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
