"""The command `peitu prune`: shrink the checkpoint file, and delete what killed processes left behind."""

from typing import Annotated

import typer

from graph.commands.options import Config, Json


def prune(
    days: Annotated[
        int, typer.Option(min=0, metavar="N", help="Keep everything that finished within the last N days.")
    ] = 30,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Delete old checkpoints of complete runs and clean up after killed processes."""
    from graph.commands import pruning
    from graph.terminal.console import print_json
    from tools.setup.settings import load_settings

    found = pruning.prune(load_settings(config), days=days)
    if as_json:
        print_json(
            {
                "runs": found.runs,
                "checkpoints": found.checkpoints,
                "files": found.files,
                "bytes_before": found.bytes_before,
                "bytes_after": found.bytes_after,
            }
        )
        return
    sizes = f"{found.bytes_before / 1e6:.1f} MB before, {found.bytes_after / 1e6:.1f} MB now"
    typer.echo(f"checkpoints deleted: {found.checkpoints}, of complete runs: {found.runs}; {sizes}")
    if found.files:
        typer.echo(f"files that killed processes left behind, deleted: {found.files}")
