"""The sandbox's result pictures: real, behind signed links, and spoiled on command."""

import io
from collections.abc import Iterator

import httpx
import pytest
from PIL import Image

from tests.sandbox import Sandbox
from tests.sandbox.client import DashScopeClient


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[DashScopeClient]:
    """Return a client of DashScope with the right key."""
    with DashScopeClient(sandbox) as opened:
        yield opened


def test_a_link_is_good_as_it_is_and_for_a_day(client: DashScopeClient, sandbox: Sandbox) -> None:
    """An altered query, a second authentication and a late download are refused."""
    url = client.link()
    answers = [
        client.anonymous(url),
        client.anonymous(url + "&a=1"),
        client.anonymous(url.partition("?")[0]),
        client.get(url),
    ]
    sandbox.pass_time(86_402)
    answers.append(client.anonymous(url))

    assert [200, 403, 403, 403, 403] == [answer.status_code for answer in answers]


def test_pictures_are_real_and_differ(client: DashScopeClient) -> None:
    """The size is the one asked for; another prompt or seed makes another picture, the same ones the same."""
    wanted = [("cat", 1), ("cat", 1), ("cat", 2), ("dog", 1)]
    bodies = [client.anonymous(client.link(text, seed=seed, size="512*768")).content for text, seed in wanted]
    image = Image.open(io.BytesIO(bodies[0]))

    assert ("PNG", (512, 768)) == (image.format, image.size)
    assert len(image.getcolors(maxcolors=2**20) or []) > 4
    assert bodies[0] == bodies[1]
    assert 3 == len(set(bodies))


def test_downloads_go_wrong_on_command(client: DashScopeClient, sandbox: Sandbox) -> None:
    """A page, nothing, half a file, a redirect into the file system, a cut transfer."""
    url = client.link(size="512*512")
    whole = client.anonymous(url).content
    for kind in ("html", "empty", "half", "redirect", "truncated"):
        sandbox.fault("dashscope", "download", kind=kind, match="cat")
    html, empty, half, redirect = (client.anonymous(url) for _ in range(4))
    with pytest.raises(httpx.RemoteProtocolError):
        client.anonymous(url)

    assert "text/html" in html.headers["content-type"]
    assert b"" == empty.content
    assert whole[: len(whole) // 2] == half.content
    assert (302, "file:///etc/hostname") == (redirect.status_code, redirect.headers["location"])


def test_pictures_go_wrong_on_command(client: DashScopeClient, sandbox: Sandbox) -> None:
    """Black, of another size, or with more pixels than Pillow decodes."""
    url = client.link(size="512*512")
    sandbox.fault("dashscope", "download", kind="blank")
    sandbox.fault("dashscope", "download", kind="resized", width=300, height=200)
    sandbox.fault("dashscope", "download", kind="bomb")
    black, small, bomb = (client.anonymous(url).content for _ in range(3))

    assert [(512 * 512, (0, 0, 0))] == Image.open(io.BytesIO(black)).getcolors()
    assert (300, 200) == Image.open(io.BytesIO(small)).size
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(bomb))
