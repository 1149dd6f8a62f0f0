"""`prompt` plans as many different pictures as were asked for, in one style, within the model's limit."""

import re
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig

from graph.state import Prompt, State
from nodes.analyze import analyze
from nodes.prompt import PromptDefaults, prompt
from tests.test_analyze import ALONE, EN, ZH, Memory, Scripted
from tools.content.subjects import LIMIT_CHARS
from tools.content.templates import style, style_names
from tools.content.wishes import parse_size
from tools.errors import InputError, UnavailableError
from tools.language.llm import LanguageModel

DEFAULTS = PromptDefaults(count=3, style="clean", width_px=1024, height_px=768, output_dir="output", prompt_limit=500)


async def plan(content: str, model: LanguageModel | None = None, run_id: str = "r1", **options: Any) -> State:
    """The state after both nodes; the model is asked in `prompt` only."""
    config: RunnableConfig = {"configurable": {"thread_id": run_id}}
    state = State(content=content, **options)
    records = Memory()
    state |= await analyze(state, config, model=None, records=records, max_content_chars=24000, **ALONE)
    if model:
        state["language_model"] = model.name
    return state | await prompt(state, model=model, defaults=DEFAULTS, plans=records)


def texts(state: State) -> list[str]:
    return [planned["prompt"] for planned in state["prompts"]]


async def test_one_picture_for_each_part():
    """Three pictures of an article with three parts are of these parts, in order."""
    planned = (await plan(ZH))["prompts"]

    assert ["为什么我们总是睡不好", "光线骗了大脑", "把卧室变成山洞"] == [one["heading"] for one in planned]
    assert ["output/r1/00.jpg", "output/r1/01.jpg", "output/r1/02.jpg"] == [one["path"] for one in planned]
    assert {(1024, 768)} == {(one["width_px"], one["height_px"]) for one in planned}
    assert all(ZH[one["start"] : one["end"]].strip() for one in planned)
    assert "牛奶" in planned[2]["subject"]
    assert planned[2]["subject"] in planned[2]["prompt"]


async def test_a_short_scene_gets_no_setting_of_its_own():
    """It stands in the setting of its text; only a mere word is set somewhere."""
    story = await plan("渔夫撑着小船。岸上的灯笼亮了，石桥上的雪很厚。", count=2)
    word = await plan("小船", count=2)

    scene = re.compile("：[^，]*小船，[^，]+的氛围")
    assert scene.search(story["prompts"][0]["prompt"])
    assert not any(scene.search(one["prompt"]) for one in word["prompts"])


@pytest.mark.parametrize("content", ["lighthouse", "春天", "inflation", "失眠", ZH, EN, "🎂", "?", "```\nx\n```"])
@pytest.mark.parametrize("count", [1, 2, 7, 50])
async def test_all_prompts_differ(content: str, count: int):
    """As many as asked for, no two alike, also of a single word."""
    state = await plan(content, count=count)

    assert count == state["requested"] == len(state["prompts"]) == len(set(texts(state)))
    assert all(0 < len(text) <= 500 for text in texts(state))
    assert count == len({planned["path"] for planned in state["prompts"]})


@pytest.mark.parametrize("name", style_names())
@pytest.mark.parametrize(("content", "language"), [(ZH, "zh"), (EN, "en")])
async def test_set_has_one_style_and_the_constraints(name: str, content: str, language: Any):
    """Prefix, suffix and constraints are the same in every prompt of the set, in the content's language."""
    state = await plan(content, style=name, count=4)
    chosen = style(name)
    needed = ("无文字", "无水印", "无签名") if language == "zh" else ("no text", "no watermark", "no signature")

    for text in texts(state):
        assert text.startswith(chosen.prefix.of(language))
        assert chosen.suffix.of(language).lower() in text.lower()
        assert all(constraint in text.lower() for constraint in needed)
    assert 1 == len({planned["negative_prompt"] for planned in state["prompts"]})


async def test_the_segments_of_a_storyboard_differ_in_their_camera():
    """Each is a run of its own with one picture; an article begins with the first camera."""
    content = "The ferry leaves the quay at six."
    shown = [texts(await plan(content, count=1, run_id=f"b-{number:05d}"))[0] for number in range(4)]
    alone = texts(await plan(content, count=1, run_id="20261124-081530-312345"))[0]

    assert 4 == len(set(shown))
    assert alone == shown[0]


async def test_default_style():
    """Without a style, and with `default`, it is the configured one."""
    assert texts(await plan(EN)) == texts(await plan(EN, style="default")) == texts(await plan(EN, style="clean"))


async def test_seeds():
    """From the given one on, or the same for the same run each time."""
    assert [7, 8, 9] == [one["seed"] for one in (await plan(EN, seed=7))["prompts"]]
    first, again = (await plan(EN))["prompts"], (await plan(EN))["prompts"]
    other = (await plan(EN, run_id="r2"))["prompts"]

    assert first == again
    assert 6 == len({one["seed"] for one in [*first, *other]})
    assert all(0 <= one["seed"] <= 2**31 - 1 for one in [*first, *other])
    assert [2**31 - 1, 0, 1] == [one["seed"] for one in (await plan(EN, seed=2**31 - 1))["prompts"]]


@pytest.mark.parametrize(
    "options", [{"count": 0}, {"count": -3}, {"count": 100000}, {"style": "cubist"}, {"size": "big"}, {"size": "1024"}]
)
async def test_unusable_wishes_are_refused(options: dict[str, Any]):
    """Before anything is paid."""
    with pytest.raises(InputError):
        await plan(EN, **options)


