import hashlib
import io
import itertools
import logging
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import urllib3
from PIL import Image

from tests.conftest import ROOT
from tests.sandbox import Sandbox
from tools.bucket.oss_address import parse_address, parse_folder
from tools.bucket.oss_answers import read_whole
from tools.bucket.oss_errors import explain, is_silence
from tools.bucket.oss_silence import Silence
from tools.errors import ConfigError, InputError, PeituError, RejectedError, UnavailableError
from tools.oss import OSSUploader

BUCKET = "peitu-sandbox"
SECRET = "oss-sandbox-secret"
KEY_ID = "LTAI-sandbox-id"
NOVEMBER = datetime(2026, 11, 24, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
JANUARY = datetime(2027, 1, 1, tzinfo=UTC)


def picture(path: Path, color: str = "red", kind: str = "JPEG") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (16, 16), color).save(path, kind)
    return path


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


class Waits:
    """Takes the place of `time.sleep` and remembers how long it was asked to."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def uploader(sandbox: Sandbox, **options: Any) -> OSSUploader:
    given: dict[str, Any] = {
        "access_key_id": KEY_ID,
        "access_key_secret": SECRET,
        "endpoint": sandbox.oss_url,
        "bucket_name": BUCKET,
        "base_path": "images",
        "custom_domain": "",
        "region": sandbox.region,
        "clock": lambda: NOVEMBER,
        "sleep": Waits(),
    }
    return OSSUploader(**{**given, **options})


class Store:
    """An `UploadStore` in memory."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def find(self, bucket: str, md5: str) -> tuple[str, str] | None:
        fitting = [row for row in self.rows if (bucket, md5) == (row["bucket"], row["md5"])]
        return (fitting[-1]["object_key"], fitting[-1]["url"]) if fitting else None

    def add(self, **row: Any) -> None:
        self.rows.append(row)


def sent(sandbox: Sandbox, step: str = "put") -> int:
    return sum(request.step == step for request in sandbox.requests)


@pytest.mark.parametrize("region", ["cn-hangzhou", "oss-cn-hangzhou", ""])
def test_upload(sandbox: Sandbox, tmp_path: Path, region: str) -> None:
    """A picture goes to the month's folder under its hash, signed by version 4 or 1, and its URL opens."""
    path = picture(tmp_path / "cover.jpg")

    url = uploader(sandbox, region=region).upload_file(str(path))

    object_key = f"images/202611/{md5(path)[:8]}_cover.jpg"
    assert f"{sandbox.oss_url}/{BUCKET}/{object_key}" == url
    assert path.read_bytes() == sandbox.objects[BUCKET, object_key].body
    assert path.read_bytes() == httpx.get(url).content


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("量子计算 封面.jpg", "量子计算-封面.jpg"),
        ("第一章（上）.PNG", "第一章-上.PNG"),
        ("Café Übung.png", "Café-Übung.png"),
        ("图" * 80 + ".jpg", "图" * 40 + ".jpg"),
        ("🍵.jpg", "image.jpg"),
        ("my photo (1).jpg", "my-photo-1.jpg"),
    ],
)
def test_names_are_made_safe_and_stay_readable(sandbox: Sandbox, tmp_path: Path, name: str, kept: str) -> None:
    """Who looks into the bucket finds the own names, Chinese ones too; the URL is plain ASCII, and opens."""
    path = picture(tmp_path / name)

    url = uploader(sandbox).upload_file(path)

    assert (BUCKET, f"images/202611/{md5(path)[:8]}_{kept}") in sandbox.objects
    assert url.isascii()
    assert path.read_bytes() == httpx.get(url).content


def test_an_object_with_an_older_name_is_not_sent_again(sandbox: Sandbox, tmp_path: Path) -> None:
    """Before, a Chinese name became `image`: such an object counts, and keeps its URL."""
    path = picture(tmp_path / "封面.jpg")
    older = uploader(sandbox).upload_file(path, "image.jpg")

    assert older == uploader(sandbox).upload_file(path)
    assert 1 == len(sandbox.objects)


def test_an_uploader_tells_where_it_uploads_to(sandbox: Sandbox) -> None:
    """By the names of its arguments."""
    known = uploader(sandbox, custom_domain="https://cdn.example")

    assert (sandbox.oss_url, BUCKET, "images") == (known.endpoint, known.bucket_name, known.base_path)
    assert "https://cdn.example" == known.custom_domain
    assert uploader(sandbox).custom_domain is None


def test_remote_name(sandbox: Sandbox, tmp_path: Path) -> None:
    """A name of one's own takes the place of the file's, and leads nowhere else."""
    path = picture(tmp_path / "00.jpg")

    url = uploader(sandbox).upload_file(path, "../my cover.jpg")

    assert url.endswith(f"/images/202611/{md5(path)[:8]}_my-cover.jpg")


