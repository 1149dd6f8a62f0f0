"""Read OSS's whole answers, within a time and a size; oss2 itself would read on as long as bytes come."""

import io
import time
from collections.abc import Callable
from typing import Any

MOST_BYTES = 8 * 2**20
"""The largest answer, unpacked: a list of a thousand objects has half a megabyte."""

_PIECE_BYTES = 2**16


def read_whole(response: Any, *, within_s: float, clock: Callable[[], float] = time.monotonic) -> None:
    """Read an answer of `requests` to its end: only then can its connection be used again.

    Raises:
        OSError: It broke off, took too long or is too large.
    """
    import urllib3

    answer, body = response.raw, bytearray()
    answer.decode_content = True
    until = clock() + within_s
    try:
        # `read1` returns what has arrived, however little; `read` would wait for the full number of bytes.
        while piece := answer.read1(_PIECE_BYTES):
            body += piece
            if len(body) > MOST_BYTES:
                raise ConnectionError(f"an answer of more than {MOST_BYTES / 2**20:g} MiB")
            if clock() > until:
                raise TimeoutError(f"no whole answer within {within_s:g} s")
    except urllib3.exceptions.HTTPError as error:
        answer.close()
        raise ConnectionError(f"{type(error).__name__}: {error}") from error
    except OSError:
        answer.close()
        raise
    response.raw = io.BytesIO(body)
