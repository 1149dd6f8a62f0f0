"""Tables of runs, batches and models in the terminal: no cell is cut off, and ids are never broken over two lines."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

_LEAST = 14
"""Least width of the column that may fold, in terminal columns."""


def print_runs(
    runs: Sequence[Mapping[str, Any]], batches: Sequence[Mapping[str, Any]], *, counts: tuple[int, int]
) -> None:
    """Print one line for each run and each batch, in this order; `counts` are the numbers of all runs and batches."""
    if batches:
        rows = [
            (batch["batch_id"], batch["state"], _part(batch), str(batch["skipped"]), escape(batch["source"]))
            for batch in batches
        ]
        _print_table(("batch", "state", "pictures", "skipped", "storyboard"), rows, older=counts[1] - len(batches))
    if runs:
        lines = [(escape(run["run_id"]), run["state"], _part(run), escape(run["title"] or "")) for run in runs]
        _print_table(("run", "state", "pictures", "title"), lines, older=counts[0] - len(runs))


def _part(listed: Mapping[str, Any]) -> str:
    return f"{listed['count']}/{listed['requested'] or '?'}"


def print_models(models: Iterable[Mapping[str, Any]]) -> None:
    """Print one line for each family of models."""
    rows = [
        (
            model["model"],
            model["provider"],
            "task" if model["makes_task"] else "at once",
            model["sizes"],
            model["default_size"],
            f"{model['prompt_limit']} characters",
        )
        for model in models
    ]
    _print_table(("model", "provider", "how", "sizes in pixels", "default", "prompt"), rows, folds=3)


def _print_table(names: Sequence[str], rows: Sequence[Sequence[str]], *, older: int = 0, folds: int = -1) -> None:
    """Print a table in which only the column `folds` may fold, or a list if the terminal is too narrow."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=200)  # not squeezed into 80 columns in a file or a pipe
    folding = range(len(names))[folds]
    widths = [max(map(cell_len, column)) for column in zip(names, *rows, strict=True)]
    widths[folding] = min(widths[folding], _LEAST)
    if sum(widths) + 2 * (len(names) - 1) > console.width:
        _print_list(console, names, rows)
    else:
        table = Table(box=None, pad_edge=False)
        for number, name in enumerate(names):
            table.add_column(name, overflow="fold", no_wrap=number != folding)
        for row in rows:
            table.add_row(*row)
        console.print(table)
    if older > 0:
        console.print(f"and {older} older - all of them: peitu runs --json", markup=False, soft_wrap=True)


def _print_list(console: Console, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print each row as its first cell, never folded by us, with the other cells indented below it."""
    for first, *others in rows:
        console.print(first, soft_wrap=True)
        told = (f"{name} {cell}" for name, cell in zip(names[1:], others, strict=True) if cell)
        console.print(Padding(" · ".join(told), (0, 0, 0, 2)))
