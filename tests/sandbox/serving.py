"""A uvicorn server that runs in a thread, starts and stops quickly, and can break a connection."""

import asyncio
import importlib
import importlib.util
import socket
import threading
from typing import Any

import uvicorn
from starlette.types import ASGIApp


class _TransportInScope:
    """Passes a protocol's transport to the application, which may then break the connection."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)  # type: ignore[misc]


def protocol() -> type[asyncio.Protocol]:
    """Return uvicorn's protocol, the fast one if it is installed, with the transport in the scope."""
    fast = importlib.util.find_spec("httptools") is not None
    module, name = ("httptools_impl", "HttpToolsProtocol") if fast else ("h11_impl", "H11Protocol")
    base = getattr(importlib.import_module(f"uvicorn.protocols.http.{module}"), name)
    return type("SandboxProtocol", (_TransportInScope, base), {})


def listen(port: int) -> socket.socket:
    """Return a socket that listens on loopback; port 0 is any free one."""
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it an answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


class _Server(uvicorn.Server):
    """A server that starts and stops at once, without waiting for requests under way."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self.ready = ready
        self.stopping = asyncio.Event()

    async def main_loop(self) -> None:
        """Renew the date header each second until it is time to stop."""
        await self.on_tick(0)
        self.ready.set()
        while not self.stopping.is_set():
            try:
                await asyncio.wait_for(self.stopping.wait(), timeout=1.0)
            except TimeoutError:
                await self.on_tick(0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Break all connections."""
        del sockets
        for server in self.servers:
            server.close()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
        # One turn of the loop lets the aborted transports close their sockets.
        await asyncio.sleep(0)


class ServerThread:
    """Runs an application in a thread of its own, from the construction to `stop`."""

    def __init__(self, application: ASGIApp, listener: socket.socket) -> None:
        config = uvicorn.Config(
            application,
            http=protocol(),
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=60,
        )
        self._listener = listener
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._server = _Server(config, ready)
        self._thread = threading.Thread(target=self._serve, name="sandbox", daemon=True)
        self._thread.start()
        if not ready.wait(timeout=10):
            raise RuntimeError(f"The sandbox did not start on {listener.getsockname()} within 10 seconds")

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner, self._listener:
            runner.run(self._server.serve(sockets=[self._listener]))

    def stop(self) -> None:
        """Break all connections and end the thread."""
        self._loop.call_soon_threadsafe(self._server.stopping.set)
        self._thread.join(timeout=10)