def test_size():
    """`x`, `*` and `×` are all written."""
    assert (1280, 720) == parse_size("1280x720") == parse_size(" 1280*720 ") == parse_size("1280 × 720")


def written(*prompts: dict[str, Any]) -> Scripted:
    return Scripted({"prompts": list(prompts)})


GOOD = [
    {"number": 1, "subject": "a ferry at dawn", "prompt": "a small ferry leaves the quay at dawn, seen from behind"},
    {"number": 2, "subject": "a white church", "prompt": "a white church above eleven houses, wide view"},
    {"number": 3, "subject": "an empty road", "prompt": "an empty road that ends at the sea, view from above"},
]


async def test_language_model_writes_the_prompts():
    """One question for all; its words stand between the style's."""
    model = written(*GOOD)
    state = await plan(EN, model)

    assert 1 == len(model.questions)
    assert "Pictures: 3." in model.questions[0]
    assert f"Format: landscape. Style, added later: {style('clean').prefix.en.rstrip('.')}." in model.questions[0]
    assert 'Keywords: ["ferry"' in model.questions[0]
    assert ["a ferry at dawn", "a white church", "an empty road"] == [one["subject"] for one in state["prompts"]]
    assert all(item["prompt"][2:] in text for item, text in zip(GOOD, texts(state), strict=True))
    assert all(text.endswith("No text, no watermark, no signature.") for text in texts(state))
    assert ("scripted", []) == (state["language_model"], state["notes"])


async def test_nothing_is_quoted():
    """Image models paint what stands in quotation marks."""
    sign = {"number": 1, "subject": "a door", "prompt": 'a baker\'s green door, above it a sign "OPEN" and “Bread”'}
    state = await plan(EN, written(sign), count=1)

    assert "A baker's green door, above it a sign OPEN and Bread." in texts(state)[0]


@pytest.mark.parametrize(
    "bad",
    [
        {"number": 9, "prompt": "a number that nobody asked for"},
        {"number": 3, "prompt": "   "},
        {"number": 3, "prompt": "一条通向大海的空路，俯视"},
        {"number": 3, "prompt": GOOD[0]["prompt"].upper()},
    ],
)
async def test_templates_fill_the_gaps(bad: dict[str, Any]):
    """A missing, empty, foreign or repeated prompt is written by the template, and the notes say so."""
    state = await plan(EN, written(*GOOD[:2], bad))
    alone = await plan(EN)

    assert texts(state)[:2] != texts(alone)[:2]
    assert "distance" in texts(state)[2]
    assert "scripted" == state["language_model"]
    assert ["The templates wrote 1 of 3 prompts: the language model's were not usable"] == state["notes"]


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ("1024x1024", "square"),
        ("1328x1200", "landscape"),
        ("1664x928", "wide landscape"),
        ("928x1664", "tall portrait"),
        ("1104x1472", "portrait"),
    ],
)
async def test_the_model_composes_for_the_format(size: str, shape: str):
    """A cover is composed otherwise than a page of a phone."""
    model = written(*GOOD)
    await plan(EN, model, size=size)

    assert f"Format: {shape}. " in model.questions[0]


async def test_every_scene_of_the_model_counts():
    """It was told to name what can be seen: our own list of things does not overrule it."""
    state = await plan("The dam is old.\n\nA boat lies in the harbor at dawn.\n\nThe committee met.", count=2)
    model = written(*GOOD[:2])
    model.name = "scripted"
    scene = state["analysis"]["scenes"][0]
    state["analysis"]["scenes"] = [{**scene, "subject": "a trellis", "start": 0}, {**scene, "subject": "a verandah"}]
    state["language_model"] = "scripted"
    planned = await prompt(state, model=model, defaults=DEFAULTS, plans=Memory())

    assert ["a ferry at dawn", "a white church"] == [one["subject"] for one in planned["prompts"]]
    assert ["a trellis", "a verandah"] == [
        found for found in ("a trellis", "a verandah") if found in model.questions[0]
    ]


async def test_long_prompts_are_cut():
    """A model that cannot count does not break the limit."""
    long = {"number": 1, "subject": "s " * 300, "prompt": "a boat, a quay, a lamp, " * 100}
    planned = (await plan(EN, written(long), count=1))["prompts"][0]

    assert 440 < len(planned["prompt"]) <= 500
    assert planned["prompt"].endswith("no signature.")
    assert len(planned["subject"]) <= LIMIT_CHARS["en"]


async def test_broken_model_leaves_the_templates():
    """The prompts are those of the templates, and the result says that the model was not used."""
    state = await plan(EN, Scripted(UnavailableError("it is down")))

    assert state["language_model"] is None
    assert ["The language model was not used: it is down; the templates wrote the prompts"] == state["notes"]
    assert 3 == len(set(texts(state)))


async def test_model_that_failed_before_is_not_asked_again():
    """Who did not answer `analyze` does not hold up `prompt`."""
    model = written(*GOOD)
    state: State = await plan(EN)
    state["notes"] = ["The language model was not used"]
    result = await prompt(state, model=model, defaults=DEFAULTS, plans=Memory())

    assert [] == model.questions
    assert (None, ["The language model was not used"]) == (result["language_model"], result["notes"])


async def test_prompt_holds_no_addresses():
    """Links, mail addresses and Markdown of the content never reach an image model."""
    content = (
        "# A [title](http://t.example)\n\nThe **lamp** of the lighthouse (https://x.example) is lit by ann@x.example.\n"
    )
    for planned in (await plan(content, count=5))["prompts"]:
        shown: Prompt = planned

        assert not any(mark in shown["prompt"] for mark in ("http", "@", "**", "](", "\n"))
