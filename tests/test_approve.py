"""Review before paying: nothing is submitted until the prompts are approved."""

import io
import json
import sys
from pathlib import Path

import pytest
from langgraph.types import Command
from rich.console import Console

from graph import runs
from graph.state import Image
from graph.terminal.asking import ask_about
from graph.terminal.run_progress import Watcher
from graph.wiring import open_workflow
from nodes.approve import decided, parse
from tests.sandbox import Sandbox
from tools.errors import InputError
from tools.sqlite.records import find_run
from tools.sqlite.unfinished import with_what_is_missing

CONFIG = {"configurable": {"thread_id": "run"}}
ASKED = {"content": "The old lighthouse. A storm comes. Gulls on the rocks.", "count": 2, "review": True}


def prompt(index):
    return {"index": index, "prompt": f"p{index}", "subject": "s", "seed": index, "path": f"out/run/{index:02d}.jpg"}


PROMPTS = [prompt(0), prompt(1), prompt(2)]


@pytest.mark.parametrize("answer", [True, "yes", {}])
def test_approval_changes_nothing(answer):
    """A plain yes makes the pictures as they are planned."""
    assert PROMPTS == decided(PROMPTS, parse(answer))


def test_prompts_are_edited_dropped_and_added():
    """An added picture has an index and a file of its own."""
    prompts = decided(PROMPTS, parse({"edit": {"0": "new"}, "drop": [1], "add": ["more"]}))

    assert [(0, "new"), (2, "p2"), (3, "more")] == [(entry["index"], entry["prompt"]) for entry in prompts]
    assert ["out/run/00.jpg", "out/run/02.jpg", "out/run/03.jpg"] == [entry["path"] for entry in prompts]


@pytest.mark.parametrize(
    ("place", "planned", "added"),
    [
        ("covers/a.jpg", ["a.jpg"], ["a-2.jpg", "a-3.jpg"]),
        ("covers/a.jpg", ["a-1.jpg", "a-2.jpg"], ["a-3.jpg", "a-4.jpg"]),
        ("covers\\a", ["a.jpg"], ["a-2.jpg", "a-3.jpg"]),
        ("covers/", ["00.jpg"], ["01.jpg", "02.jpg"]),
        # Somebody went back in time and wrote another path.
        ("covers/a.jpg", ["A-2.jpg"], ["a-3.jpg", "a-4.jpg"]),
        (None, ["01.jpg"], ["02.jpg", "03.jpg"]),
    ],
)
def test_an_added_picture_is_named_after_the_first(place, planned, added):
    """Where the pictures were asked for by name, others may be beside them: it has none that another may have."""
    prompts = [{**prompt(index), "path": f"out/covers/{name}"} for index, name in enumerate(planned)]
    approved = decided(prompts, parse({"drop": [0], "add": ["more", "still more"]}), place)

    assert [f"out/covers/{name}" for name in [*planned[1:], *added]] == [entry["path"] for entry in approved]


async def test_pictures_added_to_two_runs_lie_beside_each_other(sandbox: Sandbox, workplace, monkeypatch):
    """Both runs have a name of their own in one folder: what is paid for one is not written over by the other."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PEITU_IMAGES__DASHSCOPE__FIRST_POLL_S", "0.05")
    asked = {"content": "a teapot", "count": 1, "review": True, "provider": "dashscope", "upload": False}
    async with open_workflow(overrides={"llm.provider": "none"}) as workflow:
        for name in ("a", "b"):
            config = {"configurable": {"thread_id": name}}
            await workflow.ainvoke({**asked, "filename": f"covers/{name}.jpg"}, config)
            document = await workflow.ainvoke(Command(resume={"add": [f"a cup for {name}"]}), config)

            assert document["success"], document
    pictures = sorted(path.relative_to("output").as_posix() for path in Path("output").rglob("*.jpg"))

    assert ["covers/a-2.jpg", "covers/a.jpg", "covers/b-2.jpg", "covers/b.jpg"] == pictures
    assert 4 == sandbox.billed


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("maybe", "'maybe' is not an answer"),
        (False, "False is not an answer"),
        ({"edit": {"x": "new"}}, "edit.x should be a whole number"),
        ({"remove": [1]}, "remove is not known"),
        ({"edit": "new"}, "edit should be a mapping"),
        ({"drop": [7]}, "no index 7 - the indexes of the pictures are 0, 1, 2"),
        ({"edit": {"0": " "}}, "blank"),
        ({"drop": [0, 1, 2]}, "0 pictures are left"),
        ({"add": ["p"] * 48}, "51 pictures are left"),
    ],
)
def test_a_wrong_answer_says_what_is_wrong(answer, reason):
    """It is one line that names the part."""
    with pytest.raises(InputError, match=reason):
        decided(PROMPTS, parse(answer))


async def test_nothing_is_paid_before_the_approval(sandbox: Sandbox, workplace, monkeypatch):
    """The run stops with the prompts; a wrong answer is asked again; then exactly what was approved is made."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PEITU_IMAGES__MODELSCOPE__FIRST_POLL_S", "0.05")
    async with open_workflow() as workflow:
        await workflow.ainvoke({**ASKED, "upload": False}, CONFIG)
        question = (await workflow.aget_state(CONFIG)).tasks[0].interrupts[0].value

        assert [0, 1] == [entry["index"] for entry in question["prompts"]]
        assert [] == sandbox.tasks

        await workflow.ainvoke(Command(resume="perhaps"), CONFIG)
        again = (await workflow.aget_state(CONFIG)).tasks[0].interrupts[0].value

        assert "'perhaps' is not an answer" in again["problem"]
        assert [] == sandbox.tasks

        document = await workflow.ainvoke(Command(resume={"edit": {"0": "a red boat"}, "drop": [1]}), CONFIG)

    assert (True, 1, 1) == (document["success"], document["requested"], document["count"])
    assert ["a red boat"] == [task.prompt for task in sandbox.tasks]


