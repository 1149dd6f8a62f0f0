"""The conditional edges: who is asked next, and when an image is given up."""

import re

import pytest

from graph.route import Candidate, Routes, after_check, after_provider, identity
from tools.errors import InputError


def takes_all(width_px, height_px):
    return width_px, height_px


def takes_small(width_px, height_px):
    return (width_px, height_px) if width_px <= 1440 else None


def why(width_px, height_px):
    return f"dashscope takes 512 to 1440 pixels, not {width_px}"


ROUTES = Routes(
    {
        "modelscope": Candidate(name="modelscope", attempts=2, fit=takes_all, refusal=why),
        "dashscope": Candidate(name="dashscope", attempts=2, fit=takes_small, refusal=why),
        "sketch": Candidate(name="sketch", attempts=1, fit=takes_all, refusal=why),
    },
    auto=["modelscope", "dashscope"],
)


def image(*failures, provider="auto", width_px=1024, open_provider=None, down=(), rewritten=False):
    return {
        "down": list(down),
        "rewritten": rewritten,
        "run_id": "run",
        "prompt": {"index": 0, "width_px": width_px, "height_px": 1024},
        "provider": provider,
        "open_provider": open_provider,
        "failures": [{"provider": name, "kind": kind, "error": "…"} for name, kind in failures],
    }


FAILED, DOWN = "TaskFailedError", "UnavailableError"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (image(), "modelscope"),
        (image(provider="dashscope"), "dashscope"),
        (image(provider="sketch"), "sketch"),
        (image(("modelscope", FAILED)), "modelscope"),
        (image(("modelscope", FAILED), ("modelscope", DOWN)), "dashscope"),
        (image(("modelscope", "ConfigError")), "dashscope"),
        (image(("modelscope", "QuotaError")), "dashscope"),
        (image(("modelscope", "ThrottledError")), "dashscope"),
        (image(("modelscope", "TaskRefusedError")), "dashscope"),
        (image(("modelscope", "ConfigError"), ("dashscope", FAILED), ("dashscope", FAILED)), "done"),
        (image(("modelscope", "RejectedError")), "done"),
        (image(("modelscope", "LostReplyError")), "done"),
        (image(("modelscope", "OverdueError")), "done"),
        (image(("dashscope", "ConfigError"), provider="dashscope"), "done"),
        (image(("modelscope", FAILED), ("modelscope", FAILED), width_px=2048), "done"),
        (image(down=["modelscope"]), "dashscope"),
        (image(down=["modelscope", "dashscope"]), "modelscope"),
        (image(provider="modelscope", down=["modelscope"]), "modelscope"),
        (image(("modelscope", "ParameterError")), "dashscope"),
        (image(("modelscope", "Rewritten")), "modelscope"),
        (image(open_provider="dashscope"), "dashscope"),
        (image(("dashscope", "ConfigError"), open_provider="dashscope"), "done"),
    ],
)
async def test_next_provider(state, expected):
    """Retry the failed one, fail over when it is exhausted, give up where another would be paid for the same."""
    assert expected == await ROUTES.next_provider(state)


@pytest.mark.parametrize(
    ("state", "name", "expected"),
    [
        (image(), "modelscope", False),
        (image(("modelscope", FAILED), ("modelscope", FAILED)), "dashscope", True),
        (image(provider="dashscope"), "dashscope", True),
        (image(width_px=2048), "modelscope", True),
        (image(open_provider="modelscope"), "modelscope", True),
    ],
)
def test_whoever_is_the_last_one_is_worth_waiting_for(state, name, expected):
    """Nobody else takes the image, or it is paid there already."""
    assert expected == ROUTES.is_last(state, name)


async def test_a_refused_prompt_is_rewritten_once():
    """With a language model it gets one softer wording; refused again, the image is given up."""
    routes = Routes(ROUTES._candidates, auto=["modelscope"], can_rewrite=True)

    assert "rewrite" == await routes.next_provider(image(("modelscope", "RejectedError")))
    assert "done" == await routes.next_provider(image(("modelscope", "RejectedError"), rewritten=True))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"upload": "false"}, "The upload is 'false' - give true or false"),
        ({"as_is": "false"}, "The as_is is 'false' - give true or false"),
        ({"review": 0}, "The review is 0 - give true or false"),
        ({"size": 1024}, "The size is 1024 - give text such as '1024x1024'"),
        ({"style": 5}, "The style is 5 - give text such as 'line'"),
        ({"provider": ["sketch"]}, "The provider is ['sketch'] - give text such as 'auto'"),
        ({"count": True}, "The count is True - give a number"),
        ({"count": "3"}, "The count is '3' - give a number"),
        ({"seed": False}, "The seed is False - give a number from 0 to 2147483647"),
        ({"seed": -1}, "The seed is -1 - give a number from 0 to 2147483647"),
    ],
)
def test_a_value_of_another_kind_is_refused(asked, told):
    """Agents and programs send what they like: a text that says "false" publishes no picture."""
    with pytest.raises(InputError, match=f"^{re.escape(told)}$"):
        ROUTES.check({"content": "a teapot", **asked})


