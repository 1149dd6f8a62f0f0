"""The current time in UTC, as it is recorded everywhere, and the time zone of the Chinese services."""

from datetime import UTC, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def utc_now() -> datetime:
    """Return the current time in UTC, with its time zone."""
    return datetime.now(UTC)
