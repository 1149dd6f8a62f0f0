"""The stages that a scene is played on, with the addresses of services: real ones for a replay, others to record."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import vcr  # type: ignore[import-untyped]
from vcr.cassette import Cassette  # type: ignore[import-untyped]

from tools.bucket.oss_address import parse_address
from tools.errors import PeituError

FOLDER = Path(__file__).parent

# No headers: they hold the key, which is not recorded, and with OSS the date and what is signed with it. A
# replay therefore proves what we make of an answer, not that our key went along: the sandbox checks that.
MATCH_ON = ("method", "scheme", "host", "port", "path", "query", "body")

WRONG_KEY = "wrong-key"

# A picture of one pixel, the same bytes wherever it is made: a replay compares what is uploaded.
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A service with a key in the header: base address and key."""

    url: str
    key: str = field(default="no-key", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket and the key for it."""

    endpoint: str
    name: str
    region: str = ""
    key_id: str = field(default="no-id", repr=False)
    secret: str = field(default="no-secret", repr=False)

    @property
    def url(self) -> str:
        """Where its objects are for a client, without the last slash."""
        address = parse_address(self.endpoint, self.name, region=self.region)
        if address.kind == "path":
            return f"{address.endpoint}/{self.name}"
        if address.kind == "domain":
            return address.endpoint
        return f"{address.scheme}://{self.name}.{address.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Where the services are; by default the real ones, with placeholders for keys."""

    dashscope: Access = Access(url="https://dashscope.aliyuncs.com/api/v1")
    modelscope: Access = Access(url="https://api-inference.modelscope.cn/v1")
    minimax: Access = Access(url="https://api.minimaxi.com/v1")
    oss: Bucket = Bucket(endpoint="https://oss-cn-hangzhou.aliyuncs.com", name="peitu-cassettes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that a scene needs.

    `now` is the time of the recording, also when it is replayed: the requests that depend on it are the same
    then. `sleep` takes seconds; `folder` is empty.
    """

    services: Services
    now: datetime
    folder: Path
    sleep: Callable[[float], Awaitable[None]]


Scene = Callable[[Stage], Awaitable[Any]]


async def refusal(call: Awaitable[object]) -> PeituError:
    """Return the error that a call ends with.

    Raises:
        AssertionError: It ends with none.
    """
    try:
        await call
    except PeituError as error:
        return error
    raise AssertionError("This was to be refused, and was not")


def open_cassette(path: Path, **options: Any) -> Any:
    """Return vcrpy's context manager for a cassette; without `record_mode` it only plays."""
    return vcr.VCR(match_on=MATCH_ON, record_mode="none").use_cassette(path, **options)


def time_of(cassette: Cassette) -> datetime:
    """Return when the cassette was recorded, or the current time while it is being recorded."""
    return datetime.fromisoformat(cassette.get_metadata("recorded_at", datetime.now(UTC).isoformat()))


@asynccontextmanager
async def replayed(path: Path, folder: Path) -> AsyncIterator[Stage]:
    """Give the stage of a replay, and then fail if some of the recording was not asked for.

    Raises:
        AssertionError: An interaction was not played: the client sends fewer requests now, or the cassette is stale.
    """
    with open_cassette(path) as cassette:
        yield Stage(services=Services(), now=time_of(cassette), folder=folder, sleep=_no_sleep)
        played = cassette.play_counts
        left = [str(request) for index, request in enumerate(cassette.requests) if not played[index]]
    if left:
        raise AssertionError(f"{path.name}: nobody asked for {', '.join(left)} - record it anew")


async def _no_sleep(seconds: float) -> None:
    del seconds
