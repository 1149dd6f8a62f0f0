"""Where an image goes next: pure decisions over the state, used as the conditional edges of the graph."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from langgraph.types import Send

from graph.state import PROVIDERS, Failure, ImageState, State
from tools.errors import (
    ConfigError,
    InputError,
    LostReplyError,
    OverdueError,
    QuotaError,
    RejectedError,
)

GIVES_UP_PROVIDER = {ConfigError.__name__, QuotaError.__name__}
"""Failures that another attempt with the same provider would only repeat."""

GIVES_UP_IMAGE = {RejectedError.__name__, LostReplyError.__name__, OverdueError.__name__}
"""Failures after which no provider is asked: the prompt is refused, or a paid task may still deliver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A way to make an image: how often it may be tried, and which sizes it refuses (the reason, or `None`)."""

    name: str
    attempts: int
    refusal: Callable[[int, int], str | None]


class Routes:
    """The conditional edges, bound to what can make images; `auto` is the order in which ``auto`` tries them."""

    def __init__(self, candidates: Mapping[str, Candidate], *, auto: Sequence[str]) -> None:
        self._candidates = candidates
        self._auto = auto

    def candidates(self, asked: str | None, *, width_px: int, height_px: int) -> list[Candidate]:
        """Return what may make an image of this size, in the order of trying.

        Raises:
            InputError: The provider is not known, or none of those asked for takes this size.
        """
        if asked not in {None, *PROVIDERS}:
            raise InputError(f"There is no provider {asked!r} - choose one of: {', '.join(PROVIDERS)}")
        names = self._auto if asked in {None, "auto"} else [str(asked)]
        reasons = {name: self._candidates[name].refusal(width_px, height_px) for name in names}
        usable = [self._candidates[name] for name in names if reasons[name] is None]
        if not usable:
            raise InputError(f"Size {width_px}x{height_px} is refused: {'; '.join(filter(None, reasons.values()))}")
        return usable

    def fan_out(self, state: State) -> list[Send] | Literal["upload"]:
        """Send every prompt that has no saved image to a branch of its own."""
        saved = {image["index"] for image in state.get("images", []) if image["status"] == "saved"}
        sends = []
        for prompt in state["prompts"]:
            self.candidates(state.get("provider"), width_px=prompt["width_px"], height_px=prompt["height_px"])
            if prompt["index"] not in saved:
                branch: ImageState = {
                    "run_id": state["run_id"],
                    "prompt": prompt,
                    "provider": state.get("provider") or "auto",
                    "failures": [],
                }
                sends.append(Send("generate", branch))
        return sends or "upload"

    def next_provider(self, state: ImageState) -> str:
        """Return the provider for the next attempt, or ``done`` when the image is to be given up."""
        failures = state.get("failures", [])
        if failures and failures[-1]["kind"] in GIVES_UP_IMAGE:
            return "done"
        if known := state.get("open_provider"):
            # What is paid is collected there or nowhere: another provider would be paid for the same image.
            return "done" if _is_exhausted(self._candidates[known], failures) else known
        prompt = state["prompt"]
        for candidate in self.candidates(state["provider"], width_px=prompt["width_px"], height_px=prompt["height_px"]):
            if not _is_exhausted(candidate, failures):
                return candidate.name
        return "done"


def after_provider(state: ImageState) -> Literal["made", "failed"]:
    """Tell whether the provider delivered a picture."""
    return "made" if state.get("outcome") else "failed"


def after_check(state: ImageState) -> Literal["passed", "refused"]:
    """Tell whether the picture passed the check."""
    return "passed" if state.get("outcome") else "refused"


def _is_exhausted(candidate: Candidate, failures: Sequence[Failure]) -> bool:
    mine = [failure["kind"] for failure in failures if failure["provider"] == candidate.name]
    return len(mine) >= candidate.attempts or not GIVES_UP_PROVIDER.isdisjoint(mine)
