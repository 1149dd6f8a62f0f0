"""What every test stands on: no key of the person who runs it, an empty working directory, a sandbox.

The network beyond loopback is refused by pytest-socket, see `addopts` in pyproject.toml.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
# How long an example takes says more of the machine, and of the tests beside it, than of the code.
hypothesis.settings.register_profile("peitu", deadline=None)
hypothesis.settings.load_profile("peitu")

KEYS = ("MODELSCOPE_", "DASHSCOPE_", "MINIMAX_", "OSS_", "PEITU_", "OPENAI_", "LANGSMITH_", "LANGCHAIN_")


def pytest_xdist_auto_num_workers() -> int:
    """Three share two processors: many tests wait for a service or another process half of their time."""
    return (os.cpu_count() or 1) * 3 // 2


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the keys and settings of the person who runs the tests."""
    for name in list(os.environ):
        if name.startswith(KEYS):
            monkeypatch.delenv(name)


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
    """An empty working directory: outputs, databases and logs of a test go there."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A running loopback server that speaks the providers' protocols."""
    with Sandbox() as running:
        yield running
