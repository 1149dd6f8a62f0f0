"""Alibaba's Python SDK for OSS, imported when it is first needed, and quietly."""

import warnings
from functools import cache
from typing import Any


@cache
def oss2() -> Any:
    """Return the module `oss2`.

    Version 2.19.1 has texts with stray backslashes. Python warns of them when it compiles the module for the first
    time, since 3.12 where every user sees it.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "invalid escape sequence")
        import oss2 as sdk
    return sdk
