"""The node `rewrite`: word a refused prompt more softly, once."""

import asyncio

from pydantic import BaseModel, Field

from graph.image_state import Failure, ImageState
from tools.content.templates import common, instructions
from tools.errors import PeituError
from tools.language.llm import LanguageModel
from tools.language.questions import rewrite_question


class RewrittenPrompt(BaseModel):
    """The language model's answer."""

    prompt: str = Field(min_length=4)


async def rewrite(state: ImageState, *, model: LanguageModel | None) -> ImageState:
    """Have the language model word the prompt so that it is not refused again; without one, leave it as it is."""
    prompt, failures = state["prompt"], state.get("failures", [])
    if model is None or not failures:
        return {"rewritten": True}
    told = await asyncio.to_thread(instructions, "rewrite")
    question = rewrite_question(prompt["prompt"], failures[-1]["error"])
    try:
        answer = await model.answer(told, question, RewrittenPrompt)
    except PeituError:
        return {"rewritten": True}
    wording = _constrained(" ".join(answer.prompt.split()), prompt["prompt"])
    if wording in {"", prompt["prompt"]}:
        return {"rewritten": True}
    # The refusal stays in the list as an attempt, but is answered by the new wording.
    answered: Failure = {**failures[-1], "kind": "Rewritten"}
    return {
        "rewritten": True,
        "prompt": {**prompt, "prompt": wording},
        "failures": [*failures[:-1], answered],
        "notes": [f"Picture {prompt['index'] + 1} was refused; a softer wording is used"],
    }


def _constrained(wording: str, before: str) -> str:
    """Cut the wording to the old one's length, at least 200 characters; add the constraints if the old one had them."""
    most, constraints = max(len(before), 200), common().constraints
    for words, stop in ((constraints.zh, "。"), (constraints.en, ". ")):
        end = f"{words[0].upper()}{words[1:]}{stop.rstrip()}"
        if before.endswith(end) and not wording[:most].endswith(end):
            kept = wording.removesuffix(end)[: most - len(end) - 2].rstrip(" .。,，")
            return f"{kept}{stop}{end}"
    return wording[:most]
