"""`peitu batch` as a person meets it: what is made, skipped and failed, what it prints, and how it goes on."""

import asyncio
import errno
import io
import json
import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from rich.console import Console

from bench.forks import Forks
from graph import runs
from graph.batches.begin import _take_over
from graph.batches.workers import BatchRun, _segments
from graph.terminal.batch_progress import BatchWatcher
from graph.terminal.run_progress import Watcher
from graph.wiring import open_workflow
from tests import test_cli
from tests.sandbox import Sandbox
from tools.errors import InputError
from tools.gallery import sheet
from tools.gallery.sheet_page import arrange
from tools.money.leases import Leases
from tools.pictures import files
from tools.sqlite.batches import Batches, SegmentResult, SegmentRow
from tools.sqlite.connection import connect
from tools.sqlite.database import Database
from tools.sqlite.lists import list_batches, list_runs_with_effort
from tools.sqlite.rivals import Rival
from tools.storyboards.existing import existing_picture

pytestmark = pytest.mark.usefixtures("workplace")

Peitu = Callable[..., tuple[int, str, str]]
peitu = test_cli.peitu


@pytest.fixture
def services(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox at which everything is configured, and quick; nothing is uploaded, templates write the prompts."""
    for name, value in environment(sandbox).items():
        monkeypatch.setenv(name, value)
    sandbox.set_limits("modelscope", task_seconds=0.05)
    sandbox.set_limits("dashscope", task_seconds=0.05)
    monkeypatch.setattr("tools.money.settle.LOOK_UP_PAUSES_S", (0.0, 0.1, 0.3))
    return sandbox


def environment(sandbox: Sandbox, **more: str) -> dict[str, str]:
    quick = {"FIRST_POLL_S": "0.02", "RATE_PER_S": "200", "MAX_IN_FLIGHT": "8", **more}
    limits = {f"PEITU_IMAGES__{name}__{key}": quick[key] for name in ("MODELSCOPE", "DASHSCOPE") for key in quick}
    return {**sandbox.environment(), **limits, "PEITU_STORAGE__UPLOAD": "never", "PEITU_LLM__PROVIDER": "none"}


def storyboard(*segments: dict[str, Any], name: str = "board.json") -> str:
    Path(name).write_text(json.dumps(segments, ensure_ascii=False, indent=1), encoding="utf-8")
    return name


def boards(count: int) -> str:
    """A storyboard of so many small pictures."""
    return storyboard(*({"id": f"s{i}", "prompt": f"a lamp {i}", "size": "512x512"} for i in range(count)))


def test_a_storyboard_becomes_pictures(peitu: Peitu):
    """Prompts as they are, texts through the templates; standard output is the document, and pictures lie as asked."""
    board = storyboard(
        {"id": "开场", "prompt": "一座灯塔， 在雨中 ", "size": "256x256", "seed": 7},
        {"text": "The keeper climbs the stairs with a lamp.", "size": "256x512", "count": 2, "style": "ink"},
        {"id": 9, "content": "a teapot", "size": "256x256", "filename": "tea/pot"},
    )
    code, out, _ = peitu("batch", board, "--json", "--output-dir", "pictures")
    document = json.loads(out)

    assert 0 == code
    assert ["batch_id", "success", "requested", "count", "skipped", "images"] == list(document)
    assert [True, 4, 4, 0] == [document[name] for name in ("success", "requested", "count", "skipped")]
    assert ["开场", 2, 2, 9] == [image["id"] for image in document["images"]]
    assert [0, 1, 2, 3] == [image["index"] for image in document["images"]]
    paths = ["开场.jpg", "2-1.jpg", "2-2.jpg", "tea/pot.jpg"]
    assert [f"pictures/{path}" for path in paths] == [image["path"] for image in document["images"]]
    first, second, _, _ = document["images"]
    assert ("一座灯塔， 在雨中 ", 7, 256) == (first["prompt"], first["seed"], first["width"])
    assert "keeper" in second["prompt"]
    for image in document["images"]:
        with Image.open(image["path"]) as picture:
            picture.load()
            assert (image["width"], image["height"]) == picture.size


def test_a_folder_of_articles(peitu: Peitu):
    """Each article has a folder of its own for its pictures."""
    Path("articles").mkdir()
    for name in ("b", "a"):
        Path(f"articles/{name}.md").write_text(f"# {name}\n\nThe keeper feeds the gulls.\n\nA boat brings letters.")
    code, out, _ = peitu("batch", "articles/", "--count", "2", "--size", "256x256", "--json")

    assert 0 == code
    expected = ["output/a/00.jpg", "output/a/01.jpg", "output/b/00.jpg", "output/b/01.jpg"]
    assert expected == [image["path"] for image in json.loads(out)["images"]]


def test_what_is_there_is_skipped(peitu: Peitu, services: Sandbox):
    """The same file again asks nobody; what is damaged, missing or of another size is made."""
    code, out, _ = peitu("batch", boards(5), "--json")
    assert 0 == code
    asked = len(services.requests)
    told = peitu("batch", "board.json")[1]

    assert "5 of 5 pictures done: 0 made, 5 skipped (batch " in told  # and no pace

    code, out, _ = peitu("batch", "board.json", "--json")
    document = json.loads(out)

    assert (0, 5, 5) == (code, document["count"], document["skipped"])
    assert asked == len(services.requests)
    assert {("saved", 0, "modelscope")} == {
        (image["status"], image["attempts"], image["provider"]) for image in document["images"]
    }

    Path("output/s1.jpg").write_bytes(Path("output/s1.jpg").read_bytes()[:2000])
    Path("output/s2.jpg").unlink()
    Image.new("RGB", (256, 256)).save("output/s3.jpg")
    code, out, _ = peitu("batch", "board.json", "--json")
    document = json.loads(out)

    assert (0, 5, 2) == (code, document["count"], document["skipped"])
    assert ["s1", "s2", "s3"] == [image["id"] for image in document["images"] if image["attempts"]]


def test_a_paid_picture_is_not_written_over(peitu: Peitu, services: Sandbox):
    """A storyboard that asks for another size, or a quick look with sketches, makes new pictures beside the old."""
    picture = Path("output/s0.jpg")
    assert 0 == peitu("batch", boards(1), "--provider", "dashscope")[0]
    paid = picture.read_bytes()
    storyboard({"id": "s0", "prompt": "a lamp 0", "size": "768x768"})
    code, out, err = peitu("batch", "board.json", "--provider", "sketch")
    drawn = picture.read_bytes()
    storyboard({"id": "s0", "prompt": "a lamp 0", "size": "1024x1024"})
    peitu("batch", "board.json", "--provider", "dashscope")

    assert (0, paid) == (code, Path("output/s0.earlier-1.jpg").read_bytes()), err
    assert drawn == Path("output/s0.earlier-2.jpg").read_bytes()
    assert "1 noted: The picture that was at 'output/s0.jpg' is kept as 's0.earlier-1.jpg'" in out
    with Image.open(picture) as newest:
        assert (1024, 1024) == newest.size


def test_what_came_in_another_size_is_not_bought_again(peitu: Peitu, services: Sandbox):
    """A provider that does not keep to the size has delivered all the same; another size is another wish."""
    services.fault("modelscope", "download", kind="resized", width=640, height=640, times=100)
    code, out, _ = peitu("batch", boards(2), "--json")

    assert (0, True) == (code, json.loads(out)["success"])
    code, out, _ = peitu("batch", "board.json", "--json")

    assert (0, 2, 2) == (code, json.loads(out)["skipped"], len(services.tasks))

    storyboard(*({"id": f"s{i}", "prompt": f"a lamp {i}", "size": "768x768"} for i in range(2)))
    peitu("batch", "board.json", "--json")

    assert 4 == len(services.tasks)


def test_what_is_there_is_uploaded_where_that_is_wanted(peitu: Peitu, services: Sandbox):
    """Made before there was a bucket: nothing is made again, and every picture gets its URL."""
    assert 0 == peitu("batch", boards(2))[0]
    made = len(services.tasks)
    code, out, err = peitu("batch", "board.json", "--upload", "--json")
    document = json.loads(out)

    assert (0, 2, 2) == (code, document["count"], document["skipped"]), err
    assert all(image["url"] for image in document["images"])
    assert made == len(services.tasks)


def test_a_kill_forgets_nothing_of_what_was_there(peitu: Peitu, services: Sandbox, monkeypatch):
    """A segment without a checkpoint begins again: the picture that was there is kept, only the other one is bought."""
    board = storyboard({"text": "A keeper feeds the gulls. A boat brings letters.", "count": 2, "size": "512x512"})
    assert 0 == peitu("batch", board, "--json")[0]
    before = Path("output/1-1.jpg").read_bytes()
    Path("output/1-2.jpg").unlink()
    monkeypatch.setenv("MODELSCOPE_API_KEY", "wrong")
    code, out, _ = peitu("batch", board, "--json", "--provider", "modelscope")
    for path in Path("data").glob("checkpoints.db*"):
        path.unlink()
    monkeypatch.setenv("MODELSCOPE_API_KEY", services.keys.modelscope)
    bought = len(services.tasks)
    code, out, err = peitu("resume", json.loads(out)["batch_id"], "--json")
    document = json.loads(out)

    assert (0, 2, 1) == (code, document["count"], document["skipped"]), err
    assert bought + 1 == len(services.tasks)
    assert before == Path("output/1-1.jpg").read_bytes()


def test_resume_buys_nothing_that_another_batch_has_made(peitu: Peitu, services: Sandbox, monkeypatch):
    """Tried with a wrong key, then made by the same command: the first batch takes the pictures that are there."""
    monkeypatch.setenv("DASHSCOPE_API_KEY", "wrong")
    board = boards(2)
    code, out, _ = peitu("batch", board, "--provider", "dashscope", "--json")
    first = json.loads(out)["batch_id"]
    assert (1, 0) == (code, json.loads(out)["count"])
    monkeypatch.setenv("DASHSCOPE_API_KEY", services.keys.dashscope)
    assert 0 == peitu("batch", board, "--provider", "dashscope")[0]
    before = [Path(f"output/s{number}.jpg").read_bytes() for number in range(2)]
    code, out, err = peitu("resume", "--all", "--json")
    (document,) = json.loads(out)["batches"]

    assert (0, first, 2, 2) == (code, *(document[name] for name in ("batch_id", "count", "skipped"))), err
    assert 2 == services.billed
    assert before == [Path(f"output/s{number}.jpg").read_bytes() for number in range(2)]


def test_two_refused_keys_are_told_once_and_counted_together(peitu: Peitu, services: Sandbox, monkeypatch):
    """Which provider an image asked first makes no other reason of it."""
    monkeypatch.setenv("MODELSCOPE_API_KEY", "wrong")
    monkeypatch.setenv("DASHSCOPE_API_KEY", "wrong")
    _, out, err = peitu("batch", boards(7))

    assert "7 failed: " in out
    assert ["ModelScope", "DashScope"] == re.findall(r"(\w+) refused the key", err)


def test_pictures_of_another_storyboard_are_skipped_and_told(peitu: Peitu, services: Sandbox):
    """Without ids both number their pictures alike; what was asked for in those words, or is no prompt, is fine."""
    small = {"size": "512x512"}
    first = [{"prompt": "a lamp & a <cup>", **small}, {"prompt": "  a\tboat\n", **small}, {"prompt": "a gull", **small}]
    assert 0 == peitu("batch", storyboard(*first))[0]
    second = [*first[:2], {"prompt": "a door", **small}]
    _, out, _ = peitu("batch", storyboard(*second, name="other.json"))

    assert "1 skipped, made from another prompt - delete the files to regenerate them, or use another" in out
    report = json.loads(Path("output/report.json").read_text(encoding="utf-8"))
    assert (3, 3, [3]) == (report["count"], report["skipped"], report["other_prompts"])
    assert "1 skipped, made from another prompt" in peitu("show", report["batch_id"])[1]
    assert 3 == services.billed
    text = {"text": "The keeper feeds the gulls.", **small}
    peitu("batch", storyboard(*first[:2], text, name="third.json"))

    assert [] == json.loads(Path("output/report.json").read_text(encoding="utf-8"))["other_prompts"]


def test_a_shortened_or_reworded_prompt_is_no_other_one(peitu: Peitu, services: Sandbox, monkeypatch):
    """The picture tells what was sent; the records know what was asked for."""
    monkeypatch.setenv("PEITU_LLM__PROVIDER", "minimax")
    monkeypatch.setenv("PEITU_IMAGES__ORDER", '["dashscope", "modelscope"]')
    refused = "DataInspectionFailed"
    services.fault("dashscope", "submit", kind="status", status=400, code=refused, times=1, match="duel")
    services.answers.append(json.dumps({"prompt": "two friends fence in a garden"}))
    board = storyboard({"prompt": "a duel", "size": "512x512"}, {"prompt": "a lamp, " * 120, "size": "512x512"})
    assert 0 == peitu("batch", board, "--workers", "1")[0]
    sent = {task.prompt for task in services.tasks}
    peitu("batch", board)
    report = json.loads(Path("output/report.json").read_text(encoding="utf-8"))

    assert {"two friends fence in a garden"} < sent
    assert not sent & {"a duel", "a lamp, " * 120}
    assert (2, []) == (report["skipped"], report["other_prompts"])


def test_of_an_article_only_what_is_missing_is_made(peitu: Peitu, services: Sandbox):
    """Two of three pictures are there: they are kept, and one is bought."""
    board = storyboard({"text": "A keeper feeds the gulls. A boat brings letters.", "count": 3, "size": "512x512"})
    peitu("batch", board)
    kept = Path("output/1-1.jpg").read_bytes()
    Path("output/1-2.jpg").unlink()
    code, out, _ = peitu("batch", board, "--json")
    document = json.loads(out)

    assert (0, 3, 2) == (code, document["count"], document["skipped"])
    assert [0, 1, 0] == [image["attempts"] for image in document["images"]]
    assert 4 == len(services.tasks)
    assert kept == Path("output/1-1.jpg").read_bytes()


def test_a_mended_size_counts_as_the_right_one(peitu: Peitu):
    """The sketch draws 100x100 as 256x256; that is what is looked for."""
    board = storyboard({"prompt": "a lamp", "size": "200x200"})

    assert 0 == peitu("batch", board)[0]
    assert 1 == json.loads(peitu("batch", board, "--json")[1])["skipped"]


def test_an_attempt_is_a_request_that_was_sent(peitu: Peitu, services: Sandbox):
    """An empty balance is found out by one picture; those that fail with it asked for nothing."""
    services.fault("dashscope", "submit", kind="status", status=400, code="Arrearage", every=1)
    code, out, _ = peitu("batch", boards(12), "--workers", "4", "--provider", "dashscope", "--json")
    images = json.loads(out)["images"]
    report = json.loads(Path("output/report.json").read_text(encoding="utf-8"))
    sent = [line for line in services.requests if line.step == "submit"]

    assert 1 == code
    assert len(sent) == sum(image["attempts"] for image in images) == report["providers"]["dashscope"]["attempts"]
    assert len(sent) < report["providers"]["dashscope"]["failed"] == report["failed"]


def test_one_failure_stops_no_other_and_resume_makes_it(peitu: Peitu, services: Sandbox):
    """The document, the table and the report say what is missing and why; resume asks for nothing else."""
    services.fault("modelscope", "submit", kind="status", status=400, message="refused words", times=1)
    code, out, err = peitu("batch", boards(4), "--workers", "1", "--provider", "modelscope")
    report = json.loads(Path("output/report.json").read_text(encoding="utf-8"))

    assert 1 == code
    assert "1 failed" in out
    assert "segments s0" in out
    assert f"Continue with: peitu resume {report['batch_id']}" in out
    assert "Traceback" not in err
    assert (3, 1, 0) == (report["made"], report["failed"], report["waiting"])
    assert {"made": 3, "failed": 1, "attempts": 4} == report["providers"]["modelscope"]
    assert [["s0"]] == [failure["ids"] for failure in report["failures"]]
    assert report["pictures_per_minute"] > 0

    made = len(services.tasks)
    code, out, _ = peitu("resume", report["batch_id"], "--json")

    assert 0 == code
    assert (4, 0) == (json.loads(out)["count"], json.loads(out)["skipped"])
    assert made + 1 == len(services.tasks)


def test_what_cannot_be_is_told_before_anything_starts(peitu: Peitu, services: Sandbox, monkeypatch):
    """Exit status 2, one line with every bad row, no request, no batch."""
    board = storyboard({"promt": "a"}, {"prompt": "a", "size": "9000x9000"}, {"prompt": "b", "filename": "../b"})
    code, out, err = peitu("batch", board)

    assert (2, "") == (code, out)
    assert 1 == len(err.splitlines())
    for told in ("unknown key 'promt' in line 2", "Size 9000x9000 is refused", "'../b.jpg'"):
        assert told in err

    monkeypatch.delenv("DASHSCOPE_API_KEY")
    for arguments, told in (
        (["--provider", "dashscope"], "DASHSCOPE_API_KEY"),
        (["--provider", "midjourney"], "'midjourney'"),
        (["--workers", "0"], "--workers 0"),
        (["--style", "cubist"], "'cubist'"),
        (["--upload", "--size", "7"], "--size '7'"),
    ):
        code, out, err = peitu("batch", boards(2), *arguments)

        assert (2, "", 1) == (code, out, len(err.splitlines()))
        assert told in err

    assert 2 == peitu("batch", "missing.json")[0]
    assert [] == services.requests
    assert {"runs": [], "batches": []} == json.loads(peitu("runs", "--json")[1])


def test_what_a_prompt_passes_over_is_told(peitu: Peitu):
    """A prompt takes no style and makes one picture: one line on standard error for each, and the pictures are made."""
    small = {"size": "256x256"}
    rows = [{"prompt": "a", "count": 4, **small}, {"prompt": "b", "style": "ink", **small}, {"prompt": "c", **small}]
    code, out, err = peitu("batch", storyboard(*rows), "--count", "3", "--style", "ink", "--json")
    told = [line for line in err.splitlines() if "ignored" in line]

    assert (0, 3, 4) == (code, json.loads(out)["count"], len(told))
    assert "count is ignored in line 2: count and style apply to `text` rows only; a `prompt` is" in told[0]
    assert ["--count 3 is ignored", "style is ignored in line 7", "--style ink is ignored"] == [
        line.removeprefix("peitu: ").partition(":")[0] for line in told[1:]
    ]
    Path("all.json").write_text(json.dumps({"count": 2, "segments": [rows[2]]}))
    assert "count beside the segments is ignored" in peitu("batch", "all.json", "--output-dir", "all")[2]
    text = {"text": "The keeper feeds the gulls.", "count": 1, **small}
    mixed = storyboard({"prompt": "c", "count": 1, **small}, text, name="mixed.json")
    assert "ignored" not in peitu("batch", mixed, "--style", "ink", "--count", "3", "--output-dir", "mixed")[2]


@pytest.mark.parametrize(
    "arguments",
    [["batch", ""], ["batch", "a.md", "--output-dir", ""], ["run", "--text", "tea", "--output-dir", " "]],
    ids=" ".join,
)
def test_an_empty_name_is_not_the_working_directory(peitu: Peitu, arguments):
    """A variable that was never set: exit status 2, one line, and the articles that lie about are left alone."""
    Path("a.md").write_text("The keeper feeds the gulls.")
    code, out, err = peitu(*arguments)

    assert (2, "", 1) == (code, out, len(err.splitlines()))
    assert "given an empty name - name it" in err
    assert ["a.md"] == [path.name for path in Path().iterdir()]


def test_a_finished_batch_that_goes_on_is_seen_at_work(peitu: Peitu, services: Sandbox):
    """Nobody else begins what is missing meanwhile, and it is finished again in the end."""
    services.fault("modelscope", "submit", kind="status", status=400, message="refused words", times=1)
    peitu("batch", boards(1), "--provider", "modelscope")
    states = []

    def look(request=None):
        if request is None or request.step == "submit":
            states.append([batch["state"] for batch in list_batches(Path("data/peitu.db"), limit=None)])

    look()
    services.log = look
    peitu("resume", "--all")
    look()

    assert [["incomplete"], ["running"], ["complete"]] == states


def test_a_refused_key_ends_the_batch_early(peitu: Peitu, services: Sandbox, monkeypatch):
    """Equal failures are told once, and what nobody tried is not called failed."""
    monkeypatch.setenv("MODELSCOPE_API_KEY", "wrong")
    code, out, err = peitu("batch", boards(60), "--provider", "modelscope")
    report = json.loads(Path("output/report.json").read_text(encoding="utf-8"))

    assert 1 == code
    assert 1 == sum("refused the key" in line for line in err.splitlines())
    assert 2 == sum("refused the key" in line for line in out.splitlines())
    assert 20 <= report["failed"] < 60
    assert 60 == report["failed"] + report["waiting"]
    assert [] == services.tasks

    monkeypatch.setenv("MODELSCOPE_API_KEY", services.keys.modelscope)
    code, out, _ = peitu("resume", f"{report['batch_id']}-00059", "--json")

    assert (0, "output/s59.jpg") == (code, json.loads(out)["images"][0]["path"])
    assert 1 == json.loads(peitu("show", report["batch_id"], "--json")[1])["count"]


def test_a_refused_key_ends_no_batch_that_another_provider_makes(peitu: Peitu, services: Sandbox, monkeypatch):
    """Many pictures in a row met the refusal, and are there all the same."""
    monkeypatch.setenv("MODELSCOPE_API_KEY", "wrong")
    monkeypatch.setattr("graph.batches.workers.HOPELESS_IN_A_ROW", 2)
    code, out, err = peitu("batch", boards(8), "--json")

    assert (0, 8) == (code, json.loads(out)["count"]), err
    assert {"dashscope"} == {task.service for task in services.tasks}


async def test_segments_are_read_page_by_page_each_once():
    """A thousand of them, where the database has numbers with gaps between."""

    class Waiting:
        async def waiting(self, batch_id, *, after, limit):
            return [SimpleNamespace(number=number) for number in range(0, 3000, 3) if number > after][:limit]

    assert list(range(0, 3000, 3)) == [segment.number async for segment in _segments(Waiting(), "batch")]


def test_a_place_that_cannot_be_written_stops_no_other(peitu: Peitu, services: Sandbox):
    """A folder where a picture shall be, a file where a folder shall be: told, not paid, and made once mended."""
    Path("output/s1.jpg").mkdir(parents=True)
    Path("output/part").write_text("in the way")
    segments = [{"id": f"s{number}", "prompt": f"a {number}", "size": "512x512"} for number in range(6)]
    segments[3]["filename"] = "part/s3"
    code, out, err = peitu("batch", storyboard(*segments), "--workers", "1", "--provider", "modelscope")
    report = json.loads(Path("output/report.json").read_text(encoding="utf-8"))

    assert (1, 4, 2, 0) == (code, report["made"], report["failed"], report["waiting"])
    assert "'output/s1.jpg' cannot be written: a folder is in its place" in out
    assert "'output/part/s3.jpg' cannot be written: a file is where a folder is needed" in out
    assert 4 == len(services.tasks), err
    Path("output/s1.jpg").rmdir()
    Path("output/part").unlink()
    assert (0, 6) == (peitu("resume", report["batch_id"])[0], len(services.tasks))


def test_a_full_disk_ends_the_batch(peitu: Peitu, services: Sandbox, monkeypatch):
    """One clear line, exit status 1, and the command that goes on once it is mended."""
    write = files._write_through

    def full(path: Path, data: Any) -> None:
        if len(services.tasks) > 1 and path.parent.name == "output":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, data)

    with monkeypatch.context() as patched:
        patched.setattr(files, "_write_through", full)
        code, out, err = peitu("batch", boards(8), "--workers", "1")
    (batch,) = json.loads(peitu("runs", "--json")[1])["batches"]

    assert 1 == code
    assert "the disk is full; free some space and run it again - the batch stopped there" in err
    assert f"continue with: peitu resume {batch['batch_id']}" in err
    assert "6 not made yet" in out
    assert 2 == len(services.tasks)
    assert (0, 8) == (peitu("resume", batch["batch_id"])[0], len(services.tasks))


def test_no_more_than_the_workers_are_at_work(peitu: Peitu, services: Sandbox):
    """`--workers` bounds what is under way; without it, it is what the provider takes."""
    services.set_limits("modelscope", task_seconds=0.5)
    peitu("batch", boards(5), "--workers", "3", "--provider", "modelscope")

    assert 3 == most_at_once(services)

    services.reset()
    services.set_limits("modelscope", task_seconds=1.0)
    peitu("batch", boards(10), "--provider", "modelscope", "--output-dir", "other")

    assert 8 == most_at_once(services)


def most_at_once(sandbox: Sandbox) -> int:
    spans = [(task.created_at, task.created_at + task.duration_s) for task in sandbox.tasks]
    return max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)


def test_lists_show_one_line_a_batch(peitu: Peitu):
    """Its runs are not among the others; `show` tells how it stands, and each run can be shown, too."""
    peitu("run", "--text", "a teapot", "--count", "1", "--run-id", "tea", "--size", "256x256")
    batch_id = json.loads(peitu("batch", boards(3), "--json")[1])["batch_id"]
    listed = json.loads(peitu("runs", "--json")[1])

    assert ["tea"] == [run["run_id"] for run in listed["runs"]]
    assert [(batch_id, "complete", 3, 3)] == [
        (batch["batch_id"], batch["state"], batch["count"], batch["requested"]) for batch in listed["batches"]
    ]
    assert f"{batch_id}-00001" not in peitu("runs")[1]
    shown = peitu("show", batch_id)[1]

    assert "3 of 3 pictures done" in shown
    assert f"s1  output/s1.jpg  ({batch_id}-00001)\n" in shown
    assert 3 == json.loads(peitu("show", batch_id, "--json")[1])["count"]
    assert "output/s1.jpg" in peitu("show", f"{batch_id}-00001")[1]


def test_a_batch_names_the_run_of_each_picture_and_has_a_sheet(peitu: Peitu):
    """`redo` and `sheet` take that run; the sheet of a batch has the pictures of all of them."""
    document = json.loads(peitu("batch", boards(3), "--provider", "sketch", "--json")[1])
    batch_id, run_ids = document["batch_id"], [image["run_id"] for image in document["images"]]
    reported = json.loads(Path("output/report.json").read_text(encoding="utf-8"))

    assert [f"{batch_id}-{number:05d}" for number in range(3)] == run_ids
    assert run_ids == [image["run_id"] for image in reported["images"]]
    assert 0 == peitu("redo", run_ids[1], "0")[0]
    assert 0 == peitu("sheet", run_ids[1])[0]

    code, out, err = peitu("sheet", batch_id)

    assert 0 == code, err
    with Image.open(out.strip()) as page:
        assert arrange(3, [(512, 512)] * 3).page_px == page.size

    skipped = json.loads(peitu("batch", "board.json", "--json")[1])

    assert [None] * 3 == [image["run_id"] for image in skipped["images"]]


def test_a_picture_that_was_redone_is_skipped_in_its_newest_version(peitu: Peitu):
    """A later batch shows what the user chose, not what it replaced; the old file is looked at first, as always."""
    run_id = json.loads(peitu("batch", boards(2), "--json")[1])["images"][0]["run_id"]
    for _ in range(2):
        assert 0 == peitu("redo", run_id, "0")[0]

    document = json.loads(peitu("batch", "board.json", "--json")[1])

    assert 2 == document["skipped"]
    assert ["output/s0-v3.jpg", "output/s1.jpg"] == [image["path"] for image in document["images"]]

    Path("output/s0-v3.jpg").unlink()
    document = json.loads(peitu("batch", "board.json", "--json")[1])

    assert ["output/s0.jpg", "output/s1.jpg"] == [image["path"] for image in document["images"]]

    Path("output/s0.jpg").unlink()
    document = json.loads(peitu("batch", "board.json", "--json")[1])

    assert (1, "output/s0.jpg") == (document["skipped"], document["images"][0]["path"])


def test_sketches_that_a_model_could_make_are_told(peitu: Peitu, services: Sandbox):
    """Whoever tried a storyboard without a key and then sets one would keep the sketches unawares."""
    assert 0 == peitu("batch", boards(2), "--provider", "sketch")[0]
    advice = "2 skipped, drawn as offline sketches - delete the files to have a model make them, or use another"

    assert advice in peitu("batch", "board.json")[1]
    assert "offline sketches" not in peitu("batch", "board.json", "--provider", "sketch")[1]


def test_what_is_not_as_asked_for_is_told(peitu: Peitu, services: Sandbox, monkeypatch):
    """A refused key of the language model costs no picture, but whoever pays wants to know before the last one."""
    monkeypatch.setenv("PEITU_LLM__PROVIDER", "minimax")
    services.fault("minimax", "chat", kind="status", status=401, every=1)
    texts = [{"id": f"t{number}", "text": f"A keeper feeds {number} gulls.", "size": "512x512"} for number in range(3)]
    wide = [{"id": f"w{number}", "prompt": f"a lamp {number}", "size": "2000x1000"} for number in range(2)]
    code, out, err = peitu("batch", storyboard(*texts, *wide), "--provider", "dashscope")
    report = json.loads(Path("output/report.json").read_text(encoding="utf-8"))
    unread, mended = report["notes"]

    assert 0 == code, err
    assert [["t0", "t1", "t2"], ["w0", "w1"]] == [unread["ids"], mended["ids"]]
    assert "Size 2000x1000 became 1440x720, the nearest that wanx2.1-t2i-plus draws" == mended["note"]
    assert "3 noted, such as: The language model was not used: " in out
    assert "2 noted, such as: Size 2000x1000 became 1440x720, " in out
    assert 1 == err.count("The language model was not used: ")
    assert 1 == err.count("Size 2000x1000 became 1440x720")
    assert "3 noted, such as: The language model was not used: " in peitu("show", report["batch_id"])[1]


def test_the_sheet_of_a_batch_has_its_title_and_subjects(peitu: Peitu, monkeypatch):
    """The title of the storyboard, and below each picture what it shows; pictures that were there before, too."""
    sheets: list[dict[str, Any]] = []
    monkeypatch.setattr(sheet, "contact_sheet", lambda run, **_: sheets.append(run) or b"")
    segments = [{"id": "a", "text": "An old lighthouse. A storm comes.", "count": 2}, {"id": "b", "prompt": "a gull"}]
    told = {"title": " A day at sea\ud800 ", "style": "watercolor", "segments": segments}
    Path("board.json").write_text(json.dumps(told), encoding="utf-8")
    for _ in range(2):
        batch_id = json.loads(peitu("batch", "board.json", "--provider", "sketch", "--json")[1])["batch_id"]
        code, _, err = peitu("sheet", batch_id)

        assert 0 == code, err
    for shown in sheets:
        words = [entry["text"] for entry in sheet.entries_of(shown)]

        assert "A day at sea?" == shown["title"]
        assert not any("watercolor" in text for text in words)
        assert "lighthouse" in words[0]
        assert "a gull" == words[2]

    boards(1)
    batch_id = json.loads(peitu("batch", "board.json", "--provider", "sketch", "--json")[1])["batch_id"]
    peitu("sheet", batch_id)

    assert "board.json" == sheets[-1]["title"]


def test_a_refused_prompt_is_told_with_the_command_that_changes_it(peitu: Peitu, services: Sandbox):
    """It names the run of the segment and the picture within it, and works."""
    segments = [{"text": "a cup. a spoon.", "count": 2}, {"text": "a lamp. a kettle.", "count": 2}]
    Path("board.json").write_text(json.dumps(segments))
    services.fault("dashscope", "submit", kind="status", status=400, code="DataInspectionFailed", match="kettle")
    arguments = ["batch", "board.json", "--provider", "dashscope"]
    code, out, _ = peitu(*arguments)
    (way,) = (line for line in out.splitlines() if line.startswith("To change the words"))
    head, _, command = way.partition(": peitu ")

    assert (1, "To change the words of a refused picture") == (code, head)
    assert command.endswith('-00001 1 --prompt "…"')
    assert 0 == peitu(*command.replace('"…"', "a-boat").split())[0]
    assert 0 == peitu(*arguments)[0]


async def test_of_two_that_continue_a_batch_at_once_one_is_told_of_the_other():
    """Who comes second waits for the first, and is not sent to continue what is at work already."""

    class Quicker(Leases):
        """Another process has the batch."""

        async def take(self, *_: Any, **__: Any) -> str:
            return "elsewhere"

    rival = Rival(batch_id="b", is_at_work=False)
    with pytest.raises(InputError, match="Batch b of this storyboard is being worked on by another process"):
        await _take_over(rival, Quicker(Database(Path("x.db")), Path("owners")))


def test_lists_tell_what_became_of_a_run(peitu: Peitu, services: Sandbox):
    """A run that waits for its user is told from one that is complete and one that misses something, by `show`, too."""
    peitu("run", "--text", "a teapot", "--count", "1", "--run-id", "tea", "--size", "256x256", "--review")
    peitu("run", "--text", "a kettle", "--count", "1", "--run-id", "kettle", "--size", "256x256")
    services.fault("modelscope", "submit", kind="status", status=400, message="refused words")
    peitu("run", "--text", "a cup", "--count", "1", "--run-id", "cup", "--provider", "modelscope")
    states = {run["run_id"]: run["state"] for run in json.loads(peitu("runs", "--json")[1])["runs"]}

    assert {"tea": "waiting for approval", "kettle": "complete", "cup": "incomplete"} == states
    for run_id, state in states.items():
        assert f"state:          {state}\n" in peitu("show", run_id)[1]


def test_a_killed_run_without_a_review_does_not_wait_for_approval(peitu: Peitu):
    """Studio's form sends `review: false`: nobody wanted to see the prompts."""
    peitu("run", "--text", "a teapot", "--count", "1", "--run-id", "tea", "--size", "256x256")
    connection = connect(Path("data/peitu.db"))
    connection.execute("UPDATE runs SET status = 'running', success = NULL, options = '{\"review\": false}'")
    connection.execute("DELETE FROM images")
    connection.execute("UPDATE runs SET started_at = '2026-11-24T08:00:00+00:00'")
    connection.close()

    assert ["stopped"] == [run["state"] for run in json.loads(peitu("runs", "--json")[1])["runs"]]
    assert "stopped" == json.loads(peitu("show", "tea", "--json")[1])["state"]
    assert ["stopped"] == [run["state"] for run in list_runs_with_effort(Path("data/peitu.db"), limit=5)]


def test_resume_all_continues_batches_as_batches(peitu: Peitu, services: Sandbox):
    """One document has the runs and the batches; a segment can be continued alone, into the batch's folder."""
    services.fault("modelscope", "submit", kind="status", status=400, message="refused words", times=3)
    arguments = ["--output-dir", "there", "--provider", "modelscope", "--json"]
    batch_id = json.loads(peitu("batch", boards(3), *arguments)[1])["batch_id"]
    code, out, _ = peitu("resume", f"{batch_id}-00001", "--json")

    assert (0, "there/s1.jpg") == (code, json.loads(out)["images"][0]["path"])

    code, out, _ = peitu("resume", "--all", "--json")
    document = json.loads(out)

    assert (0, []) == (code, document["runs"])
    assert [(batch_id, True)] == [(batch["batch_id"], batch["success"]) for batch in document["batches"]]
    assert 3 == len(list(Path("there").glob("*.jpg")))
    assert (0, "nothing to continue\n") == peitu("resume", "--all")[:2]


@pytest.mark.parametrize("broken", ["first", "second"])
def test_resume_all_goes_past_a_batch_whose_folder_cannot_be_used(peitu: Peitu, services: Sandbox, broken: str):
    """E.g. on a drive that is not there today: the others are continued, and the document has them all."""
    services.fault("modelscope", "submit", kind="status", status=400, message="refused words", times=2)
    for folder in ("first", "second"):
        peitu("batch", boards(1), "--output-dir", folder, "--provider", "modelscope")
    Path(broken, "report.json").unlink()
    Path(broken).rmdir()
    Path(broken).touch()
    code, out, err = peitu("resume", "--all", "--json")
    document = json.loads(out)

    assert (1, False, 1) == (code, document["success"], services.billed), err
    assert {True, False} == {batch["success"] for batch in document["batches"]}
    assert f"The output folder '{broken}' cannot be made" in err
    assert 1 == err.count("Continue with: peitu resume ")


@pytest.mark.parametrize("is_held", [True, False])
def test_what_another_process_does_meanwhile_is_seen(peitu: Peitu, services: Sandbox, monkeypatch, is_held):
    """It tries a segment whose row was read before: nothing is bought again, and its record stays."""
    monkeypatch.setattr("tools.money.settle.LOOK_UP_PAUSES_S", (0.0,))
    batch_id = json.loads(peitu("batch", boards(1), "--provider", "dashscope", "--json")[1])["batch_id"]
    run_id, picture = f"{batch_id}-00000", Path("output/s0.jpg")
    forget(batch_id, run_id, picture)
    services.reset()
    if is_held:
        services.fault("dashscope", "submit", kind="drop")

    async def make() -> None:
        async with open_workflow() as workflow:
            asked = {"content": "a lamp 0", "as_is": True, "filename": "s0", "size": "512x512", "provider": "dashscope"}
            await runs.run(workflow, asked, run_id=run_id, watch=lambda event: None)

    def existing(segment: SegmentRow) -> list[dict[str, Any]]:
        asyncio.run(make())
        found = existing_picture(picture, {(512, 512)}, lambda _: (), index=0)
        return [found] if found else []

    async def work_off() -> None:
        batches = Batches(Database(Path("data/peitu.db")))
        watch = BatchWatcher(1, console=Console(file=io.StringIO()))
        rules = {"existing": existing, "observer": watch, "preparing": 1, "uploads": False, "owed": {}}
        async with open_workflow() as workflow:
            await BatchRun(workflow, batch_id, batches=batches, **rules).work_off(1)
        await batches._database.close()

    asyncio.run(work_off())
    document = json.loads(peitu("show", batch_id, "--json")[1])

    assert [("unknown" if is_held else "saved", 1)] == [(one["status"], one["attempts"]) for one in document["images"]]
    assert (not is_held) == len(services.tasks)
    assert [run_id] == rows("SELECT run_id FROM runs")


def test_what_was_there_before_a_kill_is_counted_once(peitu: Peitu, monkeypatch):
    """A picture is recorded before its segment is: it is not there twice when that comes again."""
    monkeypatch.setattr("graph.terminal.batch_progress.LINE_S", 0.0)
    batch_id = json.loads(peitu("batch", boards(2), "--json")[1])["batch_id"]
    with sqlite3.connect("data/peitu.db") as connection:
        connection.execute("UPDATE segments SET status = 'waiting' WHERE number = 1")
        connection.execute("UPDATE runs SET success = 0 WHERE run_id LIKE '%-00001'")
    connection.close()
    _, _, err = peitu("resume", batch_id)

    assert "2 of 2 there" in err
    assert {"1", "2"} >= set(re.findall(r"(\d+) of 2 there", err))


def rows(question: str) -> list[Any]:
    connection = connect(Path("data/peitu.db"))
    try:
        return [row[0] for row in connection.execute(question)]
    finally:
        connection.close()


def forget(batch_id: str, run_id: str, picture: Path) -> None:
    """Take a batch back to before its only segment was begun."""
    picture.unlink()
    for path in Path("data").glob("checkpoints.db*"):
        path.unlink()
    with sqlite3.connect("data/peitu.db") as connection:
        for statement in ("DELETE FROM runs", "DELETE FROM images", "DELETE FROM tasks"):
            connection.execute(f"{statement} WHERE run_id = ?", (run_id,))
        connection.execute("UPDATE segments SET status = 'waiting' WHERE batch_id = ?", (batch_id,))
    connection.close()


async def test_a_content_that_is_a_prompt_is_sent_whole():
    """From Python, too: not a character is changed, however long it is, and the picture goes where it shall."""
    words = "a lighthouse in the rain,  " * 150
    asked = {"content": words, "as_is": True, "filename": "deep/one", "size": "256x256", "count": 5}
    config = {"configurable": {"thread_id": "a"}}
    async with open_workflow() as workflow:
        result = await workflow.ainvoke(asked, config)
        later = await workflow.ainvoke({"content": "a teapot", "count": 1}, config)
        with pytest.raises(InputError, match="not a file name inside"):
            await workflow.ainvoke({**asked, "filename": "../up"}, {"configurable": {"thread_id": "b"}})

    assert [(words, "output/deep/one.jpg")] == [(image["prompt"], image["path"]) for image in result["images"]]
    assert (1, True) == (result["requested"], result["success"])
    assert ["A prompt that is used as it is makes one picture, not 5"] == result["notes"]
    assert [] == later["notes"]
    assert ["output/a.2/00.jpg"] == [image["path"] for image in later["images"]]


def wait_until(condition: Callable[[], object], timeout_s: float = 30.0) -> None:
    give_up_at = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < give_up_at, "it never happened"
        time.sleep(0.002)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks exist on POSIX systems only")
def test_killed_in_the_middle_it_pays_once(forks: Forks, peitu: Peitu, services: Sandbox, tmp_path: Path):
    """Killed with -9, then resume without the file: every segment is there, and none was bought twice."""
    services.set_limits("dashscope", task_seconds=0.5)
    variables = {**environment(services, RATE_PER_S="100"), "PATH": os.environ["PATH"]}
    arguments = ["batch", boards(16), "--provider", "dashscope"]
    process = forks.start("graph.cli:main", arguments, folder=tmp_path, environment=variables, name="first")
    wait_until(lambda: len(services.tasks) >= 11)
    assert ["running"] == [batch["state"] for batch in json.loads(peitu("runs", "--json")[1])["batches"]]
    process.send(signal.SIGKILL)
    assert -signal.SIGKILL == process.wait(10)
    Path("board.json").unlink()
    (batch,) = json.loads(peitu("runs", "--json")[1])["batches"]

    assert "stopped" == batch["state"]
    assert 1 <= batch["count"] < 16

    code, out, err = peitu("resume", batch["batch_id"], "--json")
    document = json.loads(out)
    held = sum(image["status"] == "unknown" for image in document["images"])

    assert held <= 1, err
    assert 16 == document["count"] + held == len(document["images"])
    assert int(held > 0) == code
    connection = sqlite3.connect("data/peitu.db")
    known = [task_id for (task_id,) in connection.execute("SELECT task_id FROM tasks WHERE task_id IS NOT NULL")]
    connection.close()

    assert len(known) == len(set(known)) == 16 - held
    assert len(services.tasks) <= 16


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks exist on POSIX systems only")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_stop_says_how_to_go_on(forks: Forks, peitu: Peitu, services: Sandbox, tmp_path: Path, number):
    """The document of what is there, one line with the command, exit status 1, and nothing is lost or paid twice."""
    services.set_limits("dashscope", task_seconds=0.5)
    variables = {**environment(services), "PATH": os.environ["PATH"]}
    arguments = ["batch", boards(12), "--provider", "dashscope", "--json"]
    process = forks.start("graph.cli:main", arguments, folder=tmp_path, environment=variables, name="first")
    wait_until(lambda: len(services.tasks) >= 10)
    process.send(number)

    assert 1 == process.wait(20)

    document, err = json.loads(Path("first.out").read_text()), Path("first.err").read_text()

    assert f"continue with: peitu resume {document['batch_id']}" in err
    assert "Traceback" not in err
    assert (12, False) == (document["requested"], document["success"])
    assert ["stopped"] == [batch["state"] for batch in json.loads(peitu("runs", "--json")[1])["batches"]]

    code, out, err = peitu("resume", document["batch_id"], "--json")

    assert (0, 12) == (code, json.loads(out)["count"]), err
    assert 12 == len(services.tasks)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks exist on POSIX systems only")
def test_the_same_command_again_pays_for_nothing_that_is_under_way(
    forks: Forks, peitu: Peitu, services: Sandbox, tmp_path: Path
):
    """Arrow up and Enter: beside it nothing starts, after Ctrl-C it goes on; another one is told what is under way."""
    services.set_limits("dashscope", task_seconds=2.0)
    variables = {**environment(services), "PATH": os.environ["PATH"]}
    arguments = ["batch", boards(2), "--provider", "dashscope", "--output-dir", "there"]
    process = forks.start("graph.cli:main", arguments, folder=tmp_path, environment=variables, name="first")
    wait_until(lambda: len(services.tasks) == 2)
    (batch_id,) = (batch["batch_id"] for batch in json.loads(peitu("runs", "--json")[1])["batches"])
    code, out, err = peitu(*arguments)

    assert (2, "", 1) == (code, out, len(err.splitlines()))
    assert f"{batch_id} of this storyboard is being worked on" in err
    process.send(signal.SIGINT)
    assert 1 == process.wait(20)
    code, out, err = peitu("batch", boards(3), "--provider", "dashscope", "--output-dir", "there/")

    assert (2, "", 1) == (code, out, len(err.splitlines()))
    assert f"has 2 requests under way, paid already - continue it with: peitu resume {batch_id}" in err

    boards(2)
    code, out, err = peitu("batch", str(Path("board.json").resolve()), *arguments[2:], "--json")
    document = json.loads(out)

    assert f"peitu: batch {batch_id} of this storyboard is unfinished - continuing it" in err
    assert (0, batch_id, 2, 2) == (code, document["batch_id"], document["count"], services.billed)
    assert 1 == len(json.loads(peitu("runs", "--json")[1])["batches"])
    assert (0, 2) == (peitu(*arguments)[0], services.billed)


def test_the_same_command_again_goes_on_with_a_stopped_batch_that_is_free(peitu: Peitu):
    """As with a paid one: there is no second batch of the same. Another storyboard, or a finished one, begins anew."""
    arguments = ["batch", boards(2), "--provider", "sketch", "--json"]
    first = json.loads(peitu(*arguments)[1])["batch_id"]

    stopped = json.loads(peitu(*arguments)[1])["batch_id"]

    assert stopped != first

    connection = connect(Path("data/peitu.db"))
    connection.execute("UPDATE batches SET finished_at = NULL WHERE batch_id = ?", (stopped,))
    connection.execute("UPDATE segments SET status = 'waiting' WHERE batch_id = ?", (stopped,))
    connection.close()
    code, out, err = peitu(*arguments)

    assert (0, stopped) == (code, json.loads(out)["batch_id"]), err
    assert f"peitu: batch {stopped} of this storyboard is unfinished - continuing it" in err

    connection = connect(Path("data/peitu.db"))
    connection.execute("UPDATE batches SET finished_at = NULL WHERE batch_id = ?", (stopped,))
    connection.close()
    code, out, err = peitu("batch", boards(3), *arguments[2:])

    assert (0, "") == (code, err)
    assert json.loads(out)["batch_id"] != stopped


def test_the_same_command_again_leaves_held_pictures_held(peitu: Peitu, services: Sandbox):
    """What may be paid is not bought by the way; elsewhere, or at the user's word, it is."""
    services.fault("dashscope", "submit", kind="drop", times=1)
    code, out, err = peitu("batch", boards(1), "--provider", "dashscope", "--json")
    assert ["unknown"] == [image["status"] for image in json.loads(out)["images"]]
    batch_id = json.loads(out)["batch_id"]

    ways_on = [f"peitu resume {batch_id}", f"peitu resume {batch_id} --resubmit"]
    assert ways_on == [line.partition(": ")[2] for line in err.splitlines()[-2:]]
    assert ways_on == [line.partition(": ")[2] for line in peitu("resume", "--all", "--json")[2].splitlines()[-2:]]

    code, out, err = peitu("batch", "board.json", "--provider", "dashscope")

    assert (1, 0) == (code, services.billed)
    assert f"{batch_id} of this storyboard is unfinished - continuing it" in err
    assert f"peitu resume {batch_id} --resubmit" in out

    code, out, err = peitu("batch", boards(2), "--provider", "dashscope")

    assert (2, "", 1, 0) == (code, out, len(err.splitlines()), services.billed)
    assert f"has 1 request under way that may be paid, 1 held - continue it with: peitu resume {batch_id}" in err

    boards(1)
    assert 0 == peitu("batch", "board.json", "--provider", "dashscope", "--output-dir", "elsewhere")[0]
    assert 0 == peitu("resume", batch_id, "--resubmit")[0]
    assert (0, 2) == (peitu("batch", "board.json", "--provider", "dashscope")[0], services.billed)


def test_a_batch_buys_nothing_that_another_one_has_under_way(peitu: Peitu, services: Sandbox, monkeypatch):
    """An older batch of the same storyboard came to nothing; resumed, it leaves to the newer one what that has paid."""
    services.fault("modelscope", "submit", kind="status", status=503, times=100)
    monkeypatch.setenv("PEITU_IMAGES__MODELSCOPE__DEADLINE_S", "0.2")
    older = json.loads(peitu("batch", boards(2), "--provider", "modelscope", "--json")[1])["batch_id"]
    services.set_limits("dashscope", task_seconds=3600.0)
    monkeypatch.setenv("PEITU_IMAGES__DASHSCOPE__DEADLINE_S", "0.2")
    newer = json.loads(peitu("batch", "board.json", "--provider", "dashscope", "--json")[1])["batch_id"]
    services.faults.faults.clear()
    assert 2 == len(services.tasks)
    code, _, err = peitu("resume", older)

    assert (1, 2) == (code, len(services.tasks))
    assert f"batch {newer} has 2 of its pictures under way - first continue with: peitu resume {newer}" in err

    services.pass_time(3600.0)

    assert (0, 0) == (peitu("resume", newer)[0], peitu("resume", older)[0])
    assert 2 == len(services.tasks)


def test_one_resume_all_completes_two_batches_of_a_storyboard(peitu: Peitu, services: Sandbox, monkeypatch):
    """The newer one comes first and leaves what the older one has under way: its turn comes again."""
    services.fault("modelscope", "submit", kind="status", status=400, message="refused words", times=4)
    older, newer = (
        json.loads(peitu("batch", boards(2), "--provider", "modelscope", "--json")[1])["batch_id"] for _ in range(2)
    )
    monkeypatch.setenv("PEITU_IMAGES__MODELSCOPE__DEADLINE_S", "0.2")
    services.set_limits("modelscope", task_seconds=3600.0)
    peitu("resume", older)

    assert 2 == len(services.tasks)

    services.pass_time(3600.0)
    code, out, _ = peitu("resume", "--all", "--json")

    assert {older: True, newer: True} == {one["batch_id"]: one["success"] for one in json.loads(out)["batches"]}
    assert (0, 2) == (code, len(services.tasks))


def test_a_batch_waits_for_another_one_of_its_storyboard(peitu: Peitu, services: Sandbox, monkeypatch):
    """Both would buy the same pictures: while one is at work, the other is not gone on with, alone or with all."""
    services.fault("modelscope", "submit", kind="status", status=503, times=100)
    monkeypatch.setenv("PEITU_IMAGES__MODELSCOPE__DEADLINE_S", "0.2")
    older = json.loads(peitu("batch", boards(1), "--provider", "modelscope", "--json")[1])["batch_id"]
    newer = json.loads(peitu("batch", "board.json", "--provider", "modelscope", "--json")[1])["batch_id"]
    services.faults.faults.clear()
    change_database("UPDATE batches SET finished_at = NULL WHERE batch_id = ?", newer)
    at_work = lease_of(newer)
    code, out, err = peitu("resume", older)

    assert (2, "", 1, 0) == (code, out, len(err.splitlines()), len(services.tasks))
    assert f"{newer} of this storyboard is being worked on by another process" in err

    at_work.close()

    assert 0 == peitu("resume", older)[0]


def test_a_batch_that_is_about_to_go_on_is_at_work(peitu: Peitu, services: Sandbox, monkeypatch):
    """`peitu resume` has its lease and opens the workflow, and until then its row is that of a finished batch."""
    services.fault("modelscope", "submit", kind="status", status=503, times=100)
    monkeypatch.setenv("PEITU_IMAGES__MODELSCOPE__DEADLINE_S", "0.2")
    older, newer = (
        json.loads(peitu("batch", boards(1), "--provider", "modelscope", "--json")[1])["batch_id"] for _ in range(2)
    )
    services.faults.faults.clear()
    at_work = lease_of(newer)
    for command in (["batch", "board.json", "--provider", "modelscope"], ["resume", older]):
        code, _, err = peitu(*command)

        assert (2, 0) == (code, len(services.tasks))
        assert f"{newer} of this storyboard is being worked on by another process" in err

    at_work.close()


def test_a_batch_begun_elsewhere_is_not_gone_on_with(peitu: Peitu, services: Sandbox, monkeypatch):
    """Its relative paths would lead from here into another folder: the same command begins a batch of its own."""
    monkeypatch.setenv("PEITU_DATABASE__PATH", str(Path("data/peitu.db").absolute()))
    services.fault("modelscope", "submit", kind="status", status=503, times=100)
    monkeypatch.setenv("PEITU_IMAGES__MODELSCOPE__DEADLINE_S", "0.2")
    peitu("batch", boards(1), "--provider", "modelscope", "--output-dir", "output")
    change_database("UPDATE batches SET finished_at = NULL")
    services.faults.faults.clear()
    Path("sub").mkdir()
    monkeypatch.chdir("sub")
    code, _, err = peitu("batch", "../board.json", "--provider", "modelscope", "--output-dir", "../output")

    assert (0, "") == (code, "".join(line for line in err.splitlines() if "continuing" in line))
    assert Path("../output/s0.jpg").is_file()


def change_database(statement: str, *values: str) -> None:
    connection = sqlite3.connect("data/peitu.db")
    with connection:
        connection.execute(statement, values)
    connection.close()


def lease_of(batch_id: str) -> Leases:
    """Hold the lease on a batch, as a process does that works on it."""
    leases = Leases(Database(Path("data/peitu.db")), Path("data/peitu.owners"))

    async def take() -> None:
        await leases.take(batch_id, -1)
        await leases.database.close()

    asyncio.run(take())
    return leases


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks exist on POSIX systems only")
def test_a_stopped_run_prints_its_document(forks: Forks, services: Sandbox, tmp_path: Path):
    """With --json, Ctrl-C leaves one document of what is there on standard output, too."""
    services.set_limits("dashscope", task_seconds=3600.0)
    variables = {**environment(services), "PATH": os.environ["PATH"]}
    arguments = ["run", "--text", "a teapot", "--count", "2", "--provider", "dashscope", "--run-id", "tea", "--json"]
    process = forks.start("graph.cli:main", arguments, folder=tmp_path, environment=variables, name="run")
    wait_until(lambda: len(services.tasks) == 2)
    process.send(signal.SIGINT)

    assert 1 == process.wait(20)

    document = json.loads(Path("run.out").read_text())

    assert ("tea", False, 2, 0) == tuple(document[name] for name in ("run_id", "success", "requested", "count"))
    assert [(0, "failed", 1), (1, "failed", 1)] == [
        (image["index"], image["status"], image["attempts"]) for image in document["images"]
    ]
    assert ["not made yet"] * 2 == [image["error"] for image in document["images"]]
    assert "peitu resume tea" in Path("run.err").read_text()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks exist on POSIX systems only")
@pytest.mark.parametrize(("number", "what"), [(signal.SIGINT, "elsewhere"), (signal.SIGKILL, "--all")])
def test_a_run_that_was_stopped_early_goes_where_it_was_to_go(
    forks: Forks, peitu: Peitu, services: Sandbox, tmp_path: Path, number, what: str
):
    """Stopped before anything was planned, it has nothing but its record: that knows the folder."""
    services.fault("minimax", "chat", kind="slow", seconds=600.0)
    variables = {**environment(services, RATE_PER_S="100"), "PATH": os.environ["PATH"]}
    arguments = ["run", "--text", "sea gulls", "--count", "1", "--run-id", "elsewhere", "--output-dir", "elsewhere"]
    reads = {**variables, "PEITU_LLM__PROVIDER": "minimax"}
    process = forks.start("graph.cli:main", arguments, folder=tmp_path, environment=reads, name="run")
    wait_until(lambda: services.chats)
    process.send(number)
    process.wait(20)

    assert (0, True) == (peitu("resume", what)[0], Path("elsewhere/elsewhere/00.jpg").is_file())
    assert not Path("output").exists() or [] == list(Path("output").iterdir())


class Clock:
    """A clock that stands still until it is put forward."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def segment(number: int) -> SegmentRow:
    return SegmentRow(number=number, segment_id=f"s{number}", run_id=f"b-{number}", asked={}, requested=1)


def test_plain_lines_are_few():
    """In no terminal: a line every few seconds, and one for a new kind of failure, however many events come."""
    written, clock = io.StringIO(), Clock()
    watch = BatchWatcher(3000, console=Console(file=written), clock=clock)
    with watch:
        for number in range(2000):
            clock.now += 0.01
            watch.began(segment(number))
            watch({"event": "queued", "run_id": f"b-{number}", "index": 0, "provider": "modelscope"})
            watch({"event": "submitted", "run_id": f"b-{number}", "index": 0, "provider": "modelscope"})
            error = f"task 4f1d2c3b-{number:04d} was refused"
            failed = SegmentResult(segment=segment(number), status="failed", errors=(error,))
            made = SegmentResult(segment=segment(number), status="finished", count=1)
            watch.ended(failed if number % 100 == 50 else made)
        watch({"event": "queued", "run_id": "b-2000", "index": 0})
    lines = written.getvalue().splitlines()

    assert 5 == len(lines), lines
    assert 1 == sum("was refused" in line for line in lines)
    assert "1979 made · 1 waiting for the limit · 20 failed" in lines[-1]


def test_a_terminal_without_cursor_gets_plain_lines(monkeypatch):
    """A bar cannot be redrawn there (TERM=dumb, e.g. a shell inside an editor): hours would pass without a word."""
    monkeypatch.setenv("TERM", "dumb")
    written, clock = io.StringIO(), Clock()
    watch = BatchWatcher(10, console=Console(file=written, force_terminal=True), clock=clock)
    with watch:
        clock.now += 6
        watch({"event": "saved", "run_id": "b-1", "index": 0})
    one = io.StringIO()
    with Watcher(Console(file=one, force_terminal=True)) as progress:
        progress({"event": "saved", "run_id": "a", "index": 0, "path": "output/a/00.jpg"})

    assert written.getvalue().startswith("1 of 10 there; 1 made · ")
    assert "picture 1 saved: output/a/00.jpg\n" == one.getvalue()


def test_a_bar_in_a_terminal_says_how_it_stands():
    """Made, skipped, in flight, waiting for the limit, failed, pace and time left."""
    written, clock = io.StringIO(), Clock()
    watch = BatchWatcher(10, console=Console(file=written, force_terminal=True, width=120), clock=clock)
    with watch:
        watch.ended(SegmentResult(segment=segment(0), status="finished", count=1))
        watch.ended(SegmentResult(segment=segment(1), status="skipped", count=1, skipped=1))
        watch.ended(SegmentResult(segment=segment(2), status="failed", errors=("no",)))
        for number, name in ((3, "queued"), (4, "submitted"), (5, "saved")):
            watch({"event": name, "run_id": f"b-{number}", "index": 0})
        clock.now += 60.0
    shown = written.getvalue()

    assert "3/10" in shown
    told = "2 made · 1 skipped · 1 in flight · 1 waiting for the limit · 1 failed · 2.0 a minute · about 3:00 left"
    assert told in shown


def test_watching_costs_next_to_nothing():
    """Thousands of events a second must not be felt: 50,000 take less than a second."""
    watch = BatchWatcher(10_000, console=Console(file=io.StringIO()))
    start = time.process_time()
    for number in range(50_000):
        watch({"event": "polled", "run_id": f"b-{number % 50}", "index": 0, "status": "running"})

    assert time.process_time() - start < 1.0
