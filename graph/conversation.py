"""The state channel of a chat's messages; it stays empty without a chat, so that other runs have no `messages`."""

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.messages import AnyMessage
from langgraph.channels import BinaryOperatorAggregate
from langgraph.graph import add_messages

from tools.errors import InputError

Messages = list[AnyMessage]


class Conversation(BinaryOperatorAggregate[Messages]):
    """Merges messages by id like LangGraph's `add_messages`, but has no value, rather than `[]`, before the first."""

    def __init__(self, typ: Any, operator: Callable[..., Any] = add_messages) -> None:
        # If the type can be called, the channel calls it for its first value: here `[]`.
        super().__init__(None, operator)  # type: ignore[arg-type]
        self.typ = typ

    def update(self, values: Sequence[Messages]) -> bool:
        """Add the messages that were sent; the first ones get ids, too, and `None` is ignored.

        Raises:
            InputError: It is neither a message nor a form of one that langchain-core accepts.
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