@pytest.mark.parametrize(("base_path", "start"), [("", "202611/"), ("/a//b/", "a/b/202611/"), ("博客", "博客/202611/")])
def test_base_path(sandbox: Sandbox, tmp_path: Path, base_path: str, start: str) -> None:
    """No slash in front, however they are written; a Chinese folder is signed and encoded right."""
    path = picture(tmp_path / "a.jpg")

    url = uploader(sandbox, base_path=base_path).upload_file(path)

    [(_, object_key)] = sandbox.objects
    assert object_key.startswith(start)
    assert url.isascii()
    assert path.read_bytes() == httpx.get(url).content


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_content_type_by_content(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    """Browsers show what the bytes are, whatever the extension says."""
    uploader(sandbox).upload_file(picture(tmp_path / "a.jpg", kind=kind))

    [stored] = sandbox.objects.values()
    assert f"image/{kind.lower()}" == stored.content_type


def test_second_upload_sends_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    """The same content in the same month is found by its key."""
    path = picture(tmp_path / "a.jpg")

    first = uploader(sandbox).upload_file(path)
    second = uploader(sandbox).upload_file(path)

    assert first == second
    assert sent(sandbox) == 1


def test_other_month_is_found_in_the_bucket(sandbox: Sandbox, tmp_path: Path) -> None:
    """The bucket is asked for its months once, and each month for the content; another name changes nothing."""
    first = uploader(sandbox).upload_file(picture(tmp_path / "a.jpg"))
    sandbox.requests.clear()
    later = uploader(sandbox, clock=lambda: DECEMBER)

    assert first == later.upload_file(tmp_path / "a.jpg")
    assert first == later.upload_file(picture(tmp_path / "b.jpg"))
    assert sent(sandbox) == 0
    assert sent(sandbox, "list") == 1 + 2 * len(["202612", "202611"])


def test_other_month_is_found_beside_a_store(sandbox: Sandbox, tmp_path: Path) -> None:
    """A store that is new, or another machine's, does not know everything; what was found it knows from then on."""
    first = uploader(sandbox).upload_file(picture(tmp_path / "a.jpg"))
    store = Store()
    later = uploader(sandbox, uploads=store, clock=lambda: DECEMBER)
    found = later.upload_file(tmp_path / "a.jpg")
    sandbox.requests.clear()
    again = later.upload_file(tmp_path / "a.jpg")

    assert first == found == again
    assert (0, 0) == (sent(sandbox), sent(sandbox, "list"))
    assert len(sandbox.objects) == 1


def test_a_month_that_begins_meanwhile(sandbox: Sandbox, tmp_path: Path) -> None:
    """An uploader that lives on finds what it uploaded after it had asked for the months."""
    month = [NOVEMBER]
    living = uploader(sandbox, clock=lambda: month[0])
    living.upload_file(picture(tmp_path / "a.jpg"))
    month[0] = DECEMBER
    second = living.upload_file(picture(tmp_path / "b.jpg", "blue"))
    month[0] = JANUARY

    assert second == living.upload_file(tmp_path / "b.jpg")


def test_a_list_that_failed_once_is_asked_for_again(sandbox: Sandbox, tmp_path: Path) -> None:
    """A moment without network does not cost the look-ups of the whole life of an uploader."""
    first = uploader(sandbox).upload_file(picture(tmp_path / "a.jpg"))
    later = uploader(sandbox, clock=lambda: DECEMBER)
    sandbox.fault("oss", "list", times=2, kind="drop")
    later.upload_file(picture(tmp_path / "b.jpg", "blue"))

    assert first == later.upload_file(tmp_path / "a.jpg")


def test_only_our_folders_count(sandbox: Sandbox, tmp_path: Path) -> None:
    """The same picture somewhere else in the bucket belongs to somebody else, who may delete it."""
    path = picture(tmp_path / "a.jpg")
    uploader(sandbox, base_path="images/private/stuff").upload_file(path)

    url = uploader(sandbox, clock=lambda: DECEMBER).upload_file(path)

    assert "/images/202612/" in url


@pytest.mark.parametrize("base_path", ["images", ""])
def test_a_large_bucket_is_searched_to_its_end(sandbox: Sandbox, tmp_path: Path, base_path: str) -> None:
    """However many objects there are, of the same month, older or beside the months, a few requests find the one."""
    path = picture(tmp_path / "z.jpg")
    options = {"base_path": base_path}
    first = uploader(sandbox, **options).upload_file(path)
    sandbox.requests.clear()
    [stored] = sandbox.objects.values()
    folder = f"{base_path}/" if base_path else ""
    for number in range(10_001):
        for name in (f"202511/{number:08x}_x.jpg", f"202611/{number:08x}_x.jpg", f"1{number}.jpg"):
            sandbox.objects[BUCKET, folder + name] = replace(stored, etag=f"{number}", body=b"")
    for number in range(1001):
        sandbox.objects[BUCKET, f"{folder}2020{number:08}.jpg"] = replace(stored, etag=stored.etag)

    assert first == uploader(sandbox, clock=lambda: DECEMBER, **options).upload_file(path)
    assert sent(sandbox, "list") == len(["page 1", "page 2"]) + len(["202612", "202611"])


def test_store_is_asked_first(sandbox: Sandbox, tmp_path: Path) -> None:
    """With a store one question to the bucket is enough, in any month and under any name."""
    store = Store()
    path = picture(tmp_path / "a.jpg")
    first = uploader(sandbox, uploads=store).upload_file(path)
    sandbox.requests.clear()

    second = uploader(sandbox, uploads=store, clock=lambda: DECEMBER).upload_file(path, "b.jpg")

    assert first == second
    assert [("head", 1)] == list(Counter(request.step for request in sandbox.requests).items())
    assert store.rows[0] == {
        "bucket": BUCKET,
        "object_key": f"images/202611/{md5(path)[:8]}_a.jpg",
        "md5": md5(path),
        "size_bytes": path.stat().st_size,
        "url": first,
        "content_type": "image/jpeg",
    }


def test_deleted_object_is_sent_again(sandbox: Sandbox, tmp_path: Path) -> None:
    """What the store remembers but the bucket no longer has is not taken for uploaded."""
    store = Store()
    path = picture(tmp_path / "a.jpg")
    uploader(sandbox, uploads=store).upload_file(path)
    sandbox.objects.clear()

    url = uploader(sandbox, uploads=store, clock=lambda: DECEMBER).upload_file(path)

    assert "/images/202612/" in url
    assert len(sandbox.objects) == 1


def test_overwritten_object_is_sent_again(sandbox: Sandbox, tmp_path: Path) -> None:
    """An object of the right name with other content is not ours."""
    path = picture(tmp_path / "a.jpg")
    uploader(sandbox).upload_file(path)
    [stored] = sandbox.objects.values()
    stored.etag = "0" * 32

    uploader(sandbox).upload_file(path)

    assert sent(sandbox) == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 403},
        {"kind": "status", "status": 500},
        {"kind": "drop"},
        {"kind": "html"},
        {"kind": "garbage"},
        {"kind": "truncated"},
    ],
)
def test_a_look_up_that_breaks_stops_nothing(sandbox: Sandbox, tmp_path: Path, fault: dict[str, Any]) -> None:
    """A key that may only write, or a bucket that cannot be listed, still takes pictures."""
    sandbox.fault("oss", "head", times=9, **fault)
    sandbox.fault("oss", "list", times=9, **fault)

    uploader(sandbox).upload_file(picture(tmp_path / "a.jpg"))

    assert len(sandbox.objects) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 429},
        {"kind": "status", "status": 400, "code": "InvalidDigest"},
        {"kind": "drop"},
        {"kind": "drop", "reset": True},
        {"kind": "lost_reply"},
        {"kind": "html"},
        {"kind": "html", "status": 502},
        {"kind": "empty"},
    ],
)
def test_upload_is_tried_again(sandbox: Sandbox, tmp_path: Path, fault: dict[str, Any]) -> None:
    """What may pass is tried three times, with growing waits."""
    waits = Waits()
    sandbox.fault("oss", "put", times=2, **fault)

    uploader(sandbox, sleep=waits).upload_file(picture(tmp_path / "a.jpg"))

    assert len(sandbox.objects) == 1
    assert waits.seconds == [0.5, 1.0]


