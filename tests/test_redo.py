"""One picture again: made anew, paid once, the others and the one before untouched, all of it on record."""

import asyncio
import json
import os
import random
import shutil
import sqlite3
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from typer.testing import CliRunner

from graph import runs
from graph.cli import main
from graph.commands.app import app
from graph.redo import redo
from graph.wiring import open_workflow
from tests.conftest import be_quick
from tests.sandbox import Sandbox
from tests.test_kills import Peitu, kill
from tools.content.templates import style, styles
from tools.content.wording import body_of, compose
from tools.errors import InputError
from tools.pictures.images import describe
from tools.sqlite.connection import connect
from tools.sqlite.records import find_run

pytestmark = pytest.mark.usefixtures("workplace")

DATABASE = Path("data/peitu.db")
TEXT = "A lighthouse keeper feeds the gulls before the storm. In spring a boat comes with letters from the town."


def test_the_help_says_what_the_index_counts():
    """The terminal numbers pictures from 1, the command from 0."""
    told = CliRunner().invoke(app, ["redo", "--help"], env={"COLUMNS": "120"})

    assert "00.jpg is 0" in told.output


@pytest.fixture
def keys(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox with both providers, quick; nothing is uploaded."""
    for name, value in sandbox.environment().items():
        if not name.startswith("OSS"):
            monkeypatch.setenv(name, value)
    be_quick(monkeypatch)
    return sandbox


@pytest.fixture
def peitu(monkeypatch, capsys):
    """Run a command in this process; returns exit status, standard output and standard error."""

    def run(*arguments: str):
        monkeypatch.setattr(sys, "argv", ["peitu", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return ended.value.code or 0, captured.out, captured.err

    return run


async def illustrate(workflow: Any, *, count: int = 2, **asked: Any) -> Any:
    """Make the run `a`."""
    content = {"content": TEXT, "count": count, "size": "512x512", "seed": 1, **asked}
    return await runs.run(workflow, content, run_id="a", watch=lambda event: None)


def make(**asked: Any) -> Any:
    """Make the run `a` from a test that is not asynchronous, as those of the command line are."""
    with open_workflow() as workflow:
        return workflow.call(partial(illustrate, **asked))


async def state_of(workflow: Any) -> Any:
    return (await workflow.aget_state({"configurable": {"thread_id": "a"}})).values


def versions_of(index: int = 0) -> list[dict[str, Any]]:
    """The versions of an image of the run `a`, from the records."""
    return find_run(DATABASE, "a")["images"][index]["versions"]


def files() -> list[str]:
    return sorted(path.name for path in Path("output/a").iterdir())


async def test_new_picture_is_shown_and_the_one_before_is_kept():
    """State, records, plan and disk agree: the new one in its place, the old one kept, the other one as it was."""
    async with open_workflow() as workflow:
        first = await illustrate(workflow)
        before = Path("output/a/00.jpg").read_bytes()
        document = await redo(workflow, "a", 0)
        state = await state_of(workflow)

    assert (True, 2, 2) == (document["success"], document["requested"], document["count"])
    assert document["images"] == state["images"]
    assert first["images"][1] == document["images"][1]
    assert ["00-v2.jpg", "00.jpg", "01.jpg"] == files()
    assert before == Path("output/a/00.jpg").read_bytes()
    new = document["images"][0]

    assert ("output/a/00-v2.jpg", first["images"][0]["prompt"]) == (new["path"], new["prompt"])
    assert new["seed"] not in {1, 2}
    assert describe(Path(new["path"]))["seed"] == new["seed"]
    recorded = find_run(DATABASE, "a")

    assert ("finished", True, 2) == (recorded["status"], recorded["success"], recorded["count"])
    assert [new["path"], "output/a/01.jpg"] == [image["path"] for image in recorded["images"]]
    assert [(1, "saved", "output/a/00.jpg", 1), (2, "saved", new["path"], new["seed"])] == [
        (version["version"], version["status"], version["path"], version["seed"]) for version in versions_of()
    ]
    assert "versions" not in recorded["images"][1]
    assert state["prompts"] == recorded["plan"]["prompts"]
    assert new["path"] == state["prompts"][0]["path"]


async def test_words_and_style_are_as_asked_for():
    """A prompt alone is used as it is; a style takes the words that were there, or those that come with it."""
    async with open_workflow() as workflow:
        first = await illustrate(workflow, style="clean")
        styled = (await redo(workflow, "a", 0, style="watercolor"))["images"][0]["prompt"]
        both = (await redo(workflow, "a", 0, style="ink", prompt="a red boat", seed=7))["images"][0]
        bare = (await redo(workflow, "a", 0, prompt=" 雨巷里的油纸伞 "))["images"][0]
        chinese = (await redo(workflow, "a", 0, style="watercolor"))["images"][0]["prompt"]
        back = (await redo(workflow, "a", 1, style="ink"))["images"][1]["prompt"]
    body = first["images"][0]["prompt"].removeprefix(f"{style('clean').prefix.en}. ").split(". ")[0]

    assert style("watercolor").prefix.en.lower() in styled.lower()
    assert body in styled
    assert style("clean").suffix.en not in styled
    assert "A red boat." in both["prompt"]
    assert style("ink").prefix.en in both["prompt"]
    assert 7 == both["seed"]
    assert "雨巷里的油纸伞" == bare["prompt"]
    assert chinese.startswith(style("watercolor").prefix.zh)
    assert "雨巷里的油纸伞" in chinese
    assert style("ink").prefix.en in back
    assert ["00-v2.jpg", "00-v3.jpg", "00-v4.jpg", "00-v5.jpg", "00.jpg", "01-v2.jpg", "01.jpg"] == files()


async def test_it_is_bought_once_from_the_provider_that_is_asked_for(keys):
    """The same words and seed at another provider are another task; of the image that is redone, and no other."""
    async with open_workflow() as workflow:
        first = await illustrate(workflow, provider="modelscope")
        again = await redo(workflow, "a", 1, provider="dashscope", seed=first["images"][1]["seed"])

    assert again["success"], again
    assert ["modelscope", "dashscope"] == [image["provider"] for image in again["images"]]
    assert first["images"][1]["seed"] == again["images"][1]["seed"]
    assert 1 == again["images"][1]["attempts"]
    assert 3 == len(keys.tasks)
    assert ["modelscope", "dashscope"] == [version["provider"] for version in versions_of(1)]


async def test_a_failure_leaves_the_picture_and_says_why(keys):
    """What was shown is shown; the run is complete; the next redo is a version of its own."""
    async with open_workflow() as workflow:
        await illustrate(workflow, provider="dashscope", count=1)
        refusal = {"kind": "status", "status": 400, "code": "DataInspectionFailed", "message": "input data"}
        keys.fault("dashscope", "submit", **refusal, times=1)
        document = await redo(workflow, "a", 0, prompt="something forbidden")
        recorded = find_run(DATABASE, "a")
        state = await state_of(workflow)

        assert not document["success"]
        assert ("saved", "output/a/00.jpg") == (document["images"][0]["status"], document["images"][0]["path"])
        assert document["images"][0]["error"].startswith("not made anew: ")
        assert "refuse" in document["images"][0]["error"]
        assert recorded["success"]
        assert "forbidden" not in state["prompts"][0]["prompt"]
        assert ["saved", "failed"] == [version["status"] for version in versions_of()]

        document = await redo(workflow, "a", 0)

    assert document["success"]
    assert ("output/a/00-v3.jpg", None) == (document["images"][0]["path"], document["images"][0]["error"])
    assert ["saved", "failed", "saved"] == [version["status"] for version in versions_of()]


async def test_a_failed_image_is_made_by_other_words_at_its_own_place(keys):
    """There is no picture to keep: the new one takes the name that was meant for it; the run is complete then."""
    async with open_workflow() as workflow:
        refusal = {"kind": "status", "status": 400, "code": "DataInspectionFailed", "message": "input data"}
        keys.fault("dashscope", "submit", **refusal, times=1)
        first = await illustrate(workflow, provider="dashscope", count=1)
        again = await redo(workflow, "a", 0, prompt="a harmless boat")

    assert (False, True) == (first["success"], again["success"])
    assert "output/a/00.jpg" == again["images"][0]["path"]
    assert find_run(DATABASE, "a")["success"]


def test_a_crash_is_gone_on_with_and_paid_once(keys, peitu):
    """The process dies while the task runs: the same call collects it, and so does `peitu resume`."""
    keys.set_limits("dashscope", task_seconds=0.0)
    make(provider="dashscope", count=1)
    for number, go_on in enumerate(("redo", "resume"), start=2):
        keys.set_limits("dashscope", task_seconds=1.0)
        asyncio.run(crash(keys, tasks=number))

        assert "stopped" in peitu("runs")[1]
        assert "waiting" == versions_of()[-1]["status"]

        arguments = {"redo": ["redo", "a", "0"], "resume": ["resume", "--all"]}[go_on]
        code, out, err = peitu(*arguments)

        assert 0 == code, out + err
        assert number == len(keys.tasks)
        assert ["saved"] * number == [version["status"] for version in versions_of()]
    assert ["00-v2.jpg", "00-v3.jpg", "00.jpg"] == files()
    assert find_run(DATABASE, "a")["success"]


async def crash(keys: Sandbox, *, tasks: int, run_id: str = "a", index: int = 0) -> None:
    """Begin a redo and stop it when its task is under way; another redo of that picture is refused meanwhile."""
    async with open_workflow() as workflow:
        work = asyncio.ensure_future(redo(workflow, run_id, index))
        while len(keys.tasks) < tasks or find_run(DATABASE, run_id)["tasks"][-1]["status"] != "submitted":
            await asyncio.sleep(0.01)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
    async with open_workflow() as workflow:
        with pytest.raises(InputError, match=rf"already being redone.*peitu resume {run_id}"):
            await redo(workflow, run_id, index, prompt="other words")


@pytest.mark.parametrize("words", [[], ["--prompt", "a boat"]])
def test_a_held_picture_is_not_made_anew_before_it_is_settled(keys, peitu, monkeypatch, words):
    """It may be paid, and nobody is redoing it: both is said right."""
    monkeypatch.setattr("tools.money.settle.LOOK_UP_PAUSES_S", (0.0,))
    keys.fault("dashscope", "submit", kind="drop")
    make(provider="dashscope", count=1)
    code, _, err = peitu("redo", "a", "0", *words)

    told = "has a request to dashscope that may be paid already - first run: peitu resume a"
    assert (2, f"peitu: Image 0 of run 'a' {told}\n") == (code, err)


def test_a_crash_in_a_batch_is_gone_on_with_by_resume_all(keys, peitu):
    """The batch is complete, and one picture of it was being made anew: it is collected, and nothing bought again."""
    keys.set_limits("dashscope", task_seconds=0.0)
    Path("board.json").write_text(json.dumps([{"id": 1, "prompt": "a boat"}]))
    assert 0 == peitu("batch", "board.json", "--provider", "dashscope")[0]
    run_id = json.loads(peitu("runs", "--json")[1])["batches"][0]["batch_id"] + "-00000"
    keys.set_limits("dashscope", task_seconds=1.0)
    asyncio.run(crash(keys, tasks=2, run_id=run_id))
    code, out, err = peitu("resume", "--all")

    assert 0 == code, out + err
    assert 2 == len(keys.tasks)
    assert ["saved", "saved"] == [v["status"] for v in find_run(DATABASE, run_id)["images"][0]["versions"]]


def test_a_crash_beside_a_failed_picture_makes_no_other_version(keys, peitu):
    """Resumed, the redo comes to its end, once; what had failed before stays for a resume of its own."""
    keys.fault("dashscope", "submit", kind="status", status=400, message="refused words", times=1)
    first = make(provider="dashscope", count=2)
    index = next(image["index"] for image in first["images"] if image["status"] == "saved")
    keys.set_limits("dashscope", task_seconds=1.0)
    asyncio.run(crash(keys, tasks=2, index=index))
    peitu("resume", "a")

    assert ["saved", "saved"] == [version["status"] for version in versions_of(index)]
    assert 2 == len(keys.tasks)


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_lost_checkpoints_do_not_buy_again(keys, peitu, steps):
    """After a power cut the records have more than the checkpoints: the same command shows what is bought already."""
    config = {"configurable": {"thread_id": "a"}}
    with open_workflow() as workflow:
        workflow.call(partial(illustrate, provider="dashscope", count=1))
        last = next(workflow.get_state_history(config)).metadata["step"]
        redo(workflow, "a", 0)
    connection = sqlite3.connect("data/checkpoints.db")
    with connection:
        step = "json_extract(CAST(metadata AS TEXT), '$.step')"
        connection.execute(f"DELETE FROM checkpoints WHERE {step} > ?", (last + steps,))  # noqa: S608
        connection.execute("DELETE FROM writes WHERE checkpoint_id NOT IN (SELECT checkpoint_id FROM checkpoints)")
    connection.close()
    code, out, err = peitu("redo", "a", "0", "--json")

    assert 0 == code, out + err
    assert 2 == len(keys.tasks)
    assert ["output/a/00-v2.jpg"] == [image["path"] for image in json.loads(out)["images"]]
    assert ["saved", "saved"] == [version["status"] for version in versions_of()]
    with open_workflow() as workflow:
        assert "output/a/00-v2.jpg" == workflow.get_state(config).values["images"][0]["path"]


def test_a_lost_reply_is_held_and_sent_again_at_the_users_word(keys, peitu, monkeypatch):
    """The picture before is shown meanwhile; resuming does not pay again, until it is told to."""
    make(provider="dashscope", count=1)
    keys.fault("dashscope", "submit", kind="lost_reply", times=1)
    keys.fault("dashscope", "list", kind="status", status=500, times=1000)
    code, out, _ = peitu("redo", "a", "0")

    assert 1 == code
    assert "shown is output/a/00.jpg" in out
    assert "peitu resume a --resubmit" in out
    assert ["saved", "unknown"] == [version["status"] for version in versions_of()]

    keys.faults.faults.clear()
    bought = len(keys.tasks)
    code, out, err = peitu("resume", "a", "--resubmit", "--json")

    assert 0 == code, out + err
    assert bought + 1 == len(keys.tasks)
    assert "output/a/00-v2.jpg" == json.loads(out)["images"][0]["path"]


async def test_new_version_is_uploaded_as_the_run_was(sandbox: Sandbox, monkeypatch):
    """Each version keeps its address."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PEITU_LLM__PROVIDER", "none")
    async with open_workflow() as workflow:
        await illustrate(workflow, provider="sketch", count=1)
        document = await redo(workflow, "a", 0)
    old, new = versions_of()

    assert document["success"]
    assert document["images"][0]["url"] == new["url"] is not None
    assert old["url"] not in {new["url"], None}
    assert 2 == len(sandbox.objects)


