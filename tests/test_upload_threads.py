"""Uploads of all runs together, beside everything else that needs a thread."""

import asyncio
import threading

from tools.bucket.upload_threads import AT_ONCE, UploadThreads


class SlowBucket:
    """Takes files one after the other, and none before it is told to."""

    def __init__(self):
        self.open = threading.Event()
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()

    def upload_file(self, local_path):
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.open.wait(10)
        with self.lock:
            self.at_once -= 1
        return f"https://bucket/{local_path}"

    def close(self):
        self.open.set()


async def test_uploads_leave_the_other_threads_alone():
    """Forty slow uploads, of whatever runs: a look at the disk before a paid request waits for none of them."""
    bucket = SlowBucket()
    threads = UploadThreads(bucket)
    uploads = [asyncio.create_task(threads.upload(f"{number}.jpg")) for number in range(40)]
    async with asyncio.timeout(10):
        while bucket.at_once < AT_ONCE:
            await asyncio.sleep(0.001)

    assert "free" == await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 5)

    bucket.open.set()

    assert [f"https://bucket/{number}.jpg" for number in range(40)] == await asyncio.gather(*uploads)
    assert AT_ONCE == bucket.most_at_once

    threads.close()
