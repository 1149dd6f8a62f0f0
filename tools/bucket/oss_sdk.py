"""Import Alibaba's Python SDK for OSS when it is first needed, without its warnings."""

import warnings
from functools import cache
from typing import Any


@cache
def oss2() -> Any:
    """Return the module `oss2`.

    Version 2.19.1 has invalid escape sequences in strings. Python warns about them when it first compiles the module;
    since 3.12 users see these warnings.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "invalid escape sequence")
        import oss2 as sdk
    return sdk