def test_damage_on_the_way_is_tried_again(sandbox: Sandbox, tmp_path: Path) -> None:
    """A checksum of OSS that is not ours means that other bytes were stored."""
    sandbox.fault(
        "oss",
        "put",
        kind="status",
        status=200,
        processed=True,
        headers={"x-oss-hash-crc64ecma": "1", "etag": '"A"'},
    )

    uploader(sandbox).upload_file(picture(tmp_path / "a.jpg"))

    assert sent(sandbox) == 2


def test_it_gives_up(sandbox: Sandbox, tmp_path: Path) -> None:
    """A service that stays down is reported as such, with the wait that it asks for."""
    sandbox.fault("oss", "put", times=9, kind="status", status=503, headers={"retry-after": "7"})

    with pytest.raises(UnavailableError, match=r"HTTP 503, request \w+\); try again later") as caught:
        uploader(sandbox).upload_file(picture(tmp_path / "a.jpg"))

    assert caught.value.retry_after_s == 7
    assert sent(sandbox) == 3


def test_a_mute_bucket_is_found_out_once(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each picture would wait for minutes: after the first, the others hear at once that no answer came in time."""
    monkeypatch.setattr("tools.bucket.oss_client._QUESTION_S", 0.05)
    monkeypatch.setattr("tools.bucket.oss_client._PUT_S", 0.05)
    faults = [sandbox.fault("oss", step, every=1, kind="slow", seconds=0.5) for step in ("put", "head", "list")]
    shared = uploader(sandbox)

    for color in ("red", "blue"):
        with pytest.raises(UnavailableError, match="no answer came in time; check the network"):
            shared.upload_file(picture(tmp_path / f"{color}.jpg", color))

    assert [3, 2, 0] == [fault.hits for fault in faults]


def test_a_mute_look_up_stops_nothing(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only puts are answered, pictures are put, and nobody waits for look-ups again and again."""
    monkeypatch.setattr("tools.bucket.oss_client._QUESTION_S", 0.05)
    fault = sandbox.fault("oss", "head", every=1, kind="slow", seconds=0.5)
    shared = uploader(sandbox)

    for color in ("red", "blue"):
        shared.upload_file(picture(tmp_path / f"{color}.jpg", color))

    assert (2, 2) == (len(sandbox.objects), fault.hits)


def test_a_silence_is_believed_for_a_minute() -> None:
    """Then the bucket is asked again; what is no silence is not believed at all."""
    clock = [0.0]
    silence = Silence(lambda: clock[0])
    silence.note(ConnectionError("refused"))
    silence.check()
    silence.note(TimeoutError())

    clock[0] = 59.9
    with pytest.raises(TimeoutError):
        silence.check()
    clock[0] = 60.0
    silence.check()


class Answer:
    """An answer of requests whose body is these pieces, an exception being raised."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.raw: Any = self
        self.pieces = list(pieces)
        self.decode_content = False
        self.is_closed = False

    def read1(self, amount: int) -> bytes:
        assert self.decode_content
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Exception):
            raise piece
        return piece

    def close(self) -> None:
        self.is_closed = True


def test_an_answer_is_read_whole() -> None:
    """The pieces come back as one, and the connection stays open."""
    answer = Answer(b"<List", b"Bucket/>")
    read_whole(answer, within_s=1)

    assert (b"<ListBucket/>", False) == (answer.raw.read(), answer.is_closed)


@pytest.mark.parametrize(
    ("pieces", "words", "silent"),
    [
        ([b" "] * 9, "no whole answer within 3 s", True),
        ([bytes(2**20)] * 9, "an answer of more than 8 MiB", False),
        ([b"<", urllib3.exceptions.ProtocolError("broken")], "ProtocolError: broken", False),
        ([b"<", urllib3.exceptions.ReadTimeoutError(None, "/", "Read timed out.")], "Read timed out", True),  # type: ignore[arg-type]
        ([OSError("reset")], "reset", False),
    ],
)
def test_an_answer_that_does_not_end_is_an_error(pieces: list[Any], words: str, silent: bool) -> None:
    """However it fails to end, its connection is closed; only what took too long is a silence."""
    ticks = itertools.count() if "within" in words else itertools.repeat(0)
    answer = Answer(*pieces)

    with pytest.raises(OSError, match=words) as caught:
        read_whole(answer, within_s=3, clock=lambda: next(ticks))

    assert answer.is_closed
    assert silent == is_silence(caught.value)


def test_bucket_that_forbids_to_overwrite(sandbox: Sandbox, tmp_path: Path) -> None:
    """A put whose answer was lost is repeated, and then told that the object is there: with its content, it is."""
    sandbox.fault("oss", "put", kind="lost_reply")
    sandbox.fault("oss", "put", kind="status", status=409, code="FileAlreadyExists")

    url = uploader(sandbox).upload_file(picture(tmp_path / "a.jpg"))

    ((_, key),) = sandbox.objects
    assert url.endswith(key)
    assert sent(sandbox) == 2


@pytest.mark.parametrize(
    ("status", "code", "expected", "words"),
    [
        (400, "PublicEndpointForbidden", ConfigError, "set OSS_ENDPOINT to it"),
        (400, "InvalidArgument", RejectedError, "InvalidArgument 400"),
        (400, "InvalidObjectName", RejectedError, "OSS_BASE_PATH"),
        (400, "InvalidBucketName", ConfigError, "OSS_BUCKET_NAME"),
        (403, "AccessDenied", ConfigError, "oss:PutObject"),
        (403, "SignatureDoesNotMatch", ConfigError, "OSS_ACCESS_KEY_SECRET"),
        (403, "InvalidAccessKeyId", ConfigError, "OSS_ACCESS_KEY_ID"),
        (403, "RequestTimeTooSkewed", ConfigError, "clock"),
        (403, "UserDisable", ConfigError, "not activated or a bill is unpaid"),
        (403, "SomethingNew", ConfigError, "SomethingNew 403"),
        (404, "NoSuchBucket", ConfigError, "OSS_BUCKET_NAME"),
        (409, "FileAlreadyExists", RejectedError, "FileAlreadyExists 409"),
        (412, "PreconditionFailed", RejectedError, "PreconditionFailed 412"),
    ],
)
def test_errors_say_what_to_do(
    sandbox: Sandbox, tmp_path: Path, status: int, code: str, expected: type[PeituError], words: str
) -> None:
    """Each error is one line that names the setting or the step, comes at once, and holds no key."""
    sandbox.fault("oss", "put", kind="status", status=status, code=code, message=f"{KEY_ID} {SECRET}")

    with pytest.raises(expected, match=words) as caught:
        uploader(sandbox).upload_file(picture(tmp_path / "a.jpg"))

    assert sent(sandbox) == 1
    assert type(caught.value) is expected
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)
    assert KEY_ID not in str(caught.value)
    assert caught.value.__suppress_context__


def test_keys_that_the_service_repeats(sandbox: Sandbox, tmp_path: Path) -> None:
    """A code may be told, a key in it may not."""
    key_id, secret = "Zq81Argument", "Zq82Secret"
    sandbox.fault("oss", "put", kind="status", status=403, code=f"Bad{key_id}.{secret}")

    with pytest.raises(ConfigError, match="Bad") as caught:
        uploader(sandbox, access_key_id=key_id, access_key_secret=secret).upload_file(picture(tmp_path / "a.jpg"))

    assert "Zq8" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"access_key_secret": "wrong"}, "OSS_ACCESS_KEY_SECRET"),
        ({"access_key_secret": "wrong", "region": ""}, "OSS_ACCESS_KEY_SECRET"),
        ({"access_key_id": "wrong"}, "OSS_ACCESS_KEY_ID"),
        ({"region": "cn-beijing"}, "OSS_REGION"),
        ({"bucket_name": "another"}, "OSS_BUCKET_NAME"),
        ({"bucket_name": "NOT_VALID"}, "OSS_BUCKET_NAME"),
        ({"endpoint": "http://127.0.0.1:9"}, "the connection broke"),
    ],
)
def test_wrong_settings(sandbox: Sandbox, tmp_path: Path, options: dict[str, str], words: str) -> None:
    """A wrong key, region, bucket or endpoint is told apart by the service itself."""
    with pytest.raises(PeituError, match=words):
        uploader(sandbox, **options).upload_file(picture(tmp_path / "a.jpg"))


def test_wrong_clock(sandbox: Sandbox, tmp_path: Path) -> None:
    """A machine whose clock is off is told so."""
    sandbox.pass_time(3600)

    with pytest.raises(ConfigError, match="15 minutes off"):
        uploader(sandbox).upload_file(picture(tmp_path / "a.jpg"))


def test_check(sandbox: Sandbox) -> None:
    """A bucket that answers to the key is told from one that does not, without storing anything."""
    assert uploader(sandbox).check()
    with pytest.raises(ConfigError, match="OSS_ACCESS_KEY_SECRET"):
        uploader(sandbox, access_key_secret="wrong").check()
    with pytest.raises(ConfigError, match="OSS_BUCKET_NAME"):
        uploader(sandbox, bucket_name="another").check()
    with pytest.raises(UnavailableError):
        uploader(sandbox, endpoint="http://127.0.0.1:9").check()
    assert not sandbox.objects


def test_check_with_a_key_that_only_writes(sandbox: Sandbox) -> None:
    """A key that may not read leaves it open whether it may write."""
    sandbox.fault("oss", "get", kind="status", status=403)

    assert not uploader(sandbox).check()


class AnswerError(Exception):
    """An error as oss2 makes them."""

    def __init__(self, status: int, code: str = "", **details: str) -> None:
        self.status, self.code, self.details, self.headers = status, code, details, {}
        self.request_id = "5C3D9175B6FC201293AD4890"


ADDRESS = parse_address("oss-cn-hangzhou.aliyuncs.com", BUCKET)


def test_bucket_of_another_region() -> None:
    """OSS names the right endpoint, and so does the message."""
    error = explain(AnswerError(403, "AccessDenied", Endpoint="oss-cn-beijing.aliyuncs.com"), ADDRESS)

    assert "set OSS_ENDPOINT to https://oss-cn-beijing.aliyuncs.com" in str(error)


def test_an_endpoint_that_is_none_is_not_passed_on() -> None:
    """Nobody is sent to a host that is not Alibaba's."""
    error = explain(AnswerError(403, "AccessDenied", Endpoint="evil.example/aliyuncs.com"), ADDRESS)

    assert "evil" not in str(error)


@pytest.mark.parametrize(
    ("text", "expected", "words"),
    [
        ("SSLError(CERTIFICATE_VERIFY_FAILED)", ConfigError, "no valid certificate"),
        (
            "NameResolutionError: Failed to resolve 'x'",
            UnavailableError,
            "cannot be found; check OSS_ENDPOINT",
        ),
        ("ReadTimeout: Read timed out.", UnavailableError, "no answer came in time"),
        ("ProxyError: Cannot connect to proxy.", UnavailableError, "HTTPS_PROXY"),
        ("Connection aborted.", UnavailableError, "the connection broke"),
    ],
)
def test_network_errors(text: str, expected: type[PeituError], words: str) -> None:
    """What broke decides what to look at."""
    error = explain(ConnectionError(text), ADDRESS)

    assert type(error) is expected
    assert words in str(error)


@pytest.mark.parametrize(
    ("endpoint", "kind", "expected", "region"),
    [
        ("oss-cn-hangzhou.aliyuncs.com", "service", "https://oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou"),
        (
            "http://oss-cn-hangzhou.aliyuncs.com/",
            "service",
            "http://oss-cn-hangzhou.aliyuncs.com",
            "cn-hangzhou",
        ),
        (
            "oss-us-west-1-internal.aliyuncs.com",
            "service",
            "https://oss-us-west-1-internal.aliyuncs.com",
            "us-west-1",
        ),
        ("oss-accelerate.aliyuncs.com", "service", "https://oss-accelerate.aliyuncs.com", ""),
        (
            "oss-accelerate-overseas.aliyuncs.com",
            "service",
            "https://oss-accelerate-overseas.aliyuncs.com",
            "",
        ),
        ("cn-beijing.oss.aliyuncs.com", "service", "https://cn-beijing.oss.aliyuncs.com", "cn-beijing"),
        (
            f"{BUCKET}.oss-cn-hangzhou.aliyuncs.com",
            "service",
            "https://oss-cn-hangzhou.aliyuncs.com",
            "cn-hangzhou",
        ),
        ("img.example.com", "domain", "https://img.example.com", ""),
        ("http://127.0.0.1:8000", "path", "http://127.0.0.1:8000", ""),
        ("localhost:8000", "path", "https://localhost:8000", ""),
        ("http://[::1]:8000", "path", "http://[::1]:8000", ""),
    ],
)
def test_endpoints(endpoint: str, kind: str, expected: str, region: str) -> None:
    """Endpoints are read as people write them, and the region is taken from them where they tell it."""
    address = parse_address(endpoint, BUCKET)

    assert (kind, expected, region) == (address.kind, address.endpoint, address.region)


@pytest.mark.parametrize(
    "endpoint", ["oss-cn-hangzhou", "ftp://a.b", "https://", "a b.com", "http://a.b:port", "LTAI5t"]
)
def test_endpoints_that_are_none(endpoint: str) -> None:
    """The message does not repeat the value, which may be a key in the wrong line."""
    with pytest.raises(ConfigError, match="OSS_ENDPOINT is not an address; write it like") as caught:
        parse_address(endpoint, BUCKET)

    assert "LTAI" not in str(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "custom_domain", "expected"),
    [
        ("oss-cn-hangzhou.aliyuncs.com", "", f"https://{BUCKET}.oss-cn-hangzhou.aliyuncs.com/a%20b/c.jpg"),
        (
            "oss-cn-hangzhou-internal.aliyuncs.com",
            "",
            f"https://{BUCKET}.oss-cn-hangzhou.aliyuncs.com/a%20b/c.jpg",
        ),
        ("oss-cn-hangzhou.aliyuncs.com", "img.example.com", "https://img.example.com/a%20b/c.jpg"),
        ("oss-cn-hangzhou.aliyuncs.com", "http://img.example.com/", "http://img.example.com/a%20b/c.jpg"),
        ("https://img.example.com", "", "https://img.example.com/a%20b/c.jpg"),
        ("http://127.0.0.1:80", "", f"http://127.0.0.1:80/{BUCKET}/a%20b/c.jpg"),
    ],
)
def test_urls(endpoint: str, custom_domain: str, expected: str) -> None:
    """URLs are public ones: the custom domain first, never the internal host, slashes readable."""
    assert expected == parse_address(endpoint, BUCKET, custom_domain=custom_domain).url("a b/c.jpg")


