"""Records the cassettes anew: all from the sandbox, or with `--live NAME` those of one service from itself.

Live recording wants the keys of that service in the environment or in `.env`, and costs a few cents.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.cassettes.leaks import leaks
from tests.cassettes.scenes import SANDBOX_ONLY, SCENES, minimax_answer, minimax_no_balance
from tests.cassettes.scrub import Scrubber
from tests.cassettes.stage import FOLDER, Access, Bucket, Scene, Services, Stage, open_cassette, time_of
from tests.sandbox import Sandbox
from tools.errors import ConfigError, PeituError
from tools.settings import load_keys, load_settings, oss_environment

COMMAND = "uv run python -m tests.cassettes.record"
RESULT_HOSTS = {
    "dashscope": "https://dashscope-result-bj.oss-cn-beijing.aliyuncs.com",
    "modelscope": "https://muse-ai.oss-cn-hangzhou.aliyuncs.com",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a recording comes from: `told` is how its first line says so."""

    told: str
    services: Services
    scrubber: Scrubber
    sleep: Callable[[float], "asyncio.Future[None] | asyncio.Task[None]"] | None = None
