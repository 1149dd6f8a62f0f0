"""Chat messages as input: the last user message is the content, and long messages are shortened in the state."""

from typing import Protocol

from langchain_core.messages import AnyMessage, HumanMessage

from graph.state import State
from tools.sqlite.run_ids import BEGINNING_CHARS


class Contents(Protocol):
    """Stores the whole contents of runs."""

    async def content_of(self, run_id: str) -> str | None:
        """Return the whole content of the run, or `None` if there is no such run."""
        ...


def unanswered(state: State) -> HumanMessage | None:
    """Return the last message if it is the user's, to be answered by this run."""
    messages = state.get("messages")
    last = messages[-1] if messages else None
    return last if isinstance(last, HumanMessage) else None


def text_of(message: AnyMessage) -> str:
    """Return the text of a message, whose content is a string or content blocks; each block becomes a paragraph."""
    if isinstance(message.content, str):
        return message.content
    texts = [block if isinstance(block, str) else block.get("text") for block in message.content]
    return "\n\n".join(text for text in texts if isinstance(text, str) and text)


async def heard(state: State, contents: Contents) -> State:
    """Return the state with the unanswered message as its content, unless a content was given with the message.

    The content of the thread's earlier run, which is still in the state, does not count as given.
    """
    message = unanswered(state)
    if message is None:
        return state
    given, earlier = state.get("content"), state.get("run_id")
    remembered = await contents.content_of(earlier) if given and earlier else None
    if given and (remembered is None or remembered[:BEGINNING_CHARS] != given):
        return state
    return {**state, "content": text_of(message)}


def without_long(state: State) -> State:
    """Return an update that cuts the user messages that are too long to be in every checkpoint.

    Blocks other than text, e.g. an attached file, are dropped: nothing here reads them.
    """
    long = [message for message in state.get("messages", []) if isinstance(message, HumanMessage) and _is_long(message)]
    return {"messages": [_short(message) for message in long]} if long else {}


def _is_long(message: HumanMessage) -> bool:
    plain = isinstance(message.content, str) or all(
        isinstance(block, str) or block.get("type") == "text" for block in message.content
    )
    return not plain or len(text_of(message)) > BEGINNING_CHARS + 1


def _short(message: HumanMessage) -> HumanMessage:
    text = text_of(message)
    beginning = text if len(text) <= BEGINNING_CHARS else f"{text[:BEGINNING_CHARS]}…"
    return message.model_copy(update={"content": beginning})
