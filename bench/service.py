"""The benchmark's service on loopback: `python -m bench.service RULES` speaks three protocols and records requests.

The protocols are DashScope's and ModelScope's tasks, and OpenAI's synchronous pictures. It is a bare ASGI application,
so that a thousand requests a second use only a part of one processor. It prints its address, and ends when its standard
input is closed. `GET /books` returns what happened.
"""

import asyncio
import gc
import json
import re
import resource
import sys
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import uvicorn

from bench import protocols
from bench.protocols import Answer
from bench.tasks import Book, Rules, Task
from tests.sandbox import pictures
from tests.sandbox.serving import listen

Scope = MutableMapping[str, Any]
Send = Callable[[Scope], Awaitable[None]]
Receive = Callable[[], Awaitable[Scope]]

DIFFERENT = 8
"""How many pictures there are of each size; the others repeat them."""


class Service:
    """The ASGI application. It waits half of the latency before handling a request, and half after."""

    def __init__(self, rules: Rules, url: str) -> None:
        self.book = Book(rules)
        self._url = url
        self._began_at, self._opened_at = time.monotonic(), time.time()
        self._half_s = rules.latency_s / 2

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body = await _read(receive)
        if scope["path"] == "/books":
            await _reply(send, 200, self.book.report(time.process_time()))
            return
        # The clock that all processes of a machine share.
        self.book.last_request_at = time.monotonic()
        self.book.first_request_at = self.book.first_request_at or self.book.last_request_at
        if self._half_s:
            await asyncio.sleep(self._half_s)
        status, answer = await self._answer(scope, body)
        if self._half_s:
            await asyncio.sleep(self._half_s)
        await _reply(send, status, answer)

    async def _answer(self, scope: Scope, body: bytes) -> Answer:
        path, name = scope["path"], scope["path"].rpartition("/")[2]
        if scope["method"] == "POST":
            return await self._accept(path, dict(scope["headers"]), json.loads(body))
        if path.startswith("/files/"):
            return self._file(self.book.tasks[name.partition(".")[0]])
        if path == "/api/v1/tasks":
            self.book.polled_at.append(self._now())
            query = dict(parse_qsl(scope["query_string"].decode()))
            return protocols.dashscope_list(list(self.book.tasks.values()), query, self._now(), self._opened_at)
        task = self.book.tasks.get(name)
        over = task is not None and self.book.poll(task, self._now())
        state = protocols.dashscope_state if path.startswith("/api/") else protocols.modelscope_state
        return state(task, over, self._link(name), self._opened_at)

    async def _accept(self, path: str, headers: dict[bytes, bytes], body: dict[str, Any]) -> Answer:
        if path.startswith("/api/"):
            return protocols.dashscope_accepted(self._submit(body["input"], body["parameters"]))
        task = self._submit(body, body)
        if b"x-modelscope-async-mode" in headers:
            return protocols.modelscope_accepted(task)
        if task is not None:
            await asyncio.sleep(max(0.0, task.ready_at - self._now()))
            task.learned_at = max(self._now(), task.ready_at)
        return protocols.openai_made(task, self._link(task.task_id if task else ""))

    def _submit(self, wishes: dict[str, Any], parameters: dict[str, Any]) -> Task | None:
        width, height = (int(side) for side in re.findall(r"\d+", parameters.get("size", "1024*1024")))
        found = re.findall(r"picture (\d+)", wishes["prompt"])
        return self.book.submit(int(found[-1]) if found else 0, (width, height), self._now())

    def _file(self, task: Task) -> Answer:
        task.fetched_at = self._now()
        return 200, pictures.picture(*task.size, f"picture {task.number % DIFFERENT}")

    def _link(self, task_id: str) -> str:
        return f"{self._url}/files/{task_id}.png?Expires=9999999999&Signature=none"

    def _now(self) -> float:
        return time.monotonic() - self._began_at


async def _read(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _reply(send: Send, status: int, answer: Any) -> None:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    kind = b"image/png" if isinstance(answer, bytes) else b"application/json"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Serve until standard input ends; the rules are the one argument, as JSON."""
    rules = json.loads(sys.argv[1])
    listener = listen(0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    application = Service(Rules(**{**rules, "seconds": tuple(rules["seconds"])}), url)
    server = uvicorn.Server(
        uvicorn.Config(
            application, lifespan="off", ws="none", log_level="error", access_log=False, timeout_keep_alive=60
        )
    )

    def stop() -> None:
        sys.stdin.read()
        server.should_exit = server.force_exit = True

    threading.Thread(target=stop, daemon=True).start()
    sys.stdout.write(url + "\n")
    sys.stdout.flush()
    gc.freeze()
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
