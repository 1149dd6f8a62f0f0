"""The channel of a chat's messages: empty until somebody sends one, so that other runs have no `messages`."""

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.messages import AnyMessage
from langgraph.channels import BinaryOperatorAggregate
from langgraph.graph import add_messages

Messages = list[AnyMessage]


class Conversation(BinaryOperatorAggregate[Messages]):
    """Joins messages by their ids as LangGraph's `add_messages` does, and begins with nothing, not with a list."""

    def __init__(self, typ: Any, operator: Callable[..., Any] = add_messages) -> None:
        # Of a type that can be called, the channel would begin with what the call gives: here with `[]`.
        super().__init__(None, operator)  # type: ignore[arg-type]
        self.typ = typ

    def update(self, values: Sequence[Messages]) -> bool:
        """Add what was sent; the first messages get ids as well."""
        if values and not self.is_available():
            self.value = []
        return super().update(values)
