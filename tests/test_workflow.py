"""The whole graph, through the sandbox, over real HTTP: from an article to pictures, records and uploads."""

import asyncio
import gc
import json
from pathlib import Path

import pytest
from langgraph.graph import START, StateGraph
from PIL import Image

from graph import runs
from graph.redo import redo
from graph.state import InputState, OutputState
from graph.wiring import make_graph, open_workflow
from tests.sandbox import Sandbox
from tools.errors import ConfigError, InputError
from tools.pictures.images import describe
from tools.setup.log import set_up_logging
from tools.sqlite.records import find_run

ARTICLE = """\
# The keeper's last winter

## The lamp

Every evening the old keeper climbs the stairs of the lighthouse and lights the lamp.

## The gulls

Before the storm he feeds the gulls on the rocks, and they know his coat.

## The boat

In spring a small boat comes with bread, coffee and letters from the town.
"""


@pytest.fixture
def keys(sandbox: Sandbox, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox at which everything is configured, and quick."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    for provider in ("MODELSCOPE", "DASHSCOPE"):
        monkeypatch.setenv(f"PEITU_IMAGES__{provider}__FIRST_POLL_S", "0.05")
        monkeypatch.setenv(f"PEITU_IMAGES__{provider}__RATE_PER_S", "50")
    return sandbox


async def illustrate(run_id: str = "run", *, content: str = ARTICLE, watch=lambda event: None, **asked):
    async with open_workflow() as workflow:
        return await runs.run(workflow, {"content": content, **asked}, run_id=run_id, watch=watch)


async def go_on(run_id: str = "run", **overrides):
    async with open_workflow(overrides=overrides) as workflow:
        recorded = find_run(Path("data/peitu.db"), run_id)
        return await runs.resume(workflow, run_id, recorded=recorded, watch=lambda event: None)


def at(thread_id):
    return {"configurable": {"thread_id": thread_id}}


def errors_of(document):
    return [image["error"] for image in document["images"]]


async def test_an_article_becomes_pictures_prompts_urls_and_rows(keys, monkeypatch):
    """With all keys: MiniMax writes, ModelScope draws, OSS takes, SQLite remembers."""
    monkeypatch.delenv("PEITU_IMAGES__SIZE")
    document = await illustrate()

    assert document["success"], document
    assert (3, 3) == (document["requested"], document["count"])
    assert "MiniMax-M2.5" == document["language_model"]
    assert 3 == len({image["prompt"] for image in document["images"]})
    assert {"modelscope"} == {image["provider"] for image in document["images"]}
    assert 3 == len(keys.tasks)
    for image in document["images"]:
        with Image.open(image["path"]) as picture:
            assert ("JPEG", (1024, 1024)) == (picture.format, picture.size)
        assert image["prompt"] == describe(Path(image["path"]))["prompt"]
        assert image["url"].startswith(keys.oss_url)
    assert 3 == len(keys.objects)

    recorded = find_run(Path("data/peitu.db"), "run")

    assert document["images"] == [{key: image[key] for key in document["images"][0]} for image in recorded["images"]]
    assert ["saved"] * 3 == [task["status"] for task in recorded["tasks"]]
    assert ARTICLE == recorded["content"]


async def test_with_no_key_it_draws_sketches(workplace):
    """Offline, free, and honest about it in the file."""
    document = await illustrate()

    assert document["success"], document
    assert {"sketch"} == {image["provider"] for image in document["images"]}
    assert document["language_model"] is None
    for image in document["images"]:
        assert "offline sketch" in describe(Path(image["path"]))["generator"]


async def test_a_failed_task_is_tried_again(keys):
    """The provider gives a task up: the branch buys another, the others go on undisturbed."""
    keys.fault("modelscope", "submit", kind="failed", times=1)
    document = await illustrate()

    assert document["success"], document
    assert [1, 1, 2] == sorted(image["attempts"] for image in document["images"])
    assert 4 == len(keys.tasks)


async def test_it_fails_over_to_the_next_provider(keys):
    """When ModelScope has failed three times, DashScope makes the picture, one image a task."""
    keys.fault("modelscope", "submit", kind="status", status=503, times=100)
    document = await illustrate(count=2)

    assert document["success"], document
    assert {"dashscope"} == {image["provider"] for image in document["images"]}
    assert [1, 1] == [task.billed for task in keys.tasks]


async def test_a_provider_that_asks_for_patience_is_left_to_the_next(keys):
    """ModelScope answers every submit with 429 and a minute: nobody waits while DashScope can make the pictures."""
    keys.fault("modelscope", "submit", kind="status", status=429, retry_after=60, times=100)
    async with asyncio.timeout(20):
        document = await illustrate(count=3)

    assert document["success"], document
    assert {"dashscope"} == {image["provider"] for image in document["images"]}
    assert any("modelscope was given up" in note for note in document["notes"])


async def test_a_wrong_key_is_named_and_the_next_provider_asked(keys, monkeypatch):
    """A key that is refused is not tried again."""
    monkeypatch.setenv("MODELSCOPE_API_KEY", "ms-wrong")
    document = await illustrate(count=1)

    assert document["success"], document
    assert "dashscope" == document["images"][0]["provider"]

    document = await illustrate("second", count=1, provider="modelscope")

    assert not document["success"]
    assert "MODELSCOPE_API_KEY" in errors_of(document)[0]


REFUSED = {"kind": "status", "status": 400, "code": "DataInspectionFailed", "message": "input data"}


async def test_a_refused_prompt_gets_one_softer_wording(keys):
    """The language model rewords it; the picture is made of the new prompt, which the result shows and says."""
    keys.fault("dashscope", "submit", **REFUSED, times=1)
    document = await illustrate(provider="dashscope", count=1)

    assert document["success"], document
    assert document["images"][0]["prompt"].startswith("Gently")
    assert keys.tasks[0].prompt.startswith("Gently")
    assert any("softer wording" in note for note in document["notes"])


async def test_a_prompt_that_is_refused_twice_is_given_up(keys):
    """It goes to no other provider; the reason is the provider's."""
    keys.fault("dashscope", "submit", **REFUSED, times=5)
    document = await illustrate(provider="dashscope", count=1)

    assert "DataInspectionFailed" in errors_of(document)[0]
    assert 2 == len([request for request in keys.requests if request.step == "submit"])


async def test_a_refused_prompt_goes_to_nobody_else(keys, monkeypatch):
    """Without a language model the provider's reason is the image's error; the other images are made."""
    monkeypatch.setenv("PEITU_LLM__PROVIDER", "none")
    keys.fault("dashscope", "submit", **REFUSED, times=1)
    document = await illustrate(provider="dashscope")

    assert 2 == document["count"]
    assert ["failed", "saved", "saved"] == sorted(image["status"] for image in document["images"])
    assert any("DataInspectionFailed" in (error or "") for error in errors_of(document))
    assert not [request for request in keys.requests if request.service == "modelscope"]


async def test_a_blank_picture_is_set_aside_and_made_again(keys):
    """An all-black picture is no illustration; it is kept beside its place, since it was paid."""
    keys.fault("modelscope", "download", kind="blank", times=1)
    document = await illustrate(count=1)

    assert document["success"], document
    assert 2 == document["images"][0]["attempts"]
    assert 1 == len(list(Path("output/run").glob("*.refused-*.jpg")))


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("status", {"status": 500}),
        ("base_resp", {"code": 1008, "message": "insufficient balance"}),
        ("garbage", {}),
        ("cut", {}),
    ],
)
async def test_a_broken_language_model_never_stops_a_run(keys, kind, details, monkeypatch):
    """The templates write the prompts, and the result says so."""
    monkeypatch.setattr("tools.language.llm._PAUSES_S", (0.0, 0.0))
    keys.fault("minimax", "chat", kind=kind, times=100, **details)
    document = await illustrate()

    assert document["success"], document
    assert document["language_model"] is None
    assert any("language model was not used" in note for note in document["notes"])
    assert 3 == len({image["prompt"] for image in document["images"]})


