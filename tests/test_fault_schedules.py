"""Random schedules of faults: whatever goes wrong in whatever order, nothing is paid twice and nothing is lost."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from tests.sandbox import Sandbox
from tests.test_faults import BROKEN, BY_STEP, check_all, go_on, illustrate, mend, quick_folder, quick_work
from tools.errors import REWORD

PLACES = [
    (service, step, name)
    for service, steps in {"modelscope": BY_STEP, "dashscope": {**BY_STEP, "list": BROKEN}}.items()
    for step, faults in steps.items()
    for name in faults
    if name != "too-slow"  # It only takes time, and is a lost reply for the rest.
]


@dataclass(frozen=True)
class Mishap:
    """A fault that strikes each `every`-th request of a step, `times` times at most."""

    service: str
    step: str
    name: str
    every: int
    times: int

    def happen(self, sandbox: Sandbox) -> None:
        details = {**BY_STEP, "list": BROKEN}[self.step][self.name]
        sandbox.fault(self.service, self.step, every=self.every, times=self.times, **details)


@dataclass(frozen=True)
class Schedule:
    """A run, what goes wrong in it, and how often it is resumed before everything works again."""

    mishaps: list[Mishap]
    count: int
    provider: str
    on_lost_reply: dict[str, str]
    resumes: int


def mishap(place: tuple[str, str, str], every: int, times: int) -> Mishap:
    return Mishap(*place, every=every, times=times)


few = st.integers(min_value=1, max_value=3)
mishaps = st.builds(mishap, st.sampled_from(PLACES), every=few, times=few | st.just(1000))
lost_reply = st.sampled_from(["hold", "resubmit"])
schedules = st.builds(
    Schedule,
    mishaps=st.lists(mishaps, max_size=5),
    count=st.integers(min_value=1, max_value=4),
    provider=st.sampled_from(["auto", "modelscope", "dashscope"]),
    on_lost_reply=st.fixed_dictionaries({"MODELSCOPE": lost_reply, "DASHSCOPE": lost_reply}),
    resumes=st.integers(min_value=0, max_value=3),
)


REFUSAL_LEARNT_LATE = Schedule(
    [mishap(("modelscope", "submit", "refused"), 1, 1000), mishap(("modelscope", "poll", "400"), 1, 1000)],
    count=1,
    provider="auto",
    on_lost_reply={"MODELSCOPE": "hold", "DASHSCOPE": "hold"},
    resumes=0,
)
"""The task has ended refused, and no poll said so before the faults were over."""


async def live_through(schedule: Schedule, sandbox: Sandbox) -> dict[str, Any]:
    """Run and resume while things go wrong, then once more when they do not; everything is checked each time."""
    for one in schedule.mishaps:
        one.happen(sandbox)
    document = await illustrate(provider=schedule.provider, count=schedule.count)
    check_all(sandbox, document)
    for _ in range(schedule.resumes):
        sandbox.pass_time(10)
        document = await go_on(patience_s=0.25)
        check_all(sandbox, document)
    if document["success"] or not any(one.name == "refused" for one in schedule.mishaps):
        return await mend(sandbox)
    # That a task ended refused may be seen only without the faults; its picture is missing then, and the reason told.
    sandbox.faults.faults.clear()
    sandbox.pass_time(700)
    document = await go_on()
    check_all(sandbox, document)
    told = [image["error"] for image in document["images"] if image["status"] == "failed"]
    assert all(REWORD in error for error in told), document
    return await mend(sandbox)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(schedules)
@example(REFUSAL_LEARNT_LATE)
def test_nothing_is_paid_twice_and_nothing_is_lost(schedule):
    """After each run and resume the books are right; without faults the run comes to its good end."""
    with (
        Sandbox() as sandbox,
        quick_folder() as folder,
        quick_work(sandbox, folder),
        pytest.MonkeyPatch.context() as patch,
    ):
        for service, choice in schedule.on_lost_reply.items():
            patch.setenv(f"PEITU_IMAGES__{service}__ON_LOST_REPLY", choice)
        document = asyncio.run(live_through(schedule, sandbox))
        note(f"{len(sandbox.tasks)} tasks, {sandbox.billed} billed")

    assert document["success"], document
    assert schedule.count == document["count"]
