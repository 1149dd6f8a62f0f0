"""Word a refused prompt more softly, once."""

import asyncio

from pydantic import BaseModel, Field

from graph.image_state import Failure, ImageState
from tools.content.templates import instructions
from tools.errors import PeituError
from tools.language.llm import LanguageModel


class RewrittenPrompt(BaseModel):
    """The language model's answer."""

    prompt: str = Field(min_length=4)


async def rewrite(state: ImageState, *, model: LanguageModel | None) -> ImageState:
    """Have the language model word the prompt so that it is not refused again; without one, leave it as it is."""
    prompt, failures = state["prompt"], state.get("failures", [])
    if model is None or not failures:
        return {"rewritten": True}
    told = await asyncio.to_thread(instructions, "rewrite")
    question = f"<prompt>\n{prompt['prompt']}\n</prompt>\nWhy it was refused: {failures[-1]['error']}"
    try:
        answer = await model.answer(told, question, RewrittenPrompt)
    except PeituError:
        return {"rewritten": True}
    wording = " ".join(answer.prompt.split())[: max(len(prompt["prompt"]), 200)]
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