def test_folder_that_leads_upwards() -> None:
    """A bucket has no folder above."""
    with pytest.raises(ConfigError, match="OSS_BASE_PATH"):
        parse_folder("a/../../b")


@pytest.mark.parametrize("region", ["cn-hangzhou", ""])
@pytest.mark.parametrize("endpoint", ["http://img.example.com", "http://oss-cn-hangzhou.aliyuncs.com"])
def test_hosts_of_the_real_kind(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endpoint: str, region: str
) -> None:
    """A bound domain has no bucket in its URL, Alibaba's host has it in front; both are signed right."""
    monkeypatch.setenv("HTTP_PROXY", sandbox.url)
    monkeypatch.setenv("NO_PROXY", "")
    sandbox.domains["img.example.com"] = BUCKET
    path = picture(tmp_path / "a.jpg")

    url = uploader(sandbox, endpoint=endpoint, region=region).upload_file(path)

    object_key = f"images/202611/{md5(path)[:8]}_a.jpg"
    hosts = ("http://img.example.com", f"https://{BUCKET}.oss-cn-hangzhou.aliyuncs.com")
    assert url in {f"{host}/{object_key}" for host in hosts}
    assert [(BUCKET, object_key)] == list(sandbox.objects)


def test_a_host_of_ones_own_has_the_bucket_in_the_path(sandbox: Sandbox, tmp_path: Path) -> None:
    """Such as a server on this machine: there is no name with the bucket in front."""
    path, endpoint = picture(tmp_path / "a.jpg"), sandbox.oss_url.replace("127.0.0.1", "localhost")

    assert uploader(sandbox, endpoint=endpoint).upload_file(path).startswith(f"{endpoint}/{BUCKET}/")


