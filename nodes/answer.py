"""The node `answer`: reply to a chat message with the result and the pictures."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

from langchain_core.messages import AIMessage

from graph.state import Image, State
from nodes.chat import unanswered

Link = Callable[[str], str | None]
"""Returns the URL of a picture from its path, or `None` if no server serves it."""


async def answer(state: State, *, link: Link) -> State:
    """Add the answer to the messages; return the count as well, since that channel is cleared after each step.

    The pictures are in it twice: as Markdown, which chat pages show, and as content blocks, which A2A clients and
    programs read. Source: langchain-ai/agent-chat-ui, `getContentString` drops all blocks but text, read 2026-11-24.
    """
    content = await asyncio.to_thread(_content, state, link)
    return {"messages": [AIMessage(content=content)], "count": _count(state)}


async def wants_answer(state: State) -> str:
    """Return ``chat`` if a chat message waits for an answer, else ``done``; the edge after `record`."""
    return "chat" if unanswered(state) else "done"


def _content(state: State, link: Link) -> list[str | dict[Any, Any]]:
    images = state.get("images", [])
    urls = [(image["url"] or link(image["path"])) if image["path"] else None for image in images]
    subjects = {prompt["index"]: prompt["subject"] for prompt in state["prompts"]}
    captions = [_plain(subjects.get(image["index"]) or image["prompt"]) for image in images]
    lines = [_line(*parts, chinese=_is_chinese(state)) for parts in zip(images, urls, captions, strict=True)]
    blocks = [{"type": "image", "url": url, "mime_type": _kind(url)} for url in urls if url]
    return [{"type": "text", "text": "\n\n".join([_summary(state), *lines])}, *blocks]


def _kind(url: str) -> str:
    return "image/png" if url.lower().endswith(".png") else "image/jpeg"


def _summary(state: State) -> str:
    """Return how many pictures were made, and the command that makes the missing ones."""
    run_id, requested, count = state["run_id"], state["requested"], _count(state)
    if _is_chinese(state):
        said, more = f"共 {requested} 张图片，已完成 {count} 张（`{run_id}`）。", "补齐其余的"
    else:
        made = "1 picture" if count == requested == 1 else f"{count} of {requested} pictures"
        said, more = f"{made} made (`{run_id}`).", "Continue with"
    return said if state["success"] else f"{said} {more}: `peitu resume {run_id}`"


def _line(image: Image, url: str | None, caption: str, *, chinese: bool) -> str:
    number, error = image["index"] + 1, _plain(image["error"] or "")
    if image["status"] != "saved":
        return f"{number}. {caption}: {'没有图片' if chinese else 'no picture'}, {error or image['status']}"
    shown = f"![{caption}]({url})" if url else f"`{image['path']}`"
    return f"{number}. {caption}{f' ({error})' if error else ''}\n\n{shown}"


def _count(state: State) -> int:
    return sum(image["status"] == "saved" for image in state.get("images", []))


def _is_chinese(state: State) -> bool:
    return state["analysis"]["language"] == "zh"


def _plain(text: str) -> str:
    """Return the text on one line with Markdown's special characters escaped."""
    return re.sub(r"([\\`*_{}\[\]<>()#!|])", r"\\\1", " ".join(text.split()))