async def test_what_is_approved_is_the_plan_from_there_on(sandbox: Sandbox, workplace, monkeypatch):
    """Stopped after the approval, the run tells of the pictures that are to be made, and of no dropped one."""
    for name, value in {**sandbox.environment(), "PEITU_STORAGE__UPLOAD": "never"}.items():
        monkeypatch.setenv(name, value)
    sandbox.set_limits("dashscope", task_seconds=3600.0)
    monkeypatch.setenv("PEITU_IMAGES__DASHSCOPE__DEADLINE_S", "0.2")
    async with open_workflow() as workflow:
        await workflow.ainvoke({**ASKED, "provider": "dashscope"}, CONFIG)
        answer = {"edit": {"0": "a red kite"}, "drop": [1], "add": ["a blue kite"]}
        await workflow.ainvoke(Command(resume=answer), CONFIG)
    run = {**find_run(Path("data/peitu.db"), "run"), "images": [], "requested": None}
    told = with_what_is_missing(run)

    assert 2 == told["requested"]
    assert [(0, "a red kite", 1), (2, "a blue kite", 1)] == [
        (image["index"], image["prompt"], image["attempts"]) for image in told["images"]
    ]
    recorded = find_run(Path("data/peitu.db"), "run")
    assert recorded
    for image in (*told["images"], *recorded["images"]):
        assert list(Image.__annotations__) == list(image), "as in the result document"


async def test_a_waiting_run_is_resumed_with_the_same_question(workplace):
    """Without an answer the run waits, and says so; a later resume asks again."""
    asked = []
    async with open_workflow() as workflow:
        document = await runs.run(workflow, ASKED, run_id="run", watch=lambda event: None)

        assert "are waiting for your approval" in document["notes"][0]
        assert not document["success"]

        def approve(question):
            asked.append(question)
            return True

        recorded = find_run(Path("data/peitu.db"), "run")
        document = await runs.resume(workflow, "run", recorded=recorded, watch=lambda event: None, ask=approve)

    assert document["success"]
    assert 1 == len(asked)


class Terminal(io.StringIO):
    """Standard input that is a terminal."""

    def isatty(self):
        return True


QUESTION = {
    "problem": None,
    "prompts": [{"index": index, "heading": "", "prompt": text} for index, text in enumerate(["a boat", "a pier"])],
}


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("\n", {"edit": {}, "drop": [], "add": []}),
        ("y\n", {"edit": {}, "drop": [], "add": []}),
        ("d 1\nYes\n", {"edit": {}, "drop": [0], "add": []}),
        ("e 1 a red boat\nd 2\na a gull\n\n", {"edit": {0: "a red boat"}, "drop": [1], "add": ["a gull"]}),
        ("what\n\n", {"edit": {}, "drop": [], "add": []}),
        ("q\n", None),
        ("", None),
    ],
)
def test_the_terminal_asks(monkeypatch, typed, answer):
    """Enter or yes approves, short commands change, q and the end of input leave the run waiting."""
    monkeypatch.setattr(sys, "stdin", Terminal(typed))

    assert answer == ask_about(QUESTION)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("e 8 a red boat", "There is no picture 8 - choose from 1, 2"),
        ("d 0", "There is no picture 0 - choose from 1, 2"),
        ("d 1\nd 2\n", "0 pictures are left"),
        ("\n".join(f"a gull {number}" for number in range(60)) + "\n", "62 pictures are left"),
    ],
)
def test_what_cannot_be_is_told_at_once_and_the_rest_is_kept(monkeypatch, capsys, typed, told):
    """Pictures are counted from 1 as they are shown; a mistake costs only its own line."""
    monkeypatch.setattr(sys, "stdin", Terminal(f"e 1 a red boat\n{typed}\nq\n"))

    assert ask_about(QUESTION) is None
    assert told in capsys.readouterr().err

    monkeypatch.setattr(sys, "stdin", Terminal("e 1 a red boat\nd 8\n\n"))

    assert {"edit": {0: "a red boat"}, "drop": [], "add": []} == ask_about(QUESTION)


def test_after_the_approval_nothing_is_read_again(monkeypatch):
    """The bar comes back with what is done next."""
    monkeypatch.setattr(sys, "stdin", Terminal("\n"))
    written = io.StringIO()
    with Watcher(Console(file=written, force_terminal=True, width=80)) as watch:
        watch.ask(QUESTION)
    before, _, after = written.getvalue().rpartition("\x1b[?25l")  # the bar begins anew: the cursor is hidden

    assert "reading" in before
    assert "making the pictures" in after
    assert "reading" not in after


def test_without_a_terminal_the_run_waits(monkeypatch, capsys):
    """A script is never taken for an approval; the prompts are shown."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))

    assert ask_about(QUESTION, head="Run r1") is None
    assert "Run r1\n 1 a boat" in capsys.readouterr().err


def test_the_answer_of_the_terminal_is_one_that_the_node_takes():
    """Both ends speak the same form, through JSON too."""
    answer = json.loads(json.dumps({"edit": {0: "new"}, "drop": [1], "add": []}))

    assert ["new", "p2"] == [entry["prompt"] for entry in decided(PROMPTS, parse(answer))]
