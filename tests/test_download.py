"""Downloads: whole pictures only, no key on the way, no secret in a message."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from tools.errors import UnavailableError
from tools.providers.download import download

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
LINK = "https://dashscope-result-bj.oss-cn-beijing.aliyuncs.com/1d/a.png"
SIGNED = f"{LINK}?Expires=1&OSSAccessKeyId=LTAI&Signature=a%2Bb%2Fc%3D"


class Files:
    """Answers request after request, the last one for ever, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Naps:
    """A `sleep` that returns at once and keeps how long it should have been."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


class Chunks(httpx.AsyncByteStream):
    """A body in pieces, which ends in `error` if there is one; `sent` counts the pieces."""

    def __init__(self, pieces: Iterator[bytes], error: Exception | None = None) -> None:
        self.pieces = pieces
        self.error = error
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            self.sent += 1
            yield piece
        if self.error:
            raise self.error


def picture(**headers: str) -> httpx.Response:
    """Return a good answer."""
    return httpx.Response(200, content=PNG, headers={"Content-Type": "image/png", **headers})


async def fetch(files: Callable[[httpx.Request], httpx.Response], url: str = SIGNED, **options: Any) -> bytes:
    """Download through a client that talks to `files`, without waiting."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(files)) as client:
        return await download(url, **{"client": client, "sleep": Naps(), **options})


async def test_bytes_come_as_they_are() -> None:
    """The picture's bytes come back, and the signed query went out unchanged, without a key."""
    files = Files(picture())

    assert PNG == await fetch(files)
    assert b"/1d/a.png?Expires=1&OSSAccessKeyId=LTAI&Signature=a%2Bb%2Fc%3D" == files.requests[0].url.raw_path
    assert "authorization" not in files.requests[0].headers
    assert "identity" == files.requests[0].headers["accept-encoding"]


async def test_no_authorization_from_client_or_link() -> None:
    """Neither a default header of the client nor a user name in the link authorizes."""
    files = Files(picture())
    transport = httpx.MockTransport(files)

    async with httpx.AsyncClient(transport=transport, headers={"Authorization": "Bearer sk-1"}) as client:
        await download("https://user:word@example.org/a.png", client=client)

    assert "authorization" not in files.requests[0].headers


@pytest.mark.parametrize(
    "broken",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
        httpx.Response(503),
        httpx.Response(429),
        httpx.Response(200, content=b"", headers={"Content-Type": "image/png"}),
        httpx.Response(200, stream=Chunks(iter([PNG[:9]])), headers={"Content-Length": "264"}),
        httpx.Response(200, stream=Chunks(iter([PNG[:9]]), httpx.ReadError("reset"))),
    ],
)
async def test_broken_transfer_is_repeated(broken: httpx.Response | Exception) -> None:
    """What broke on the way may come whole the next time."""
    naps = Naps()

    assert PNG == await fetch(Files(broken, picture()), sleep=naps)
    assert len(naps.seconds) == 1


async def test_it_gives_up_in_the_end() -> None:
    """After three attempts it is left for later, with the reason and without the secret query."""
    files, naps = Files(httpx.ReadTimeout("slow")), Naps()

    with pytest.raises(UnavailableError) as caught:
        await fetch(files, sleep=naps)

    assert f"{LINK} dropped the download (ReadTimeout: slow)" in str(caught.value)
    assert "Signature" not in str(caught.value)
    assert len(files.requests) == 3
    assert len(naps.seconds) == 2
    assert naps.seconds[0] <= 1.0 <= naps.seconds[1] <= 2.0