async def test_a_failed_upload_loses_no_picture_and_resume_sends_it(keys):
    """The picture stays on the disk, the run is incomplete, and resuming sends what is missing, once."""
    keys.fault("oss", "put", kind="status", status=403, code="AccessDenied", message="no", times=100)
    document = await illustrate()

    assert not document["success"]
    assert 3 == document["count"]
    assert all("AccessDenied" in error for error in errors_of(document))

    keys.faults.faults.clear()
    document = await go_on()

    assert document["success"], document
    assert 3 == len(keys.tasks)
    assert [1, 1, 1] == [stored.puts for stored in keys.objects.values()]
    assert [None] * 3 == errors_of(document)


async def test_without_a_bucket_an_upload_is_said_to_be_missing(workplace):
    """It was asked for, and no OSS variable is set: the picture is there, and the doctor is named."""
    document = await illustrate(count=1, upload=True)

    assert (False, 1) == (document["success"], document["count"])
    assert ["not uploaded: the OSS variables are not set - see `peitu doctor`"] == errors_of(document)


async def test_resume_makes_only_what_failed(keys):
    """What is saved is neither bought nor sent again."""
    keys.fault("modelscope", "submit", kind="status", status=400, message="unsupported parameter", times=1)
    document = await illustrate(provider="modelscope", upload=False)

    assert 2 == document["count"]

    before = {image["index"]: image["sha256"] for image in document["images"] if image["status"] == "saved"}
    document = await go_on()

    assert document["success"], document
    assert 3 == len(keys.tasks)
    assert before.items() <= {image["index"]: image["sha256"] for image in document["images"]}.items()

    again = await go_on()

    assert document == again
    assert 3 == len(keys.tasks)


