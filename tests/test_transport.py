"""The transport: what reached the service and what did not is told apart, and a link is sent as it is."""

import asyncio
import gzip
from contextlib import asynccontextmanager

import httpx
import pytest

from tools.errors import ConfigError, UnavailableError
from tools.providers.download import download
from tools.providers.http import Api, make_client
from tools.providers.transport import AiohttpTransport

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def service(*answers):
    """Answer each request with the next of the answers; `None` breaks the connection. Yields address and requests."""
    requests, left = [], list(answers)

    async def serve(reader, writer):
        try:
            while left:
                head = await reader.readuntil(b"\r\n\r\n")
                requests.append(head.split(b"\r\n")[0].decode())
                answer = left.pop(0)
                if answer is None:
                    return
                writer.write(answer)
                await writer.drain()
        except asyncio.IncompleteReadError:
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}", requests


async def test_an_answer_comes_back_on_a_kept_connection():
    """Two requests go over one connection."""
    async with service(OK, OK) as (url, requests), make_client() as client:
        answers = [(await client.get(url)).text for _ in range(2)]

    assert (["ok", "ok"], 2) == (answers, len(requests))


async def test_a_signed_link_is_sent_as_it_is():
    """Escapes in the query are part of a signature: nobody writes them anew."""
    async with service(OK) as (url, requests), make_client() as client:
        await client.get(f"{url}/a%2Fb.png?Signature=x%2By%2f%3D&Expires=1+2")

    assert ["GET /a%2Fb.png?Signature=x%2By%2f%3D&Expires=1+2 HTTP/1.1"] == requests


async def test_a_paid_request_that_breaks_is_not_sent_again():
    """The connection breaks after the request: nobody knows what became of it, and it went out once."""
    async with service(None, OK) as (url, requests), make_client() as client:
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await client.post(url, json={})

    assert 1 == len(requests)


async def test_a_paid_request_on_a_dropped_connection_is_not_sent_again():
    """The kept connection is closed as the request goes out: that, too, may have been taken."""
    async with service(OK, None, OK) as (url, requests), make_client() as client:
        await client.get(url)
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await client.post(url, json={})

    assert ["GET / HTTP/1.1", "POST / HTTP/1.1"] == requests


async def test_a_refused_connection_sent_nothing():
    """Nobody listens: that is no lost answer."""
    async with service() as (url, _):
        pass
    async with make_client() as client:
        with pytest.raises(httpx.ConnectError):
            await client.post(url, json={})


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 443)])
async def test_a_name_that_does_not_exist_sent_nothing(scheme, port):
    """No address, no request; the message names the host, and no objects of this program."""
    async with make_client() as client:
        with pytest.raises(httpx.ConnectError) as caught:
            await client.post(f"{scheme}://nowhere.invalid", json={})

    assert str(caught.value).startswith(f"Cannot connect to host nowhere.invalid:{port} [")


@pytest.mark.parametrize(
    "address", ["http://a..b/api", "http://.a/api", "http://xn--/api", "http://127.0.0.1:99999/api"]
)
async def test_an_address_that_cannot_be_used_sent_nothing(address):
    """A slip in `base_url`, e.g. two dots: no traceback, and no request of which nobody knows whether it was taken."""
    async with make_client() as client:
        api = Api(name="dashscope", title="DashScope", api_key="sk-test", client=client, base_url=address)
        with pytest.raises(ConfigError, match=r"cannot be called with these settings .*base_url"):
            await api.ask("submit", "POST", "/images", json={})


@pytest.mark.parametrize("address", ["http://a..b/1.png", "http://xn--/1.png", "http://127.0.0.1:99999/1.png"])
async def test_a_link_that_cannot_be_used_is_told(address):
    """A picture that a service names so is paid: it stays with its task, and the others are made."""
    async with make_client() as client:
        with pytest.raises(UnavailableError) as caught:
            await download(f"{address}?Signature=secret", client=client)

    assert "secret" not in str(caught.value)


async def test_a_link_of_any_kind_is_secret():
    """Not every file host calls its signature one; aiohttp quotes the whole address of a broken answer."""
    async with service(*[b"nonsense\r\n\r\n"] * 3) as (url, _), make_client() as client:
        with pytest.raises(UnavailableError, match="400, message") as caught:
            await download(f"{url}/1.png?t=17&k=s3cr3t", client=client, sleep=lambda _: asyncio.sleep(0))

    assert "s3cr3t" not in str(caught.value)


async def test_a_question_waits_less_long_than_what_is_paid(monkeypatch):
    """A poll that gets no answer costs nothing and is asked again; of a request that may be paid, the answer counts."""
    monkeypatch.setattr("tools.providers.http.QUESTION_TIMEOUT", httpx.Timeout(0.2))
    async with service(b"", b"", OK) as (url, _), make_client() as client:
        api = Api(name="dashscope", title="DashScope", api_key="sk-test", client=client, base_url=url)
        with pytest.raises(UnavailableError):
            await api.ask("poll", "GET", "/tasks/1")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await api.ask("submit", "POST", "/images", json={})


async def test_a_silent_service_is_a_lost_answer():
    """It took the request and says nothing in time."""
    async with service(b"", b"") as (url, _), make_client() as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post(url, json={}, timeout=0.05)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", b"nonsense\r\n\r\n"])
async def test_a_broken_answer_is_told(answer):
    """A body that ends too soon, and what is no HTTP at all."""
    async with service(answer) as (url, _), make_client() as client:
        with pytest.raises(httpx.RequestError):
            await client.get(url)


async def test_what_is_packed_is_unpacked_in_small_pieces():
    """A hundredth of a megabyte may hold ten: whoever counts what comes can stop in time."""
    packed = gzip.compress(bytes(32 * 2**20))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    async with (
        service(head.encode() + packed) as (url, _),
        make_client() as client,
        client.stream("GET", url) as answer,
    ):
        sizes = [len(piece) async for piece in answer.aiter_bytes()]

    assert 32 * 2**20 == sum(sizes)
    assert max(sizes) < 9 * 2**20


async def test_a_proxy_of_the_environment_is_used(monkeypatch):
    """Who needs a proxy gets httpx's own transport, which knows them all."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with make_client() as client:
        assert not isinstance(client._transport, AiohttpTransport)
