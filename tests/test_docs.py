"""The pages in `docs/` and beside the READMEs say what the program does: commands, links, and what goes wrong."""

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bench.limit_report import readme_rows
from tests import test_cli, test_readme
from tests.conftest import ROOT
from tests.sandbox import Sandbox

pytestmark = pytest.mark.usefixtures("workplace")

PAGES = [str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("docs/**/*.md"))] + ["CONTEXT.md", "CHANGELOG.md"]
FAILURES, FAILURES_ZH = "docs/failures.md", "docs/failures.zh-CN.md"
LINK = re.compile(r"\]\(([^)\s]+)\)")
QUOTED = ("program", "images", "kills", "tasks paid", "paid twice", "held", "seconds")
"""The columns of the kills that the READMEs show."""
ASSIGNMENTS = re.compile(r"^\s*(?:[A-Z_]+=\S+ )+", re.MULTILINE)

Peitu = Callable[..., tuple[int, str, str]]
peitu = test_cli.peitu


def situations(page: str) -> list[list[str]]:
    """Return the rows of a page about failures: situation, what Peitu does, what is seen, what to do."""
    return [row for row in test_readme.rows(page) if len(row) == 4 and not set(row[0]) <= {"-"}]


def codes(cell: str) -> list[str]:
    """Return what stands between backticks."""
    return re.findall(r"`([^`]+)`", cell)


def promised(situation: str) -> list[str]:
    """Return the words that the page promises in the output, without the commands that show them."""
    (row,) = (row for row in situations(FAILURES) if row[0] == situation)
    words = [code for code in codes(row[2]) if not code.startswith("peitu ")]

    assert words
    return words


