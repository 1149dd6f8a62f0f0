"""What all runs of Studio's server share: the tools, the input form, and the links to pictures."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote
from weakref import WeakKeyDictionary

from graph.build import Tools
from graph.opening.assembly import open_tools
from graph.state import InputState
from graph.studio.form import input_form
from nodes.answer import Link
from tools.content.templates import style_lines
from tools.setup.configuration import PROVIDERS
from tools.setup.environment import environment_value
from tools.setup.log import open_log
from tools.setup.settings import load_settings

PICTURES = "pictures"
"""The URL path under which the server serves the output folder, see `graph.studio.gallery_app`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The parts of the graph that are the same for all runs.

    `stack` keeps the tools open until `close_server` closes them.
    """

    stack: AsyncExitStack
    tools: Tools
    form: type[InputState]
    link: Link


async def server_of(loop: asyncio.AbstractEventLoop) -> Server:
    """Return the shared parts for the server of this event loop; the first call opens them."""
    if loop not in _servers:
        _opening.setdefault(loop, asyncio.Lock())
        async with _opening[loop]:
            if loop not in _servers:
                _servers[loop] = await _open()
    return _servers[loop]


async def close_server(loop: asyncio.AbstractEventLoop) -> None:
    """Close what the server of this event loop has opened, if anything, after the answers to paid requests."""
    if server := _servers.pop(loop, None):
        await server.stack.aclose()


_servers: WeakKeyDictionary[asyncio.AbstractEventLoop, Server] = WeakKeyDictionary()
_opening: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


async def _open() -> Server:
    # In threads: the server refuses calls that touch the disk in its event loop.
    settings = await asyncio.to_thread(load_settings)
    await asyncio.to_thread(open_log, settings, terminal_level=None)
    # `langgraph dev` sets this to the address at which it was started.
    address = await asyncio.to_thread(environment_value, "LANGGRAPH_API_URL")
    styles = dict(await asyncio.to_thread(style_lines, own=settings.templates))
    link = partial(picture_link, folder=settings.output_dir, address=(address or "").rstrip("/"))
    async with AsyncExitStack() as opening:
        tools = await opening.enter_async_context(open_tools(settings))
        defaults, upload = tools.prompt_defaults, tools.upload_by_default
        form = input_form(defaults, providers=PROVIDERS, styles=styles, upload=upload)
        return Server(stack=opening.pop_all(), tools=tools, form=form, link=link)


def picture_link(path: str | Path, *, folder: Path, address: str = "") -> str | None:
    """Return the link of a picture, relative to the server if no `address` is given; `None` outside the folder."""
    if not Path(path).is_relative_to(folder):
        return None
    name = quote(Path(path).relative_to(folder).as_posix())
    return f"{address}/{PICTURES}/{name}" if address else f"{PICTURES}/{name}"
