"""Ask in the terminal what becomes of the prompts before anything is paid."""

import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console

HELP = (
    "Enter: make the pictures · e N TEXT: replace prompt N · d N: drop prompt N · a TEXT: add a prompt · "
    "q: decide later"
)


def ask_about(question: Mapping[str, Any]) -> dict[str, Any] | None:
    """Show the prompts and return the user's answer, as the node `approve` takes it; `None` leaves the run waiting.

    Where nobody can answer, because standard input is no terminal, the prompts are shown and the run waits.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if question["problem"]:
        console.print(question["problem"], markup=False, style="red")
    for prompt in question["prompts"]:
        place = f" ({prompt['heading']})" if prompt["heading"] else ""
        console.print(f"{prompt['index'] + 1:>2}{place} {prompt['prompt']}", markup=False)
    if not sys.stdin.isatty():
        return None
    answer: dict[str, Any] = {"edit": {}, "drop": [], "add": []}
    while True:
        console.print(HELP, markup=False, style="dim")
        try:
            line = input("> ").strip()
        except EOFError:
            return None
        if line in {"", "q"}:
            return None if line else answer
        if problem := _note(line, answer):
            console.print(problem, markup=False, style="red")


def _note(line: str, answer: dict[str, Any]) -> str | None:
    """Take one command into the answer; return what is wrong with it."""
    command, _, rest = line.partition(" ")
    number, _, text = rest.strip().partition(" ")
    if command == "a" and rest.strip():
        answer["add"].append(rest.strip())
    elif command == "d" and number.isdecimal():
        answer["drop"].append(int(number) - 1)
    elif command == "e" and number.isdecimal() and text.strip():
        answer["edit"][int(number) - 1] = text.strip()
    else:
        return f"{line!r} is not a valid command"
    return None
