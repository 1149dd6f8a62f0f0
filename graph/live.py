"""Live progress of a run in a notebook: a table that changes with every event."""

from collections.abc import Mapping
from typing import Any

from graph.display import table
from graph.events import Event
from graph.terminal.run_progress import STATES

_MARKS = {"saved": "●", "uploaded": "●", "failed": "✕", "upload failed": "✕", "queued": "○", "waiting": "○"}


class Live:
    """Receives the events of a run and shows the state of each image.

    In a notebook: ``live = Live()``, ``handle = display(live, display_id=True)``, then for every event ``live(event)``
    and ``handle.update(live)``.
    """

    def __init__(self) -> None:
        self._images: dict[tuple[str, int], dict[str, Any]] = {}
        self._planned: dict[str, int] = {}

    def __call__(self, event: Event) -> None:
        """Receive an event."""
        if "index" not in event:
            self._planned[event["run_id"]] = event.get("count", 0)
            return
        key = (event["run_id"], event["index"])
        self._images[key] = {"provider": "", "age_s": 0.0, **self._images.get(key, {}), "detail": "", **_told(event)}

    def __repr__(self) -> str:
        saved = sum(image["event"] in {"saved", "uploaded"} for image in self._images.values())
        return f"{saved} of {max(sum(self._planned.values()), len(self._images))} pictures saved"

    def _repr_html_(self) -> str:
        rows = [
            {
                "picture": index + 1,
                "": _MARKS.get(image["event"], "◐"),
                "state": STATES.get(image["event"], image["event"]),
                "provider": image["provider"],
                "seconds": round(image["age_s"], 1) or None,
                "detail": image["detail"],
            }
            for (_, index), image in sorted(self._images.items())
        ]
        return f"{table(rows)._repr_html_()}<p>{self!r}</p>" if rows else "<p>reading the content …</p>"


def _told(event: Event) -> Mapping[str, Any]:
    known: dict[str, Any] = {name: event[name] for name in ("event", "provider", "age_s") if name in event}
    detail = event.get("error") or event.get("reason") or event.get("url") or ""
    return {**known, "detail": detail}
