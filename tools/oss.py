"""Upload files to Alibaba OSS: each content once, under a key with the month and its hash.

All of it blocks; from async code, call it through `asyncio.to_thread`. An uploader may serve several threads.
"""

import hashlib
import mimetypes
import re
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from tools.bucket.oss_address import VARIABLES, complete, parse_address, parse_folder
from tools.bucket.oss_client import Client
from tools.errors import InputError
from tools.pictures.images import sniff_format
from tools.pictures.names import object_name

EXTENSIONS = ("jpg", "jpeg", "png", "webp", "gif", "bmp", "avif", "tif", "tiff")


class UploadStore(Protocol):
    """Records which objects are in which bucket; called from any thread."""

    def find(self, bucket: str, md5: str) -> tuple[str, str] | None:
        """Return key and URL of an object with this content (MD5 in lower-case hex), or `None`."""
        ...

    def add(self, *, bucket: str, object_key: str, md5: str, size_bytes: int, url: str, content_type: str) -> None:
        """Record that an object is in the bucket."""
        ...


def _now() -> datetime:
    return datetime.now().astimezone()


class OSSUploader:
    """Uploads pictures to a bucket.

    Arguments that are left out come from the environment or `.env`. The month in the keys is that of `clock`, by
    default in local time. A content that `uploads` does not know is searched for in the bucket itself.

    Raises:
        ConfigError: A setting is missing or is not valid; the message names its variable.
    """

    def __init__(  # noqa: PLR0917 - the signature is older than the rule
        self,
        access_key_id: str | None = None,
        access_key_secret: str | None = None,
        endpoint: str | None = None,
        bucket_name: str | None = None,
        base_path: str | None = None,
        custom_domain: str | None = None,
        *,
        region: str | None = None,
        uploads: UploadStore | None = None,
        clock: Callable[[], datetime] = _now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        given = (access_key_id, access_key_secret, endpoint, bucket_name, base_path, custom_domain, region)
        values = complete(dict(zip(VARIABLES, given, strict=True)))
        self.bucket_name = values["bucket_name"]
        self.base_path = parse_folder(values["base_path"])
        self.address = parse_address(
            values["endpoint"],
            self.bucket_name,
            region=values["region"],
            custom_domain=values["custom_domain"],
        )
        self.endpoint = values["endpoint"]
        self.custom_domain = values["custom_domain"] or None
        self._client = Client(self.address, values["access_key_id"], values["access_key_secret"], sleep=sleep)
        self._uploads = uploads
        self._clock = clock
        self._lock = threading.Lock()
        self._months: set[str] | None = None

    def upload_file(self, local_path: str | Path, remote_name: str | None = None) -> str:
        """Upload a file and return its URL; a content that is in the bucket already is not sent again.

        The key is ``{base_path}/{YYYYMM}/{first 8 of the MD5}_{name}``, with `remote_name` or the file's own
        name made safe; Chinese stays. The URL is not signed, so that it does not open if the bucket is private.

        Raises:
            InputError: The file is missing or empty.
            ConfigError: A setting, a permission or the balance is wrong; the message says what to do.
            UnavailableError: OSS or the network is down; try again later.
            RejectedError: OSS refuses the request.
        """
        path = Path(local_path)
        return self._upload(*_read(path), name=remote_name or path.name)

    def upload_directory(self, local_dir: str | Path, extensions: Iterable[str] | None = None) -> dict[str, str]:
        """Upload the pictures below a folder in order of their names, and return their URLs by path.

        `extensions`, with or without a dot, selects other files. Hidden files are left out, and with a warning empty
        and unreadable ones, and broken pictures if no `extensions` are given. After an error, the same call continues:
        nothing is sent twice.

        Raises:
            InputError: There is no such folder.
            ConfigError, UnavailableError, RejectedError: As for `upload_file`.
        """
        folder = Path(local_dir)
        if not folder.is_dir():
            raise InputError(f"There is no folder {str(folder)!r}; name the folder that holds the pictures")
        from loguru import logger

        urls: dict[str, str] = {}
        for path in _pictures(folder, extensions or EXTENSIONS):
            try:
                urls[str(path)] = self._upload(*_read(path, as_picture=not extensions), name=path.name)
            except InputError as error:
                logger.warning("{}", error)
        return urls

    def check(self) -> bool:
        """Ask the bucket for an object, free of charge, and return whether it accepts the key.

        `False` means that the key may not read, which says nothing about uploads.

        Raises:
            ConfigError, UnavailableError, RejectedError: As for `upload_file`.
        """
        return self._client.check(self._object_key("0" * 32, "check"))

    def close(self) -> None:
        """Close the connections; the uploader opens new ones when it is used again."""
        self._client.close()

    def _upload(self, data: bytes, content_type: str, *, name: str) -> str:
        digest = hashlib.md5(data, usedforsecurity=False)
        wanted = self._object_key(digest.hexdigest(), name)
        object_key = self._find(digest.hexdigest(), wanted)
        if object_key is None:
            object_key = wanted
            self._client.put(object_key, data, md5=digest.digest(), content_type=content_type)
        url = self.address.url(object_key)
        if self._uploads is not None:
            self._uploads.add(
                bucket=self.bucket_name,
                object_key=object_key,
                md5=digest.hexdigest(),
                size_bytes=len(data),
                url=url,
                content_type=content_type,
            )
        return url

    def _object_key(self, md5: str, name: str) -> str:
        month = self._clock().strftime("%Y%m")
        return "/".join(part for part in (self.base_path, month, f"{md5[:8]}_{object_name(name)}") if part)

    def _find(self, md5: str, wanted: str) -> str | None:
        """Return the key of an object in the bucket with this content, whatever its month and name."""
        known = self._uploads.find(self.bucket_name, md5) if self._uploads is not None else None
        for object_key in dict.fromkeys([known[0] if known else wanted, wanted]):
            if self._client.etag(object_key) == md5.upper():
                return object_key
        start = f"{md5[:8]}_"
        return self._client.find((f"{month}{start}" for month in self._list_months(wanted)), md5.upper())

    def _list_months(self, wanted: str) -> list[str]:
        """Return the folders of the months, the newest first: those of the bucket, asked once, and that of `wanted`."""
        folder = f"{self.base_path}/" if self.base_path else ""
        with self._lock:
            if self._months is None:
                found = self._client.folders(f"{folder}20")
                if found is None:
                    return []
                self._months = {name for name in found if re.fullmatch(re.escape(folder) + r"\d{6}/", name)}
            self._months.add(wanted[: wanted.rindex("/") + 1])
            return sorted(self._months, reverse=True)


def _pictures(folder: Path, extensions: Iterable[str]) -> list[Path]:
    names = [extensions] if isinstance(extensions, str) else extensions
    wanted = {f".{name.lower().lstrip('.')}" for name in names}
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in wanted and path.is_file())
    return [path for path in found if not any(part[0] == "." for part in path.relative_to(folder).parts)]


def _read(path: Path, *, as_picture: bool = False) -> tuple[bytes, str]:
    """Return a file's bytes and media type; a picture is recognized by its bytes, whatever the extension says."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be uploaded: {error.strerror}; name a file") from error
    kind = sniff_format(data)
    if not data or (as_picture and kind is None):
        what = "no picture" if data else "empty"
        raise InputError(f"{str(path)!r} cannot be uploaded: it is {what}; name another file")
    return data, f"image/{kind}" if kind else mimetypes.guess_type(path.name)[0] or "application/octet-stream"