def test_settings_from_the_environment(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workplace: Path
) -> None:
    """With the variables set, no argument is needed; an argument beats its variable."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OSS_CUSTOM_DOMAIN", "img.example.com")
    path = picture(tmp_path / "a.jpg")

    assert OSSUploader().upload_file(path).startswith("https://img.example.com/images/20")
    assert OSSUploader(base_path="other").upload_file(path).startswith("https://img.example.com/other/20")


def test_month_is_the_one_here(sandbox: Sandbox, tmp_path: Path) -> None:
    """Left to itself, the uploader takes the month of this machine's calendar."""
    before = datetime.now().astimezone()

    url = OSSUploader(KEY_ID, SECRET, sandbox.oss_url, BUCKET, "images", "").upload_file(picture(tmp_path / "a.jpg"))

    assert any(f"/images/{time:%Y%m}/" in url for time in (before, datetime.now().astimezone()))


def test_missing_settings_are_named(workplace: Path) -> None:
    """Everything that is missing is named at once."""
    with pytest.raises(ConfigError, match=r"OSS needs OSS_ACCESS_KEY_SECRET, OSS_ENDPOINT; set it in \.env"):
        OSSUploader(access_key_id="a", bucket_name="abc")


@pytest.mark.parametrize("key", ["你的密钥", "a b", "a\nb"])
def test_keys_that_are_none(workplace: Path, key: str) -> None:
    """A placeholder that was never replaced is named, and not repeated."""
    with pytest.raises(ConfigError, match="OSS_ACCESS_KEY_SECRET has characters") as caught:
        OSSUploader("id", key, "oss-cn-hangzhou.aliyuncs.com", "abc")

    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [(None, "No such file"), (b"", "it is empty")],
)
def test_what_has_no_content_is_not_sent(sandbox: Sandbox, tmp_path: Path, data: bytes | None, words: str) -> None:
    """A missing file is named, and an empty one is no use to anybody."""
    path = tmp_path / "a.jpg"
    if data is not None:
        path.write_bytes(data)

    with pytest.raises(InputError, match=rf"a\.jpg' cannot be uploaded: {words}"):
        uploader(sandbox).upload_file(path)

    assert not sandbox.requests


