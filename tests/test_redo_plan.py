"""The node `redo` plans a new version of a picture, or says why there is none."""

from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from langgraph.graph import END, START, StateGraph

from graph.state import State
from nodes.redo import RedoTools, redo
from nodes.telling import WatchContext
from tools.content import templates, wording
from tools.errors import InputError, StorageError
from tools.setup.configuration import MAX_SEED
from tools.sqlite.versions import Version


def plan(index, **more):
    return {
        "index": index,
        "prompt": f"p{index}",
        "subject": "a kite",
        "negative_prompt": "blurry",
        "seed": 10 + index,
        "width_px": 512,
        "height_px": 768,
        "path": f"a/{index:02d}.jpg",
        "heading": "h",
        "start": 0,
        "end": 5,
        **more,
    }


def image(index, status="saved"):
    return {
        "index": index,
        "status": status,
        "path": f"a/{index:02d}.jpg",
        "url": None,
        "prompt": f"drawn {index}",
        "provider": "sketch",
        "model": "m",
        "seed": 90 + index,
        "width": 512,
        "height": 768,
        "sha256": "0",
        "attempts": 1,
        "error": None,
    }


def first(**more):
    return Version(**{"number": 1, "status": "saved", "path": "a/02.jpg", "seed": 12, "asked": {}, "plan": {}} | more)


class Versions:
    """Has these versions and recorded runs; a new version is begun as it is asked for."""

    def __init__(self, *known, runs=None):
        self.known = known
        self.runs = runs or {}
        self.begun = []

    def find_run(self, run_id):
        return self.runs.get(run_id)

    async def of(self, run_id, index):
        return list(self.known)

    async def begin(self, run_id, new, asked):
        self.begun.append((run_id, new["version"], dict(asked)))
        return Version(
            number=new["version"], status="waiting", path=None, seed=new["seed"], asked=dict(asked), plan=dict(new)
        )


STATE = {"run_id": "a", "prompts": [plan(2), plan(0), plan(1)], "images": [image(0), image(2)]}


@pytest.fixture
def redone(workplace):
    """Run the node on a state; return what is in `redoing` and the events."""

    async def run(asked, versions, *, state=STATE, tasks=(), check=lambda *_, **__: None):
        async def tasks_of(run_id, index):
            return [SimpleNamespace(**task) for task in tasks]

        tools = RedoTools(
            versions=versions,
            ledger=SimpleNamespace(tasks=tasks_of),
            check=check,
            style="clean",
            prompt_limit=500,
            templates=None,
        )
        graph = StateGraph(State).add_node("redo", partial(redo, tools=tools))
        graph = graph.add_edge(START, "redo").add_edge("redo", END).compile()
        events = []
        found = await graph.ainvoke({**state, "redo": asked}, context=WatchContext(events.append))
        return found, events

    return run


async def test_a_new_version_is_planned_written_down_and_told(redone):
    """It differs from the old one by its seed, its number and its file; the run's id is not part of the wish."""
    versions = Versions(first())
    found, events = await redone({"index": 2, "run_id": "a"}, versions)
    new = found["redoing"]["planned"]

    assert new["seed"] not in {10, 12}
    assert new == plan(2, seed=new["seed"], path="a/02-v2.jpg", version=2)
    assert [("a", 2, {"index": 2})] == versions.begun
    assert [{"event": "planned", "run_id": "a", "count": 1}] == events
    assert (None, {"index": 2, "run_id": "a"}) == (found["redoing"]["problem"], found["redoing"]["asked"])
    assert STATE["prompts"] == found["prompts"]


@pytest.mark.parametrize(
    ("asked", "state", "problem"),
    [
        ({"index": 0}, {}, "There is no run yet"),
        ({"index": 0, "run_id": "b"}, STATE, "This thread belongs to run 'a' - name that run"),
        ({"index": 0, "run_id": "b"}, {}, "There is no finished run 'b'"),
        ({"index": 0, "run_id": "begun"}, {}, "There is no finished run 'begun'"),
        ({"index": 3}, STATE, "There is no image 3 in run 'a', only 0, 1, 2 - count from 0"),
        ({"index": 1}, STATE, "Image 1 of run 'a' is not made yet - continue with: peitu resume a"),
        ({"index": 0, "seed": MAX_SEED + 1}, STATE, f"The seed is {MAX_SEED + 1}"),
    ],
)
async def test_what_cannot_be_redone_is_a_problem_and_changes_nothing(redone, asked, state, problem):
    """Nothing is written down or told."""
    versions = Versions(first(), runs={"begun": {"plan": None}})
    found, events = await redone(asked, versions, state=state)

    assert found["redoing"]["planned"] is None
    assert problem in found["redoing"]["problem"]
    assert ([], []) == (versions.begun, events)
    assert state.get("run_id") == found.get("run_id")


