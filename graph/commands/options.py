"""Options shared by several commands."""

from pathlib import Path
from typing import Annotated

import typer

from tools.errors import InputError


def named(text: str) -> Path:
    """Return the path that was given on the command line.

    Raises:
        InputError: It is empty, e.g. from a shell variable that is not set; `Path` would take it as the working folder.
    """
    if not text.strip():
        raise InputError("A file or folder was given an empty name - name it, or write . for the working directory")
    return Path(text)


OutputDir = Annotated[Path | None, typer.Option(parser=named, metavar="D", help="Folder for the pictures.")]
Config = Annotated[
    Path | None, typer.Option("--config", metavar="F", help="Configuration file to use instead of config.yaml.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Where to write it.")]
Provider = Annotated[str | None, typer.Option(metavar="P", help="auto, modelscope, dashscope or sketch.")]
Upload = Annotated[
    bool | None, typer.Option("--upload/--no-upload", help="Upload the pictures to OSS, or keep them here.")
]