def test_synchronous_workflow_has_the_same_call():
    """In a notebook: no await, and the state is that of the run."""
    config = {"configurable": {"thread_id": "a"}}
    with open_workflow() as workflow:
        workflow.invoke({"content": TEXT, "count": 1}, config)
        document = redo(workflow, "a", 0, seed=5)

        assert ("output/a/00-v2.jpg", 5) == (document["images"][0]["path"], document["images"][0]["seed"])
        assert document["images"] == workflow.get_state(config).values["images"]

        workflow.invoke({"content": TEXT, "count": 1}, config)

        assert "output/a.2/00-v2.jpg" == redo(workflow, "a.2", 0)["images"][0]["path"]
        with pytest.raises(InputError, match=r"is now at 'a\.2'"):
            redo(workflow, "a", 0)
        with pytest.raises(InputError, match="There is no run 'b'"):
            redo(workflow, "b", 0)


async def test_graph_itself_takes_a_redo_as_input():
    """Studio and the SDK need no function of ours; what cannot be done is told, and the run is as before."""
    config = {"configurable": {"thread_id": "a"}}
    async with open_workflow() as workflow:
        first = await illustrate(workflow)
        refused = await workflow.ainvoke({"redo": {"index": 1, "style": "cubist"}}, config)
        state = await state_of(workflow)

        assert not refused["success"]
        assert [f"Not redone: {state['redoing']['problem']}"] == refused["notes"]
        assert "There is no style 'cubist'" in refused["notes"][0]
        assert first["images"] == state["images"]
        assert "versions" not in find_run(DATABASE, "a")["images"][1]

        document = await workflow.ainvoke({"redo": {"index": 1}}, config)

    assert (True, 2, []) == (document["success"], document["count"], document["notes"])
    assert "output/a/01-v2.jpg" == document["images"][1]["path"]


