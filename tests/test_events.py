"""One schema of events: whatever happens to an image, what is told of it has these names and types."""

import pytest
from pydantic import ConfigDict, TypeAdapter

from graph.events import Event
from graph.wiring import open_workflow
from tests.sandbox import Sandbox


class Strict(Event):
    """An event that has nothing else."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)


FAULTS = [
    ({}, {"planned", "queued", "submitted", "saved", "uploaded"}),
    ({"service": "dashscope", "step": "submit", "kind": "status", "status": 503, "times": 1}, {"failed", "saved"}),
    ({"service": "dashscope", "step": "submit", "kind": "lost_reply"}, {"submitted", "saved"}),
    ({"service": "dashscope", "step": "submit", "kind": "takes", "seconds": 0.3}, {"polled", "saved"}),
    ({"service": "oss", "step": "put", "kind": "status", "status": 403, "code": "AccessDenied"}, {"upload failed"}),
]


@pytest.mark.parametrize(("fault", "expected"), FAULTS)
async def test_every_event_has_the_schema(sandbox: Sandbox, workplace, monkeypatch, fault, expected):
    """Nothing is told that the page about Studio does not name."""
    quick = {"FIRST_POLL_S": "0.02", "RATE_PER_S": "50"}
    settings = {f"PEITU_IMAGES__DASHSCOPE__{name}": value for name, value in quick.items()}
    for name, value in {**sandbox.environment(), **settings, "PEITU_LLM__PROVIDER": "none"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tools.money.settle.LOOK_UP_PAUSES_S", (0.0, 0.0, 0.0))
    if fault:
        sandbox.fault(**fault)
    asked = {"content": "a boat", "count": 1, "provider": "dashscope"}
    config = {"configurable": {"thread_id": "run"}}
    async with open_workflow() as workflow:
        stream = workflow.astream(asked, config, stream_mode="custom", subgraphs=True)
        events = [event async for _, event in stream]

    schema = TypeAdapter(Strict)
    assert all(schema.validate_python(event) for event in events)
    assert expected <= {event["event"] for event in events}
    assert all(event["run_id"] == "run" and ("index" in event) == (event["event"] != "planned") for event in events)
