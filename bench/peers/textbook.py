"""A LangGraph program as in a good tutorial: `Send`, one node that submits, polls and saves, and checkpoints.

It polls every five seconds, uses `RetryPolicy` with exponential pauses for refused and failed pictures (20 tries
instead of LangGraph's default 3, pauses of at most 8 s instead of 128), and `max_concurrency` for the number at once.

Source: https://docs.langchain.com/oss/python/langgraph/use-graph-api (Send, retry policies), read 2026-11-24.
"""

import asyncio
import operator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import httpx
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import RetryPolicy, Send
from typing_extensions import TypedDict

from bench.peers import KEY, Order, prompt, read_order, tell

POLL_S = 5.0
TRIES = 20
LONGEST_PAUSE_S = 8.0


class NotMadeError(Exception):
    """The task failed; another one may not."""


class State(TypedDict, total=False):
    """The run: how many pictures, and the files that were saved."""

    images: int
    files: Annotated[list[str], operator.add]


class Picture(TypedDict):
    """The state of one picture."""

    number: int


def fan_out(state: State) -> list[Send]:
    """Send each picture to a branch of its own."""
    return [Send("picture", {"number": number}) for number in range(state["images"])]


async def picture(state: Picture, *, client: httpx.AsyncClient, order: Order) -> State:
    """Submit, poll and save one picture."""
    number = state["number"]
    body = {
        "model": "wanx2.1-t2i-plus",
        "input": {"prompt": prompt(number)},
        "parameters": {"n": 1, "size": f"{order.width}*{order.height}"},
    }
    answer = await client.post(
        "/services/aigc/text2image/image-synthesis", json=body, headers={"X-DashScope-Async": "enable"}
    )
    task_id = answer.raise_for_status().json()["output"]["task_id"]
    while True:
        await asyncio.sleep(POLL_S)
        answer = await client.get(f"/tasks/{task_id}")
        output = answer.raise_for_status().json()["output"]
        if output["task_status"] == "SUCCEEDED":
            break
        if output["task_status"] not in {"PENDING", "RUNNING"}:
            raise NotMadeError(f"Task {task_id} is {output['task_status']}")
    download = await client.get(output["results"][0]["url"])
    path = Path(f"output/{number:05}.png")
    await asyncio.to_thread(path.write_bytes, download.raise_for_status().content)
    return {"files": [str(path)]}


async def work(order: Order) -> list[str]:
    """Run the graph; what did not come out in the end stops it, as the tutorial has it."""
    headers = {"Authorization": f"Bearer {KEY}"}
    retry = RetryPolicy(max_attempts=TRIES, max_interval=LONGEST_PAUSE_S, retry_on=(httpx.HTTPError, NotMadeError))
    async with (
        httpx.AsyncClient(base_url=f"{order.url}/api/v1", headers=headers, timeout=60) as client,
        AsyncSqliteSaver.from_conn_string("checkpoints.db") as checkpointer,
    ):
        builder = StateGraph(State)
        builder.add_node("picture", partial(picture, client=client, order=order), retry_policy=retry)
        builder.add_conditional_edges(START, fan_out, ["picture"])
        builder.add_edge("picture", END)
        graph = builder.compile(checkpointer=checkpointer)
        config: Any = {"configurable": {"thread_id": "run"}, "max_concurrency": order.at_once}
        try:
            await graph.ainvoke({"images": order.images}, config)
        except (httpx.HTTPError, NotMadeError) as error:
            return await asyncio.to_thread(left_over, order, type(error).__name__)
        return ["made"] * order.images


def left_over(order: Order, reason: str) -> list[str]:
    """Return what came of each picture of a run that stopped."""
    there = {int(path.stem) for path in Path("output").glob("*.png")}
    return ["made" if number in there else reason for number in range(order.images)]


def main() -> None:
    """Make the pictures."""
    order = read_order()
    tell(asyncio.run(work(order)))


if __name__ == "__main__":
    main()