def test_what_is_left_out_or_empty_is_not_refused():
    """Forms send nothing, or null, for what nobody has filled in."""
    names = ("count", "seed", "style", "size", "provider", "upload", "review", "as_is")
    ROUTES.check({"content": "a teapot"})
    ROUTES.check({"content": "a teapot", **dict.fromkeys(names)})


async def test_fan_out_skips_what_is_saved():
    """Only prompts without a saved image get a branch; with none left the run goes on to the upload."""
    common = {"prompt": "p", "negative_prompt": "", "seed": 1, "width_px": 1024, "height_px": 1024}
    prompts = [{"index": index, **common} for index in range(3)]
    images = [{"index": 0, "status": "saved"}, {"index": 1, "status": "failed", "sha256": None}]
    state = {"run_id": "run", "prompts": prompts, "images": images}

    assert [1, 2] == [send.arg["prompt"]["index"] for send in await ROUTES.fan_out(state)]

    images = [{"index": index, "status": "saved"} for index in range(3)]

    assert "upload" == await ROUTES.fan_out({**state, "images": images})


def test_unknown_provider_is_named():
    """Nobody pays for a typing error."""
    with pytest.raises(InputError, match="'midjourney' - choose one of: auto, modelscope"):
        ROUTES.candidates("midjourney", width_px=1024, height_px=1024)


def test_size_that_nobody_takes_is_refused():
    """The reason of the provider that was asked for is given."""
    with pytest.raises(InputError, match="2048x1024 is refused: dashscope takes 512 to 1440"):
        ROUTES.candidates("dashscope", width_px=2048, height_px=1024)


async def test_edges_after_provider_and_check():
    """An outcome goes on, its absence goes back."""
    assert ("made", "failed") == (
        await after_provider({"outcome": {"path": "x"}}),
        await after_provider({"outcome": None}),
    )
    assert ("passed", "refused") == (await after_check({"outcome": {"path": "x"}}), await after_check({}))


PLANNED = {"index": 2, "prompt": "p", "negative_prompt": "", "seed": 1, "width_px": 1024, "height_px": 1024}


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        ({"sha256": "a", "provider": "sketch"}, "sketch"),
        ({"sha256": "a", "provider": "modelscope"}, "dashscope"),
        ({"sha256": None, "provider": "sketch"}, "dashscope"),
    ],
)
async def test_a_sketch_that_lost_its_file_is_drawn_again(lost, expected):
    """Whoever makes pictures by now: nothing is bought for what was free. All else is made as the run asked."""
    state = {
        "run_id": "run",
        "prompts": [PLANNED],
        "images": [{"index": 2, "status": "failed", **lost}],
        "options": {"provider": "dashscope"},
    }
    (send,) = await ROUTES.fan_out(state)

    assert ("generate", expected) == (send.node, send.arg["provider"])
    assert (lost if lost["sha256"] else None) == (
        send.arg["lost"] and {name: send.arg["lost"][name] for name in ("sha256", "provider")}
    )
    assert ("run", identity(PLANNED), []) == tuple(send.arg[name] for name in ("run_id", "picture", "failures"))


@pytest.mark.parametrize(
    ("asked", "options", "expected"),
    [
        ({"provider": "dashscope"}, {"provider": "modelscope"}, "dashscope"),
        ({}, {"provider": "modelscope"}, "modelscope"),
        ({}, {}, "auto"),
    ],
)
async def test_a_picture_made_anew_is_made_by_whoever_is_asked(asked, options, expected):
    """The wish itself comes first, then the run's; it begins without failures, in a branch of its own."""
    redoing = {"asked": {"index": 2, **asked}, "planned": {**PLANNED, "version": 2}}
    (send,) = await ROUTES.again({"run_id": "run", "redoing": redoing, "options": options})

    assert ("generate", expected, []) == (send.node, send.arg["provider"], send.arg["failures"])
    assert ("run", redoing["planned"]) == (send.arg["run_id"], send.arg["prompt"])
    assert identity(redoing["planned"]) == send.arg["picture"]


@pytest.mark.parametrize("state", [{}, {"redoing": None}, {"redoing": {"asked": {"index": 2}, "planned": None}}])
async def test_nothing_is_made_anew_without_a_plan(state):
    """It was refused, or nobody asked for it."""
    assert "__end__" == await ROUTES.again({"run_id": "run", **state})


def test_each_version_is_another_picture():
    """The same words and seed may be asked for once more, and the ledger must not take that for the first."""
    first, second = identity(PLANNED), identity({**PLANNED, "version": 2})

    assert 3 == len({first, second, identity({**PLANNED, "seed": 2})})
    assert {16} == {len(first), len(second)}


async def test_what_begins_a_run_is_a_content_or_a_wish():
    """One picture is made anew, or a content is read."""
    begun = [await ROUTES.begin(state) for state in ({"content": "a"}, {"redo": {"index": 0}})]

    assert ["analyze", "redo"] == begun


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "There is no content - provide the text to illustrate"),
        ({"content": 7}, "The content is 7 - provide the text to illustrate"),
        ({"content": "a", "style": "cubist"}, "cubist"),
        ({"content": "a", "size": "2048x1024", "provider": "dashscope"}, "2048x1024 is refused"),
    ],
)
def test_what_cannot_be_made_is_refused_at_the_start(asked, told):
    """Before anything is asked of a service."""
    with pytest.raises(InputError, match=told):
        ROUTES.check(asked)