@pytest.mark.parametrize(
    ("asked", "options", "provider"),
    [({"provider": "sketch"}, {"provider": "dashscope"}, "sketch"), ({}, {"provider": "dashscope"}, "dashscope")],
)
async def test_the_provider_must_draw_the_size(redone, asked, options, provider):
    """The one that is asked for, or that of the run."""

    def refuse(*asked, **size):
        raise InputError(f"{asked} {size}")

    found, _ = await redone({"index": 0, **asked}, Versions(), state={**STATE, "options": options}, check=refuse)

    assert f"('{provider}',) {{'width_px': 512, 'height_px': 768}}" == found["redoing"]["problem"]


async def test_a_database_that_cannot_be_used_is_no_problem_of_the_redo(redone):
    """The run stops there."""

    class Broken(Versions):
        async def of(self, run_id, index):
            raise StorageError("the disk is full")

    with pytest.raises(StorageError, match="the disk is full"):
        await redone({"index": 0}, Broken())


@pytest.mark.parametrize(
    ("status", "tasks", "problem"),
    [
        ("failed", [{"status": "intent", "task_id": None}], "has a request to dashscope that may be paid already"),
        ("unknown", [{"status": "submitted", "task_id": "t"}], "has a paid task under way - first run: peitu resume a"),
        ("failed", [{"status": "failed", "task_id": "t"}], None),
        ("saved", [{"status": "submitted", "task_id": "t"}], None),
    ],
)
async def test_a_picture_that_may_still_come_is_not_made_anew(redone, status, tasks, problem):
    """It would be paid for twice; if it is there already, nothing is awaited."""
    state = {**STATE, "images": [image(0, status)]}
    tasks = [{"provider": "dashscope", **task} for task in tasks]
    found, _ = await redone({"index": 0}, Versions(), state=state, tasks=tasks)

    assert (problem or "") in (found["redoing"]["problem"] or "")
    assert (problem is None) == (found["redoing"]["planned"] is not None)


WAITING = {"number": 2, "status": "waiting", "asked": {"index": 2, "seed": 5}, "plan": plan(2, version=2)}


@pytest.mark.parametrize("asked", [{"seed": 5}, {"seed": 5, "run_id": "a"}])
async def test_the_same_redo_is_continued(redone, asked):
    """Its plan is the one that may be paid already."""
    versions = Versions(first(), first(**WAITING))
    found, _ = await redone({"index": 2, **asked}, versions)

    assert (plan(2, version=2), []) == (found["redoing"]["planned"], versions.begun)


async def test_another_redo_waits_for_the_pending_one(redone):
    """One version after the other."""
    versions = Versions(first(), first(**WAITING))
    found, _ = await redone({"index": 2}, versions)

    assert "Image 2 of run 'a' is already being redone" in found["redoing"]["problem"]
    assert [] == versions.begun


async def test_a_redo_whose_number_another_process_took_waits_for_that_one(redone):
    """Both had seen the same versions."""

    class Taken(Versions):
        async def begin(self, run_id, new, asked):
            return None

    found, _ = await redone({"index": 2}, Taken(first()))

    assert "is already being redone" in found["redoing"]["problem"]


@pytest.mark.parametrize(
    ("shown", "status", "is_done"), [(1, "saved", True), (2, "saved", False), (1, "failed", False)]
)
async def test_a_version_that_was_made_already_is_not_made_again(redone, shown, status, is_done):
    """The state may be older than the records; the same wish after it is a new one."""
    known = [first(), first(**WAITING | {"status": status}), first(number=3, status="failed", path=None)]
    versions = Versions(*known)
    state = {**STATE, "prompts": [plan(2, **({"version": 2} if shown == 2 else {}))]}
    found, _ = await redone({"index": 2, "seed": 5}, versions, state=state)

    assert is_done == (plan(2, version=2) == found["redoing"]["planned"])
    assert is_done != bool(versions.begun)