async def test_an_overdue_task_is_collected_by_resume(keys):
    """A task beyond its deadline is not bought again: the later run collects it."""
    keys.fault("dashscope", "submit", kind="takes", seconds=3600)
    async with open_workflow(overrides={"images.dashscope.deadline_s": 0.2}) as workflow:
        asked = {"content": ARTICLE, "count": 1, "provider": "dashscope", "upload": False}
        document = await runs.run(workflow, asked, run_id="run", watch=lambda event: None)

    assert ["failed"] == [image["status"] for image in document["images"]]
    assert "resuming the run collects it" in errors_of(document)[0]

    keys.pass_time(3700)
    document = await go_on()

    assert document["success"], document
    assert 1 == len(keys.tasks)


async def test_a_lost_reply_is_adopted_from_the_task_list(keys):
    """DashScope took the request, the answer was lost: its task list settles it, paid once."""
    keys.fault("dashscope", "submit", kind="lost_reply", times=1)
    document = await illustrate(count=1, provider="dashscope")

    assert document["success"], document
    assert 1 == len(keys.tasks)


async def test_a_lost_reply_without_a_trace_is_held(keys, monkeypatch):
    """Nobody knows whether it was paid: the image is unknown, in every later run too."""
    monkeypatch.setattr("tools.money.settle.LOOK_UP_PAUSES_S", (0.0, 0.1, 0.1))
    keys.fault("dashscope", "submit", kind="drop", times=1)
    document = await illustrate(count=1, provider="dashscope")

    assert ["unknown"] == [image["status"] for image in document["images"]]
    assert ["unknown"] == [image["status"] for image in (await go_on())["images"]]
    assert 0 == len(keys.tasks)


async def test_a_run_that_another_process_ended_meanwhile_is_the_same_one(keys, monkeypatch):
    """Who begins it a moment too late makes no second run of its thread, which would pay for what may be paid."""
    monkeypatch.setattr("tools.money.settle.LOOK_UP_PAUSES_S", (0.0,))
    keys.fault("dashscope", "submit", kind="drop", times=1)
    asked = {"content": ARTICLE, "count": 2, "provider": "dashscope"}
    async with open_workflow() as workflow:
        for _ in range(2):
            document = await runs.run(workflow, asked, run_id="run", watch=lambda event: None, is_new=True)

    assert ("run", ["saved", "unknown"]) == (document["run_id"], sorted(one["status"] for one in document["images"]))
    assert 1 == len(keys.tasks)


async def test_a_lost_reply_does_not_take_the_task_of_a_sibling(keys, monkeypatch):
    """One request never arrived, another was taken and its answer is slow: the free task in the list is the other's."""
    monkeypatch.setattr("tools.money.settle.LOOK_UP_PAUSES_S", (0.0, 0.4, 0.8))
    monkeypatch.setattr("tools.money.settle.FINISHED_PAUSE_S", 0.1)
    keys.fault("dashscope", "submit", kind="drop", times=1)
    keys.fault("dashscope", "submit", kind="slow", seconds=0.5, times=1)
    document = await illustrate(count=2, provider="dashscope")

    assert ["saved", "unknown"] == sorted(image["status"] for image in document["images"])
    assert 1 == len(keys.tasks)


