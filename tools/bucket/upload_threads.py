"""Uploads from async code, in a small thread pool of their own that all runs of the process share."""

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

AT_ONCE = 4
"""Uploads at the same time. They have a pool of their own: in asyncio's, paid requests would have to wait for them."""


class BlockingUploader(Protocol):
    """Uploads files with blocking calls; implemented by `tools.oss.OSSUploader`."""

    def upload_file(self, local_path: str) -> str:
        """Upload one file and return its public URL."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class UploadThreads:
    """Runs the uploads of one process in threads, through one uploader."""

    def __init__(self, uploader: BlockingUploader) -> None:
        self._uploader = uploader
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="upload")

    async def upload(self, local_path: str) -> str:
        """Upload one file, as soon as a thread is free, and return its public URL.

        Raises:
            PeituError: As `OSSUploader.upload_file`.
        """
        context = contextvars.copy_context()  # the log names the run
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, context.run, self._uploader.upload_file, local_path)

    def close(self) -> None:
        """Begin no further upload, and close the connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._uploader.close()
