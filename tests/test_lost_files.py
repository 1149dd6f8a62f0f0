"""Pictures that were made, and whose files are gone or broken when `peitu resume` looks: collected again, or told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import test_batch, test_cli
from tests.sandbox import Sandbox
from tools.pictures.images import is_whole

pytestmark = pytest.mark.usefixtures("workplace")

Peitu = Callable[..., tuple[int, str, str]]
peitu = test_cli.peitu
services = test_batch.services

TEA = ["run", "--text", "a teapot", "--count", "1", "--size", "512x512", "--run-id", "tea"]
PICTURE = Path("output/tea/00.jpg")
DAYS_S = 2 * 86_400.0


def document(peitu: Peitu, *arguments: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = peitu(*arguments, "--json")
    return code, json.loads(out)


def test_haste_of_a_question_is_no_reason_to_give_a_picture_up(peitu: Peitu, services: Sandbox, monkeypatch):
    """The first question after the lost file is refused with 429, the next one is answered."""
    monkeypatch.setattr("tools.money.limiter.POLL_REFUSED_S", 0.2)
    assert 0 == peitu(*TEA, "--provider", "dashscope")[0]
    PICTURE.unlink()
    services.fault("dashscope", "poll", kind="status", status=429, retry_after=0, times=1)
    code, found = document(peitu, "resume", "tea")

    assert (0, True, 1) == (code, found["success"], services.billed)


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("junk")], ids=["gone", "junk"])
def test_a_picture_of_a_run_is_collected_again(peitu: Peitu, services: Sandbox, damage):
    """The provider still keeps it: it is there again, and nothing is bought."""
    assert 0 == peitu(*TEA, "--provider", "dashscope")[0]
    damage(PICTURE)
    code, found = document(peitu, "resume", "tea")

    assert (0, True, 1) == (code, found["success"], services.billed)
    assert is_whole(PICTURE, 512, 512)


def test_pictures_of_a_batch_are_collected_again(peitu: Peitu, services: Sandbox):
    """A complete batch looks at all its files; what is whole stays as it is."""
    batch_id = document(peitu, "batch", test_batch.boards(3), "--provider", "dashscope")[1]["batch_id"]
    stays = Path("output/s2.jpg").stat().st_mtime_ns
    Path("output/s0.jpg").unlink()
    Path("output/s1.jpg").write_text("junk")
    code, found = document(peitu, "resume", batch_id)

    assert (0, 3, 0, 3) == (code, found["count"], found["skipped"], services.billed)
    assert all(is_whole(Path(f"output/s{number}.jpg"), 512, 512) for number in range(3))
    assert stays == Path("output/s2.jpg").stat().st_mtime_ns


def test_what_the_provider_keeps_no_longer_is_not_bought_again(peitu: Peitu, services: Sandbox):
    """It says so each time, with the command that makes another: that is the user's word, and then all is there."""
    assert 0 == peitu(*TEA, "--provider", "dashscope")[0]
    PICTURE.unlink()
    services.pass_time(DAYS_S)
    for _ in range(2):
        code, out, _ = peitu("resume", "tea")

        assert (1, 1) == (code, services.billed)
        assert "dashscope keeps it no longer - make another with: peitu redo tea 0" in out
    assert 0 == peitu("redo", "tea", "0")[0]
    code, found = document(peitu, "resume", "tea")

    assert (0, 2) == (code, services.billed)
    assert Path(found["images"][0]["path"]).is_file()
    Path(found["images"][0]["path"]).unlink()
    assert (0, 2) == (peitu("resume", "tea")[0], services.billed)
    Path(found["images"][0]["path"]).unlink()
    services.pass_time(DAYS_S)
    code, out, _ = peitu("resume", "tea")

    assert (1, 2) == (code, services.billed)
    assert "peitu redo tea 0" in out
    assert 0 == peitu("redo", "tea", "0")[0]
    assert 3 == services.billed


def test_a_file_that_is_put_back_is_there(peitu: Peitu, services: Sandbox):
    """Not only by the provider: from a copy, too, whether it is the same file or somebody has worked on it."""
    batch_id = document(peitu, "batch", test_batch.boards(2), "--provider", "dashscope")[1]["batch_id"]
    services.pass_time(DAYS_S)
    picture = Path("output/s0.jpg")
    copy = picture.read_bytes()
    picture.unlink()
    code, found = document(peitu, "resume", batch_id)

    assert (1, 1, ["failed", "saved"]) == (code, found["count"], [image["status"] for image in found["images"]])
    assert f"peitu redo {batch_id}-00000 0" in found["images"][0]["error"]
    picture.write_bytes(copy)
    assert (0, 2) == (peitu("resume", batch_id)[0], services.billed)
    assert 0 == peitu("batch", "board.json", "--provider", "dashscope")[0]
    assert 2 == services.billed


def test_a_lost_sketch_is_drawn_again(peitu: Peitu, sandbox: Sandbox, monkeypatch):
    """It costs nothing, and no provider is asked for it, although there is a key by now."""
    assert 0 == peitu(*TEA)[0]
    before = PICTURE.read_bytes()
    PICTURE.unlink()
    for name, value in test_batch.environment(sandbox).items():
        monkeypatch.setenv(name, value)

    assert (0, 0) == (peitu("resume", "tea")[0], len(sandbox.tasks))
    assert before == PICTURE.read_bytes()


def test_the_address_of_a_lost_picture_stays(peitu: Peitu, services: Sandbox):
    """What was uploaded may still be had from there; the file is what was asked for."""
    assert 0 == peitu(*TEA, "--provider", "dashscope", "--upload")[0]
    url = json.loads(peitu("show", "tea", "--json")[1])["images"][0]["url"]
    PICTURE.unlink()
    assert (0, url) == (peitu("resume", "tea")[0], json.loads(peitu("show", "tea", "--json")[1])["images"][0]["url"])
    PICTURE.unlink()
    services.pass_time(DAYS_S)
    for _ in range(2):
        code, found = document(peitu, "resume", "tea")

        assert (1, "failed", url) == (code, found["images"][0]["status"], found["images"][0]["url"])