async def test_a_lost_checkpoint_does_not_change_the_plan(keys):
    """A power cut may cost the last checkpoints, and the model words it anew: what is bought is adopted."""
    first = await illustrate(count=2, upload=False)
    for path in Path("data").glob("checkpoints.db*"):
        path.unlink()
    keys.answer = lambda messages: "{}"
    again = await go_on()

    assert [image["sha256"] for image in first["images"]] == [image["sha256"] for image in again["images"]]
    assert [image["prompt"] for image in first["images"]] == [image["prompt"] for image in again["images"]]
    assert 2 == len(keys.tasks)


async def test_a_second_content_on_one_thread_is_a_run_of_its_own(keys):
    """A notebook cell or a chat goes on with the same thread: new pictures, and the first ones stay."""
    config = {"configurable": {"thread_id": "chat"}}
    async with open_workflow() as workflow:
        first = await workflow.ainvoke({"content": "an old lighthouse", "count": 1, "upload": False}, config)
        second = await workflow.ainvoke({"content": "a teapot in the rain"}, config)

    assert ["chat", "chat.2"] == [first["run_id"], second["run_id"]]
    assert (1, 3) == (first["count"], second["count"])
    assert 4 == len(keys.tasks)
    assert "teapot" in second["images"][0]["prompt"]
    assert Path(first["images"][0]["path"]).exists()


async def test_a_run_whose_thread_went_on_with_another_is_continued_beside_it(keys):
    """A chat is interrupted by the next message: what was paid for the first is collected, and the chat stays."""
    async with open_workflow() as workflow:
        asked = {"content": "an old lighthouse", "count": 2, "upload": False}
        stream = workflow.astream(asked, at("chat"), stream_mode="custom", subgraphs=True)
        async for _, event in stream:
            if event["event"] == "submitted":
                break
        await stream.aclose()
        second = await workflow.ainvoke({"content": "a teapot in the rain", "count": 1, "upload": False}, at("chat"))
        chat = await workflow.aget_state(at("chat"))
    document = await go_on("chat")

    assert ("chat.2", "chat") == (second["run_id"], document["run_id"])
    assert document["success"], document
    assert ["output/chat/00.jpg", "output/chat/01.jpg"] == [image["path"] for image in document["images"]]
    assert find_run(Path("data/peitu.db"), "chat")["success"]
    assert 3 == len(keys.tasks)
    assert document == await go_on("chat")
    async with open_workflow() as workflow:
        assert chat == await workflow.aget_state(at("chat"))
        third = await workflow.ainvoke({"content": "a bridge", "count": 1, "upload": False}, at("chat"))
    assert "chat.3" == third["run_id"]
    assert 4 == len(keys.tasks)


@pytest.mark.parametrize(
    ("threads", "run_ids"),
    [
        (["tale", "tale", "tale.2", "tale.2"], ["tale", "tale.2", "tale.2.2", "tale.2.3"]),
        (["tale.2", "tale", "tale", "tale"], ["tale.2", "tale", "tale.3", "tale.4"]),
    ],
)
async def test_a_thread_that_is_called_as_a_run_of_another_has_pictures_of_its_own(keys, threads, run_ids):
    """Whichever comes second, its run has the next free id, and every content is made and paid once."""
    contents = ["a red fox", "a blue whale", "a yellow duck", "a green frog"]
    async with open_workflow() as workflow:
        documents = [
            await workflow.ainvoke({"content": content, "count": 1, "upload": False}, at(thread))
            for thread, content in zip(threads, contents, strict=True)
        ]

    assert run_ids == [document["run_id"] for document in documents]
    assert contents == [find_run(Path("data/peitu.db"), run_id)["content"] for run_id in run_ids]
    assert 4 == len({document["images"][0]["sha256"] for document in documents})
    assert 4 == len(keys.tasks)


async def test_a_run_beside_its_namesake_is_begun_again_and_made_anew(keys):
    """The id that it took is found again: after lost checkpoints, and by a redo."""
    async with open_workflow() as workflow:
        for thread, content in (("tale", "a red fox"), ("tale", "a blue whale"), ("tale.2", "a yellow duck")):
            await workflow.ainvoke({"content": content, "count": 1, "upload": False}, at(thread))
        await redo(workflow, "tale.2", 0, prompt="a white whale")
        await redo(workflow, "tale.2.2", 0, prompt="a white duck")
    for path in Path("data").glob("checkpoints.db*"):
        path.unlink()
    documents = [await go_on("tale.2"), await go_on("tale.2.2")]

    assert ["tale.2", "tale.2.2"] == [document["run_id"] for document in documents]
    assert ["a white whale", "a white duck"] == [document["images"][0]["prompt"] for document in documents]
    assert 5 == len(keys.tasks)


