"""The programs that `bench.faults` kills: Peitu, and two LangGraph programs as in a good tutorial."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.textbook import IMAGES

TEXT = "A lighthouse by the sea. In spring a boat comes with bread, coffee and letters from the town."
SETTINGS = {
    "PEITU_LLM__PROVIDER": "none",
    "PEITU_IMAGES__DASHSCOPE__MAX_IN_FLIGHT": str(IMAGES),
    "PEITU_IMAGES__DASHSCOPE__FIRST_POLL_S": "0.1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program to kill: its entry point, its arguments to begin and to continue a run, and where its pictures are."""

    name: str
    entry: str
    begin: Sequence[str]
    go_on: Sequence[str]
    pictures: str


PEITU = Program(
    name="Peitu",
    entry="graph.cli:main",
    begin=(
        *("run", "--text", TEXT, "--count", str(IMAGES), "--provider", "dashscope", "--size", "512x512"),
        *("--no-upload", "--run-id", "run", "--json"),
    ),
    go_on=("resume", "run", "--json"),
    pictures="output/run/*.jpg",
)
NODE = Program(
    name="LangGraph: Send, one node",
    entry="bench.textbook:main",
    begin=("node",),
    go_on=("node",),
    pictures="output/*.png",
)
STEPS = Program(
    name="LangGraph: Send, checkpointed steps",
    entry="bench.textbook:main",
    begin=("steps",),
    go_on=("steps",),
    pictures="output/*.png",
)
PROGRAMS = (PEITU, NODE, STEPS)
