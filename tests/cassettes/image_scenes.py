"""The scenes of the image providers; see `scenes` for what a scene is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import httpx

from tests.cassettes.stage import WRONG_KEY, Stage, refusal
from tools.dashscope import DashScope
from tools.errors import PeituError
from tools.modelscope import ModelScope
from tools.providers.download import download
from tools.providers.provider import ImageRequest, ListedTask, Submission, TaskState

DASHSCOPE_MODEL = "wanx2.1-t2i-turbo"
LIGHTHOUSE = ImageRequest(prompt="A lighthouse at dawn, line drawing", width_px=512, height_px=512, seed=7)
NOBODYS_TASK = "00000000-0000-4000-8000-000000000000"
_POLLS = 100
_PAUSE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A picture from submit to download."""

    submission: Submission
    states: tuple[TaskState, ...]
    picture: bytes


def _dashscope(stage: Stage, client: httpx.AsyncClient, key: str | None = None) -> DashScope:
    access = stage.services.dashscope
    return DashScope(api_key=key or access.key, client=client, base_url=access.url, model=DASHSCOPE_MODEL)


def _modelscope(
    stage: Stage, client: httpx.AsyncClient, key: str | None = None, *, model: str = "Tongyi-MAI/Z-Image-Turbo"
) -> ModelScope:
    access = stage.services.modelscope
    return ModelScope(api_key=key or access.key, client=client, base_url=access.url, model=model)


async def _make(provider: DashScope | ModelScope, stage: Stage, client: httpx.AsyncClient) -> Made:
    submission = await provider.submit(LIGHTHOUSE)
    states: list[TaskState] = []
    while not states or states[-1].status != "succeeded":
        if len(states) == _POLLS:
            raise TimeoutError(f"The task is not done after {_POLLS} polls")
        if states:
            await stage.sleep(_PAUSE_S)
        states.append(await provider.poll(str(submission.task_id)))
    picture = await download(states[-1].urls[0], client=client, sleep=stage.sleep)
    return Made(submission=submission, states=tuple(states), picture=picture)


async def dashscope_picture(stage: Stage) -> Made:
    """A task is submitted, polled until it is done, and its picture fetched."""
    async with httpx.AsyncClient() as client:
        return await _make(_dashscope(stage, client), stage, client)


async def dashscope_task_list(stage: Stage) -> Sequence[ListedTask]:
    """The tasks of the last minutes are listed: the one of `dashscope_picture`, recorded just before, is there."""
    start, end = stage.now - timedelta(minutes=15), stage.now + timedelta(minutes=1)
    async with httpx.AsyncClient() as client:
        dashscope = _dashscope(stage, client)
        return await dashscope.task_list.between(start, end, model=dashscope.model)


async def dashscope_right_key(stage: Stage) -> None:
    """A key is checked, free of charge."""
    async with httpx.AsyncClient() as client:
        await _dashscope(stage, client).check_key()


async def dashscope_wrong_key(stage: Stage) -> tuple[PeituError, PeituError]:
    """A wrong key is refused, when it is checked and when a task is submitted."""
    async with httpx.AsyncClient() as client:
        provider = _dashscope(stage, client, WRONG_KEY)
        return await refusal(provider.check_key()), await refusal(provider.submit(LIGHTHOUSE))


async def dashscope_refused_parameter(stage: Stage) -> PeituError:
    """A request without a prompt is refused, unpaid."""
    nothing = ImageRequest(prompt="", width_px=512, height_px=512)
    async with httpx.AsyncClient() as client:
        return await refusal(_dashscope(stage, client).submit(nothing))


async def dashscope_unknown_task(stage: Stage) -> PeituError:
    """A task that is not ours, or too old, is polled."""
    async with httpx.AsyncClient() as client:
        return await refusal(_dashscope(stage, client).poll(NOBODYS_TASK))


async def modelscope_picture(stage: Stage) -> Made:
    """A task is submitted, polled until it is done, and its picture fetched."""
    async with httpx.AsyncClient() as client:
        return await _make(_modelscope(stage, client), stage, client)


async def modelscope_right_key(stage: Stage) -> None:
    """A key is checked by polling a task that cannot exist."""
    async with httpx.AsyncClient() as client:
        await _modelscope(stage, client).check_key()


async def modelscope_wrong_key(stage: Stage) -> tuple[PeituError, PeituError]:
    """A wrong key is refused, when it is checked and when a task is submitted."""
    async with httpx.AsyncClient() as client:
        provider = _modelscope(stage, client, WRONG_KEY)
        return await refusal(provider.check_key()), await refusal(provider.submit(LIGHTHOUSE))


async def modelscope_unknown_model(stage: Stage) -> PeituError:
    """A model that the service does not run is refused, unpaid."""
    async with httpx.AsyncClient() as client:
        provider = _modelscope(stage, client, model="peitu/no-such-model")
        return await refusal(provider.submit(LIGHTHOUSE))
