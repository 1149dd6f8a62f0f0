"""The node `upload`: upload the saved pictures to OSS."""

import asyncio
from typing import Protocol

from loguru import logger

from graph.events import Event
from graph.state import Image, State
from nodes.places import CheckPlace
from nodes.telling import teller
from tools.errors import PeituError


class Uploader(Protocol):
    """Uploads files to the bucket; implemented by `tools.bucket.upload_threads.UploadThreads`."""

    async def upload(self, local_path: str) -> str:
        """Upload one file and return its public URL; calls may overlap."""
        ...


async def upload(state: State, *, uploader: Uploader | None, by_default: bool, check_place: CheckPlace) -> State:
    """Upload the saved pictures that have no URL yet, if the run asked for it or, unless it said, by default.

    A failed upload loses no picture: its error is kept, and resuming the run tries it again.
    """
    wanted = state.get("options", {}).get("upload")
    if wanted is None:
        wanted = by_default
    if not wanted:
        return {"uploads": False}
    run_id = state["run_id"]
    waiting = [image for image in state.get("images", []) if image["status"] == "saved" and not image["url"]]
    images = await asyncio.gather(*(_upload_one(image, uploader, check_place, run_id=run_id) for image in waiting))
    return {"uploads": True, "images": images}


async def _upload_one(image: Image, uploader: Uploader | None, check_place: CheckPlace, *, run_id: str) -> Image:
    tell = teller()
    bound = logger.bind(run=run_id, image=image["index"])
    if uploader is None:
        return {**image, "error": "not uploaded: the OSS variables are not set - see `peitu doctor`"}
    try:
        await check_place(image["path"] or "", run_id)
        url = await uploader.upload(image["path"] or "")
    except PeituError as error:
        bound.warning("Image not uploaded: {}", error)
        failed: Event = {"event": "upload failed", "run_id": run_id, "index": image["index"], "error": str(error)}
        tell(failed)
        return {**image, "error": f"not uploaded: {error}"}
    bound.info("Image uploaded to {}", url)
    uploaded: Event = {"event": "uploaded", "run_id": run_id, "index": image["index"], "url": url}
    tell(uploaded)
    return {**image, "url": url, "error": None}
