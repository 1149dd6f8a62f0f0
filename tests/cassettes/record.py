"""Records the cassettes again: all from the sandbox, or with `--live NAME` those of one service from the real one.

A live recording needs the service's keys in the environment or in `.env`, and costs a few cents.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tests.cassettes.leaks import leaks
from tests.cassettes.scenes import SANDBOX_ONLY, SCENES, minimax_answer, minimax_no_balance
from tests.cassettes.sources import REAL, Source, from_live, from_sandbox
from tests.cassettes.stage import FOLDER, Scene, Stage, open_cassette, time_of
from tests.sandbox import Sandbox
from tools.errors import PeituError

COMMAND = "uv run python -m tests.cassettes.record"
# Whether MiniMax keeps its think text apart or not, the answer has to be found.
THOUGHTFUL = (
    '<think>\nTwo boats, in English.\n</think>\n\n```json\n{"title": "Two boats at dawn", "language": "en"}\n```'
)


def record_sandbox(folder: Path) -> None:
    """Record every scene from a sandbox, into the folder."""
    with Sandbox(buckets={REAL.oss.name}) as sandbox:
        for service, scenes in SCENES.items():
            if service in {"dashscope", "modelscope"}:
                sandbox.fault(service, "submit", kind="takes", seconds=7)
            for scene in scenes:
                _prepare(sandbox, scene)
                _record(scene, service, from_sandbox(sandbox), folder)


def _prepare(sandbox: Sandbox, scene: Scene) -> None:
    if scene is minimax_answer:
        sandbox.answers.append(THOUGHTFUL)
    if scene is minimax_no_balance:
        sandbox.fault("minimax", "chat", kind="base_resp", code=1008, message="insufficient balance")


def record_live(service: str, source: Source, folder: Path) -> None:
    """Record the scenes of one service from itself, except those that only a sandbox can play.

    Raises:
        PeituError: The service failed; the cassettes before this one are recorded.
    """
    for scene in SCENES[service]:
        if scene not in SANDBOX_ONLY:
            _record(scene, service, source, folder)


def _record(scene: Scene, service: str, source: Source, folder: Path) -> None:
    """Record one scene; the old cassette stays unless the new one is complete and clean."""
    name = f"{scene.__name__}.yaml"
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, name)
        with open_cassette(path, record_mode="once", before_save_interaction=source.scrubber.interaction) as cassette:
            now = time_of(cassette)
            stage = Stage(services=source.services, now=now, folder=Path(place), sleep=source.sleep)
            asyncio.run(_play(scene, stage))
        text = f"{first_line(scene, service, source, now)}\n{path.read_text(encoding='utf-8')}"
    if found := leaks(text):
        raise SystemExit(f"{name} holds {', '.join(found)} and is not saved - teach tests/cassettes/scrub.py")
    (folder / name).write_text(text, encoding="utf-8")
    print(f"{name}: {len(cassette)} requests, {len(text)} bytes")


async def _play(scene: Scene, stage: Stage) -> None:
    await scene(stage)


def first_line(scene: Scene, service: str, source: Source, now: datetime) -> str:
    """Return the comment that says where a cassette comes from and how to record it anew."""
    again = COMMAND if scene in SANDBOX_ONLY else f"{COMMAND} --live {service}"
    return f"# Recorded from {source.name} on {now:%Y-%m-%d}{source.note}. Record anew: {again}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Record as the command line says."""
    parser = argparse.ArgumentParser(prog=COMMAND.removeprefix("uv run "), description=__doc__)
    parser.add_argument("--live", choices=list(SCENES), metavar="NAME", help=f"one of {', '.join(SCENES)}")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the cassettes go (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        if options.live:
            record_live(options.live, from_live(options.live), options.folder)
        else:
            record_sandbox(options.folder)
    except PeituError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
