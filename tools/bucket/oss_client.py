"""A client for one bucket through oss2: find objects and put them.

oss2 blocks, retries nothing, and does not document its objects as thread-safe. So each call borrows a connection of
its own: threads upload in parallel without waiting, and one thread opens no more than one.
"""

import base64
import logging
import queue
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from tools.bucket.oss_address import Address
from tools.bucket.oss_answers import read_whole
from tools.bucket.oss_errors import NOT_OSS, explain, is_passing
from tools.bucket.oss_sdk import oss2
from tools.bucket.oss_silence import Silence

Result = TypeVar("Result")

_CONNECT_S = 10.0
_QUESTION_S, _PUT_S = 20.0, 60.0
"""How long to wait for an answer, in seconds; longer for a put, since a slow line may still be sending."""
_BACKOFF_S = 0.5
_PAGES = 10


class Client:
    """A bucket; `sleep` waits between attempts, in seconds."""

    def __init__(
        self,
        address: Address,
        access_key_id: str,
        access_key_secret: str,
        *,
        sleep: Callable[[float], None],
    ) -> None:
        self.address = address
        self._key = (access_key_id, access_key_secret)
        self._sleep = sleep
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()
        self._no_put, self._no_answer = Silence(), Silence()

    def etag(self, object_key: str) -> str | None:
        """Return the ETag of an object, the upper-case MD5 of what was put; `None` if it cannot be read."""
        try:
            result = self._ask(lambda bucket: bucket.head_object(object_key))
        except _lookup_errors():
            # The key may be allowed to write but not to read, and an unnecessary upload does no harm.
            return None
        return (result.etag or "").upper() or None

    def put(self, object_key: str, data: bytes, *, md5: bytes, content_type: str) -> None:
        """Put an object there, in up to 3 attempts.

        Raises:
            ConfigError: A setting, a permission or the balance is wrong.
            UnavailableError: OSS or the network is down; try again later.
            RejectedError: OSS refuses the name or the request.
        """
        headers = {"Content-Type": content_type, "Content-MD5": base64.b64encode(md5).decode()}
        try:
            put = partial(self._put, object_key=object_key, data=data, headers=headers)
            self._attempt(put, attempts=3, timeout_s=_PUT_S, silence=self._no_put)
        except _errors() as error:
            # If the bucket forbids overwriting, an earlier attempt whose answer was lost may have put it there.
            if getattr(error, "code", "") == "FileAlreadyExists" and self.etag(object_key) == md5.hex().upper():
                return
            # `from None`, since the text of the cause quotes the key's id and the signature, and would go into logs.
            raise explain(error, self.address, self._key) from None

    def _put(self, bucket: Any, *, object_key: str, data: bytes, headers: dict[str, str]) -> None:
        if not bucket.put_object(object_key, data, headers=headers).etag:
            # A proxy's or a hotel's page with status 200.
            raise ConnectionError(NOT_OSS)

    def check(self, object_key: str) -> bool:
        """Return whether the bucket accepts the key; `False` if the key may not read, so that nothing is known.

        Raises:
            ConfigError, UnavailableError, RejectedError: As for `put`.
        """
        try:
            # Not HEAD, whose errors have no body: a missing bucket and a missing object would look the same.
            self._ask(lambda bucket: bucket.get_object(object_key))
        except _errors() as error:
            code, details = getattr(error, "code", ""), getattr(error, "details", {})
            # A refusal that names an endpoint means that the bucket is in another region.
            if code not in {"NoSuchKey", "AccessDenied"} or "Endpoint" in details:
                raise explain(error, self.address, self._key) from None
            return bool(code == "NoSuchKey")
        return True

    def folders(self, start: str) -> list[str] | None:
        """Return the folders whose names begin with `start`, each with its slash; `None` if they cannot be listed.

        The list also contains the objects beside them, perhaps many, so it is read only up to 10000 entries.
        """
        found: list[str] = []
        token = ""
        try:
            for _ in range(_PAGES):
                page = self._ask(partial(_list, start=start, token=token))
                found += page.prefix_list
                token = page.next_continuation_token
                if not page.is_truncated:
                    break
        except _lookup_errors():
            return None
        return found

    def find(self, starts: Iterable[str], etag: str) -> str | None:
        """Return the key of an object with this ETag that begins with one of `starts`; `None` if none is found.

        Each of the `starts` costs a request and shows 1000 objects at most, so it should be most of the key.
        """
        try:
            for start in starts:
                page = self._ask(partial(_list, start=start))
                for item in page.object_list:
                    if item.etag.upper() == etag:
                        return str(item.key)
        except _lookup_errors():
            pass
        return None

    def close(self) -> None:
        """Close the connections that are not in use."""
        while True:
            try:
                self._idle.get_nowait().session.session.close()
            except queue.Empty:
                return

    def _ask(self, call: Callable[[Any], Result]) -> Result:
        return self._attempt(call, attempts=2, timeout_s=_QUESTION_S, silence=self._no_answer)

    def _attempt(self, call: Callable[[Any], Result], *, attempts: int, timeout_s: float, silence: Silence) -> Result:
        silence.check()
        for attempt in range(1, attempts + 1):
            try:
                with self._connection(timeout_s) as bucket:
                    return call(bucket)
            except _errors() as error:
                if attempt == attempts or not is_passing(error):
                    silence.note(error)
                    raise
                self._sleep(_BACKOFF_S * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    @contextmanager
    def _connection(self, timeout_s: float) -> Iterator[Any]:
        try:
            bucket = self._idle.get_nowait()
        except queue.Empty:
            bucket = self._connect()
        bucket.timeout = (_CONNECT_S, timeout_s)
        try:
            yield bucket
        finally:
            self._idle.put(bucket)

    def _connect(self) -> Any:
        sdk = oss2()
        # At INFO and DEBUG, oss2 logs headers, signatures and the ids of keys.
        logging.getLogger("oss2").setLevel(logging.WARNING)
        address = self.address
        session = sdk.Session()
        session.session.hooks["response"].append(_read_whole)
        return sdk.Bucket(
            sdk.make_auth(*self._key, "v4" if address.region else "v1"),
            address.endpoint,
            address.bucket,
            is_cname=address.kind == "domain",
            region=address.region or None,
            session=session,
        )


def _read_whole(response: Any, *, timeout: tuple[float, float], **_options: Any) -> None:
    """Read the answer to its end; oss2 does not, and then its connection is neither used again nor closed."""
    read_whole(response, within_s=timeout[1])


def _list(bucket: Any, *, start: str, token: str = "") -> Any:
    return bucket.list_objects_v2(prefix=start, delimiter="/", continuation_token=token, max_keys=1000)


def _errors() -> tuple[type[Exception], ...]:
    """Return the errors that a call may raise; a failure while an answer is read is an `OSError`."""
    return (oss2().exceptions.OssError, OSError)


def _lookup_errors() -> tuple[type[Exception], ...]:
    """Return the errors that a look-up may raise, including those for answers that are not OSS's XML."""
    return (*_errors(), SyntaxError, RuntimeError, ValueError, AttributeError, TypeError)