async def test_another_content_at_an_earlier_state_is_a_run_of_its_own(keys):
    """Back in time, with another content: the run that came then keeps its pictures."""
    async with open_workflow() as workflow:
        await workflow.ainvoke({"content": "a red fox", "count": 1, "upload": False}, at("tale"))
        end = (await workflow.aget_state(at("tale"))).config
        await workflow.ainvoke({"content": "a blue whale", "count": 1, "upload": False}, at("tale"))
        document = await workflow.ainvoke({"content": "a yellow duck", "count": 1, "upload": False}, end)

    assert "tale.3" == document["run_id"]
    assert "duck" in document["images"][0]["prompt"]
    assert 3 == len(keys.tasks)


async def test_an_edited_prompt_is_made_anew(keys):
    """Back in time, with other words: the picture of the old prompt is not taken for the new one."""
    config = {"configurable": {"thread_id": "run"}}
    async with open_workflow() as workflow:
        await workflow.ainvoke({"content": "an old lighthouse", "count": 1, "upload": False}, config)
        history = [snapshot async for snapshot in workflow.aget_state_history(config)]
        planned = next(snapshot for snapshot in history if snapshot.next == ("approve",))
        prompts = [{**planned.values["prompts"][0], "prompt": "a red boat"}]
        fork = await workflow.aupdate_state(planned.config, {"prompts": prompts}, as_node="prompt")
        document = await workflow.ainvoke(None, fork)

    assert ["a red boat"] == [image["prompt"] for image in document["images"]]
    assert 2 == len(keys.tasks)
    assert "a red boat" == describe(Path(document["images"][0]["path"]))["prompt"]


async def test_a_thread_id_cannot_leave_the_output_folder(workplace):
    """Whatever a thread is called, its pictures lie below the output folder."""
    document = await illustrate("../../up/文章", content="a teapot", count=1)
    path = Path(document["images"][0]["path"])

    assert document["success"]
    assert path.resolve().is_relative_to(Path("output").resolve())


async def test_studio_keeps_its_tools_open(keys):
    """Its server asks for the graph again and again: a run with a key works after any of it."""
    async with make_graph():
        pass
    gc.collect()
    await asyncio.sleep(0)
    async with make_graph() as workflow:
        document = await workflow.ainvoke(
            {"content": "a teapot", "count": 1, "upload": False}, {"configurable": {"thread_id": "studio"}}
        )

    assert document["success"], document
    assert 1 == len(keys.tasks)


@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
async def test_a_run_may_be_as_durable_as_langgraph_can(workplace, durability):
    """LangGraph itself fails where a graph without checkpoints hears of `sync`."""
    async with open_workflow() as workflow:
        document = await workflow.ainvoke({"content": ARTICLE, "count": 2}, at("run"), durability=durability)
        kept = (await workflow.aget_state(at("run"))).values

    assert document["success"]
    assert document["images"] == kept["images"]


async def test_a_graph_around_it_is_told_that_it_needs_a_thread(workplace):
    """As a node of another graph it has that one's thread, whose id names the run."""
    async with open_workflow() as workflow:
        around = StateGraph(InputState, output_schema=OutputState)
        around.add_node("illustrate", workflow)
        around.add_edge(START, "illustrate")
        graph = around.compile()

        assert (await graph.ainvoke({"content": "a teapot", "count": 1}, at("outer")))["success"]
        with pytest.raises(InputError, match="thread_id"):
            await graph.ainvoke({"content": "a teapot", "count": 1})


async def test_events_tell_how_it_goes(keys):
    """Every image is queued, submitted, saved and uploaded, in this order."""
    events = []
    await illustrate(count=2, watch=events.append)

    assert {"event": "planned", "run_id": "run", "count": 2} == events[0]
    for index in range(2):
        names = [event["event"] for event in events if event.get("index") == index and event["event"] != "polled"]
        assert ["queued", "submitted", "saved", "uploaded"] == names


