"""The front matter of a Markdown text: YAML or TOML before it."""

import re
from typing import Any

from tools.content.markup import plain

_FRONT_MATTER = re.compile(
    r"\A\ufeff?(---|\+\+\+)[ \t]*\r?\n(.{0,20000}?)\r?\n(?:\1|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL
)


def front_matter(content: str) -> tuple[dict[str, Any], int]:
    """Return the front matter, and the character offset at which the content begins after it."""
    found = _FRONT_MATTER.match(content)
    start = int(content.startswith("\ufeff"))
    if not found:
        return {}, start
    try:
        matter = _parsed(found[1], found[2])
    except ValueError:
        return {}, found.end()
    return (matter, found.end()) if isinstance(matter, dict) else ({}, start)


def _parsed(fence: str, text: str) -> Any:
    import tomllib

    import yaml

    try:
        return tomllib.loads(text) if fence == "+++" else yaml.safe_load(text)
    except (yaml.YAMLError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"The front matter is neither YAML nor TOML: {error}") from error


def tags_of(matter: dict[str, Any]) -> tuple[str, ...]:
    """Return the tags or keywords of a front matter, at most eight."""
    tags = matter.get("tags") or matter.get("keywords") or []
    listed = re.split(r"[,，、;]", tags) if isinstance(tags, str) else tags
    words = [plain(str(tag)) for tag in listed] if isinstance(listed, list) else []
    return tuple(word for word in words if word)[:8]
