"""The steps of one image: what is asked of whoever buys it, and what is told of it afterwards."""

from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from langgraph.graph import END, START, StateGraph
from PIL import Image

from graph.image_state import ImageState
from nodes.check import check
from nodes.generate import buy, choose, done, draw
from tools.errors import UnavailableError
from tools.money.jobs import Made
from tools.money.ledger import Ledger
from tools.pictures.images import SavedImage, inspect
from tools.providers.provider import ImageRequest
from tools.sqlite.database import Database
from tools.sqlite.records import Records
from tools.sqlite.versions import Versions


@pytest.fixture
async def database(tmp_path):
    opened = Database(tmp_path / "peitu.db")
    yield opened
    await opened.close()


class Provider:
    """One that takes every size."""

    name, model, prompt_limit, takes_negative = "dashscope", "m", 500, True

    def fit(self, width_px, height_px):
        return width_px, height_px


SERVICE = SimpleNamespace(name="dashscope", provider=Provider(), deadline_s=60.0, health=SimpleNamespace(is_down=True))


class Runner:
    """Remembers what it was asked for; answers with what it has."""

    def __init__(self, made=None):
        self.made = made

    async def run(self, job, service, *, report):
        self.job = job
        if self.made is None:
            raise UnavailableError("503")
        return self.made


def image(tmp_path, **more):
    prompt = {
        "index": 0,
        "subject": "a kite",
        "prompt": "a kite",
        "negative_prompt": "",
        "seed": 7,
        "width_px": 512,
        "height_px": 512,
        "path": str(tmp_path / "00.jpg"),
    }
    return {"run_id": "run", "picture": "p", "prompt": prompt, "provider": "auto", **more}


async def ran(node, state):
    """Return the state after a graph of this node alone."""
    graph = StateGraph(ImageState).add_node("node", node).add_edge(START, "node").add_edge("node", END)
    return await graph.compile().ainvoke(state)


async def anywhere(path, run_id):
    """Let the picture be anywhere."""


async def bought(state, *, runner, is_last=False):
    node = partial(
        buy,
        service=SERVICE,
        runner=runner,
        quality=50,
        label=lambda name: f"made {name}",
        visible_label=True,
        is_last=lambda *_: is_last,
        check_place=anywhere,
    )
    return await ran(node, state)


async def test_what_is_asked_for_is_what_was_planned(tmp_path):
    """The first time nobody knows of it, and another provider is left: nobody waits."""
    runner = Runner()
    await bought(image(tmp_path), runner=runner)
    job = runner.job

    assert ("a kite", 7, 512, 512) == (
        job.request.prompt,
        job.request.seed,
        job.request.width_px,
        job.request.height_px,
    )
    assert ("run", 0, "p", tmp_path / "00.jpg") == (job.run_id, job.image_index, job.picture, job.path)
    assert (50, "made run-0", True) == (job.quality, job.label, job.visible_label)
    assert (False, False, True) == (job.again, job.may_be_known, job.may_fail_over)


async def test_another_attempt_goes_first_and_the_last_provider_is_waited_for(tmp_path):
    """A task of it may be under way."""
    runner = Runner()
    failure = {"provider": "modelscope", "kind": "TaskFailedError", "error": "no"}
    state = image(tmp_path, failures=[failure], open_provider="dashscope")
    found = await bought(state, runner=runner, is_last=True)

    assert (True, True, False) == (runner.job.again, runner.job.may_be_known, runner.job.may_fail_over)
    assert [failure, {"provider": "dashscope", "kind": "UnavailableError", "error": "503"}] == found["failures"]


async def test_a_picture_is_told_as_it_came(tmp_path, database):
    """Its words are those of the task that paid for it, and another size than was asked for is said."""
    ledger = Ledger(database)
    asked = ImageRequest(prompt="a kite of yesterday")
    task = await ledger.intend("run", 0, provider="dashscope", model="old", request=asked)
    saved = SavedImage(path=Path("00.jpg"), width_px=500, height_px=512, sha256="s", blank=False)
    found = await bought(image(tmp_path), runner=Runner(Made(saved, task)))

    assert ("a kite of yesterday", "old", 500) == tuple(found["outcome"][name] for name in ("prompt", "model", "width"))
    assert ["Picture 1 came as 500x512 instead of 512x512"] == found["notes"]


