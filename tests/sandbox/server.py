"""The whole sandbox: one uvicorn server in a thread of its own."""

from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette

from tests.sandbox import compatible_chat, control, dashscope, files, minimax, modelscope, oss
from tests.sandbox.faults import Fault, Match
from tests.sandbox.serving import ServerThread, listen
from tests.sandbox.world import World


@dataclass(kw_only=True)
class Sandbox(World):
    """A running sandbox; use it as a context manager, or `start()` and `stop()` it.

    `port` 0 takes a free one. Times are in seconds.
    """

    port: int = 0
    _server: ServerThread | None = field(default=None, repr=False)

    def start(self) -> Self:
        """Listen on 127.0.0.1 and return when requests are answered."""
        listener = listen(self.port)
        self.port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = ServerThread(self.application(), listener)
        return self

    def stop(self) -> None:
        """Break all connections and end the thread; a second call does nothing."""
        if self._server is not None:
            self._server.stop()
        self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def application(self) -> Starlette:
        """Return the ASGI application; OSS comes last, since it owns every path that is left."""
        modules = (dashscope, modelscope, minimax, compatible_chat, files, control, oss)
        return Starlette(routes=[route for module in modules for route in module.routes(self)])

    @property
    def dashscope_url(self) -> str:
        """The base URL for DashScope."""
        return f"{self.url}/dashscope/api/v1"

    @property
    def modelscope_url(self) -> str:
        """The base URL for ModelScope."""
        return f"{self.url}/modelscope/v1"

    @property
    def minimax_url(self) -> str:
        """The base URL for MiniMax."""
        return f"{self.url}/minimax/v1"

    @property
    def oss_url(self) -> str:
        """The endpoint for OSS: no path, since oss2 drops any."""
        return self.url

    def environment(self) -> dict[str, str]:
        """Return the environment variables that point Peitu at this sandbox."""
        return {
            "MODELSCOPE_API_KEY": self.keys.modelscope,
            "DASHSCOPE_API_KEY": self.keys.dashscope,
            "MINIMAX_API_KEY": self.keys.minimax,
            "PEITU_IMAGES__MODELSCOPE__BASE_URL": self.modelscope_url,
            "PEITU_IMAGES__DASHSCOPE__BASE_URL": self.dashscope_url,
            "PEITU_LLM__PROVIDERS__MINIMAX__BASE_URL": self.minimax_url,
            **{
                f"PEITU_LLM__PROVIDERS__{name.upper()}__BASE_URL": self.url + base
                for name, base in compatible_chat.BASES.items()
            },
            "OSS_ACCESS_KEY_ID": self.keys.oss_id,
            "OSS_ACCESS_KEY_SECRET": self.keys.oss_secret,
            "OSS_ENDPOINT": self.oss_url,
            "OSS_BUCKET_NAME": min(self.buckets),
            "OSS_BASE_PATH": "images",
            "OSS_CUSTOM_DOMAIN": "",
            "OSS_REGION": self.region,
        }

    def fault(
        self,
        service: str,
        step: str,
        *,
        kind: str,
        times: int | None = None,
        every: int | None = None,
        share: float | None = None,
        match: Match | None = None,
        **details: Any,
    ) -> Fault:
        """Make a request go wrong: the next one, `times` of them, each K-th (`every`), or a random `share`.

        See `tests.sandbox.faults` for the kinds and their details; an unknown one is a `ValueError`.
        """
        when: dict[str, Any] = {"times": times, "every": every, "share": share, "match": match}
        with self.lock:
            return self.faults.add(Fault(service=service, step=step, kind=kind, details=details, **when))
