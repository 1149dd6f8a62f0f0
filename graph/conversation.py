"""The channel of a chat's messages: empty until somebody sends one, so that other runs have no `messages`."""

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.messages import AnyMessage
from langgraph.channels import BinaryOperatorAggregate
from langgraph.graph import add_messages

from tools.errors import InputError

Messages = list[AnyMessage]


class Conversation(BinaryOperatorAggregate[Messages]):
    """Joins messages by their ids as LangGraph's `add_messages` does, and begins with nothing, not with a list."""

    def __init__(self, typ: Any, operator: Callable[..., Any] = add_messages) -> None:
        # Of a type that can be called, the channel would begin with what the call gives: here with `[]`.
        super().__init__(None, operator)  # type: ignore[arg-type]
        self.typ = typ

    def update(self, values: Sequence[Messages]) -> bool:
        """Add what was sent; the first messages get ids as well, and `None` is as good as left out.

        Raises:
            InputError: It is no message, and nothing that stands for one.
        """
        given = [value for value in values if value is not None]
        if given and not self.is_available():
            self.value = []
        try:
            return super().update(given)
        except (NotImplementedError, ValueError, TypeError, AttributeError) as error:  # as langchain-core tells it
            reason = str(error).split("\n", 1)[0]
            advice = 'give a list of objects such as {"role": "user", "content": "…"}'
            raise InputError(f"The messages cannot be read ({reason}) - {advice}") from error
