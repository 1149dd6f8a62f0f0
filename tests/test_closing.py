"""The synchronous workflow is closed while threads and streams are at work in it."""

import asyncio
import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from graph.wiring import open_workflow
from tests.sandbox import Sandbox
from tools.errors import ClosedError

CONFIG = {"configurable": {"thread_id": "run"}}


@pytest.fixture
def paid(sandbox: Sandbox, workplace, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """DashScope alone, and quick."""
    for name, value in sandbox.environment().items():
        if "DASHSCOPE" in name:
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("PEITU_LLM__PROVIDER", "none")
    monkeypatch.setenv("PEITU_IMAGES__DASHSCOPE__FIRST_POLL_S", "0.05")
    return sandbox


def test_a_thread_that_works_is_told(workplace):
    """It hangs neither itself nor the process, and the run goes on when the workflow is open again."""
    asked, begun = {"content": "a teapot", "count": 12}, threading.Event()

    def work(workflow):
        for _ in workflow.stream(asked, CONFIG):
            begun.set()

    with ThreadPoolExecutor() as pool:
        with open_workflow() as workflow:
            working = pool.submit(work, workflow)
            assert begun.wait(30)

        with pytest.raises(ClosedError, match="what is under way is kept"):
            working.result(timeout=10)
    with open_workflow() as workflow:
        document = workflow.invoke(None, CONFIG)

    assert 12 == document["count"]


def test_what_is_paid_is_in_the_ledger(paid):
    """A request that is under way when the workflow is closed is answered, written down and not sent again."""
    paid.fault("dashscope", "submit", kind="slow", seconds=0.5, times=1)
    asked = {"content": "a teapot", "count": 1, "upload": False}
    with ThreadPoolExecutor() as pool:
        with open_workflow() as workflow:
            working = pool.submit(workflow.invoke, asked, CONFIG)
            while not paid.tasks:
                assert not working.done()
                time.sleep(0.01)

        with pytest.raises(ClosedError):
            working.result(timeout=10)
    with open_workflow() as workflow:
        document = workflow.invoke(None, CONFIG)

    assert (1, 1) == (document["count"], len(paid.tasks))
    # A request without its answer would have been looked for in the list.
    assert [] == [request for request in paid.requests if request.step == "list"]


def test_a_closed_workflow_says_so(workplace):
    """A call after the block is told to open it again; a stream that was left in it ends without a word."""
    with open_workflow() as workflow:
        stream = workflow.stream({"content": "a teapot", "count": 3}, CONFIG)
        next(stream)

    with pytest.raises(ClosedError, match="open it again"):
        workflow.invoke({"content": "a teapot"}, CONFIG)
    with pytest.raises(ClosedError, match="open it again"):
        next(workflow.stream({"content": "a teapot"}, CONFIG))
    del stream
    gc.collect()


async def test_a_closed_asynchronous_workflow_says_so(workplace):
    """It is LangGraph's own graph, and would otherwise speak of a connection."""
    async with open_workflow() as workflow:
        pass

    with pytest.raises(ClosedError, match="open it again"):
        await workflow.ainvoke({"content": "a teapot"}, CONFIG)
    with pytest.raises(ClosedError, match="open it again"):
        await workflow.aget_state(CONFIG)


async def test_an_answer_that_never_came_is_held_without_a_word(paid):
    """The workflow is closed before it: the request is looked for later, and no traceback is printed of it."""
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    paid.fault("dashscope", "submit", kind="slow", seconds=3.0, times=1)
    asked = {"content": "a teapot", "count": 1, "upload": False}
    async with open_workflow() as workflow:
        working = asyncio.create_task(workflow.ainvoke(asked, CONFIG))
        while not paid.tasks:
            await asyncio.sleep(0.01)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
    await asyncio.sleep(0.1)
    gc.collect()

    assert [] == told

    async with open_workflow() as workflow:
        document = await workflow.ainvoke(None, CONFIG)

    assert (1, 1) == (document["count"], len(paid.tasks))
