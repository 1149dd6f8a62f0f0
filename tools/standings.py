"""How each provider stood when that last changed, for `peitu doctor` and for the next process."""

import sqlite3
from datetime import datetime

from tools.database import Database
from tools.health import Standing
from tools.ledger import utc_now


class StoredStandings:
    """The rows of `standings`. Each method has written when it returns.

    Raises:
        ConfigError: (every method) The database cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, provider: str, model: str) -> Standing | None:
        """Return how the provider's model stands, or `None` when nothing is known."""

        def work(connection: sqlite3.Connection) -> Standing | None:
            row = connection.execute(
                "SELECT state, reason, until FROM standings WHERE provider = ? AND model = ?", (provider, model)
            ).fetchone()
            if row is None:
                return None
            return Standing(
                row["state"], row["reason"] or "", datetime.fromisoformat(row["until"]) if row["until"] else None
            )

        return await self._database.read(work)

    async def put(self, provider: str, model: str, standing: Standing) -> None:
        """Write down how the provider's model stands."""
        row = (
            provider,
            model,
            standing.state,
            standing.reason,
            standing.until.isoformat() if standing.until else None,
            utc_now().isoformat(),
        )
        await self._database.write(
            lambda connection: connection.execute("INSERT OR REPLACE INTO standings VALUES (?, ?, ?, ?, ?, ?)", row)
        )
