"""The programs of `bench.limit`: one file each, run as a process; peers are written as their documentation shows.

Each takes one argument, an `Order` as JSON, saves pictures into `output` in its working directory, and prints
`{"made": …, "failed": …}` as its last line.
"""

import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

KEY = "sk-bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The order to a peer: how many pictures, how many at once, and the documented limits of the service."""

    url: str
    images: int
    at_once: int
    submits_per_s: int | None = None
    width: int = 512
    height: int = 512

    @property
    def prompts(self) -> list[str]:
        """One prompt for each picture; the service reads the number."""
        return [prompt(number) for number in range(self.images)]


def prompt(number: int) -> str:
    """Return the prompt of a picture."""
    return f"A lighthouse by the sea in the evening light, soft colors, picture {number}"


def read_order() -> Order:
    """Return the order of the command line, and make the folder of the pictures."""
    Path("output").mkdir(exist_ok=True)
    return Order(**json.loads(sys.argv[1]))


def tell(outcomes: list[str]) -> None:
    """Print the results of the pictures: `made`, or the reason why one was not."""
    reasons = Counter(outcome for outcome in outcomes if outcome != "made")
    made = len(outcomes) - reasons.total()
    sys.stdout.write("\n" + json.dumps({"made": made, "failed": reasons.total(), "reasons": dict(reasons)}) + "\n")
