"""Uploads from async code: in threads of their own, a few at a time, however many runs there are."""

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

AT_ONCE = 4
"""Uploads at the same time. The threads that all else shares are few, and a paid request would wait for one of them."""


class BlockingUploader(Protocol):
    """Brings a file to the bucket and returns its public URL; `tools.oss.OSSUploader` is one."""

    def upload_file(self, local_path: str) -> str:
        """Upload one file."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class UploadThreads:
    """The uploads of one process through one uploader."""

    def __init__(self, uploader: BlockingUploader) -> None:
        self._uploader = uploader
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="upload")

    async def upload(self, local_path: str) -> str:
        """Upload one file, when it is its turn, and return its public URL.

        Raises:
            PeituError: As `OSSUploader.upload_file`.
        """
        context = contextvars.copy_context()  # the log names the run
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, context.run, self._uploader.upload_file, local_path)

    def close(self) -> None:
        """Begin no other upload, and close the connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._uploader.close()
