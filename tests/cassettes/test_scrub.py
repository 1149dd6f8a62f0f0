"""The scrubber against answers that hold what the sandbox never sends, and the search for what it forgot."""

import base64
import gzip
import io
import json
import random
from typing import Any

import httpx
import pytest
from PIL import Image
from vcr.request import Request  # type: ignore[import-untyped]

from tests.cassettes.leaks import leaks
from tests.cassettes.scrub import Scrubber, unsigned

ACCOUNT = "1493478651020171"
LINK = "https://results.oss-cn-beijing.aliyuncs.com/1d/a%20b.png"
SIGNED = f"{LINK}?Expires=1795510248&OSSAccessKeyId=LTAI5tExampleExample&Signature=a%2Bb%2Fc%3D"
CLEAN = f"{LINK}?Expires=scrubbed&OSSAccessKeyId=scrubbed&Signature=scrubbed"
ERROR = (
    b"<Error><Code>SignatureDoesNotMatch</Code><OSSAccessKeyId>LTAI5tExampleExample</OSSAccessKeyId>"
    b"<SignatureProvided>0f3a</SignatureProvided><StringToSign>OSS4-HMAC-SHA256\n2026</StringToSign>"
    b"<StringToSignBytes>4F 53</StringToSignBytes><HostId>b.example</HostId></Error>"
)
CLEAN_ERROR = (
    b"<Error><Code>SignatureDoesNotMatch</Code><OSSAccessKeyId>scrubbed</OSSAccessKeyId>"
    b"<SignatureProvided>scrubbed</SignatureProvided><StringToSign>scrubbed</StringToSign>"
    b"<StringToSignBytes>scrubbed</StringToSignBytes><HostId>b.example</HostId></Error>"
)


def scrubbed(body: bytes, headers: dict[str, str] | None = None, **options: Any) -> dict[str, Any]:
    """Return what is kept of an answer."""
    request = Request("GET", LINK, None, {})
    given = {name: [value] for name, value in (headers or {}).items()}
    response = {"status": {"code": 200, "message": "OK"}, "headers": given, "body": {"string": body}}
    return Scrubber(**options).interaction(request, response)[1]


def test_request_keeps_no_key_and_no_signature() -> None:
    """Of the headers only what says which request it is remains, of the query all but its signature."""
    headers = {"Authorization": "Bearer sk-0123456789abcdef", "Cookie": "a=b", "X-DashScope-Async": "enable"}
    request, _ = Scrubber().interaction(
        Request("POST", SIGNED, b"{}", headers), {"status": {}, "headers": {}, "body": {"string": b""}}
    )

    assert {"X-DashScope-Async": "enable"} == dict(request.headers)
    assert CLEAN == request.uri
    assert b"{}" == request.body


def test_answer_keeps_only_headers_that_are_read() -> None:
    """Cookies and the headers in which a gateway names the account are gone."""
    headers = {"set-cookie": "a=b", "x-dashscope-uid": ACCOUNT, "x-apikeyid": "7", "retry-after": "3"}

    assert {"retry-after": ["3"], "content-length": ["4"]} == scrubbed(b"text", headers)["headers"]


def test_json_is_scrubbed_however_deep_and_however_escaped() -> None:
    """Ids of accounts and signed links go, at any depth; what is no secret stays."""
    entry = {"api_key_id": 7, "caller_uid": "8", "caller_parent_id": None, "task_id": "t", "n": [1, SIGNED]}
    body = json.dumps({"data": [entry], "told": f"account {ACCOUNT}"}).replace("&", r"\u0026").encode()

    kept = {"api_key_id": "scrubbed", "caller_uid": "scrubbed", "caller_parent_id": None, "task_id": "t"}
    wanted = {"data": [{**kept, "n": [1, CLEAN]}], "told": "account scrubbed"}
    assert wanted == json.loads(scrubbed(body)["body"]["string"])


def test_errors_of_oss_lose_what_they_quote_of_the_signature() -> None:
    """The refusal of a signature quotes it, in the body or, of a HEAD, in a header."""
    in_header = scrubbed(b"", {"x-oss-err": base64.b64encode(ERROR).decode()})["headers"]["x-oss-err"]

    assert CLEAN_ERROR == scrubbed(ERROR)["body"]["string"]
    assert [base64.b64encode(CLEAN_ERROR).decode()] == in_header


