"""What can be made of broken JSON in bounded time: json-repair has no limit of its own."""

import time
from typing import Any

from json_repair.json_parser import JSONParser


def mend(text: str, *, budget_s: float) -> Any:
    """Return what json-repair reads in the text, or `None` where it reads nothing within the budget.

    `budget_s` are seconds of this thread's work, not of the clock: a busy machine changes no answer.
    """
    try:
        return _Bounded(text, budget_s).parse()
    except (ValueError, RecursionError, TimeoutError):
        return None


class _Bounded(JSONParser):
    """json-repair's parser, which gives up when its time is over.

    Its steps are methods of this class, and none of them alone takes longer than one look through the text.
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
