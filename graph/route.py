"""The conditional edges of the graph: pure functions of the state that decide which provider or node comes next.

They are coroutine functions: LangGraph (1.2.22) runs others in threads, which takes longer than what they do.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from langgraph.types import Send

from graph.image_state import Failure, ImageState
from graph.state import Image, Prompt, State
from tools.content.templates import style
from tools.content.wishes import check_kinds, parse_size
from tools.errors import (
    ConfigError,
    GoneError,
    InputError,
    LostReplyError,
    OverdueError,
    ParameterError,
    PlaceError,
    QuotaError,
    RejectedError,
    StorageError,
    TaskRefusedError,
    ThrottledError,
)
from tools.setup.configuration import PROVIDERS

GIVES_UP_PROVIDER = {
    error.__name__ for error in (ConfigError, ParameterError, QuotaError, TaskRefusedError, ThrottledError)
}
"""Failures that the same provider would only repeat; after a 429 the submit has waited already."""

GIVES_UP_IMAGE = {
    error.__name__ for error in (RejectedError, LostReplyError, OverdueError, GoneError, StorageError, PlaceError)
}
"""Failures after which no provider is asked: the prompt is refused, or the picture is paid already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A provider that may make an image.

    `attempts` is how often it may be tried per image. For a size, `fit` returns the one that it would draw or `None`,
    and `refusal` why it draws none.
    """

    name: str
    attempts: int
    fit: Callable[[int, int], tuple[int, int] | None]
    refusal: Callable[[int, int], str | None]


class Routes:
    """The conditional edges, bound to the providers.

    `auto` is the order in which ``auto`` tries them; `can_rewrite` tells whether there is a language model to reword a
    refused prompt; `size` is the default size; `own` is the user's folder of templates.
    """

    def __init__(
        self,
        candidates: Mapping[str, Candidate],
        *,
        auto: Sequence[str],
        can_rewrite: bool = False,
        size: str = "1024x1024",
        own: Path | None = None,
    ) -> None:
        self._candidates = candidates
        self._auto = auto
        self._size = size
        self._own = own
        self._can_rewrite = can_rewrite

    def candidates(self, asked: str | None, *, width_px: int, height_px: int) -> list[Candidate]:
        """Return the providers that may make an image of this size, in the order of trying.

        Raises:
            InputError: The provider is not known, or none of those asked for takes this size.
        """
        if asked not in {None, *PROVIDERS}:
            raise InputError(f"There is no provider {asked!r} - choose one of: {', '.join(PROVIDERS)}")
        names = self._auto if asked in {None, "auto"} else [str(asked)]
        asked_for = [self._candidates[name] for name in names]
        usable = [candidate for candidate in asked_for if candidate.fit(width_px, height_px)]
        if not usable:
            reasons = (candidate.refusal(width_px, height_px) for candidate in asked_for)
            raise InputError(f"Size {width_px}x{height_px} is refused: {'; '.join(filter(None, reasons))}")
        return usable

    def check(self, state: State) -> None:
        """Check the input before any service is called.

        Raises:
            InputError: The content or an option cannot be used; the message names it.
        """
        content: object = state.get("content")
        if not isinstance(content, str):
            what = "There is no content" if content is None else f"The content is {content!r:.40}"
            raise InputError(f"{what} - provide the text to illustrate")
        check_kinds(state)
        style(state.get("style") or "default", own=self._own)
        width_px, height_px = parse_size(state.get("size") or self._size)
        self.candidates(state.get("provider"), width_px=width_px, height_px=height_px)

    async def fan_out(self, state: State) -> list[Send] | Literal["upload"]:
        """Send every prompt that has no saved image to a branch of its own."""
        images = {image["index"]: image for image in state.get("images", [])}
        asked = state.get("options", {}).get("provider") or "auto"
        sends = []
        for prompt in state["prompts"]:
            self.candidates(asked, width_px=prompt["width_px"], height_px=prompt["height_px"])
            known = images.get(prompt["index"])
            if known is None or known["status"] != "saved":
                # Only an image that was saved before has a hash. A lost sketch is drawn again, even with a key by now.
                lost = known if known and known["sha256"] else None
                provider = "sketch" if lost and lost["provider"] == "sketch" else asked
                sends.append(_branch(state["run_id"], prompt, provider, lost=lost))
        return sends or "upload"

    async def begin(self, state: State) -> Literal["analyze", "redo"]:
        """Return the first node: ``redo`` if the input has one, else ``analyze``."""
        return "redo" if state.get("redo") is not None else "analyze"

    async def again(self, state: State) -> list[Send] | Literal["__end__"]:
        """Send the picture that is to be redone, and no other, to a branch; end if it cannot be planned."""
        redoing = state.get("redoing")
        planned = redoing and redoing["planned"]
        if not redoing or not planned:
            return "__end__"
        provider = redoing["asked"].get("provider") or state.get("options", {}).get("provider") or "auto"
        return [_branch(state["run_id"], planned, provider)]

    async def next_provider(self, state: ImageState) -> str:
        """Return the provider for the next attempt, ``rewrite`` for a refused prompt, or ``done`` to give up."""
        failures = state.get("failures", [])
        if failures and failures[-1]["kind"] == RejectedError.__name__ and not state.get("rewritten"):
            return "rewrite" if self._can_rewrite else "done"
        if failures and failures[-1]["kind"] in GIVES_UP_IMAGE:
            return "done"
        if known := state.get("open_provider"):
            # What is paid is collected there or nowhere: another provider would be paid for the same image.
            return "done" if _is_exhausted(self._candidates[known], failures) else known
        left = self._left(state)
        well = [name for name in left if name not in state.get("down", [])]
        return next(iter(well or left), "done")

    def is_last(self, state: ImageState, name: str) -> bool:
        """Tell whether no other provider is left for the image: then it is worth waiting until this one is back."""
        return state.get("open_provider") == name or self._left(state) == [name]

    def _left(self, state: ImageState) -> list[str]:
        """Return the providers that may still be tried, in order."""
        prompt, failures = state["prompt"], state.get("failures", [])
        candidates = self.candidates(state["provider"], width_px=prompt["width_px"], height_px=prompt["height_px"])
        return [candidate.name for candidate in candidates if not _is_exhausted(candidate, failures)]


def identity(prompt: Prompt) -> str:
    """Return a hash that differs for another plan of the same image, e.g. after its prompt was edited."""
    parts: list[object] = [prompt[name] for name in ("prompt", "negative_prompt", "seed", "width_px", "height_px")]
    if version := prompt.get("version"):
        # A redo may ask for the same prompt and seed, e.g. from another provider.
        parts.append(version)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


async def after_provider(state: ImageState) -> Literal["made", "failed"]:
    """Tell whether the provider delivered a picture."""
    return "made" if state.get("outcome") else "failed"


async def after_check(state: ImageState) -> Literal["passed", "refused"]:
    """Tell whether the picture passed the check."""
    return "passed" if state.get("outcome") else "refused"


def _branch(run_id: str, prompt: Prompt, provider: str, *, lost: Image | None = None) -> Send:
    """Return the branch that makes the image of this prompt, see `ImageState`."""
    branch: ImageState = {
        "run_id": run_id,
        "picture": identity(prompt),
        "prompt": prompt,
        "provider": provider,
        "lost": lost,
        "failures": [],
    }
    return Send("generate", branch)


def _is_exhausted(candidate: Candidate, failures: Sequence[Failure]) -> bool:
    mine = [failure["kind"] for failure in failures if failure["provider"] == candidate.name]
    return len(mine) >= candidate.attempts or not GIVES_UP_PROVIDER.isdisjoint(mine)
