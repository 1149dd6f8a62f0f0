"""The review in the terminal: the user approves or changes the prompts before anything is paid."""

import sys
from collections.abc import Collection, Mapping
from typing import Any

from rich.console import Console

HELP = (
    "Enter: make the pictures · e N TEXT: replace prompt N · d N: drop prompt N · a TEXT: add a prompt · "
    "q: decide later"
)


def can_ask() -> bool:
    """Tell whether standard input is a terminal; it may be a pipe, or closed."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask_about(question: Mapping[str, Any], *, head: str | None = None) -> dict[str, Any] | None:
    """Show the prompts and return the user's answer, as the node `approve` takes it; `None` leaves the run waiting.

    `head` is a line above them, for when the review is of several runs.

    If standard input is no terminal, nobody can answer: the prompts are shown and the run waits.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if head:
        console.print(head, markup=False, style="bold")
    if question["problem"]:
        console.print(question["problem"], markup=False, style="red")
    for prompt in question["prompts"]:
        place = f" ({prompt['heading']})" if prompt["heading"] else ""
        console.print(f"{prompt['index'] + 1:>2}{place} {prompt['prompt']}", markup=False)
    if not can_ask():
        return None
    indexes = [prompt["index"] for prompt in question["prompts"]]
    answer: dict[str, Any] = {"edit": {}, "drop": [], "add": []}
    while True:
        console.print(HELP, markup=False, style="dim")
        try:
            # If standard output is no terminal, it must hold nothing but the JSON document.
            line = input("> " if sys.stdout.isatty() else "").strip()
        except EOFError:
            return None
        if line == "q":
            return None
        if line.lower() in {"y", "yes"}:  # people type it whatever the question is
            line = ""
        problem = _note(line, answer, indexes) if line else _not_possible(answer, indexes)
        if problem:
            console.print(problem, markup=False, style="red")
        elif not line:
            return answer


def _note(line: str, answer: dict[str, Any], indexes: Collection[int]) -> str | None:
    """Add a command to the answer, or return what is wrong with it. People count from 1, the answer from 0."""
    command, _, rest = line.partition(" ")
    number, _, text = rest.strip().partition(" ")
    if command == "a" and rest.strip():
        answer["add"].append(rest.strip())
        return None
    if not number.isdecimal() or not (command == "d" or (command == "e" and text.strip())):
        return f"{line!r} is not a valid command"
    index = int(number) - 1
    if index not in indexes:
        return f"There is no picture {number} - choose from {', '.join(str(known + 1) for known in indexes)}"
    if command == "d":
        answer["drop"].append(index)
    else:
        answer["edit"][index] = text.strip()
    return None


def _not_possible(answer: Mapping[str, Any], indexes: Collection[int]) -> str | None:
    """Return why the whole answer would be refused, or `None`: here the user can still add to it."""
    from tools.setup.configuration import MAX_COUNT  # here, since `peitu runs` and `show` need no settings

    left = len(set(indexes).difference(answer["drop"])) + len(answer["add"])
    return None if 1 <= left <= MAX_COUNT else f"{left} pictures are left - keep or add 1 to {MAX_COUNT}"