def test_directory(sandbox: Sandbox, tmp_path: Path) -> None:
    """All pictures below a folder, in order; no other files, hidden ones or leftovers of a crash."""
    for name in ("b.PNG", "a.jpg", "sub/c.webp", ".hidden.jpg", ".cache/d.jpg"):
        picture(tmp_path / name, color=f"#{ord(name[0]):02x}0000", kind="PNG")
    (tmp_path / "notes.txt").write_text("text")
    (tmp_path / ".x.part").write_bytes(b"")
    (tmp_path / "folder.jpg").mkdir()

    urls = uploader(sandbox).upload_directory(str(tmp_path))

    assert [str(tmp_path / name) for name in ("a.jpg", "b.PNG", "sub/c.webp")] == list(urls)
    assert [url.rpartition("_")[2] for url in urls.values()] == ["a.jpg", "b.PNG", "c.webp"]
    assert len(sandbox.objects) == 3


@pytest.mark.parametrize("extensions", [["png"], [".PNG"], (".png", "gif"), "png"])
def test_directory_with_extensions(sandbox: Sandbox, tmp_path: Path, extensions: Any) -> None:
    """Extensions are given with or without a dot, in any case."""
    picture(tmp_path / "a.png", kind="PNG")
    picture(tmp_path / "b.jpg")

    assert [str(tmp_path / "a.png")] == list(uploader(sandbox).upload_directory(tmp_path, extensions))