def anchors(page: Path) -> set[str]:
    """Return the names by which the headings of a page are linked."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.fixture
def services(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox at which everything is configured, and quick; uploads wait to be asked for."""
    quick = {"FIRST_POLL_S": "0.02", "RATE_PER_S": "50", "DEADLINE_S": "0.4"}
    limits = {f"PEITU_IMAGES__{name}__{key}": quick[key] for name in ("MODELSCOPE", "DASHSCOPE") for key in quick}
    for name, value in {**sandbox.environment(), **limits, "PEITU_STORAGE__UPLOAD": "never"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tools.money.settle.LOOK_UP_PAUSES_S", (0.0, 0.0, 0.0))
    monkeypatch.setattr("tools.money.health.FIRST_PAUSE_S", 0.1)
    return sandbox


def begin(run_id: str = "tea", provider: str = "dashscope", count: int = 1) -> list[str]:
    """Return the arguments of a small run."""
    options = ["--count", str(count), "--provider", provider, "--size", "512x512", "--run-id", run_id]
    return ["run", "--text", "a teapot on a table", *options]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_parses(page):
    """What a person copies is understood, also behind a setting in front of it."""
    if test_readme.commands(page):
        test_readme.test_every_command_parses(page)
    for block in test_readme.blocks(page, ""):
        for line in ASSIGNMENTS.sub("", block).splitlines():
            assert not line.startswith("peitu ") or line.removeprefix("peitu ") in test_readme.commands(page)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    """Relative links name files that exist, and headings that they have."""
    here = ROOT / page
    for link in LINK.findall(here.read_text(encoding="utf-8")):
        if link.startswith("http"):
            continue
        name, _, anchor = link.partition("#")
        target = (here.parent / name).resolve() if name else here

        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_both_pages_about_failures_say_the_same():
    """Row by row: the same words in the output, the same commands to type."""
    english, chinese = situations(FAILURES), situations(FAILURES_ZH)

    assert len(english) == len(chinese) > 25
    for ours, theirs in zip(english, chinese, strict=True):
        assert [sorted(codes(cell)) for cell in ours[2:]] == [sorted(codes(cell)) for cell in theirs[2:]], ours[0]
    assert test_readme.blocks(FAILURES, "") == test_readme.blocks(FAILURES_ZH, "")


@pytest.mark.parametrize("page", test_readme.READMES)
def test_the_quoted_figures_are_those_that_were_measured(page):
    """What the README quotes of the kills stands in the results of `bench.faults`."""
    head, _, *measured = test_readme.rows("bench/results/faults.md")
    places = [head.index(name) for name in QUOTED]
    quoted = [row for row in test_readme.rows(page) if len(row) == len(places)]

    assert len(measured) >= 2
    assert [[row[place] for place in places] for row in measured] == quoted[2:]


@pytest.mark.parametrize("page", test_readme.READMES)
def test_the_quoted_speeds_are_those_that_were_measured(page):
    """What the README quotes of storyboards at the limit stands in the results of `bench.limit`."""
    measured = readme_rows(json.loads((ROOT / "bench/results/limit.json").read_text(encoding="utf-8")))
    quoted = [row for row in test_readme.rows(page) if len(row) == len(measured[0])]

    assert len(measured) >= 5
    assert measured == quoted[2:]


STATUS: dict[str, Any] = {"step": "submit", "kind": "status"}
REFUSED = {"service": "dashscope", "code": "DataInspectionFailed", "message": "inappropriate content", "status": 400}
WRONG_KEY = {"service": "modelscope", "status": 401, "message": "Authentication failed"}
QUOTA = {"status": 429, "message": "You have exceeded today's quota for model X, please try again tomorrow"}
ONE_FAULT: list[tuple[str, dict[str, Any], list[list[str]], list[int]]] = [
    ("Wrong key", {**STATUS, **WRONG_KEY}, [begin(provider="modelscope")], [1]),
    ("Empty balance", {**STATUS, "service": "dashscope", "status": 400, "code": "Arrearage"}, [begin()], [1]),
    ("Refused prompt", {**STATUS, **REFUSED, "times": 1}, [begin()], [0]),
    ("Spent daily quota", {**STATUS, **QUOTA, "service": "modelscope"}, [begin(provider="auto"), ["doctor"]], [0, 0]),
    ("Provider down", {**STATUS, "service": "dashscope", "status": 503}, [begin(count=4)], [1]),
    (
        "Too fast (429)",
        {**STATUS, "service": "dashscope", "status": 429, "retry_after": 0, "times": 2},
        [begin(), ["show", "tea"]],
        [0, 0],
    ),
    (
        "Task given up by the provider",
        {"service": "dashscope", "step": "submit", "kind": "failed"},
        [begin()],
        [1],
    ),
    (
        "No answer from the language model",
        {"service": "minimax", "step": "chat", "kind": "status", "status": 401},
        [begin()],
        [0],
    ),
    ("Deadline passed", {"service": "dashscope", "step": "submit", "kind": "takes", "seconds": 600}, [begin()], [1]),
    ("No answer about a task", {"service": "dashscope", "step": "poll", "kind": "html"}, [begin()], [1]),
    ("Blank picture", {"service": "dashscope", "step": "download", "kind": "blank"}, [begin()], [1]),
    (
        "Failed upload",
        {"service": "oss", "step": "put", "kind": "status", "status": 403, "code": "AccessDenied"},
        [[*begin(), "--upload"]],
        [1],
    ),
]


@pytest.mark.parametrize(
    ("situation", "fault", "commands", "statuses"), ONE_FAULT, ids=[situation for situation, *_ in ONE_FAULT]
)
def test_a_fault_says_what_the_page_promises_and_is_made_up_for(
    peitu: Peitu, services, situation, fault, commands, statuses
):
    """The words are in the output, and when the fault is gone the command of the page completes the run."""
    services.fault(**({"every": 1} if "times" not in fault else {}), **fault)
    results = [peitu(*command) for command in commands]

    assert statuses == [status for status, _, _ in results], results
    said = "".join(out + err for _, out, err in results)
    assert [] == [word for word in promised(situation) if word not in said], said

    services.faults.faults.clear()
    services.pass_time(700)
    status, out, err = peitu("resume", "tea")

    assert 0 == status, out + err


def test_a_wanted_size_is_mended_or_refused(peitu: Peitu, services):
    """What is near is drawn and said; what no model draws does not start."""
    _, out, err = peitu(*begin()[:-4], "--size", "1920x1080")
    (mended,) = promised("Size that the model does not support")

    assert mended in out

    status, _, err = peitu(*begin()[:-4], "--size", "4000x4000")

    assert 2 == status
    assert all(word in err for word in promised("Size that no model supports"))
    assert 1 == len(services.tasks)


def test_a_lost_reply_is_paid_once(peitu: Peitu, services):
    """The task is found in the list and taken over, and nobody needs to know."""
    services.fault("dashscope", "submit", kind="lost_reply")

    assert 0 == peitu(*begin())[0]
    assert 1 == services.billed


def test_a_held_picture_is_sent_again_at_the_users_word(peitu: Peitu, services):
    """The page's words, resuming that looks again and buys nothing, then `--resubmit`."""
    services.fault("dashscope", "submit", kind="drop")
    for command in (begin(), ["resume", "tea"]):
        status, out, _ = peitu(*command)

        assert 1 == status
        assert all(word in out for word in promised("Held picture (`unknown`)")), out

    assert [] == services.tasks
    assert 0 == peitu("resume", "tea", "--resubmit")[0]
    assert 1 == services.billed


def test_a_task_that_is_gone_is_said_to_be(peitu: Peitu, services):
    """A day later the provider does not know it any more."""
    services.fault("dashscope", "submit", kind="takes", seconds=900)
    peitu(*begin())
    services.pass_time(25 * 3600)
    status, out, _ = peitu("resume", "tea")

    assert 1 == status
    assert all(word in out for word in promised("Task gone after 24 hours")), out
    assert 0 == peitu("resume", "tea", "--resubmit")[0]


def test_a_task_that_modelscope_does_not_find_for_a_day(peitu: Peitu, services):
    """It says of tasks that are seconds old, too, that it does not find them: only our own clock tells."""
    services.fault("modelscope", "submit", kind="takes", seconds=900)
    peitu(*begin(provider="modelscope"))
    services.fault("modelscope", "poll", kind="unknown")
    with closing(sqlite3.connect("data/peitu.db")) as database, database:
        database.execute("update tasks set submitted_at = '2026-01-01T00:00:00+00:00'")
    status, out, _ = peitu("resume", "tea")

    assert 1 == status
    (situation,) = (row[0] for row in situations(FAILURES) if row[0].startswith("The same at ModelScope"))
    assert all(word in out for word in promised(situation)), out
    assert 0 == peitu("resume", "tea", "--resubmit")[0]


def test_a_broken_download_buys_no_new_task(peitu: Peitu, services):
    """Half a picture, or a page instead of one; a later run collects the same task."""
    said = ""
    for run_id, kind in (("half", "half"), ("page", "html")):
        services.fault("dashscope", "download", kind=kind, every=1)
        status, out, _ = peitu(*begin(run_id))
        services.faults.faults.clear()
        said += out

        assert 1 == status
        assert 0 == peitu("resume", run_id)[0]

    assert [] == [word for word in promised("Broken download") if word not in said]
    assert 2 == services.billed


def test_a_folder_that_cannot_be_used_stops_the_start(peitu: Peitu, services):
    """A file stands in its place."""
    Path("a.txt").write_text("no folder")
    status, _, err = peitu(*begin(), "--output-dir", "a.txt")

    assert 2 == status
    assert all(word in err for word in promised("Read-only folder, or a file in its place")), err
    assert [] == services.tasks


def test_a_locked_database_stops_the_start(peitu: Peitu, services, monkeypatch):
    """Another program holds it, and lets it go."""
    peitu("doctor")
    monkeypatch.setattr("tools.sqlite.connection.BUSY_TIMEOUT_S", 0.1)
    other = sqlite3.connect("data/peitu.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    status, _, err = peitu(*begin())
    other.close()

    assert 2 == status
    assert all(word in err for word in promised("Locked database")), err
    assert [] == services.tasks
    assert 0 == peitu(*begin())[0]


def test_a_damaged_database_stops_the_start(peitu: Peitu, services):
    """What is no database is named, with what to do."""
    Path("data").mkdir()
    Path("data/peitu.db").write_bytes(b"no database" * 500)
    status, _, err = peitu(*begin())

    assert 2 == status
    assert all(word in err for word in promised("Damaged database")), err
    assert [] == services.tasks


def test_damaged_checkpoints_lose_nothing_that_is_paid(peitu: Peitu, services):
    """Without them the run begins again, and the ledger gives its picture back."""
    peitu(*begin())
    for path in Path("data").glob("checkpoints.db*"):
        path.unlink()
    Path("data/checkpoints.db").write_bytes(b"no database" * 500)
    status, _, err = peitu("resume", "tea")

    assert 2 == status
    assert all(word in err for word in promised("Damaged checkpoints")), err

    Path("data/checkpoints.db").unlink()

    assert 0 == peitu("resume", "tea")[0]
    assert 1 == services.billed
