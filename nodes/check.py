"""Look at the picture before it counts."""

import asyncio
from pathlib import Path

from graph.state import Failure, ImageState, Outcome, Prompt
from tools.errors import UnavailableError
from tools.images import inspect
from tools.ledger import Ledger


async def check(state: ImageState, *, ledger: Ledger) -> ImageState:
    """Refuse a picture that does not decode or shows nothing; it is set aside, and another is made.

    A service's safety filter may answer with an all-black picture instead of an error.
    """
    outcome = state.get("outcome")
    if outcome is None:
        return {}
    reason = await asyncio.to_thread(_refusal, outcome)
    if reason is None:
        return {}
    if task := await ledger.open_task(state["run_id"], state["prompt"]["index"]):
        await ledger.failed(task, reason)
    await asyncio.to_thread(_set_aside, state["prompt"], len(state.get("failures", [])))
    failure: Failure = {"provider": outcome["provider"], "kind": "RefusedPicture", "error": reason}
    return {"outcome": None, "failures": [*state.get("failures", []), failure]}


def _refusal(outcome: Outcome) -> str | None:
    try:
        found = inspect(Path(outcome["path"]))
    except UnavailableError as error:
        return str(error)
    return f"{outcome['provider']} delivered a picture of one single color" if found.blank else None


def _set_aside(prompt: Prompt, number: int) -> None:
    """Keep the refused picture beside its place, since it may have cost money."""
    path = Path(prompt["path"])
    if path.exists():
        path.replace(path.with_name(f"{path.stem}.refused-{number}{path.suffix}"))