@pytest.mark.parametrize(("name", "kind"), [("a.svg", "image/svg+xml"), ("a.txt", "text/plain"), ("a", None)])
def test_a_file_that_is_named_is_sent_whatever_it_is(sandbox: Sandbox, tmp_path: Path, name: str, kind: str) -> None:
    """What kind it is, its name says where its bytes do not."""
    (tmp_path / name).write_bytes(b"<svg/>")

    url = uploader(sandbox).upload_file(tmp_path / name)
    (stored,) = sandbox.objects.values()

    assert url.endswith(f"_{name}")
    assert (kind or "application/octet-stream") == stored.content_type


def test_directory_of_other_files(sandbox: Sandbox, tmp_path: Path) -> None:
    """Whoever names their extension gets them uploaded."""
    (tmp_path / "a.svg").write_text("<svg/>")
    (tmp_path / "b.txt").write_text("text")

    assert [str(tmp_path / "a.svg")] == list(uploader(sandbox).upload_directory(tmp_path, [".svg"]))


def test_directory_with_a_broken_file(sandbox: Sandbox, tmp_path: Path) -> None:
    """One file that is no picture does not go to a public bucket unasked, nor does it keep the others back."""
    (tmp_path / "a.jpg").write_bytes(b"broken")
    picture(tmp_path / "b.jpg")

    assert [str(tmp_path / "b.jpg")] == list(uploader(sandbox).upload_directory(tmp_path))


