"""A refused prompt is worded more softly, once, by the language model that is there."""

from typing import Any

import pytest
from pydantic import ValidationError

from nodes.rewrite import RewrittenPrompt, rewrite
from tools.errors import ConfigError, PeituError, QuotaError, RejectedError, UnavailableError

PROMPT = {
    "index": 1,
    "prompt": "A knight wounded in a battle, blood on the snow. No text.",
    "subject": "a knight",
    "negative_prompt": "text",
    "seed": 7,
    "width_px": 512,
    "height_px": 512,
    "path": "output/run/01.jpg",
    "heading": "",
    "start": 0,
    "end": 10,
}
REFUSAL = {"provider": "dashscope", "kind": "RejectedError", "error": "DashScope refused the content"}
EARLIER = {"provider": "modelscope", "kind": "UnavailableError", "error": "ModelScope has trouble"}


class FakeModel:
    """A language model that answers with one wording, or raises, and records what it was asked."""

    name = "fake"

    def __init__(self, answer: str | PeituError) -> None:
        self._answer = answer
        self.asked: list[tuple[str, str]] = []

    async def answer(self, instructions: str, question: str, schema: type[RewrittenPrompt]) -> RewrittenPrompt:
        self.asked.append((instructions, question))
        if isinstance(self._answer, PeituError):
            raise self._answer
        return schema(prompt=self._answer)


def refused(**changes: Any) -> dict[str, Any]:
    return {"run_id": "run", "prompt": PROMPT, "failures": [EARLIER, REFUSAL]} | changes


async def test_the_prompt_is_worded_anew():
    """The new wording is in the state, and everything else of the prompt stays."""
    changed = await rewrite(refused(), model=FakeModel("A knight rests in the snow. No text."))

    assert {**PROMPT, "prompt": "A knight rests in the snow. No text."} == changed["prompt"]
    assert changed["rewritten"]
    assert ["Picture 2 was refused; a softer wording is used"] == changed["notes"]


async def test_the_refusal_is_answered_and_still_counts_as_an_attempt():
    """The last failure no longer forbids the next attempt; its provider and reason stay."""
    changed = await rewrite(refused(), model=FakeModel("A knight rests in the snow."))

    assert [EARLIER, {**REFUSAL, "kind": "Rewritten"}] == changed["failures"]


async def test_the_model_is_asked_once_and_told_prompt_and_reason():
    """It cannot mend what it does not know."""
    model = FakeModel("A knight rests in the snow.")
    await rewrite(refused(), model=model)
    ((instructions, question),) = model.asked

    assert instructions.strip()
    assert f"<prompt>\n{PROMPT['prompt']}\n</prompt>" in question
    assert REFUSAL["error"] in question


async def test_without_a_model_nothing_changes():
    """The refusal stays, so that the image ends with the provider's reason."""
    assert {"rewritten": True} == await rewrite(refused(), model=None)


async def test_without_a_refusal_the_model_is_not_asked():
    """There is nothing to mend."""
    model = FakeModel("A knight rests in the snow.")

    assert {"rewritten": True} == await rewrite(refused(failures=[]), model=model)
    assert [] == model.asked


@pytest.mark.parametrize("same", [PROMPT["prompt"], f"  {PROMPT['prompt']}\n", PROMPT["prompt"].replace(" ", "  ")])
async def test_the_same_wording_is_no_new_one(same):
    """It would be refused again, so it is not sent."""
    assert {"rewritten": True} == await rewrite(refused(), model=FakeModel(same))


@pytest.mark.parametrize(
    "error",
    [UnavailableError("no answer"), ConfigError("wrong key"), QuotaError("spent"), RejectedError("refused as well")],
    ids=lambda error: type(error).__name__,
)
async def test_a_broken_model_leaves_the_prompt_as_it_is(error):
    """The image fails with the reason of its provider, not with that of the language model."""
    assert {"rewritten": True} == await rewrite(refused(), model=FakeModel(error))


@pytest.mark.parametrize(
    ("before", "answer", "after"),
    [
        (
            "流血的骑士。画面中无文字、无水印、无签名。",
            "雪地里休息的骑士",
            "雪地里休息的骑士。画面中无文字、无水印、无签名。",
        ),
        (
            "A hurt knight. No text, no watermark, no signature.",
            "A knight.",
            "A knight. No text, no watermark, no signature.",
        ),
        ("A hurt knight. No text.", "A knight.", "A knight."),
    ],
)
async def test_the_constraints_stay(before: str, answer: str, after: str):
    """A model that forgets them, or rambles so that they would be cut off, does not bring letters into the picture."""
    changed = await rewrite(refused(prompt={**PROMPT, "prompt": before}), model=FakeModel(answer))
    long = await rewrite(refused(prompt={**PROMPT, "prompt": before}), model=FakeModel(f"{answer} word" * 99))

    assert after == changed["prompt"]["prompt"]
    assert len(long["prompt"]["prompt"]) <= 200
    assert long["prompt"]["prompt"].endswith(after[-4:]) == ("签名" in before or "signature" in before)


@pytest.mark.parametrize(("length", "longest"), [(20, 200), (400, 400)])
async def test_the_new_wording_is_bounded(length, longest):
    """A model that rambles cannot go beyond the length that the providers took, or two hundred characters."""
    prompt = {**PROMPT, "prompt": "x" * length}
    changed = await rewrite(refused(prompt=prompt), model=FakeModel("word " * 1000))

    assert longest - 1 <= len(changed["prompt"]["prompt"]) <= longest


async def test_the_new_wording_is_one_line():
    """Line breaks and tabs of the model become spaces."""
    changed = await rewrite(refused(), model=FakeModel("A knight\n\trests\n in the snow."))

    assert "A knight rests in the snow." == changed["prompt"]["prompt"]


@pytest.mark.parametrize("answer", ["", "abc"])
def test_an_answer_that_is_no_prompt_is_not_taken(answer):
    """The schema refuses it, whereupon the model is asked to mend its answer."""
    with pytest.raises(ValidationError):
        RewrittenPrompt(prompt=answer)


async def test_an_answer_of_spaces_is_no_new_wording():
    """Nothing that is empty is sent to a provider."""
    assert {"rewritten": True} == await rewrite(refused(), model=FakeModel(" \n \t "))