async def test_a_refused_redo_is_told_once():
    """Not after a second one, nor by the run that the thread begins, and none is in the records."""
    config = {"configurable": {"thread_id": "a"}}
    async with open_workflow() as workflow:
        early = await workflow.ainvoke({"redo": {"index": 0}}, config)
        first = await illustrate(workflow)
        await workflow.ainvoke({"redo": {"index": 7}}, config)
        again = await workflow.ainvoke({"redo": {"index": 8}}, config)
        resumed = await runs.resume(workflow, "a", recorded=find_run(DATABASE, "a"), watch=lambda event: None)

    assert (False, ["Not redone: There is no run yet"]) == (early["success"], early["notes"])
    assert (True, []) == (first["success"], first["notes"])
    assert ["Not redone: There is no image 8 in run 'a', only 0, 1 - count from 0"] == again["notes"]
    assert (True, [], first["images"]) == (resumed["success"], resumed["notes"], resumed["images"])
    assert [] == find_run(DATABASE, "a")["notes"]


def test_a_run_whose_checkpoints_are_gone_is_redone_from_the_records(peitu):
    """The records know all that is needed."""
    first = make()
    for path in Path("data").glob("checkpoints.db*"):
        path.unlink()
    code, out, err = peitu("redo", "a", "1", "--json")
    document = json.loads(out)

    assert 0 == code, err
    assert first["images"][0] == document["images"][0]
    assert "output/a/01-v2.jpg" == document["images"][1]["path"]
    with open_workflow() as workflow:
        assert 2 == len(workflow.call(state_of)["images"])


