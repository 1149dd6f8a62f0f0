"""Errors that say the same of different things: what differs is taken out, so that they can be grouped."""

import re

_DIFFERS = re.compile(r"'[^']*'|\"[^\"]*\"|[0-9a-fA-F-]{8,}|[0-9]+")


def similar(error: str) -> str:
    """Return what an error has in common with others of its kind: without names, ids and numbers."""
    return _DIFFERS.sub("…", error)
