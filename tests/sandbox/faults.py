"""Faults on command: which request goes wrong, and how.

| kind | what the client sees | carried out? |
|---|---|---|
| `status` | an error in the service's shape (`status`, `code`, `message`, `retry_after`, `ec`) | no |
| `drop` | the connection closes before anything is done (`reset=True`: with a TCP reset) | no |
| `redirect` | 302 to `location`, by default a file | no |
| `lost_reply` | everything is done, then the connection closes | **yes** |
| `slow` | everything is done, the answer comes `seconds` later | **yes** |
| `truncated` | half of the answer, then the connection closes | yes |
| `empty`, `garbage`, `html` | HTTP 200 with nothing, noise or a page | yes |
| `envoy` | HTTP 503 from the gateway, whose connection to the service broke | **yes** |
| `failed`, `canceled` | submit: the task is accepted and ends this way (`code`, `message`) | yes |
| `partial` | submit: `failed` of the `n` images fail | yes |
| `never` | submit: the task runs forever | yes |
| `takes` | submit: the task takes `seconds` | yes |
| `unknown` | poll: the service does not know the task | yes |
| `base_resp` | chat: HTTP 200 with `code`, `message` and `choices` null (`choices="empty"`: []) | yes |
| `cut` | chat: the answer stops inside the thinking, `finish_reason` is `length` | yes |
| `blank`, `bomb` | download: a black picture (`color`), a small file of 400 million pixels (`side`) | yes |
| `half`, `resized` | download: half of the file, a picture of `width` x `height` | yes |

`processed=` overrides the last column for the kinds whose answer is replaced, e.g. `kind="status",
status=504, processed=True` is a gateway that gave up after the task was made.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Optional

from starlette.requests import Request

STEPS = {
    "dashscope": ("submit", "poll", "cancel", "list", "download", "completion"),
    "modelscope": ("submit", "poll", "models", "download", "completion"),
    "minimax": ("chat",),
    "oss": ("put", "head", "get", "delete", "list"),
}
REPLACED = {"status": False, "drop": False, "redirect": False}
REPLACED |= dict.fromkeys(("lost_reply", "slow", "truncated", "empty", "garbage", "html", "envoy"), True)
OF_STEP = {
    "submit": ("failed", "canceled", "partial", "never", "takes"),
    "poll": ("unknown",),
    "chat": ("base_resp", "cut"),
    "download": ("blank", "bomb", "half", "resized"),
}


@dataclass(slots=True, kw_only=True)
class Call:
    """One request as the faults and the services see it.

    `text` is what `match=` looks into: the prompt, the last chat message, or the object's key.
    """

    service: str
    step: str
    request: Request
    body: bytes
    data: Any = None
    text: str = ""
    fault: Optional["Fault"] = None


Match = str | Callable[[Call], bool]


@dataclass(slots=True, kw_only=True)
class Fault:
    """A fault that waits for its request; `hits` counts how often it was applied.

    It is applied once, unless `times`, `every` (1: always) or `share` say otherwise.
    """

    service: str
    step: str
    kind: str
    times: int | None = None
    every: int | None = None
    share: float | None = None
    match: Match | None = None
    details: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        if self.times is None and self.every is None and self.share is None:
            self.times = 1
        if self.step not in STEPS.get(self.service, ()):
            raise ValueError(f"{self.service!r} has no step {self.step!r}; the steps are {STEPS}")
        if self.kind not in REPLACED and self.kind not in OF_STEP.get(self.step, ()):
            raise ValueError(f"{self.kind!r} is no fault of {self.step!r}; see tests/sandbox/faults.py")

    @property
    def processed(self) -> bool:
        """Whether the request is carried out nevertheless."""
        return bool(self.details.get("processed", REPLACED.get(self.kind, True)))

    def strikes(self, call: Call, chance: float) -> bool:
        """Return whether the fault applies to this request, and count it."""
        if (call.service, call.step) != (self.service, self.step) or not self._matches(call):
            return False
        if self.times is not None and self.hits >= self.times:
            return False
        self.seen += 1
        if (self.every and self.seen % self.every) or (self.share is not None and chance >= self.share):
            return False
        self.hits += 1
        return True

    def _matches(self, call: Call) -> bool:
        if self.match is None:
            return True
        return self.match(call) if callable(self.match) else self.match in call.text


@dataclass(slots=True, kw_only=True)
class FaultBook:
    """All faults that were ordered; the first that matches a request is applied."""

    random: random.Random
    faults: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> Fault:
        """Add a fault, to wait for its request."""
        self.faults.append(fault)
        return fault

    def take(self, call: Call) -> Fault | None:
        """Return the fault to apply to this request, or `None`."""
        for fault in list(self.faults):
            chance = self.random.random() if fault.share is not None else 0.0
            if fault.strikes(call, chance):
                return fault
        return None
