"""The programs that are measured: name, how each is started, and the packages that its figures depend on."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from bench.measuring import Command, Prepare
from bench.peers import KEY, Order, prompt

STORYBOARD = "storyboard.jsonl"
NO_LIMIT = 1000
"""Submits or polls per second if a scenario has no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A program, with its name in the option `--peers` and that in the tables."""

    key: str
    name: str
    prepare: Prepare
    packages: Sequence[str] = ()

    @property
    def is_peitu(self) -> bool:
        """Tell whether it is ours."""
        return self.key.startswith("peitu")


def _module(name: str) -> Prepare:
    def prepare(order: Order, folder: Path) -> Command:  # noqa: ARG001
        return Command(words=[sys.executable, "-m", f"bench.peers.{name}", json.dumps(asdict(order))])

    return prepare


def _batch(order: Order, folder: Path, *, provider: str) -> Command:
    """Write a storyboard and run the command that a user would type."""
    lines = (json.dumps({"id": f"{number:05}", "prompt": prompt(number)}) for number in range(order.images))
    (folder / STORYBOARD).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Command(
        words=[str(Path(sys.executable).with_name("peitu")), "batch", STORYBOARD, "--provider", provider, "--json"],
        environment=settings(order, provider=provider),
        databases=("data/peitu.db", "data/checkpoints.db"),
    )


def _threads(order: Order, folder: Path, *, provider: str) -> Command:
    """Run the Python interface: one thread of the workflow for each picture."""
    words = _module("peitu")(order, folder).words
    return Command(
        words=words,
        environment=settings(order, provider=provider) | {"BENCH_PROVIDER": provider},
        databases=("data/peitu.db", "data/checkpoints.db"),
    )


def settings(order: Order, *, provider: str) -> dict[str, str]:
    """Return Peitu's settings: the service, its limits, and no language model."""
    base_url = f"{order.url}/v1" if provider == "modelscope" else f"{order.url}/api/v1"
    own = {
        "BASE_URL": base_url,
        "RATE_PER_S": str(order.submits_per_s or NO_LIMIT),
        "MAX_IN_FLIGHT": str(order.at_once),
    }
    if not order.submits_per_s:
        own["POLLS_PER_S"] = str(NO_LIMIT)
    return {
        f"{provider.upper()}_API_KEY": KEY,
        "PEITU_LLM__PROVIDER": "none",
        "PEITU_IMAGES__SIZE": f"{order.width}x{order.height}",
        **{f"PEITU_IMAGES__{provider.upper()}__{name}": value for name, value in own.items()},
    }


def contestants() -> list[Contestant]:
    """Return all programs, in the order of the tables."""
    lang = ("langgraph", "langgraph-checkpoint-sqlite")
    ours: Callable[..., Prepare] = partial
    return [
        Contestant(key="script", name="ModelScope's script", prepare=_module("script"), packages=("requests",)),
        Contestant(key="sdk", name="DashScope's SDK", prepare=_module("sdk"), packages=("dashscope", "requests")),
        Contestant(key="gateway", name="LiteLLM's Router", prepare=_module("gateway"), packages=("litellm", "openai")),
        Contestant(key="textbook", name="LangGraph, textbook", prepare=_module("textbook"), packages=(*lang, "httpx")),
        Contestant(key="peitu-modelscope", name="Peitu, ModelScope", prepare=ours(_batch, provider="modelscope")),
        Contestant(key="peitu-dashscope", name="Peitu, DashScope", prepare=ours(_batch, provider="dashscope")),
        Contestant(key="threads-modelscope", name="Peitu's threads", prepare=ours(_threads, provider="modelscope")),
        Contestant(
            key="threads-dashscope", name="Peitu's threads, DashScope", prepare=ours(_threads, provider="dashscope")
        ),
    ]
