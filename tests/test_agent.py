"""The two functions of Peitu's predecessor, and the synchronous workflow that they stand on."""

import asyncio
import json
import threading
from pathlib import Path

import pytest

from graph.agent import generate_image_agent, quick_generate
from graph.wiring import open_workflow
from tests.sandbox import Sandbox
from tools.errors import ConfigError, InputError
from tools.pictures.images import describe, is_whole, sniff_format

pytestmark = pytest.mark.usefixtures("workplace")


def test_a_content_becomes_a_result_object():
    """Success, the images with path, prompt and index, how many were made and how many were asked for."""
    content = "The old lighthouse. A storm comes. Gulls on the rocks."
    result = generate_image_agent(content, output_dir="pictures", count=2)

    assert (True, 2, 2) == (result["success"], result["count"], result["requested"])
    assert [0, 1] == [image["index"] for image in result["images"]]
    for image in result["images"]:
        assert image["prompt"]
        assert Path("pictures") in Path(image["path"]).parents
        assert is_whole(Path(image["path"]))


def test_what_is_left_out_comes_from_the_settings(monkeypatch):
    """Folder and count: an argument beats the environment, a default does not."""
    monkeypatch.setenv("PEITU_OUTPUT_DIR", "mine")
    monkeypatch.setenv("PEITU_IMAGES__COUNT", "2")
    left_out = generate_image_agent("a teapot. a cup. a spoon.")
    passed = generate_image_agent("a teapot. a cup. a spoon.", output_dir="output", count=1)

    assert ["mine", "mine"] == [Path(image["path"]).parts[0] for image in left_out["images"]]
    assert ["output"] == [Path(image["path"]).parts[0] for image in passed["images"]]


def test_a_key_that_is_passed_is_used(sandbox: Sandbox, monkeypatch):
    """An argument beats the environment: ModelScope makes the picture with it."""
    monkeypatch.setenv("PEITU_IMAGES__MODELSCOPE__BASE_URL", sandbox.modelscope_url)
    monkeypatch.setenv("PEITU_IMAGES__MODELSCOPE__FIRST_POLL_S", "0.05")
    result = generate_image_agent("a teapot", count=1, api_key=sandbox.keys.modelscope)

    assert result["success"], result
    assert ["modelscope"] == [image["provider"] for image in result["images"]]
    assert [f"Bearer {sandbox.keys.modelscope}"] == [task.headers["authorization"] for task in sandbox.tasks]


def test_a_topic_becomes_one_picture_at_its_place():
    """Style `default` is the configured one, and the picture lies where it was asked for."""
    result = quick_generate("春天的第一杯茶", output_path="covers/tea.jpg")

    assert ["covers/tea.jpg"] == [image["path"] for image in result["images"]]
    assert is_whole(Path("covers/tea.jpg"))
    assert "茶" in describe(Path("covers/tea.jpg"))["prompt"]


def test_a_place_may_be_a_path():
    """The result object is plain all the same, as JSON takes it."""
    result = quick_generate("a teapot", output_path=Path("covers/tea.jpg"))

    assert ["covers/tea.jpg"] == [image["path"] for image in json.loads(json.dumps(result))["images"]]


def test_a_place_for_another_kind_of_picture():
    """PNG is made where the name says so; what is never made is told before anything is begun."""
    with pytest.raises(InputError, match=r"end it in \.jpg or \.png"):
        quick_generate("a teapot", output_path="pictures/tea.webp")
    assert not Path("data").exists()

    result = quick_generate("a teapot", output_path="pictures/tea.png")

    assert ["pictures/tea.png"] == [image["path"] for image in result["images"]]
    assert "png" == sniff_format(Path("pictures/tea.png").read_bytes())
    assert "teapot" in describe(Path("pictures/tea.png"))["prompt"]


def test_its_object_is_named_after_its_place(sandbox: Sandbox, monkeypatch):
    """In the bucket the picture has the name that it was asked for by, made safe."""
    for name, value in sandbox.environment().items():
        if name.startswith("OSS_"):
            monkeypatch.setenv(name, value)
    named = quick_generate("a teapot", output_path="covers/my tea.jpg")["images"][0]
    hidden = quick_generate("a cup", output_path="covers/.cup.jpg")["images"][0]

    assert named["url"].endswith("_my-tea.jpg")
    assert hidden["url"].endswith("_cup.jpg")
    assert ("covers/my tea.jpg", "covers/.cup.jpg") == (named["path"], hidden["path"])


def test_an_unknown_style_is_named():
    """Bad input is an exception of ours, before anything is made."""
    with pytest.raises(InputError, match="'cubist'"):
        quick_generate("a teapot", style="cubist")


def test_it_works_inside_a_running_loop():
    """A notebook's loop is running already."""

    async def cell():
        return generate_image_agent("a teapot", count=1)

    assert asyncio.run(cell())["success"]


def test_the_synchronous_workflow_streams():
    """Events come one by one, and the drawing names the nodes."""
    config = {"configurable": {"thread_id": "stream"}}
    with open_workflow() as workflow:
        asked = {"content": "a teapot", "count": 1}
        nodes = [next(iter(update)) for update in workflow.stream(asked, config, stream_mode="updates")]
        drawn = workflow.get_graph()

    assert ["analyze", "prompt", "approve", "generate", "upload", "record"] == nodes
    assert "generate" in drawn.nodes


def test_the_synchronous_workflow_is_called_as_langgraphs_own():
    """Arguments have LangGraph's names and places, so that a program can use either."""
    config = {"configurable": {"thread_id": "names"}}
    with open_workflow() as workflow:
        list(workflow.stream(input={"content": "a teapot", "count": 1}, config=config, interrupt_after=["prompt"]))
        (planned,) = workflow.get_state(config).values["prompts"]
        workflow.update_state(config, {"prompts": [{**planned, "prompt": "a red cup"}]}, "prompt")
        edited = workflow.invoke(input=None, config=config)
        (tea,) = workflow.batch(
            inputs=[{"content": "tea", "count": 1}], config=[{"configurable": {"thread_id": "tea"}}]
        )

    assert ["a red cup"] == [image["prompt"] for image in edited["images"]]
    assert "tea" == tea["run_id"]


def test_a_workflow_that_cannot_open_leaves_nothing_behind():
    """An unusable database is an error of ours, and no thread keeps running."""
    Path("data").mkdir()
    Path("data/peitu.db").mkdir()
    before = threading.active_count()
    with pytest.raises(ConfigError, match=r"peitu\.db"), open_workflow():
        pass

    assert before == threading.active_count()
