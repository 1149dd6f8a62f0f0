"""The versions of an image as people read them, the newest first."""

from collections.abc import Mapping
from typing import Any


def version_lines(image: Mapping[str, Any]) -> list[str]:
    """Return a line for each version of an image of `tools.sqlite.records.find_run`; none for one made once."""
    return [_line(version, image) for version in reversed(image.get("versions", []))]


def _line(version: Mapping[str, Any], image: Mapping[str, Any]) -> str:
    name = f"   version {version['version']}"
    if version["status"] != "saved":
        reason = version["error"] or "it was begun and is not there yet"
        return f"{name} {version['status']}: {reason}"
    made_by = "offline sketch" if version["provider"] == "sketch" else f"{version['provider']} {version['model']}"
    mark = ", shown" if version["path"] == image["path"] else ""
    words = "" if version["prompt"] == image["prompt"] else f": {version['prompt']}"
    return f"{name}{mark}: {version['path']}  ({made_by}, seed {version['seed']}){words}"