def test_a_segment_of_a_batch_is_redone(peitu):
    """The batch shows the new picture, and its file names stay those of the storyboard."""
    Path("board.json").write_text(json.dumps([{"id": 1, "prompt": "a boat"}, {"id": 2, "prompt": "a cat"}]))
    assert 0 == peitu("batch", "board.json", "--json")[0]
    batch = json.loads(peitu("runs", "--json")[1])["batches"][0]["batch_id"]
    code, out, err = peitu("redo", f"{batch}-00001", "0", "--prompt", "a dog", "--json")
    path = json.loads(out)["images"][0]["path"]

    assert 0 == code, err
    shown = json.loads(peitu("show", batch, "--json")[1])

    assert (True, path, "a dog") == (shown["success"], shown["images"][1]["path"], shown["images"][1]["prompt"])
    assert path.endswith("-v2.jpg")
    assert "a batch - name one of its runs" in peitu("redo", batch, "0")[2]


def test_a_picture_that_a_batch_found_there_is_redone(peitu):
    """It was skipped and never planned: it is planned now, kept as version 1, and drawn anew beside itself."""
    Path("board.json").write_text(json.dumps([{"id": 1, "prompt": "a boat", "filename": "cover.jpg"}]))
    assert 0 == peitu("batch", "board.json", "--output-dir", "art", "--json")[0]
    assert 0 == peitu("batch", "board.json", "--output-dir", "art", "--json")[0]
    batch = json.loads(peitu("runs", "--json")[1])["batches"][0]["batch_id"]
    code, out, err = peitu("redo", f"{batch}-00000", "0", "--json")
    image = json.loads(out)["images"][0]

    assert 0 == code, err
    assert ("art/cover-v2.jpg", "a boat") == (image["path"], image["prompt"])
    assert ["art/cover.jpg", "art/cover-v2.jpg"] == [version["path"] for version in image["versions"]]
    assert json.loads(peitu("show", batch, "--json")[1])["success"]


