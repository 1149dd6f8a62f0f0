"""Back to an earlier state of a run, another prompt, and on from there: what is paid already is not paid again."""

from pathlib import Path

import pytest

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


def test_history_stops_where_nobody_wants_more(opened):
    """A reader who leaves early leaves nothing open."""
    opened.invoke({"content": "Tea", "count": 1, "review": True}, CONFIG)
    history = opened.get_state_history(CONFIG, limit=2)

    assert ("approve",) == next(history).next
    assert ("prompt",) == next(history).next
    assert [] == list(history)