def test_the_synchronous_face_runs_many_contents(workplace):
    """`batch` is LangGraph's: the results come in the order of the contents, an error in the place of its result."""
    contents = [{"content": "Tea", "count": 1}, {"content": " "}, {"content": "A cup", "count": 2}]
    configs = [{"configurable": {"thread_id": f"many-{number}"}} for number in range(3)]

    with open_workflow() as workflow:
        tea, blank, cup = workflow.batch(contents, configs, return_exceptions=True)

    assert ("many-0", 1, "many-2", 2) == (tea["run_id"], tea["count"], cup["run_id"], cup["count"])
    assert isinstance(blank, InputError)


def test_the_synchronous_face_calls_a_function_inside_its_loop(workplace):
    """It may gather several runs; one that gives nothing to wait for is refused, and the workflow goes on."""

    def two(inner):
        return asyncio.gather(*(inner.ainvoke({"content": name, "count": 1}, at(name)) for name in ("kite", "tea")))

    with open_workflow() as workflow:
        with pytest.raises(TypeError, match="await"):
            workflow.call(lambda inner: inner.get_graph())
        made = workflow.call(two)

    assert ["kite", "tea"] == [document["run_id"] for document in made]


@pytest.mark.parametrize("name", ["MODELSCOP_API_KEY", "OSS_ACCESS_KEY_ID"])
def test_a_key_that_the_workflow_does_not_take_is_named(workplace, name):
    """It is not ignored, e.g. for a key of somebody else in the environment; its value is not shown."""
    with pytest.raises(ConfigError, match=f"'{name}' is no key") as caught, open_workflow(keys={name: "secret"}):
        pass

    assert "MODELSCOPE_API_KEY, DASHSCOPE_API_KEY, MINIMAX_API_KEY" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_synchronous_face_works_inside_a_running_loop(workplace):
    """A notebook has a loop of its own; `with` does not mind."""

    async def cell():
        with open_workflow() as workflow:
            config = {"configurable": {"thread_id": "a2"}}
            document = workflow.invoke({"content": "a teapot", "count": 1}, config)
            return document, workflow.get_state(config).values["images"]

    document, images = asyncio.run(cell())

    assert document["success"]
    assert "a2" == document["run_id"]
    assert document["images"] == images


async def test_the_state_is_small_and_plain(keys):
    """A long content is kept once, in the records: checkpoints hold its beginning only."""
    long = ARTICLE + "The sea is wide and the evening is long. " * 4000
    async with open_workflow() as workflow:
        await runs.run(workflow, {"content": long, "count": 1}, run_id="run", watch=lambda event: None)
        snapshot = await workflow.aget_state({"configurable": {"thread_id": "run"}})
    text = json.dumps(snapshot.values, ensure_ascii=False)

    assert len(text) < 20_000
    assert long == find_run(Path("data/peitu.db"), "run")["content"]


async def test_no_secret_is_kept(keys):
    """No key and no signed URL stands in a database, a log or a picture."""
    set_up_logging(level="DEBUG", path=Path("logs/peitu.log"), rotation="10 MB", retention="14 days")
    await illustrate()
    kept = b"".join(path.read_bytes() for path in Path().rglob("*") if path.is_file())

    for secret in (keys.keys.modelscope, keys.keys.dashscope, keys.keys.minimax, keys.keys.oss_secret, "Signature="):
        assert secret.encode() not in kept, secret


async def test_every_line_of_the_log_names_run_and_image(keys):
    """Whoever reads the log can follow one image."""
    set_up_logging(level="INFO", path=Path("logs/peitu.log"), rotation="10 MB", retention="14 days")
    await illustrate(count=2)
    lines = Path("logs/peitu.log").read_text(encoding="utf-8").splitlines()

    for index in range(2):
        about = [line for line in lines if f"run=run image={index} " in line]

        assert any("submitted" in line for line in about), lines
        assert any("saved" in line for line in about), lines


async def test_studio_gets_a_graph_without_a_checkpointer(workplace):
    """Its server brings its own; the subgraph's steps are visible in it."""
    async with make_graph() as workflow:
        drawn = workflow.get_graph(xray=True).draw_mermaid()

    assert workflow.checkpointer is None
    for name in (
        "analyze",
        "prompt",
        "choose",
        "modelscope",
        "dashscope",
        "sketch",
        "check",
        "done",
        "upload",
        "record",
    ):
        assert name in drawn


