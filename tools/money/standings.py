"""How each provider's model stood when that last changed, for `peitu doctor` and for later processes."""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, Protocol

from tools.clock import CHINA, utc_now
from tools.sqlite.database import Database
from tools.sqlite.rows import upsert

State = Literal["working", "down", "stopped"]


class Standing(NamedTuple):
    """How a provider's model stands, and why; `until` is when it is tried again."""

    state: State
    reason: str = ""
    until: datetime | None = None


class Standings(Protocol):
    """Keeps standings beyond the process."""

    async def get(self, provider: str, model: str) -> Standing | None:
        """Return the recorded standing, or `None`."""
        ...

    async def put(self, provider: str, model: str, standing: Standing) -> None:
        """Record the standing."""
        ...


def quota_resets_at(provider: str, now: datetime) -> datetime | None:
    """Return when a spent allowance comes back, or `None` where only paying brings it back.

    ModelScope's daily quotas reset at about 00:00 China time.
    Source: https://modelscope.cn/docs/model-service/API-Inference/limits, read 2026-11-23.
    """
    if provider != "modelscope":
        return None
    tomorrow = now.astimezone(CHINA).date() + timedelta(days=1)
    return datetime.combine(tomorrow, datetime.min.time(), CHINA).astimezone(UTC)


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
        row = {
            "provider": provider,
            "model": model,
            "state": standing.state,
            "reason": standing.reason,
            "until": standing.until.isoformat() if standing.until else None,
            "changed_at": utc_now().isoformat(),
        }
        await self._database.write(lambda connection: upsert(connection, "standings", row, key="provider, model"))
