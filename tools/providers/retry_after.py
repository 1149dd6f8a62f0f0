"""Read from an answer how long the service asks to wait before the next request."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

from tools.clock import utc_now

Headers = Mapping[str, str]

LONGEST_S = 3600.0
"""The longest wait, in seconds, whatever a service asks for."""


def retry_after_s(headers: Headers, *, now: datetime | None = None) -> float | None:
    """Return the seconds (at most an hour) that the headers of an answer ask to wait, or `None`.

    `Retry-After` has seconds or a date; `retry-after-ms`, which DashScope's SDK 2.0.2 reads as well, is finer.
    """
    in_ms = _number(headers.get("retry-after-ms", ""))
    if in_ms is not None:
        return min(max(0.0, in_ms / 1000), LONGEST_S)
    value = headers.get("retry-after", "")
    seconds = _number(value)
    if seconds is None:
        try:
            until = parsedate_to_datetime(value).astimezone(UTC)
        except (ValueError, OverflowError):  # no date, or one beyond all calendars
            return None
        seconds = (until - (now or utc_now())).total_seconds()
    return min(max(0.0, seconds), LONGEST_S)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None