BAD = [
    (["b", "0"], "There is no run 'b'"),
    (["a", "2"], "There is no image 2 in run 'a', only 0, 1"),
    (["a", "0", "--seed", "-1"], "The seed is -1"),
    (["a", "0", "--prompt", " "], "The prompt is blank"),
    (["a", "0", "--style", "cubist"], "There is no style 'cubist'"),
    (["a", "0", "--provider", "midjourney"], "There is no provider 'midjourney'"),
    (["a", "0", "--provider", "dashscope"], "DASHSCOPE_API_KEY is not set"),
    (["a"], "INDEX"),
]


def test_what_cannot_be_redone_is_one_clear_line(peitu):
    """Nothing is made, nothing is changed, and the run can still be redone."""
    assert 0 == peitu("run", "--text", TEXT, "--count", "2", "--run-id", "a")[0]
    for arguments, reason in BAD:
        code, out, err = peitu("redo", *arguments)

        assert (2, "") == (code, out), arguments
        assert reason in err
        assert 1 == len(err.strip().splitlines()), err
    assert ["00.jpg", "01.jpg"] == files()
    code, out, _ = peitu("redo", "a", "0")

    assert 0 == code
    assert "version 2, shown: output/a/00-v2.jpg" in out
    assert "version 1: output/a/00.jpg" in peitu("show", "a")[1]


