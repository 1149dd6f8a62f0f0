"""Back to an earlier state of a run, another prompt, and on from there: what is paid already is not paid again."""

from pathlib import Path

import pytest
from langgraph.types import Command

from graph.redo import redo
from graph.wiring import open_workflow
from tests.sandbox import Sandbox

CONFIG = {"configurable": {"thread_id": "tea"}}


@pytest.fixture
def opened(workplace: Path, sandbox: Sandbox):
    """An open synchronous workflow at the sandbox's DashScope."""
    quick = {"images.dashscope.first_poll_s": 0.02, "images.dashscope.rate_per_s": 50}
    overrides = {"llm.provider": "none", "images.dashscope.base_url": sandbox.dashscope_url, **quick}
    with open_workflow(overrides=overrides, keys={"DASHSCOPE_API_KEY": sandbox.keys.dashscope}) as workflow:
        yield workflow


def test_back_to_the_prompts_and_on_with_one_changed(opened, sandbox):
    """One more picture is paid, the one with the new words; both files are there; the old states stay."""
    asked = {"content": "Tea at noon", "count": 3, "size": "512x512", "provider": "dashscope", "upload": False}
    first = opened.invoke(asked, CONFIG)
    states = list(opened.get_state_history(CONFIG))

    assert () == states[0].next
    assert ("analyze",) in [state.next for state in states]
    assert 3 == sandbox.billed

    planned = next(state for state in states if state.next == ("approve",))
    prompts = [dict(prompt) for prompt in planned.values["prompts"]]
    prompts[1] |= {"prompt": "A cat beside a teapot", "path": "output/tea/01-cat.jpg"}
    fork = opened.update_state(planned.config, {"prompts": prompts}, as_node="prompt")
    second = opened.invoke(None, fork)

    assert second["success"]
    assert 4 == sandbox.billed
    assert [True, False, True] == [
        old["sha256"] == new["sha256"] for old, new in zip(first["images"], second["images"], strict=True)
    ]
    assert "A cat beside a teapot" == opened.get_state(CONFIG).values["images"][1]["prompt"]
    assert all(Path(image["path"]).is_file() for image in [*first["images"], *second["images"]])
    assert first["images"] == opened.get_state(states[0].config).values["images"]


@pytest.mark.parametrize("name", ["{tmp}/notes.txt", "output/../../notes.txt", "output/a\0.jpg"])
def test_a_changed_state_leads_nowhere_but_into_the_output_folder(opened, sandbox, tmp_path, name):
    """Whoever reaches Studio's server may change a state: no file of the user is written over, and nothing is paid."""
    notes = Path("..").resolve() / "notes.txt"
    for file in (notes, tmp_path / "notes.txt"):
        file.write_text("mine")
    opened.invoke({"content": "Tea at noon", "count": 1, "review": True, "upload": False}, CONFIG)
    (prompt,) = opened.get_state(CONFIG).values["prompts"]
    path = name.format(tmp=tmp_path)
    for provider in ("dashscope", "sketch"):
        changes = {"prompts": [{**prompt, "path": path}], "options": {"provider": provider}}
        fork = opened.update_state(CONFIG, changes, as_node="prompt")
        (image,) = opened.invoke(None, fork)["images"]

        assert "failed" == image["status"]
        assert f"{path!r} is outside the output folder 'output' - give the picture a path inside it" == image["error"]

    assert 0 == sandbox.billed
    assert ["mine", "mine"] == [file.read_text() for file in (notes, tmp_path / "notes.txt")]


def test_a_folder_that_the_user_moved_and_linked_is_still_its_own(opened, tmp_path):
    """E.g. to another disk."""
    asked = {"content": "Tea at noon", "count": 1, "provider": "sketch", "upload": False}
    opened.invoke(asked, CONFIG)
    moved = Path("output/tea").rename(tmp_path / "moved")
    Path("output/tea").symlink_to(moved)

    assert "output/tea/00-v2.jpg" == redo(opened, "tea", 0)["images"][0]["path"]


@pytest.mark.parametrize("folder", ["{tmp}/elsewhere", "../elsewhere"])
def test_the_folder_with_which_a_run_began_stays_its_own(opened, tmp_path, folder):
    """A run that began with another output folder is continued and changed there."""
    folder = folder.format(tmp=tmp_path)
    elsewhere = {"output_dir": folder, "llm.provider": "none"}
    with open_workflow(overrides=elsewhere) as other:
        asked = {"content": "Tea at noon", "count": 1, "provider": "sketch", "review": True, "upload": False}
        other.invoke(asked, CONFIG)
    document = opened.invoke(Command(resume=True), CONFIG)

    assert document["success"]
    assert document["images"][0]["path"].startswith(folder)


def test_a_changed_state_uploads_no_other_file(opened, sandbox, tmp_path, monkeypatch):
    """What is in the bucket may be read by anybody."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    (tmp_path / "notes.txt").write_text("mine")
    with open_workflow(overrides={"llm.provider": "none"}) as workflow:
        first = workflow.invoke({"content": "Tea at noon", "count": 1, "provider": "sketch", "upload": True}, CONFIG)
        sent = len(sandbox.objects)
        image = {**first["images"][0], "path": str(tmp_path / "notes.txt"), "url": None}
        fork = workflow.update_state(CONFIG, {"images": [image]}, as_node="generate")
        (image,) = workflow.invoke(None, fork)["images"]

    assert (1, 1, None) == (sent, len(sandbox.objects), image["url"])
    assert "is outside the output folder 'output'" in image["error"]


@pytest.mark.parametrize("count", [1, 3])
def test_back_to_the_prompts_and_on_with_fewer_or_more(opened, count):
    """What is planned now is what is asked for: nothing is missing."""
    opened.invoke({"content": "Tea at noon", "count": 2, "provider": "sketch", "upload": False}, CONFIG)
    planned = next(state for state in opened.get_state_history(CONFIG) if state.next == ("approve",))
    prompt = planned.values["prompts"][0]
    prompts = [{**prompt, "index": index, "path": f"output/tea/{index}.jpg"} for index in range(count)]
    document = opened.invoke(None, opened.update_state(planned.config, {"prompts": prompts}, as_node="prompt"))

    assert (True, count, count) == (document["success"], document["requested"], document["count"])


def test_history_stops_where_nobody_wants_more(opened):
    """A reader who leaves early leaves nothing open."""
    opened.invoke({"content": "Tea", "count": 1, "review": True}, CONFIG)
    history = opened.get_state_history(CONFIG, limit=2)

    assert ("approve",) == next(history).next
    assert ("prompt",) == next(history).next
    assert [] == list(history)
