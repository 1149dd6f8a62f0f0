"""The node `prompt`: plan as many pictures as are asked for, all different, in one style."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf
from pathlib import Path
from typing import cast

from graph.state import Analysis, Prompt, State
from nodes.planned import given_prompt, paths_of, seed_of
from nodes.suggestions import Draft, rewritten
from tools.content import templates, wording
from tools.content.scenes import VISIBLE, Place, choose
from tools.content.wishes import checked_count, parse_size
from tools.content.worth import worth
from tools.errors import PeituError
from tools.language.llm import LanguageModel
from tools.language.questions import PromptsAnswer, prompts_question
from tools.setup.configuration import MAX_COUNT
from tools.sqlite.records import Records
from tools.sqlite.run_ids import BEGINNING_CHARS, segment_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptDefaults:
    """The values for a run that does not set its own.

    `prompt_limit` is the longest prompt in characters that every candidate provider takes; `templates` is the user's
    folder of templates.
    """

    count: int
    style: str
    width_px: int
    height_px: int
    output_dir: str
    prompt_limit: int
    templates: Path | None = None


async def prompt(state: State, *, model: LanguageModel | None, defaults: PromptDefaults, plans: Records) -> State:
    """Plan the pictures once: nothing is paid yet, but what is paid later is identified by its plan.

    A run that lost its checkpoint gets its old plan, not other prompts for pictures that may be bought already.

    Raises:
        InputError: The count, the style or the size is not usable.
    """
    # Without a language model, planning is quick, and `keep_plan` below returns an earlier plan if there is one.
    if state.get("language_model") and (kept := await plans.plan_of(state["run_id"])):
        return cast("State", kept)
    if state.get("verbatim") and len(state["content"]) >= BEGINNING_CHARS:
        content = await plans.content_of(state["run_id"])
        state = {**state, "content": content or state["content"]}
    plan = await _plan(state, model=model, defaults=defaults)
    return cast("State", await plans.keep_plan(state["run_id"], plan))


async def _plan(state: State, *, model: LanguageModel | None, defaults: PromptDefaults) -> State:
    """Plan the pictures; raises the same errors as `prompt`."""
    options = state.get("options", {})
    size = parse_size(options["size"]) if options.get("size") else (defaults.width_px, defaults.height_px)
    asked = state.get("wanted", state.get("count"))
    if state.get("verbatim"):
        given = await asyncio.to_thread(given_prompt, state, size=size, output_dir=defaults.output_dir)
        ignored = asked is not None and asked != 1
        notes = [f"A prompt that is used as it is makes one picture, not {asked}"] if ignored else []
        return {"prompts": [given], "requested": 1, "language_model": None, "notes": notes}
    count = checked_count(defaults.count if asked is None else asked)
    analysis = state["analysis"]
    own, wanted = defaults.templates, options.get("style") or "default"
    style = await asyncio.to_thread(templates.style, wanted, default=defaults.style, own=own)
    drafts = await asyncio.to_thread(
        _drafts, analysis, count, concrete=bool(state.get("language_model")), own=own, first=segment_of(state["run_id"])
    )
    used, notes = None, list(state.get("notes", []))
    # A model that did not answer `analyze` is not asked again, which could mean another long wait.
    if model is not None and state.get("language_model"):
        room = await asyncio.to_thread(wording.room, style, analysis["language"], defaults.prompt_limit)
        ask = partial(prompts_question, style=style.prefix.of(analysis["language"]), size_px=size, max_chars=room)
        drafts, used, note = await _expanded(drafts, analysis, ask, model=model)
        notes += [note] if note else []
    prompts = await asyncio.to_thread(_prompts, state, drafts, style=style, size=size, defaults=defaults)
    return {
        "prompts": prompts,
        "requested": count,
        "language_model": used,
        "notes": notes,
    }


def _drafts(analysis: Analysis, count: int, *, concrete: bool, own: Path | None, first: int) -> list[Draft]:
    """Return a draft for each picture, from the templates alone; no two are the same.

    `concrete` subjects are from the language model, which was told to name things that can be seen. `first` is the
    position of the first picture in a storyboard, whose pictures shall differ in their camera views, too.
    """
    language, scenes = analysis["language"], analysis["scenes"]
    known = templates.topics(own)
    topic = known.get(analysis["topic"]) or known[templates.DEFAULT]
    mood = cast("templates.Mood", analysis["mood"])
    describe = partial(wording.picture, topic=topic, language=language, mood=mood, concrete=concrete)
    least = VISIBLE if concrete else -inf
    places = [Place(one["heading"], max(least, worth(one["subject"], language)), one["start"]) for one in scenes]
    drafts: dict[str, Draft] = {}
    for position, choice in enumerate(choose(places, count), first):
        scene = scenes[choice.place]
        around = (scene["excerpt"], analysis["title"])
        shown = (
            describe(scene["subject"], position=position + more, turn=choice.turn + more, around=around)
            for more in range(MAX_COUNT)
        )
        new = next(picture for picture in shown if picture.body not in drafts)
        drafts[new.body] = Draft(scene, new.subject, new.body)
    return list(drafts.values())


async def _expanded(
    drafts: list[Draft], analysis: Analysis, ask: Callable[..., str], *, model: LanguageModel
) -> tuple[list[Draft], str | None, str | None]:
    """Return the drafts in the language model's words, its name if it wrote any, and a note if it did not write all."""
    question = ask(
        [(draft.scene["excerpt"], draft.body) for draft in drafts],
        title=analysis["title"],
        topic=analysis["topic"],
        mood=analysis["mood"],
        keywords=analysis["keywords"],
        language=analysis["language"],
    )
    told = await asyncio.to_thread(templates.instructions, "prompt")
    try:
        answer = await model.answer(told, question, PromptsAnswer)
    except PeituError as error:
        return drafts, None, f"The language model was not used: {error}; the templates wrote the prompts"
    written, missing = await asyncio.to_thread(rewritten, drafts, answer, analysis)
    if not missing:
        return written, model.name, None
    note = f"The templates wrote {missing} of {len(drafts)} prompts: the language model's were not usable"
    return written, model.name if missing < len(drafts) else None, note


def _prompts(
    state: State,
    drafts: list[Draft],
    *,
    style: templates.Style,
    size: tuple[int, int],
    defaults: PromptDefaults,
) -> list[Prompt]:
    language, run_id = state["analysis"]["language"], state["run_id"]
    negative = wording.negative(style, language)
    paths = paths_of(state, len(drafts), output_dir=defaults.output_dir)
    return [
        {
            "index": index,
            "prompt": wording.compose(draft.body, style=style, language=language, limit=defaults.prompt_limit),
            "subject": draft.subject,
            "negative_prompt": negative,
            "seed": seed_of(state.get("options", {}).get("seed"), run_id, index),
            "width_px": size[0],
            "height_px": size[1],
            "path": paths[index],
            "heading": draft.scene["heading"],
            "start": draft.scene["start"],
            "end": draft.scene["end"],
        }
        for index, draft in enumerate(drafts)
    ]
