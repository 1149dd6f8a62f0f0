"""Every cassette by itself: where it comes from, what must not be in it, and its size."""

import re
from pathlib import Path

import pytest
import yaml

from tests.cassettes.leaks import leaks
from tests.cassettes.record import COMMAND
from tests.cassettes.scenes import SCENES
from tests.cassettes.stage import FOLDER

CASSETTES = sorted(FOLDER.glob("*.yaml"))
FIRST_LINE = re.compile(
    r"# Recorded from (tests/sandbox on \d{4}-\d\d-\d\d, not from the live service"
    r"|the live service at [\w .:-]+ on \d{4}-\d\d-\d\d)\. "
    rf"Record anew: {COMMAND}( --live (dashscope|modelscope|minimax|oss))?"
)


def test_every_scene_has_its_cassette() -> None:
    """None is missing, and none is left over from a scene that is gone."""
    named = {f"{scene.__name__}.yaml" for service in SCENES.values() for scene in service}

    assert named == {path.name for path in CASSETTES}


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.stem)
def test_cassette_says_where_it_comes_from(path: Path) -> None:
    """The first line names the source, the day and the command that records it anew."""
    first = path.read_text(encoding="utf-8").splitlines()[0]

    assert FIRST_LINE.fullmatch(first), first


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.stem)
def test_cassette_holds_no_secret(path: Path) -> None:
    """Nothing in it looks like a key, a signature, an account or this machine."""
    assert [] == leaks(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.stem)
def test_cassette_is_small(path: Path) -> None:
    """The file stays below 32 KB, a picture in it below 2 KB."""
    held = yaml.safe_load(path.read_text(encoding="utf-8"))
    bodies = [interaction["response"]["body"]["string"] for interaction in held["interactions"]]

    assert path.stat().st_size <= 32_000
    assert max((len(body) for body in bodies if isinstance(body, bytes)), default=0) <= 2048
