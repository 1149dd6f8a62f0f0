"""The graph: which node runs after which, each bound to the tools that it needs."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from graph.image_state import ImageOutput, ImageState
from graph.route import Routes, after_check, after_provider
from graph.state import InputState, OutputState, State
from nodes.analyze import AtWork, analyze
from nodes.answer import Link, answer, wants_answer
from nodes.approve import approve
from nodes.check import check
from nodes.generate import Labeler, buy, choose, done, draw
from nodes.places import CheckPlace, check_place
from nodes.prompt import PromptDefaults, prompt
from nodes.record import record
from nodes.redo import RedoTools, redo
from nodes.rewrite import rewrite
from nodes.upload import Uploader, upload
from tools.language.llm import LanguageModel
from tools.money.jobs import Service
from tools.money.ledger import Ledger
from tools.money.tasks import TaskRunner
from tools.sqlite.records import Records
from tools.sqlite.versions import Versions


def file_address(path: str) -> str | None:
    """Return the address of a picture on this machine, for a chat without a server."""
    return Path(path).absolute().as_uri()


Workflow = CompiledStateGraph[State, None, InputState, OutputState]
ImageGraph = CompiledStateGraph[ImageState, None, ImageState, ImageOutput]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the nodes work with; `model` and `uploader` are `None` if they are not configured."""

    routes: Routes
    services: Mapping[str, Service]
    runner: TaskRunner
    ledger: Ledger
    records: Records
    versions: Versions
    model: LanguageModel | None
    uploader: Uploader | None
    label: Labeler
    visible_label: bool
    prompt_defaults: PromptDefaults
    max_content_chars: int
    quality: int
    upload_by_default: bool
    at_work: AtWork


def build_graph(
    tools: Tools,
    *,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    checkpoint_images: bool = False,
    form: type[InputState] = InputState,
    link: Link = file_address,
) -> Workflow:
    """Return the compiled graph.

    `checkpoint_images` also saves the steps inside `generate`, so that Studio and drawings of the graph show them.
    Without it, a run takes half the time and bytes, and loses nothing: the ledger has all tasks under way.
    `form` is the published input schema, `link` gives the addresses of pictures in the answers to a chat.
    """
    builder = StateGraph(State, input_schema=form, output_schema=OutputState)
    reading = partial(
        analyze,
        model=tools.model,
        records=tools.records,
        max_content_chars=tools.max_content_chars,
        output_dir=tools.prompt_defaults.output_dir,
        check=tools.routes.check,
        default_count=tools.prompt_defaults.count,
        own=tools.prompt_defaults.templates,
        at_work=tools.at_work,
    )
    planning = partial(prompt, model=tools.model, defaults=tools.prompt_defaults, plans=tools.records)
    builder.add_node("analyze", reading)
    builder.add_node("prompt", partial(_seen_at_work, node=planning, at_work=tools.at_work))
    builder.add_node("approve", partial(approve, plans=tools.records))
    images = build_image_graph(tools, checkpoint=checkpoint_images)
    if checkpoint_images:
        builder.add_node("generate", images)
    else:
        builder.add_node("generate", partial(_without_checkpoints, images=images), input_schema=ImageState)
    in_folder = _check_place(tools)
    sending = partial(upload, uploader=tools.uploader, by_default=tools.upload_by_default, check_place=in_folder)
    builder.add_node("upload", sending)
    builder.add_node("record", partial(record, records=tools.records, versions=tools.versions))
    builder.add_node("redo", partial(redo, tools=_redo_tools(tools)))
    builder.add_node("answer", partial(answer, link=link))
    builder.add_conditional_edges(START, tools.routes.begin, ["analyze", "redo"])
    builder.add_edge("analyze", "prompt")
    builder.add_edge("prompt", "approve")
    builder.add_conditional_edges("approve", tools.routes.fan_out, ["generate", "upload"])
    builder.add_conditional_edges("redo", tools.routes.again, ["generate", END])
    builder.add_edge("generate", "upload")
    builder.add_edge("upload", "record")
    builder.add_conditional_edges("record", wants_answer, {"chat": "answer", "done": END})
    builder.add_edge("answer", END)
    return builder.compile(checkpointer=checkpointer, name="peitu")


async def _seen_at_work(state: State, *, node: Callable[[State], Awaitable[State]], at_work: AtWork) -> State:
    """Run the node, and meanwhile show other processes that the run is at work; a given prompt takes no time."""
    async with nullcontext() if state.get("verbatim") else at_work(state["run_id"]):
        return await node(state)


async def _without_checkpoints(state: ImageState, config: RunnableConfig, *, images: ImageGraph) -> dict[str, Any]:
    """Make an image without saving the steps.

    LangGraph 1.2.22 fails if a graph without checkpoints inherits `durability="sync"` from the graph around it.
    """
    configurable = {**config["configurable"], "__pregel_durability": "async"}
    return await images.ainvoke(state, {**config, "configurable": configurable})


def _check_place(tools: Tools) -> CheckPlace:
    """Return the check that a picture is in the output folder of its run."""
    return partial(check_place, output_dir=tools.prompt_defaults.output_dir, records=tools.records)


def _redo_tools(tools: Tools) -> RedoTools:
    """Return what the node `redo` works with."""
    defaults = tools.prompt_defaults
    return RedoTools(
        versions=tools.versions,
        ledger=tools.ledger,
        check=tools.routes.candidates,
        style=defaults.style,
        prompt_limit=defaults.prompt_limit,
        templates=defaults.templates,
    )


def build_image_graph(tools: Tools, *, checkpoint: bool) -> ImageGraph:
    """Return the subgraph that makes one image: choose a provider, check its picture, or fail over to the next."""
    builder = StateGraph(ImageState, output_schema=ImageOutput)
    builder.add_node("choose", partial(choose, ledger=tools.ledger, services=tools.services))
    in_folder = _check_place(tools)
    for name, service in tools.services.items():
        node = partial(
            buy,
            service=service,
            runner=tools.runner,
            quality=tools.quality,
            label=tools.label,
            visible_label=tools.visible_label,
            is_last=tools.routes.is_last,
            check_place=in_folder,
        )
        builder.add_node(name, node)
    builder.add_node("sketch", partial(draw, quality=tools.quality, check_place=in_folder))
    builder.add_node("rewrite", partial(rewrite, model=tools.model))
    builder.add_node("check", partial(check, ledger=tools.ledger))
    builder.add_node("done", partial(done, records=tools.records, versions=tools.versions))
    builder.add_edge(START, "choose")
    makers = [*tools.services, "sketch"]
    builder.add_conditional_edges("choose", tools.routes.next_provider, [*makers, "rewrite", "done"])
    builder.add_edge("rewrite", "choose")
    for name in makers:
        builder.add_conditional_edges(name, after_provider, {"made": "check", "failed": "choose"})
    builder.add_conditional_edges("check", after_check, {"passed": "done", "refused": "choose"})
    builder.add_edge("done", END)
    return builder.compile(checkpointer=None if checkpoint else False, name="generate")