async def test_slow_drip_ends_at_the_deadline() -> None:
    """A transfer that never stalls long enough to time out is cut off as well."""

    class Drip(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield PNG
            await asyncio.Event().wait()

    with pytest.raises(UnavailableError, match="TimeoutError"):
        await fetch(lambda _: httpx.Response(200, stream=Drip()), deadline_s=0.01)


async def test_the_deadline_is_for_all_attempts() -> None:
    """Whoever sends no picture in that time is not given as much once more."""
    files = Files(httpx.ReadTimeout("slow"))

    async def nap(seconds: float) -> None:
        await asyncio.sleep(seconds)

    with pytest.raises(UnavailableError, match=r"TimeoutError: no picture within 0\.01 s"):
        await fetch(files, deadline_s=0.01, sleep=nap)

    assert len(files.requests) == 1


async def test_silence_is_as_long_as_for_other_questions() -> None:
    """It costs nothing and can be asked again, as a poll: a minute of silence each would add up."""
    files = Files(picture())
    await fetch(files)

    assert 20 == files.requests[0].extensions["timeout"]["read"]


@pytest.mark.parametrize("status", [300, 304, 400, 401, 403, 404, 410])
async def test_expired_link(status: int) -> None:
    """A link that is refused is not tried again: the task is polled for a fresh one."""
    files = Files(httpx.Response(status, text="<Error><Code>AccessDenied</Code></Error>"))

    with pytest.raises(UnavailableError, match=rf"refused the link \({status}\) - .* poll the task again"):
        await fetch(files)

    assert len(files.requests) == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<!DOCTYPE html><html></html>", "text/html; charset=utf-8"),
        (b'{"error": "no"}', "Application/JSON"),
        (b"<?xml version='1.0'?><Error/>", "application/xml"),
        (b" \n<html>", "image/png"),
        (b'{"error": "no"}', "application/octet-stream"),
        (b"hello", "text/plain"),
    ],
)
async def test_text_is_no_picture(body: bytes, kind: str) -> None:
    """A page or a JSON document is found out by its type or its beginning."""
    with pytest.raises(UnavailableError, match="contains text instead of a picture") as caught:
        await fetch(Files(httpx.Response(200, content=body, headers={"Content-Type": kind})))

    assert "Signature" not in str(caught.value)


async def test_a_picture_is_one_whatever_it_is_called() -> None:
    """A file host that calls a PNG a page does not cost a paid picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, "PNG")
    body = buffer.getvalue()

    assert body == await fetch(Files(httpx.Response(200, content=body, headers={"Content-Type": "text/html"})))


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.org/a.png", "data:image/png;base64,AAAA", "/a.png", ""]
)
async def test_only_http(url: str) -> None:
    """Other schemes are refused by name, before anything is sent."""
    files = Files(picture())

    with pytest.raises(UnavailableError, match=f"has the scheme '{httpx.URL(url).scheme}'"):
        await fetch(files, url)

    assert [] == files.requests


@pytest.mark.parametrize("url", ["https://[::1", "https://example.org:port/a", "https://a\x00b/"])
async def test_broken_address(url: str) -> None:
    """What is not an address is refused."""
    with pytest.raises(UnavailableError, match="is not an address"):
        await fetch(Files(picture()), url)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/a.png"])
async def test_each_redirect_is_checked(target: str) -> None:
    """A redirect leads to http(s) or nowhere."""
    files = Files(httpx.Response(302, headers={"Location": target}), picture())

    with pytest.raises(UnavailableError, match=f"has the scheme '{httpx.URL(target).scheme}'"):
        await fetch(files)

    assert len(files.requests) == 1


async def test_a_redirect_to_no_host_is_told() -> None:
    """The file host leads nowhere: the picture stays with its task."""
    with pytest.raises(UnavailableError, match="is not an address"):
        await fetch(Files(httpx.Response(302, headers={"Location": "http://"})))


async def test_redirects_are_followed() -> None:
    """Five redirects, relative ones too, lead to the picture."""
    statuses = (301, 302, 303, 307, 308)
    hops = [httpx.Response(status, headers={"Location": f"/{status}?S=a%2Bb"}) for status in statuses]
    files = Files(*hops, picture())

    assert PNG == await fetch(files)
    assert b"/308?S=a%2Bb" == files.requests[-1].url.raw_path


async def test_redirects_end() -> None:
    """A link that leads in circles is given up, without another attempt."""
    files = Files(httpx.Response(302, headers={"Location": "/again"}))

    with pytest.raises(UnavailableError, match="more than 5 times"):
        await fetch(files)

    assert len(files.requests) == 6


async def test_announced_size_is_refused_at_once() -> None:
    """A file that says that it is too large is not read."""
    body = Chunks(iter([PNG, PNG]))
    answer = httpx.Response(200, stream=body, headers={"Content-Length": "9999999"})

    with pytest.raises(UnavailableError, match="larger than 1 MiB"):
        await fetch(Files(answer), max_bytes=2**20)

    assert body.sent <= 1


async def test_endless_file_is_cut_off() -> None:
    """A file without a size is read up to the limit and no further."""
    body = Chunks(iter(lambda: bytes(2**16), b""))

    with pytest.raises(UnavailableError, match="larger than 1 MiB"):
        await fetch(Files(httpx.Response(200, stream=body)), max_bytes=2**20)

    assert body.sent == 17


async def test_file_as_large_as_the_limit() -> None:
    """The limit itself is allowed."""
    assert PNG == await fetch(Files(picture()), max_bytes=len(PNG))