def test_keys_and_addresses_in_use_are_replaced() -> None:
    """The keys of whoever records go, whatever they look like, and the addresses become everybody's."""
    body = b"no-pattern-at-all at http://127.0.0.1:81/x"
    found = scrubbed(body, secrets=["no-pattern-at-all"], rewrites={"http://127.0.0.1:81": "https://real.example"})

    assert b"scrubbed at https://real.example/x" == found["body"]["string"]


def test_compressed_answer_is_kept_in_the_clear() -> None:
    """What is packed is unpacked first, or nothing could be found in it."""
    found = scrubbed(gzip.compress(f'{{"url":"{SIGNED}"}}'.encode()), {"content-encoding": "gzip"})

    assert f'{{"url":"{CLEAN}"}}'.encode() == found["body"]["string"]
    assert {"content-length"} == set(found["headers"])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_picture_becomes_tiny(kind: str) -> None:
    """A picture stays one of the same format, of 2 KB at most and without metadata."""
    file = io.BytesIO()
    noise = random.Random(0).randbytes(256 * 128 * 3)
    Image.frombytes("RGB", (256, 128), noise).save(file, kind, icc_profile=b"profile" * 500)
    found = scrubbed(file.getvalue(), {"etag": '"1"'})
    body = found["body"]["string"]

    with Image.open(io.BytesIO(body)) as image:
        assert (kind, (16, 8), None) == (image.format, image.size, image.info.get("icc_profile"))
    assert len(body) <= 2048
    assert {"content-length": [str(len(body))]} == found["headers"]


def test_body_of_another_kind_is_refused() -> None:
    """What is neither text nor a picture cannot be scrubbed, and is not recorded."""
    with pytest.raises(ValueError, match="cannot be scrubbed"):
        scrubbed(b"\xff\x00\xfe")


def test_query_without_signature_stays() -> None:
    """A list's query is matched by a replay, so it stays as it is."""
    url = "https://b.example/?list-type=2&prefix=a%2Fb&continuation-token=&page_no=1"

    assert url == unsigned(url)


def test_scrubbing_twice_changes_nothing() -> None:
    """A replay sends the scrubbed link, and that must be the recorded one."""
    scrubber = Scrubber()
    once = scrubber.text(f"see {SIGNED} of {ACCOUNT}")

    assert f"see {CLEAN} of scrubbed" == once == scrubber.text(once)
    assert httpx.URL(CLEAN) == httpx.URL(unsigned(CLEAN))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("body: see sk-0123456789abcdef", "a key"),
        ("body: 'key ms-01234567-89ab-cdef'", "a key"),
        ("body: id LTAI5tExampleExample", "a key"),
        ("body: eyJhbGciOiJSUzI1NiJ9.e30.x", "a key"),
        ("body: sk-sandbox-key", "a key of the sandbox"),
        ("body: told Bearer abcdef", "an authorization"),
        ("headers:\n  Authorization:\n  - x", "a private header"),
        ("headers:\n  set-cookie:\n  - x", "a private header"),
        ("headers:\n  X-DashScope-Uid:\n  - x", "a private header"),
        (f"uri: {SIGNED}", "a signed query"),
        (f"body: '{json.dumps({'url': SIGNED})}'", "a signed query"),
        ("uri: https://b.example/a?x-oss-signature=0f3a", "a signed query"),
        ("body: '{\"caller_uid\": 7}'", "an id of an account"),
        (f"body: account {ACCOUNT}", "an id of an account"),
        ("body: <StringToSign>GET</StringToSign>", "what OSS quotes of a signature"),
        ("uri: http://127.0.0.1:8765/x", "an address of this machine"),
        (f"x-oss-err: {base64.b64encode(ERROR).decode()}", "what OSS quotes of a signature"),
        (f"body: !!binary {base64.b64encode(b'Bearer abcdef').decode()}", "an authorization"),
        ('body: "a key sk-0123\\\n  456789abcdef"', "a key"),
    ],
)
def test_leak_is_found(text: str, found: str) -> None:
    """Whatever must not be in a cassette is noticed, also where YAML or base64 hides it."""
    assert found in leaks(text)


def test_nothing_is_found_in_what_is_scrubbed() -> None:
    """The words that stand for secrets are no secrets."""
    body = f'{{"api_key_id": "scrubbed", "url": "{CLEAN}", "expires": 1795510248}}'

    assert [] == leaks(f"uri: {CLEAN}\nbody: '{body}'\nerror: '{CLEAN_ERROR.decode()}'\ncrc: '14637032679808258335'")
