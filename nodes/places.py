"""Where the pictures of a run may be: a state can be changed, e.g. in Studio, but leads nowhere else."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tools.errors import PlaceError
from tools.pictures.files import is_below
from tools.sqlite.records import Records

CheckPlace = Callable[[str, str], Awaitable[None]]
"""Takes the path of a picture and the id of its run; raises `PlaceError`."""


async def check_place(path: str, run_id: str, *, output_dir: str, records: Records) -> None:
    """Check that a picture is in the output folder, or in the one with which its run began.

    Raises:
        PlaceError: It is not.
    """
    # In a thread: the working directory is asked for, which Studio's server refuses in its event loop.
    if await asyncio.to_thread(is_below, Path(output_dir), Path(path)):
        return
    folder = await records.folder_of(run_id)
    if folder is None or not await asyncio.to_thread(is_below, Path(folder), Path(path)):
        where = folder or output_dir
        raise PlaceError(f"{path!r} is outside the output folder {where!r} - give the picture a path inside it")
