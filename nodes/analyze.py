"""The node `analyze`: what the content is about, and which parts of it are worth a picture."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from langchain_core.runnables import RunnableConfig
from langgraph.types import Overwrite

from graph.run_options import OWN_RUN, given_options, thread_of
from graph.state import Analysis, Image, State
from nodes.chat import Contents, heard, without_long
from nodes.planned import given_analysis
from nodes.suggestions import merged
from tools.content.markup import without_unseen
from tools.content.templates import instructions
from tools.errors import InputError, PeituError
from tools.language.llm import LanguageModel
from tools.language.questions import AnalysisAnswer, analysis_question
from tools.pictures.files import inside
from tools.setup.configuration import MAX_COUNT
from tools.sqlite.run_ids import BEGINNING_CHARS, Begun, next_run_id
from tools.storyboards.picture_names import picture_names

if TYPE_CHECKING:
    from tools.content.reading import Reading

AtWork = Callable[[str], AbstractAsyncContextManager[None]]
"""Takes a run id; while its context is entered, other processes see that the run is being worked on."""

_OPTIONS = ("count", "style", "provider", "size", "seed", "upload", "review", "as_is", "filename")


class RunRecords(Contents, Protocol):
    """Where the whole content of a run is kept, since the state holds only its beginning."""

    async def start_run(self, *, run_id: str, thread_id: str, content: str, options: dict[str, Any]) -> Begun:
        """Record the run and return its id, content and options as recorded; the same run again changes nothing."""
        ...


async def analyze(
    state: State,
    config: RunnableConfig,
    *,
    model: LanguageModel | None,
    records: RunRecords,
    max_content_chars: int,
    output_dir: str,
    check: Callable[[State], None],
    default_count: int,
    own: Path | None,
    at_work: AtWork,
) -> State:
    """Read the content, with the language model's help if there is one.

    `output_dir` is the folder for the pictures of a new run; a continued run keeps its folder.
    `default_count` is the number of pictures for a run that does not ask for one.
    `check` raises if the run cannot be made, before any service is called; `own` is the user's folder of templates.
    `at_work` shows other processes that the run is being worked on.

    Raises:
        InputError: The content is blank, `filename` is no name of a picture in the folder, or there is no thread.
    """
    state = await heard(state, records)
    await asyncio.to_thread(check, state)
    # A wrong name is reported before the run is recorded and a language model is asked.
    await asyncio.to_thread(_check_name, state.get("filename") or "any", Path(output_dir))
    thread_id = thread_of(config["configurable"])
    options: dict[str, Any] = {key: state[key] for key in _OPTIONS if key in state}  # type: ignore[literal-required]
    options["output_dir"] = output_dir
    # When the node runs again, the state has only the beginning, and the records have all.
    run_id, content, recorded = await records.start_run(
        run_id=config["configurable"].get(OWN_RUN) or next_run_id(thread_id, state.get("run_id")),
        thread_id=thread_id,
        content=_content(state),
        options=options,
    )
    as_is = bool(state.get("as_is"))
    if not as_is:
        count = state.get("count") or default_count
        async with at_work(run_id):
            analysis, used, notes = await _analyzed(content, count, model=model, max_chars=max_content_chars, own=own)
    else:
        analysis, used, notes = given_analysis(content), None, []
    return {
        "run_id": run_id,
        "wanted": state.get("count"),
        "verbatim": as_is,
        "place": state.get("filename") or None,
        "options": given_options(state),
        "folder": recorded.get("output_dir", output_dir),
        "content": content[:BEGINNING_CHARS],
        "analysis": analysis,
        "language_model": used,
        "notes": notes,
        **_fresh(state, notes),
        **without_long(state),
    }


def _check_name(filename: str, folder: Path) -> None:
    """Check that `filename` names a picture inside the folder.

    Raises:
        InputError: It does not.
    """
    inside(folder, picture_names(filename, 1)[0])


async def _analyzed(
    content: str, count: int, *, model: LanguageModel | None, max_chars: int, own: Path | None
) -> tuple[Analysis, str | None, list[str]]:
    """Return the analysis, the name of the language model if it helped with it, and notes for the user."""
    reading, analysis = await asyncio.to_thread(_first_look, content, own, count)
    if model is None:
        return analysis, None, []
    notes: list[str] = []
    texts = [passage.text for passage in reading.passages] or [reading.title]
    try:
        question, shown = await asyncio.to_thread(
            analysis_question,
            texts,
            title=analysis["title"],
            language=analysis["language"],
            count=count,
            max_chars=max_chars,
            own=own,
        )
        if shown < len(texts):
            notes.append(f"The content is long: the language model read {shown} of its {len(texts)} passages")
        told = await asyncio.to_thread(instructions, "analyze")
        answer = await model.answer(told, question, AnalysisAnswer)
        better = await asyncio.to_thread(merged, analysis, reading, answer, count, own)
    except PeituError as error:
        notes.append(f"The language model was not used: {error}; the templates wrote the prompts")
        return analysis, None, notes
    return better, model.name, notes


def _first_look(content: str, own: Path | None, count: int) -> "tuple[Reading, Analysis]":
    """Return the reading and the analysis that need no service, if possible with a scene for each picture."""
    # Imported here: its patterns take a while to compile, and a prompt that is sent as it is needs none of them.
    from nodes.first_look import MAX_SCENES, first_look

    return first_look(content, own, most=min(max(MAX_SCENES, count), MAX_COUNT))


def _fresh(state: State, notes: list[str]) -> State:
    """Return the changes that clear the images and notes of the thread's earlier run or refused redo, if any."""
    if state.get("run_id") is None and state.get("redoing") is None:
        return {}
    return {"redoing": None, "notes": cast("list[str]", Overwrite(notes)), "images": cast("list[Image]", Overwrite([]))}


def _content(state: State) -> str:
    # A lone surrogate, e.g. from a file name, can be written neither to SQLite nor as JSON.
    content = state.get("content", "").encode("utf-8", "replace").decode()
    if not without_unseen(content):
        raise InputError("The content is blank - write at least one word")
    return content