@pytest.mark.parametrize(
    ("known", "there", "number", "path"),
    [
        ([first()], [], 2, "a/02-v2.jpg"),
        ([first(), first(number=2)], ["a/02-v3.jpg", "a/02-v4.jpg"], 5, "a/02-v5.jpg"),
        ([first()], ["a/02-v2.jpg"], 3, "a/02-v3.jpg"),
        ([first(path=None, status="failed"), first(number=2, path="b/9.png")], [], 3, "b/9-v3.png"),
        ([first(path=None, status="failed")], [], 2, "a/02.jpg"),
        ([first(path=None, status="failed")], ["a/02.jpg"], 2, "a/02-v2.jpg"),
        ([], [], 1, "a/02.jpg"),
    ],
)
async def test_no_file_is_written_over(redone, known, there, number, path):
    """A version has a name of its own beside the first one; where there is no picture yet, it takes its place."""
    for name in there:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    found, _ = await redone({"index": 2}, Versions(*known))

    assert (number, path) == (found["redoing"]["planned"]["version"], found["redoing"]["planned"]["path"])


@pytest.mark.parametrize(("drawn", "seed"), [([12, 13, MAX_SEED], MAX_SEED), ([0], 0)])
async def test_a_new_seed_is_one_that_no_version_has(redone, monkeypatch, drawn, seed):
    """From 0 to the greatest that a provider takes."""
    bounds = []

    def draw(bound):
        bounds.append(bound)
        return drawn.pop(0)

    monkeypatch.setattr("secrets.randbelow", draw)
    found, _ = await redone({"index": 2}, Versions(first(), first(number=2, seed=13)))

    assert seed == found["redoing"]["planned"]["seed"]
    assert {MAX_SEED + 1} == set(bounds)


async def test_new_words_are_the_subject_too(redone):
    """The sketch draws from it."""
    found, _ = await redone({"index": 2, "prompt": " a red boat ", "seed": 0}, Versions(first()))
    new = found["redoing"]["planned"]

    assert ("a red boat", "a red boat", "blurry", 0) == tuple(
        new[name] for name in ("prompt", "subject", "negative_prompt", "seed")
    )


@pytest.mark.parametrize(
    ("words", "body", "subject"), [({}, "P2.", "a kite"), ({"prompt": "a red boat"}, "A red boat.", "a red boat")]
)
async def test_a_style_takes_the_old_words_or_those_that_come_with_it(redone, words, body, subject):
    """And brings its negative prompt, in their language."""
    found, _ = await redone({"index": 2, "style": "ink", **words}, Versions(first()))
    new = found["redoing"]["planned"]

    assert new["prompt"].startswith(f"{templates.style('ink').prefix.en}. {body} ")
    assert (wording.negative(templates.style("ink"), "en"), subject) == (new["negative_prompt"], new["subject"])


@pytest.mark.parametrize("title", ["Tea", None])
async def test_a_run_without_a_checkpoint_comes_from_its_records(redone, title):
    """Its prompts are those that were drawn, its options those that were given."""
    run = {
        "run_id": "a",
        "requested": 2,
        "language_model": None,
        "notes": ["n"],
        "content": "x" * 3000,
        "title": title,
        "plan": {"prompts": [plan(0), plan(1)]},
        "options": {"style": "ink", "provider": None, "count": 2},
        "images": [{**image(0), "versions": []}],
    }
    found, _ = await redone({"index": 0, "run_id": "a"}, Versions(runs={"a": run}), state={})

    assert [("drawn 0", 90), ("p1", 11)] == [(prompt["prompt"], prompt["seed"]) for prompt in found["prompts"]]
    assert ("a", 2, ["n"], [image(0)]) == tuple(found[name] for name in ("run_id", "requested", "notes", "images"))
    assert ({"style": "ink"}, "x" * 2000, title or "") == (
        found["options"],
        found["content"],
        found["analysis"]["title"],
    )
