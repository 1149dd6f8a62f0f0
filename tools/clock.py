"""The time, as it is written down everywhere: UTC; and the zone in which the Chinese services count."""

from datetime import UTC, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def utc_now() -> datetime:
    """Return the time now, with its zone."""
    return datetime.now(UTC)
