"""The sandbox's OSS, through the real oss2: signatures are computed and compared."""

import hashlib
from typing import Any

import httpx
import pytest

from tests.sandbox import Sandbox
from tools.bucket.oss_sdk import oss2

KEY = "images/202611/图 a+b.png"


def bucket(sandbox: Sandbox, version: str = "v4", **changed: Any) -> Any:
    key_id, secret = (
        changed.get("key_id", sandbox.keys.oss_id),
        changed.get("secret", sandbox.keys.oss_secret),
    )
    name, region = changed.get("name", "peitu-sandbox"), changed.get("region", "cn-hangzhou")
    return oss2().Bucket(oss2().make_auth(key_id, secret, version), sandbox.oss_url, name, region=region)


def refusal(call: Any, *arguments: Any, **named: Any) -> tuple[int, str]:
    with pytest.raises(oss2().exceptions.ServerError) as caught:
        call(*arguments, **named)
    return caught.value.status, caught.value.code


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_an_object_is_stored_and_read(sandbox: Sandbox, version: str) -> None:
    """Put, head, get, list and delete pass with either signature; the ETag is the MD5 in capitals."""
    store = bucket(sandbox, version)
    put = store.put_object(KEY, b"picture", headers={"Content-Type": "image/png", "x-oss-meta-run": "7"})
    head = store.head_object(KEY)

    assert hashlib.md5(b"picture", usedforsecurity=False).hexdigest().upper() == put.etag == head.etag
    assert put.crc is not None
    assert ("image/png", "7", 7) == (head.content_type, head.headers["x-oss-meta-run"], head.content_length)
    assert (True, False) == (store.object_exists(KEY), store.object_exists("none"))
    assert b"picture" == store.get_object(KEY).read()
    assert [found.key for found in store.list_objects_v2(prefix="images/").object_list] == [KEY]
    store.delete_object(KEY)
    assert {} == sandbox.objects


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_folders_are_listed_in_pages(sandbox: Sandbox, version: str) -> None:
    """With a delimiter, what is below a folder is one entry, beside the objects on its level."""
    store = bucket(sandbox, version)
    for key in ("a/1/x", "a/1/y", "a/2", "a/图/x", "b/1/x"):
        store.put_object(key, b"")
    first = store.list_objects_v2(prefix="a/", delimiter="/", max_keys=2)
    rest = store.list_objects_v2(prefix="a/", delimiter="/", continuation_token=first.next_continuation_token)

    assert (["a/1/"], ["a/2"]) == (first.prefix_list, [found.key for found in first.object_list])
    assert (["a/图/"], [], False) == (rest.prefix_list, rest.object_list, rest.is_truncated)


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_a_wrong_signature_is_refused(sandbox: Sandbox, version: str) -> None:
    """A wrong secret, an unknown id, and for version 4 another region."""
    codes = [
        refusal(bucket(sandbox, version, secret="other").put_object, KEY, b"x"),
        refusal(bucket(sandbox, version, key_id="other").put_object, KEY, b"x"),
    ]

    assert [(403, "SignatureDoesNotMatch"), (403, "InvalidAccessKeyId")] == codes
    assert {} == sandbox.objects


def test_version_4_is_bound_to_its_region(sandbox: Sandbox) -> None:
    """The scope of the key holds the region."""
    other = bucket(sandbox, region="cn-beijing")

    assert (403, "SignatureDoesNotMatch") == refusal(other.put_object, KEY, b"x")


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_a_signed_link_is_good_until_it_expires(sandbox: Sandbox, version: str) -> None:
    """A link opens a private object, if nobody altered it, for as long as it says."""
    sandbox.public_read = False
    bucket(sandbox).put_object(KEY, b"picture")
    link = bucket(sandbox, version).sign_url("GET", KEY, 60, slash_safe=True)
    statuses = [httpx.get(link).status_code, httpx.get(link + "0").status_code]
    sandbox.pass_time(61)
    statuses += [httpx.get(link).status_code, httpx.get(link.partition("?")[0]).status_code]

    assert [200, 403, 403, 403] == statuses


def test_an_error_of_a_head_is_in_a_header(sandbox: Sandbox) -> None:
    """oss2 reads it from `x-oss-err`, since a HEAD has no body."""
    assert (404, "NoSuchKey") == refusal(bucket(sandbox).head_object, "none")
    assert (404, "NoSuchBucket") == refusal(bucket(sandbox, name="other-bucket").head_object, "none")


def test_an_object_is_not_overwritten_if_forbidden(sandbox: Sandbox) -> None:
    """409 tells that it is there; without the header each put is counted."""
    store = bucket(sandbox)
    store.put_object(KEY, b"a")
    code = refusal(store.put_object, KEY, b"b", headers={"x-oss-forbid-overwrite": "true"})
    store.put_object(KEY, b"c")

    assert (409, "FileAlreadyExists") == code
    assert (
        b"c",
        2,
    ) == (sandbox.objects["peitu-sandbox", KEY].body, sandbox.objects["peitu-sandbox", KEY].puts)


def test_a_wrong_digest_and_a_wrong_clock_are_refused(sandbox: Sandbox) -> None:
    """Content-MD5 is compared, and a signature is good for a quarter of an hour."""
    digest = refusal(bucket(sandbox).put_object, KEY, b"a", headers={"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="})
    sandbox.pass_time(16 * 60)

    assert (400, "InvalidDigest") == digest
    assert (403, "RequestTimeTooSkewed") == refusal(bucket(sandbox).put_object, KEY, b"a")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "PublicEndpointForbidden"),
        (403, "UserDisable"),
        (403, "AccessDenied"),
        (503, "ServiceUnavailable"),
    ],
)
def test_errors_come_on_command(sandbox: Sandbox, status: int, code: str) -> None:
    """Each is an XML document with its code, and nothing is stored."""
    sandbox.fault("oss", "put", kind="status", status=status, code=code, match=KEY)

    assert (status, code) == refusal(bucket(sandbox).put_object, KEY, b"a")
    assert {} == sandbox.objects


def test_requests_beyond_the_rate_are_refused(sandbox: Sandbox) -> None:
    """The rate is that of all requests together."""
    sandbox.set_limits("oss", submit_per_s=0.01)
    bucket(sandbox).put_object(KEY, b"a")

    assert (429, "QpsLimitExceeded") == refusal(bucket(sandbox).put_object, KEY, b"a")


def test_a_lost_reply_leaves_the_object(sandbox: Sandbox) -> None:
    """The object is there, though the client saw a broken connection."""
    sandbox.fault("oss", "put", kind="lost_reply")
    with pytest.raises(oss2().exceptions.RequestError):
        bucket(sandbox).put_object(KEY, b"a")

    assert bucket(sandbox).object_exists(KEY)


def test_a_bound_domain_needs_no_bucket_in_its_path(sandbox: Sandbox) -> None:
    """Under a custom domain the whole path is the key."""
    bucket(sandbox).put_object("a/b.png", b"picture")
    sandbox.domains["img.example.com"] = "peitu-sandbox"

    assert b"picture" == httpx.get(f"{sandbox.url}/a/b.png", headers={"Host": "img.example.com"}).content
