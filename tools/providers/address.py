"""Check addresses before anything is sent to them."""

import httpx

MOST_PORT = 65535


def checked(text: str) -> httpx.URL:
    """Return the text as an address with a host and a port that exist at all.

    httpx accepts others too, e.g. with two dots in a row. Whoever connects to them gets a `ValueError`, which would end
    the whole run, and of a submit nobody would know that it was never sent.

    Raises:
        httpx.InvalidURL: It is none.
    """
    url = httpx.URL(text)
    try:
        # Both fail for some hosts that cannot be looked up: the first for invalid Punycode, the second for empty parts.
        is_usable = bool(url.host and url.raw_host.decode("ascii").encode("idna"))
    except UnicodeError:
        is_usable = False
    if not is_usable:
        raise httpx.InvalidURL("Invalid host")
    if (url.port or 0) > MOST_PORT:
        raise httpx.InvalidURL(f"Invalid port {url.port}")
    return url
