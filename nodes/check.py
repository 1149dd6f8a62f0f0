"""The node `check`: refuse a delivered picture that is blank."""

import asyncio
from pathlib import Path

from graph.image_state import Failure, ImageState
from tools.money.ledger import Ledger
from tools.pictures.files import set_aside


async def check(state: ImageState, *, ledger: Ledger) -> ImageState:
    """Refuse a picture of a single color; its file is set aside, and another one is made.

    A service's safety filter may answer with an all-black picture instead of an error. Whether the picture decodes was
    checked when it was saved.
    """
    outcome = state.get("outcome")
    if outcome is None or not outcome["blank"]:
        return {}
    reason = f"{outcome['provider']} delivered a picture of one single color"
    # Another process may check the same picture: only one of them sets it aside.
    if outcome["task"] is None or await ledger.refused(outcome["task"], reason):
        mark = str(len(state.get("failures", [])))
        await asyncio.to_thread(set_aside, Path(outcome["path"]), mark, sha256=outcome["sha256"])
    failure: Failure = {"provider": outcome["provider"], "kind": "RefusedPicture", "error": reason}
    return {"outcome": None, "failures": [*state.get("failures", []), failure]}