def test_directory_that_is_none(sandbox: Sandbox, tmp_path: Path) -> None:
    """A folder that is not there is an error, not an empty result."""
    with pytest.raises(InputError, match="There is no folder"):
        uploader(sandbox).upload_directory(tmp_path / "gone")


def test_threads(sandbox: Sandbox, tmp_path: Path) -> None:
    """Several threads upload with one uploader, and the same content from two of them is one object."""
    paths = [picture(tmp_path / f"{number}.jpg", color=f"#{number:02x}{number:02x}00") for number in range(0, 240, 12)]
    shared = uploader(sandbox)

    with ThreadPoolExecutor(8) as pool:
        urls = list(pool.map(shared.upload_file, paths * 2))

    assert urls[: len(paths)] == urls[len(paths) :]
    assert len({md5(path) for path in paths}) == len(sandbox.objects)
    shared.close()
    assert urls[0] == shared.upload_file(paths[0])


def test_threads_do_not_wait_for_each_other(sandbox: Sandbox, tmp_path: Path) -> None:
    """While one thread waits to try again, another uploads."""
    waiting, done = threading.Event(), threading.Event()

    def wait_for_the_other(_seconds: float) -> None:
        waiting.set()
        assert done.wait(timeout=30)

    sandbox.fault("oss", "put", kind="status", status=503, match="slow")
    shared = uploader(sandbox, sleep=wait_for_the_other)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(shared.upload_file, picture(tmp_path / "slow.jpg", "blue"))
        assert waiting.wait(timeout=30)

        shared.upload_file(picture(tmp_path / "fast.jpg"))
        done.set()

        assert "slow.jpg" in slow.result()
    assert len(sandbox.objects) == 2


def test_no_secret_in_logs(sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """oss2 logs headers and refusals with the key's id and the signature; none of it comes through."""
    caplog.set_level(logging.DEBUG)

    with pytest.raises(ConfigError):
        uploader(sandbox, access_key_secret="wrong").upload_file(picture(tmp_path / "a.jpg"))
    uploader(sandbox).upload_file(tmp_path / "a.jpg")

    assert not re.search(rf"{KEY_ID}|{SECRET}|Signature|Authorization", caplog.text)


def test_no_secret_in_the_uploader(sandbox: Sandbox) -> None:
    """Printing an uploader shows no key."""
    assert SECRET not in repr(uploader(sandbox))
    assert SECRET not in str(vars(uploader(sandbox)))


def test_nothing_is_read_in_vain(sandbox: Sandbox, tmp_path: Path) -> None:
    """A large picture is not decoded for its upload, only its header is read."""
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(buffer, "PNG")
    (tmp_path / "a.png").write_bytes(buffer.getvalue()[:-100])

    assert uploader(sandbox).upload_file(tmp_path / "a.png")


def test_its_sdk_is_loaded_without_a_warning(tmp_path: Path) -> None:
    """Compiled for the first time, as after an installation, it says nothing to the user."""
    words = [sys.executable, "-W", "always", "-c", "from tools.bucket.oss_sdk import oss2; oss2()"]
    place = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONPATH": str(ROOT)}
    found = subprocess.run(words, env=place, capture_output=True, text=True, check=True)

    assert "" == found.stderr
