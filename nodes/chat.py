"""What a chat says to a run: its last message is the content, and long ones are kept short."""

from typing import Protocol

from langchain_core.messages import AnyMessage, HumanMessage

from graph.state import State
from tools.sqlite.run_ids import BEGINNING_CHARS


class Contents(Protocol):
    """Where the whole contents of runs are kept."""

    async def content_of(self, run_id: str) -> str | None:
        """Return the whole content of the run, or `None` if there is no such run."""
        ...


def unanswered(state: State) -> HumanMessage | None:
    """Return the last message if it is a person's: then the run answers it."""
    messages = state.get("messages")
    last = messages[-1] if messages else None
    return last if isinstance(last, HumanMessage) else None


def text_of(message: AnyMessage) -> str:
    """Return the text of a message, which is a string or content blocks; a block is a paragraph."""
    if isinstance(message.content, str):
        return message.content
    texts = [block if isinstance(block, str) else block.get("text") for block in message.content]
    return "\n\n".join(text for text in texts if isinstance(text, str) and text)


async def heard(state: State, contents: Contents) -> State:
    """Return the state with the message that wants an answer as its content, unless a content was given with it.

    A thread remembers the content of its earlier run; that one was not given.
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
    """Return the messages of people that are too long for every checkpoint, with only their beginning left.

    What is no text, e.g. an attached file, is dropped: nothing here reads it.
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
