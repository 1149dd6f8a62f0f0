"""The peers of `bench.faults`: LangGraph programs as in a good tutorial, for the same twenty pictures.

`node`: `Send` to a node that submits, polls and saves, with `AsyncSqliteSaver`. `steps`: the same as a subgraph of
three nodes, so that each step is checkpointed. Both are resumed with `ainvoke(None)`, as in LangGraph's documentation.
They request the same pictures from the same service as Peitu does, in the same burst.

Source: https://docs.langchain.com/oss/python/langgraph/durable-execution, read 2026-11-24.
"""

import asyncio
import operator
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import httpx
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Send
from typing_extensions import TypedDict

IMAGES = 20
POLL_S = 0.1
SUBMIT_PATH = "/services/aigc/text2image/image-synthesis"
MODEL = "wanx2.1-t2i-plus"


class State(TypedDict, total=False):
    """The run: what to paint, and the files that were saved."""

    subject: str
    topics: list[str]
    files: Annotated[list[str], operator.add]


class Picture(TypedDict, total=False):
    """The state of one picture."""

    number: int
    topic: str
    task_id: str
    url: str


class Files(TypedDict):
    """The output of one picture for the run."""

    files: Annotated[list[str], operator.add]


async def plan(state: State) -> State:
    """Decide what to paint; a language model would do it."""
    return {"topics": [f"{state['subject']}, view {number}" for number in range(IMAGES)]}


def fan_out(state: State) -> list[Send]:
    """Send each topic to a branch of its own."""
    return [Send("picture", {"number": number, "topic": topic}) for number, topic in enumerate(state["topics"])]


async def submit(picture: Picture, *, client: httpx.AsyncClient) -> Picture:
    """Ask for the picture; this is what costs money."""
    body = {
        "model": MODEL,
        "input": {"prompt": picture["topic"]},
        "parameters": {"n": 1, "size": "512*512", "seed": picture["number"]},
    }
    answer = await client.post(SUBMIT_PATH, json=body, headers={"X-DashScope-Async": "enable"})
    return {"task_id": answer.raise_for_status().json()["output"]["task_id"]}


async def poll(picture: Picture, *, client: httpx.AsyncClient) -> Picture:
    """Wait until the picture is made."""
    while True:
        answer = await client.get(f"/tasks/{picture['task_id']}")
        output = answer.raise_for_status().json()["output"]
        if output["task_status"] == "SUCCEEDED":
            return {"url": output["results"][0]["url"]}
        if output["task_status"] not in {"PENDING", "RUNNING"}:
            raise RuntimeError(f"Task {picture['task_id']} is {output['task_status']}")
        await asyncio.sleep(POLL_S)


async def save(picture: Picture, *, client: httpx.AsyncClient) -> Files:
    """Download the picture."""
    request = client.build_request("GET", picture["url"])
    del request.headers["Authorization"]  # The file host refuses it.
    answer = await client.send(request)
    path = Path("output") / f"{picture['number']:02}.png"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(answer.raise_for_status().content)
    return {"files": [str(path)]}


async def picture(state: Picture, *, client: httpx.AsyncClient) -> Files:
    """Submit, poll and save in one node."""
    made: Picture = {**state, **await submit(state, client=client)}
    made = {**made, **await poll(made, client=client)}
    return await save(made, client=client)


def steps(client: httpx.AsyncClient) -> CompiledStateGraph[Picture, None, Picture, Files]:
    """Return a subgraph that submits, polls and saves in three nodes."""
    builder = StateGraph(Picture, output_schema=Files)
    for name, node in {"submit": submit, "poll": poll, "save": save}.items():
        builder.add_node(name, partial(node, client=client))
    for start, end in ((START, "submit"), ("submit", "poll"), ("poll", "save"), ("save", END)):
        builder.add_edge(start, end)
    return builder.compile()


def build(
    kind: str, client: httpx.AsyncClient, checkpointer: BaseCheckpointSaver[Any]
) -> CompiledStateGraph[State, None, State, State]:
    """Return the graph whose branches are one `node`, or a subgraph of `steps`."""
    builder = StateGraph(State)
    builder.add_node("plan", plan)
    builder.add_node("picture", steps(client) if kind == "steps" else partial(picture, client=client))
    builder.add_edge(START, "plan")
    builder.add_conditional_edges("plan", fan_out, ["picture"])
    builder.add_edge("picture", END)
    return builder.compile(checkpointer=checkpointer)


async def work(kind: str, environment: Mapping[str, str]) -> None:
    """Begin the run, or continue it where its checkpoints are."""
    headers = {"Authorization": f"Bearer {environment['DASHSCOPE_API_KEY']}"}
    base_url = environment["PEITU_IMAGES__DASHSCOPE__BASE_URL"]
    async with (
        httpx.AsyncClient(base_url=base_url, headers=headers, timeout=30) as client,
        AsyncSqliteSaver.from_conn_string("checkpoints.db") as checkpointer,
    ):
        graph = build(kind, client, checkpointer)
        config: Any = {"configurable": {"thread_id": "run"}}
        known = await checkpointer.aget_tuple(config)
        await graph.ainvoke(None if known else {"subject": "a lighthouse by the sea"}, config)


def main() -> None:
    """Make the pictures: `node` or `steps`."""
    asyncio.run(work(sys.argv[1], os.environ))


if __name__ == "__main__":
    main()
