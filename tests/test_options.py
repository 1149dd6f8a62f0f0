"""The options of a run are its own: another content on its thread has the defaults, and a resume still knows them."""

import contextlib
from pathlib import Path

import pytest
from langgraph.types import Command

from graph import runs
from graph.opening.checkpointer import open_checkpoints
from graph.redo import redo
from graph.wiring import open_workflow
from tests.conftest import be_quick
from tests.sandbox import Sandbox
from tools.errors import InputError
from tools.sqlite.records import find_run

CONFIG = {"configurable": {"thread_id": "run", "checkpoint_ns": ""}}
OPTIONS = {"style": "ink", "size": "512x512", "seed": 7, "provider": "dashscope", "upload": False}


@pytest.fixture(autouse=True)
def keys(sandbox: Sandbox, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox with everything but a language model: what is not said goes to ModelScope and OSS."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    be_quick(monkeypatch)
    return sandbox


async def go_on(answer=True):
    async with open_workflow() as workflow:
        recorded = find_run(Path("data/peitu.db"), "run")
        return await runs.resume(workflow, "run", recorded=recorded, watch=lambda event: None, ask=lambda _: answer)


async def make_checkpoints_of_an_earlier_version():
    """Put the options back among the inputs, where they stood until all had a key of the run's own."""
    async with open_checkpoints(Path("data/checkpoints.db")) as saver:
        for found in [found async for found in saver.alist(CONFIG)]:
            values, versions = found.checkpoint["channel_values"], found.checkpoint["channel_versions"]
            options = values.pop("options", {})
            version = versions.pop("options", None)
            if version is not None:
                values |= options
                versions |= dict.fromkeys(options, version)
            await saver.aput(found.parent_config or CONFIG, found.checkpoint, found.metadata, {})


async def test_another_content_has_the_defaults(keys, monkeypatch):
    """Nobody has said anything of its style, size, seed, provider, upload and review."""
    monkeypatch.delenv("PEITU_IMAGES__SIZE")
    async with open_workflow() as workflow:
        await workflow.ainvoke({"content": "a lighthouse", "count": 1, "review": True, **OPTIONS}, CONFIG)
        first = await workflow.ainvoke(Command(resume=True), CONFIG)
        second = await workflow.ainvoke({"content": "a lighthouse", "count": 1}, CONFIG)
        state = (await workflow.aget_state(CONFIG)).values

    (one,), (other,) = first["images"], second["images"]

    assert ("dashscope", None, 7, 512) == (one["provider"], one["url"], one["seed"], one["width"])
    assert ("modelscope", 1024) == (other["provider"], other["width"])
    assert other["url"].startswith(keys.oss_url)
    assert one["prompt"] != other["prompt"]
    assert 7 != other["seed"]
    assert {} == state["options"]


async def test_what_was_refused_is_forgotten():
    """A misspelled style is no reason to refuse the next content, which names none."""
    async with open_workflow() as workflow:
        with pytest.raises(InputError, match="cubist"):
            await workflow.ainvoke({"content": "a lighthouse", "style": "cubist"}, CONFIG)
        document = await workflow.ainvoke({"content": "a lighthouse", "count": 1}, CONFIG)

    assert document["success"], document


async def test_whoever_continues_a_run_knows_its_options(keys):
    """After a failure, and for a picture that is made anew, provider and upload are what the run was asked for."""
    keys.fault("dashscope", "submit", kind="failed", times=100)
    async with open_workflow() as workflow:
        await runs.run(workflow, {"content": "a lighthouse", "count": 1, **OPTIONS}, run_id="run", watch=lambda _: None)
    keys.faults.faults.clear()
    document = await go_on()
    async with open_workflow() as workflow:
        again = await redo(workflow, "run", 0)

    assert document["success"], document
    assert again["success"], again
    assert [("dashscope", None)] == [(image["provider"], image["url"]) for image in document["images"]]
    assert [("dashscope", None)] == [(image["provider"], image["url"]) for image in again["images"]]
    assert {} == keys.objects


@pytest.mark.parametrize("reached", ["the review", "a failure", "the end"])
async def test_a_run_of_an_earlier_version_keeps_its_options(keys, reached):
    """Its checkpoints have them among the inputs: nothing of it goes to another provider, or is published."""
    asked = {"content": "a lighthouse", "count": 1, **OPTIONS}
    if reached == "a failure":
        keys.fault("dashscope", "submit", kind="failed", times=100)
    async with open_workflow() as workflow:
        await workflow.ainvoke({**asked, "review": reached == "the review"}, CONFIG)
    keys.faults.faults.clear()
    await make_checkpoints_of_an_earlier_version()
    document = await go_on()
    await make_checkpoints_of_an_earlier_version()
    async with open_workflow() as workflow:
        again = await redo(workflow, "run", 0)
        other = await workflow.ainvoke({"content": "a teapot", "count": 1, "upload": False}, CONFIG)

    assert document["success"], document
    assert again["success"], again
    assert [("dashscope", None)] == [(image["provider"], image["url"]) for image in document["images"]]
    assert [("dashscope", None)] == [(image["provider"], image["url"]) for image in again["images"]]
    assert {} == keys.objects
    assert ["modelscope"] == [image["provider"] for image in other["images"]]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"redo": "text"}, "The redo is 'text' - give an object with the index of the picture"),
        ({"redo": False}, "The redo is False - give an object"),
        ({"redo": ["a"]}, "The redo is ['a'] - give an object"),
        ({"content": 5}, "The content is 5 - provide the text"),
        ({"content": "tea", "messages": 5}, "The messages cannot be read (Unsupported message type: <class 'int'>)"),
        ({"messages": [{"role": "user"}]}, "The messages cannot be read (Message dict must contain 'role' and"),
    ],
)
async def test_an_input_of_a_wrong_kind_is_one_clear_line(asked, told):
    """It names the key, says what came, and what to give."""
    async with open_workflow() as workflow:
        with pytest.raises(InputError) as caught:
            await workflow.ainvoke(asked, CONFIG)

    assert str(caught.value).startswith(told)
    assert "\n" not in str(caught.value)


async def test_messages_of_none_are_as_good_as_left_out():
    """So it is with every other key of the input."""
    async with open_workflow() as workflow:
        document = await workflow.ainvoke({"content": "a lighthouse", "count": 1, "messages": None}, CONFIG)

    assert document["success"], document


@pytest.mark.parametrize("redoes", ["text", {"index": 0}])
async def test_a_run_that_waits_for_approval_still_waits_when_a_redo_came_between(keys, redoes):
    """What cannot be redone is no approval of what is not paid yet; a resume asks again, and makes what is left."""
    async with open_workflow() as workflow:
        await workflow.ainvoke({"content": "a lighthouse", "count": 2, "review": True, **OPTIONS}, CONFIG)
        with contextlib.suppress(InputError):
            await workflow.ainvoke({"redo": redoes}, CONFIG)
    document = await go_on(answer={"drop": [1]})

    assert (True, 1) == (document["success"], document["count"])


async def test_a_redo_that_names_its_run_by_a_number_is_told_in_the_state():
    """As is everything that cannot be redone."""
    async with open_workflow() as workflow:
        await workflow.ainvoke({"redo": {"index": 0, "run_id": ["x"]}}, CONFIG)
        state = (await workflow.aget_state(CONFIG)).values

    assert "The run_id of the redo is ['x'] - give a text" == state["redoing"]["problem"]
