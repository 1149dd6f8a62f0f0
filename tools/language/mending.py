"""Repair broken JSON in bounded time: json-repair has no limit of its own."""

import time
from typing import Any

from json_repair.json_parser import JSONParser


def mend(text: str, *, budget_s: float) -> Any:
    """Return the value that json-repair reads from the text, or `None` if it fails or takes too long.

    `budget_s` is in seconds of this thread's processor time, so that a busy machine does not change the result.
    """
    try:
        return _Bounded(text, budget_s).parse()
    except (ValueError, RecursionError, TimeoutError):
        return None


class _Bounded(JSONParser):
    """json-repair's parser, which raises `TimeoutError` when its time is over.

    The time is checked at each step; a single step takes no longer than one scan of the text.
    """

    def __init__(self, text: str, budget_s: float) -> None:
        super().__init__(text, None, logging=False, try_valid_json_suffix=True)
        self._end_s = time.thread_time() + budget_s

    def get_char_at(self, count: int = 0) -> str | None:
        self._check_time()
        return super().get_char_at(count)

    def parse_object(self, *given: Any) -> Any:
        self._check_time()
        return super().parse_object(*given)

    def parse_string(self) -> Any:
        self._check_time()
        return super().parse_string()

    def _check_time(self) -> None:
        if time.thread_time() > self._end_s:
            raise TimeoutError
