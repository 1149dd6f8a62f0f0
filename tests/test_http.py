"""The shared client, and what is read from any provider's answer."""

import logging
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import ConfigError
from tools.providers.http import make_client, read_fault, read_json, shorten
from tools.providers.retry_after import retry_after_s

NOW = datetime(2026, 11, 24, 8, 0, 0, tzinfo=UTC)
KEYS = st.sampled_from(["code", "message", "errors", "error", "output"])
VALUES = st.sampled_from([None, "", "words", 5, True, [], [None], [[]], [{"code": 1}], {}, {"message": ["a"]}])


async def test_client_keeps_addresses_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """At INFO httpx names signed links, which `langgraph dev` switches on: ours are kept silent."""
    caplog.set_level(logging.INFO)

    async with make_client() as client:
        client._transport = httpx.MockTransport(lambda _: httpx.Response(200))
        client._mounts = {}
        await client.get("https://example.org/a.png?Signature=secret")

    assert "secret" not in caplog.text
    assert "peitu/0.1" == client.headers["user-agent"]
    assert (10, 60, None) == (client.timeout.connect, client.timeout.read, client.timeout.pool)


@pytest.mark.parametrize("proxy", ["socks://127.0.0.1:7890", "socks9://user:pa55word@127.0.0.1:1", "http://:bad:port/"])
def test_proxy_that_cannot_be_used(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Desktop systems set `socks://` proxies, which httpx does not know: the message names the variables."""
    monkeypatch.setenv("ALL_PROXY", proxy)

    with pytest.raises(ConfigError, match="check HTTPS_PROXY, ALL_PROXY") as caught:
        make_client()

    assert "pa55word" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3", 3.0),
        ("0.5", 0.5),
        ("-1", 0.0),
        ("86400000", 3600.0),
        ("Tue, 24 Nov 2026 08:00:09 GMT", 9.0),
        ("Tue, 24 Nov 2026 07:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
    ],
)
def test_retry_after(value: str, expected: float | None) -> None:
    """Seconds or a date; what cannot be read is no wait."""
    assert expected == retry_after_s(httpx.Headers({"Retry-After": value}), now=NOW)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "Retry-After": "1"}, 1.5),
        ({"retry-after-ms": "soon", "Retry-After": "2"}, 2.0),
    ],
)
def test_retry_after_in_milliseconds(headers: dict[str, str], expected: float) -> None:
    """DashScope's SDK reads that header too, and it is the finer one."""
    assert expected == retry_after_s(httpx.Headers(headers), now=NOW)


@given(st.dictionaries(KEYS, VALUES))
def test_any_error_can_be_read(answer: dict[str, object]) -> None:
    """Whatever shape an error has, a code and a message come out."""
    code, message = read_fault(answer)

    assert (str, str) == (type(code), type(message))


@given(st.binary())
def test_any_body_can_be_read(body: bytes) -> None:
    """A body is a JSON object or nothing."""
    assert read_json(body) is None or isinstance(read_json(body), dict)


@given(st.text())
def test_quotes_are_one_short_line(text: str) -> None:
    """A provider's words take one line of at most 200 characters."""
    line = shorten(text)

    assert len(line) <= 200
    assert "\n" not in line
