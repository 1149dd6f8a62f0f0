"""The answers of OSS as a whole, within a time and a size; oss2 would read on as long as something comes."""

import io
import time
from collections.abc import Callable
from typing import Any

MOST_BYTES = 8 * 2**20
"""What an answer may have, unpacked: a list of a thousand objects has half a megabyte."""

_PIECE_BYTES = 2**16


def read_whole(response: Any, *, within_s: float, clock: Callable[[], float] = time.monotonic) -> None:
    """Read an answer of requests to its end: only then is its connection used again.

    Raises:
        OSError: It does not come to its end, within this time or at all.
    """
    import urllib3

    answer, body = response.raw, bytearray()
    answer.decode_content = True
    until = clock() + within_s
    try:
        # What is there, however little: `read` would wait for all that it was asked for.
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