async def test_a_size_that_a_model_does_not_draw_is_mended(keys):
    """1920x1080 becomes the nearest of that shape, the result says so, and the picture has that size."""
    document = await illustrate(provider="dashscope", count=1, size="1920x1080")

    assert document["success"], document
    assert (1440, 800) == (document["images"][0]["width"], document["images"][0]["height"])
    assert [(1440, 800)] == [task.size for task in keys.tasks]
    assert any("1920x1080 became 1440x800" in note for note in document["notes"])

    recorded = find_run(Path("data/peitu.db"), "run")

    assert (True, 1, document["notes"]) == (recorded["success"], recorded["count"], recorded["notes"])


async def test_a_provider_that_is_down_is_found_out_once(keys, monkeypatch):
    """Three failures, then no request more: the other provider makes all the pictures."""
    monkeypatch.setenv("PEITU_IMAGES__MODELSCOPE__RATE_PER_S", "10")
    keys.fault("modelscope", "submit", kind="status", status=503, times=1000)
    document = await illustrate(count=8, upload=False)

    assert document["success"], document
    assert {"dashscope"} == {image["provider"] for image in document["images"]}
    assert 3 == len([request for request in keys.requests if request.service == "modelscope"])


async def test_a_provider_that_comes_back_is_used_again(keys, monkeypatch):
    """With no other provider the images wait, one probes, and all are made."""
    monkeypatch.setattr("tools.money.health.FIRST_PAUSE_S", 0.3)
    keys.fault("dashscope", "submit", kind="status", status=503, times=4)
    events = []
    document = await illustrate(count=3, provider="dashscope", upload=False, watch=events.append)

    assert document["success"], document
    assert 3 == len(keys.tasks)
    assert any(event["event"] == "waiting" for event in events)


async def test_a_spent_quota_is_not_asked_for_again_today(keys):
    """The next run, another process, goes to the other provider at once."""
    message = "You have exceeded today's quota for model X, please try again tomorrow"
    keys.fault("modelscope", "submit", kind="status", status=429, message=message, times=1000)
    await illustrate(count=1)
    await illustrate("second", count=1)

    assert 1 == len([request for request in keys.requests if request.service == "modelscope"])
    assert 2 == len(keys.tasks)


async def test_a_pause_beyond_the_deadline_is_not_waited_for(keys, monkeypatch):
    """ModelScope asks for an hour: DashScope makes the pictures, also those of the next run."""
    monkeypatch.setenv("PEITU_IMAGES__MODELSCOPE__DEADLINE_S", "20")
    keys.fault("modelscope", "submit", kind="status", status=429, message="limit_requests", retry_after=3600, times=9)
    first, second = await illustrate(upload=False), await illustrate("second", upload=False, count=1)

    assert first["success"], first
    assert second["success"], second
    assert {"dashscope"} == {image["provider"] for image in (*first["images"], *second["images"])}
    assert 4 == len(keys.tasks)


async def test_haste_is_never_answered_with_haste(keys, monkeypatch):
    """A limit below ours: every picture is made, and the refusals stay few."""
    monkeypatch.setenv("PEITU_IMAGES__MODELSCOPE__RATE_PER_S", "20")
    keys.set_limits("modelscope", submit_per_s=4.0)
    document = await illustrate(count=8, provider="modelscope", upload=False)
    refused = [request for request in keys.requests if request.status == 429]

    assert document["success"], document
    assert 8 == len(keys.tasks)
    assert len(refused) <= 8


async def test_two_processes_that_continue_one_run_share_it(keys):
    """Both resume the same run at once: every picture is bought once, and both see all of them."""
    keys.set_limits("dashscope", task_seconds=0.3)
    keys.fault("dashscope", "submit", kind="failed", times=100)
    await illustrate(count=4, provider="dashscope", upload=False)
    keys.faults.faults.clear()
    failed = len(keys.tasks)
    first, second = await asyncio.gather(go_on(), go_on())

    assert first["success"], first
    assert second["success"], second
    assert 4 == len(keys.tasks) - failed


async def test_an_unusable_database_is_found_before_anything_is_paid(keys, workplace):
    """One clear line, and no request to any provider."""
    (workplace / "data").mkdir()
    (workplace / "data" / "peitu.db").mkdir()
    with pytest.raises(ConfigError, match=r"peitu\.db"):
        await illustrate()

    assert [] == keys.requests
