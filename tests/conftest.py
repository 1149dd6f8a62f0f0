"""What every test stands on: no key of the person who runs it, an empty working directory, a sandbox.

The network beyond loopback is refused by pytest-socket, see `addopts` in pyproject.toml.
"""

import functools
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from httpx import create_ssl_context

from bench.forks import Forks
from tests.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
# The workers, kernels, servers and commands that are started would each compile again what they import.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# In memory, where there is room, nobody waits for the disk: a picture is made with some twenty commits.
MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder in it that is the user's alone
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 1 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
# How long an example takes says more of the machine, and of the tests beside it, than of the code.
hypothesis.settings.register_profile("peitu", deadline=None)
hypothesis.settings.load_profile("peitu")

KEYS = ("MODELSCOPE_", "DASHSCOPE_", "MINIMAX_", "OSS_", "PEITU_", "OPENAI_", "LANGSMITH_", "LANGCHAIN_")


TOGETHER = ("test_studio.py", "test_studio_paid.py", "test_gallery_browser.py", "test_kills.py")
"""One worker has all tests of such a file: what takes seconds to start, a server or a browser, is started once, and
while the kills wait for their processes the other workers have work for both processors."""

FIRST = (*TOGETHER, "test_stops.py", "test_notebooks.py", "test_guides.py", "test_batch.py")
"""Long tests begin early: at the end every worker has short ones, and none is waited for."""


def pytest_xdist_auto_num_workers() -> int:
    """Three share two processors: many tests wait for a service or another process half of their time."""
    return (os.cpu_count() or 1) * 3 // 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files with long tests first."""
    items.sort(key=lambda item: FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each worker one test after another, or a file as a whole.

    The marker `xdist_group` does nothing: xdist 3.8 writes it into `_nodeid`, which pytest 9.2 does not read.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            return path if path.rpartition("/")[2] in TOGETHER else nodeid

    return Scheduling(config, log)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the keys and settings of the person who runs the tests."""
    for name in list(os.environ):
        if name.startswith(KEYS):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def certificates() -> Iterator[None]:
    """Read the certificates once: it takes longer than a small picture, and each client would do it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._transports.default.create_ssl_context", functools.cache(create_ssl_context))
        yield


_OF_COMMANDS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """Take the signals back from a command that ran in this process: they are the test run's own."""
    before = {number: signal.getsignal(number) for number in _OF_COMMANDS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def be_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no language model asked, and both providers quickly."""
    monkeypatch.setenv("PEITU_LLM__PROVIDER", "none")
    for provider in ("MODELSCOPE", "DASHSCOPE"):
        monkeypatch.setenv(f"PEITU_IMAGES__{provider}__FIRST_POLL_S", "0.05")
        monkeypatch.setenv(f"PEITU_IMAGES__{provider}__RATE_PER_S", "50")


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory: outputs, databases and logs of a test go there, pictures are small."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PEITU_IMAGES__SIZE", "512x512")
    return tmp_path


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """The parent of the processes that are killed; it has imported everything."""
    with Forks() as running:
        yield running


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A running loopback server that speaks the providers' protocols."""
    with Sandbox() as running:
        yield running
