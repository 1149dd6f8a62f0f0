"""The pages that Studio's server serves besides LangGraph's own: the gallery of all runs, and the pictures.

Without a server, `peitu gallery` writes the same page into a file.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from loguru import logger
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from graph.studio.server import PICTURES, picture_link
from graph.studio.threads import keep_known
from tools.errors import PeituError
from tools.gallery.page import gallery_page
from tools.setup.settings import load_settings

KINDS = {".jpg", ".jpeg", ".png"}
"""The file types of the output folder that are served."""

# An unchanged picture is answered with 304; a redone picture is seen at once.
FRESH = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


async def gallery(request: Request) -> Response:
    """Return the gallery page of all runs."""
    settings = request.app.state.settings
    try:
        page = await asyncio.to_thread(
            gallery_page, settings.database.path, link=lambda path: _address(path, settings.output_dir)
        )
    except PeituError as error:
        return PlainTextResponse(f"{error}\n", status_code=500)
    return HTMLResponse(page, headers=FRESH)


async def picture(request: Request) -> Response:
    """Send a picture of the output folder; nothing outside of it, not even through a symbolic link."""
    name = PurePosixPath(request.path_params["name"])
    found = await _file(name, request.app.state.settings.output_dir, request) if _is_picture(name) else None
    if found is None:
        return PlainTextResponse(f"There is no picture {str(name)!r} - /gallery shows those that are there\n", 404)
    found.headers.update(FRESH)
    return found


def _is_picture(name: PurePosixPath) -> bool:
    """Tell whether the name may be a picture's: not that of a report or a half-written file."""
    return name.suffix.lower() in KINDS and not any(part.startswith(".") for part in name.parts)


async def _file(name: PurePosixPath, folder: Path, request: Request) -> Response | None:
    """Return the file or a 304, `None` if there is none; Starlette refuses names and links that leave the folder."""
    try:
        return await StaticFiles(directory=folder, check_dir=False).get_response(str(name), request.scope)
    except HTTPException:
        return None


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Load the settings, and register runs that other processes begin while the server runs."""
    app.state.settings = await asyncio.to_thread(load_settings)
    telling = asyncio.create_task(keep_known(app.state.settings))
    telling.add_done_callback(_tell_end)
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.wait([telling])


def _tell_end(telling: asyncio.Task[None]) -> None:
    """Log why the registration task ended, unless the server stopped it: nobody awaits its result."""
    error = None if telling.cancelled() else telling.exception()
    if error is not None:
        logger.opt(exception=error).error("The runs of others are not shown in Studio any more: {!r}", error)


def _address(path: Path, folder: Path) -> str:
    """Return the link of a picture for the gallery; outside the output folder, one that leads nowhere."""
    return picture_link(path, folder=folder) or f"{PICTURES}/elsewhere/{quote(path.name)}"


def make_app() -> Starlette:
    """Return the application with these pages; the server adds its own routes."""
    routes = [Route("/gallery", gallery), Route(f"/{PICTURES}/{{name:path}}", picture)]
    return Starlette(routes=routes, lifespan=lifespan)


app = make_app()
