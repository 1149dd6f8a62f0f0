"""The recorder itself: what it writes plays again, and without keys it says what is missing."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cassettes.leaks import leaks
from tests.cassettes.record import THOUGHTFUL, main, record_live
from tests.cassettes.scenes import SCENES, minimax_answer, minimax_no_balance, minimax_wrong_key, oss_upload
from tests.cassettes.sources import from_live
from tests.cassettes.stage import Scene, replayed
from tests.sandbox import Sandbox


@pytest.fixture
def keyed(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, workplace: Path) -> Sandbox:
    """A sandbox that the settings take for the live services."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    return sandbox


async def play(scenes: Iterable[Scene], folder: Path, place: Path) -> None:
    """Play scenes against cassettes of this folder; each must use up its own."""
    for scene in scenes:
        async with replayed(folder / f"{scene.__name__}.yaml", place) as stage:
            await scene(stage)


def test_recording_from_the_sandbox_plays_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All scenes are recorded, clean and complete, by the command without arguments."""
    main(["--folder", str(tmp_path)])
    found = sorted(tmp_path.glob("*.yaml"))

    assert sum(len(service) for service in SCENES.values()) == len(found) == len(capsys.readouterr().out.splitlines())
    assert [] == [(path.name, leak) for path in found for leak in leaks(path.read_text(encoding="utf-8"))]
    asyncio.run(play((scene for service in SCENES.values() for scene in service), tmp_path, tmp_path))


def test_recording_of_other_buckets_and_addresses_plays_as_the_real_one(
    keyed: Sandbox, workplace: Path, tmp_path: Path
) -> None:
    """Whatever bucket and address the settings name, the cassettes hold those of everybody."""
    keyed.answers.append(THOUGHTFUL)
    for service in ("minimax", "oss"):
        record_live(service, replace(from_live(service), name="the live service at a test"), workplace)

    assert not (workplace / f"{minimax_no_balance.__name__}.yaml").exists()
    assert "peitu-sandbox" not in (workplace / f"{oss_upload.__name__}.yaml").read_text(encoding="utf-8")
    asyncio.run(play([minimax_answer, minimax_wrong_key, *SCENES["oss"]], workplace, tmp_path))


def test_sandbox_is_not_recorded_as_the_live_service(keyed: Sandbox, workplace: Path) -> None:
    """Settings that lead to a server on this machine make no cassette that claims to be live."""
    with pytest.raises(SystemExit, match=r"dashscope_picture\.yaml holds an address of this machine"):
        main(["--live", "dashscope", "--folder", str(workplace)])

    assert [] == list(workplace.glob("*.yaml"))


def test_failed_recording_leaves_the_old_cassette(keyed: Sandbox, workplace: Path) -> None:
    """What was recorded before stays when the service does not do its part."""
    old = workplace / "dashscope_picture.yaml"
    old.write_text("old", encoding="utf-8")
    keyed.fault("dashscope", "submit", kind="status", status=503)

    with pytest.raises(SystemExit, match="error: DashScope has trouble"):
        main(["--live", "dashscope", "--folder", str(workplace)])

    assert "old" == old.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("service", "variable"),
    [
        ("dashscope", "DASHSCOPE_API_KEY"),
        ("modelscope", "MODELSCOPE_API_KEY"),
        ("minimax", "MINIMAX_API_KEY"),
        ("oss", "OSS_ENDPOINT"),
    ],
)
def test_live_recording_wants_a_key(service: str, variable: str, workplace: Path) -> None:
    """Without the key nothing is sent, and the message names its variable."""
    with pytest.raises(SystemExit, match=rf"error: A live recording needs {variable} - set it in \.env"):
        main(["--live", service, "--folder", str(workplace)])
