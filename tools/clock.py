"""The time, as it is written down everywhere: UTC."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The time now, with its zone."""
    return datetime.now(UTC)
