"""Addresses that no request can be sent to are refused before anything is sent."""

import httpx
import pytest

from tools.providers.address import checked


@pytest.mark.parametrize(
    "address",
    ["https://example.org/a?b=c%2Fd", "https://中文.cn/", "https://[::1]:8080/", "https://a.:65535/", "http://a_b/"],
)
def test_an_address_stays_as_it_is(address):
    """Names in Chinese, a dot at the end and the highest port exist."""
    assert httpx.URL(address) == checked(address)


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("https:///a", "Invalid host"),
        ("https://a..b/", "Invalid host"),
        ("https://.a/", "Invalid host"),
        ("https://xn--a/", "Invalid host"),
        (f"https://{'a' * 64}.org/", "Invalid host"),
        ("https://example.org:65536/", "Invalid port 65536"),
    ],
)
def test_an_address_that_cannot_exist_is_refused(address, fault):
    """Each would end the whole run with a `ValueError` as soon as something is sent there."""
    with pytest.raises(httpx.InvalidURL, match=fault):
        checked(address)