def test_a_run_that_waits_or_is_worked_on_is_left_alone(peitu):
    """Before its approval there is nothing to redo; while another process works on it, that one has the say."""
    make(review=True)
    code, _, err = peitu("redo", "a", "0")

    assert 2 == code
    assert "waits for your approval - first continue it with: peitu resume a" in err

    folder = Path("data/peitu.owners")
    folder.mkdir(exist_ok=True)
    with connect(DATABASE) as database:
        database.execute("INSERT INTO leases (run_id, image_index, owner) VALUES ('a', 0, 'other')")
    database.close()
    with FileLock(folder / "other.lock"):
        code, _, err = peitu("redo", "a", "0")

    assert 2 == code
    assert "Another process is working on run 'a'" in err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks exist on POSIX systems only")
def test_killed_at_any_instant_it_pays_once(forks, sandbox, tmp_path):
    """Real processes: a redo is killed twice at a random instant, then given the same command once more."""
    sandbox.set_limits("dashscope", task_seconds=0.0)
    chance = random.Random(7)
    killed = Peitu(forks, sandbox, tmp_path)
    assert 0 == killed.run(1).wait(30), killed.read()
    sandbox.set_limits("dashscope", task_seconds=(0.6, 0.8))
    command = ("redo", "run", "0", "--json")
    kills = sum(kill(killed.start(*command), sandbox, chance) for _ in range(2))
    status = killed.start(*command).wait(30)
    document = json.loads(killed.read("out"))

    assert kills
    assert 0 == status, killed.read()
    versions = document["images"][0]["versions"]
    assert ["saved"] * len(versions) == [version["status"] for version in versions]
    assert len(versions) == len(sandbox.tasks) == sandbox.billed
    assert len(versions) <= 3


async def test_a_file_that_is_there_is_not_written_over():
    """A version takes the next number at whose place nothing is."""
    async with open_workflow() as workflow:
        await illustrate(workflow, count=1)
        shutil.copy("output/a/00.jpg", "output/a/00-v2.jpg")
        document = await redo(workflow, "a", 0)

    assert "output/a/00-v3.jpg" == document["images"][0]["path"]
    assert [1, 3] == [version["version"] for version in versions_of()]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_words_come_back_out_of_every_style(language):
    """What a style was put around is found again, also where the words are in no style at all."""
    body = {"zh": "雨巷里的油纸伞，远景", "en": "A red boat, wide view"}[language]
    known = styles().values()
    for one in known:
        prompt = compose(body, style=one, language=language, limit=800)

        assert body == body_of(prompt, styles=known, language=language), one.id
    assert body == body_of(body, styles=known, language=language)