async def test_whoever_has_a_task_of_it_is_known_before_anybody_is_chosen(tmp_path, database):
    """And whoever is down."""
    ledger = Ledger(database)
    state, services = image(tmp_path), {"dashscope": SERVICE}

    assert {"open_provider": None, "down": ["dashscope"], "outcome": None} == await choose(
        state, ledger=ledger, services=services
    )

    await ledger.intend("run", 0, provider="modelscope", model="m", request=ImageRequest(prompt="p"), picture="p")
    found = await choose(state, ledger=ledger, services=services)

    assert "modelscope" == found["open_provider"]


async def test_a_sketch_of_another_size_says_so(tmp_path):
    """The nearest that it draws is used."""
    state = image(tmp_path)
    state["prompt"] |= {"width_px": 128, "height_px": 128}
    found = await ran(partial(draw, quality=50, check_place=anywhere), state)

    assert (256, 256) == (found["outcome"]["width"], found["outcome"]["height"])
    assert ["Size 128x128 became 256x256, the nearest that a sketch has"] == found["notes"]


async def test_who_was_given_up_is_noted_where_another_one_delivered(tmp_path, database):
    """A failure of the one who delivered in the end is no news."""
    outcome = {"provider": "dashscope", "model": "m", "prompt": "a kite", "path": "00.jpg", "sha256": "s"}
    outcome |= {"width": 512, "height": 512, "blank": False, "task": None}
    failures = [{"provider": name, "kind": "UnavailableError", "error": "503"} for name in ("modelscope", "dashscope")]
    state = image(tmp_path, outcome=outcome, failures=failures)
    found = await done(state, records=Records(database), versions=Versions(database))

    assert ["modelscope was given up: 503"] == found["notes"]
    assert ["saved"] == [told["status"] for told in found["images"]]


def blank(path, sha256=None):
    """Return the outcome of a sketch that shows nothing, with its file."""
    Image.new("RGB", (8, 8)).save(path)
    outcome = {"task": None, "provider": "sketch", "path": str(path), "blank": True}
    return outcome | {"sha256": sha256 or inspect(path).sha256}


async def test_a_picture_that_shows_nothing_is_set_aside(tmp_path, database):
    """Its place is free for a better one; it stays beside it, and the attempt has failed."""
    path = tmp_path / "00.jpg"
    found = await check(image(tmp_path, outcome=blank(path)), ledger=Ledger(database))

    assert found["outcome"] is None
    assert ["RefusedPicture"] == [failure["kind"] for failure in found["failures"]]
    assert ["00.refused-0.jpg"] == [kept.name for kept in tmp_path.glob("*.jpg")]


async def test_a_refused_picture_that_cannot_be_moved_stops_no_other(tmp_path, database):
    """Something is in its way: the attempt has failed like any other, and the next one takes the place."""
    path = tmp_path / "00.jpg"
    (tmp_path / "00.refused-0.jpg").mkdir()
    found = await check(image(tmp_path, outcome=blank(path)), ledger=Ledger(database))

    assert ["RefusedPicture"] == [failure["kind"] for failure in found["failures"]]


async def test_a_damaged_file_is_no_refused_picture(tmp_path, database):
    """Somebody has put something else there meanwhile: it stays, and the attempt has failed like any other."""
    path = tmp_path / "00.jpg"
    outcome = blank(path)
    path.write_bytes(b"no picture")
    found = await check(image(tmp_path, outcome=outcome), ledger=Ledger(database))

    assert ["RefusedPicture"] == [failure["kind"] for failure in found["failures"]]
    assert path.exists()


async def test_a_better_picture_that_is_there_by_now_stays(tmp_path, database):
    """Another process looked at the same one, and has made another; or there is nothing any more."""
    path = tmp_path / "00.jpg"
    state = image(tmp_path, outcome=blank(path, sha256="of the one before"))
    await check(state, ledger=Ledger(database))

    assert ["00.jpg"] == [kept.name for kept in tmp_path.glob("*.jpg")]

    path.unlink()
    found = await check(state, ledger=Ledger(database))

    assert found["outcome"] is None
