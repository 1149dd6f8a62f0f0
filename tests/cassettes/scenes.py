"""One behavior of one client each; a scene's name is the name of its cassette.

They cost little where they are recorded live: one picture of DashScope (its cheapest model), one of
ModelScope, each of the smallest size, and two answers of MiniMax.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import httpx
from pydantic import BaseModel

from tests.cassettes.stage import DOT, Access, Scene, Stage
from tools.dashscope import DashScope
from tools.download import download
from tools.errors import PeituError
from tools.http import make_client
from tools.llm import LanguageModel
from tools.modelscope import ModelScope
from tools.oss import OSSUploader
from tools.provider import ImageRequest, ListedTask, Submission, TaskState

DASHSCOPE_MODEL = "wanx2.1-t2i-turbo"
LIGHTHOUSE = ImageRequest(prompt="A lighthouse at dawn, line drawing", width_px=512, height_px=512, seed=7)
NOBODYS_TASK = "00000000-0000-4000-8000-000000000000"
_WRONG_KEY = "wrong-key"
_POLLS = 100
_PAUSE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A picture from submit to download."""

    submission: Submission
    states: tuple[TaskState, ...]
    picture: bytes


class Answer(BaseModel):
    """What the language model is asked for."""

    title: str
    language: str


def _dashscope(stage: Stage, client: httpx.AsyncClient, key: str | None = None) -> DashScope:
    access = stage.services.dashscope
    return DashScope(api_key=key or access.key, client=client, base_url=access.url, model=DASHSCOPE_MODEL)


def _modelscope(stage: Stage, client: httpx.AsyncClient, key: str | None = None, **options: str) -> ModelScope:
    access = stage.services.modelscope
    return ModelScope(api_key=key or access.key, client=client, base_url=access.url, **options)


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


async def _refusal(call: Awaitable[object]) -> PeituError:
    try:
        await call
    except PeituError as error:
        return error
    raise AssertionError("This was to be refused, and was not")


async def dashscope_picture(stage: Stage) -> Made:
    """A task is submitted, polled until it is done, and its picture fetched."""
    async with make_client() as client:
        return await _make(_dashscope(stage, client), stage, client)


async def dashscope_task_list(stage: Stage) -> Sequence[ListedTask]:
    """The tasks of the last minutes are listed: the one of `dashscope_picture`, recorded just before, is there."""
    start, end = stage.now - timedelta(minutes=15), stage.now + timedelta(minutes=1)
    async with make_client() as client:
        return await _dashscope(stage, client).list_tasks(start, end)


async def dashscope_right_key(stage: Stage) -> None:
    """A key is checked, free of charge."""
    async with make_client() as client:
        await _dashscope(stage, client).check_key()


async def dashscope_wrong_key(stage: Stage) -> tuple[PeituError, PeituError]:
    """A wrong key is refused, when it is checked and when a task is submitted."""
    async with make_client() as client:
        provider = _dashscope(stage, client, _WRONG_KEY)
        return await _refusal(provider.check_key()), await _refusal(provider.submit(LIGHTHOUSE))


async def dashscope_refused_parameter(stage: Stage) -> PeituError:
    """A request without a prompt is refused, unpaid."""
    nothing = ImageRequest(prompt="", width_px=512, height_px=512)
    async with make_client() as client:
        return await _refusal(_dashscope(stage, client).submit(nothing))


async def dashscope_unknown_task(stage: Stage) -> PeituError:
    """A task that is not ours, or too old, is polled."""
    async with make_client() as client:
        return await _refusal(_dashscope(stage, client).poll(NOBODYS_TASK))


async def modelscope_picture(stage: Stage) -> Made:
    """A task is submitted, polled until it is done, and its picture fetched."""
    async with make_client() as client:
        return await _make(_modelscope(stage, client), stage, client)


async def modelscope_right_key(stage: Stage) -> None:
    """A key is checked by polling a task that cannot exist."""
    async with make_client() as client:
        await _modelscope(stage, client).check_key()


async def modelscope_wrong_key(stage: Stage) -> tuple[PeituError, PeituError]:
    """A wrong key is refused, when it is checked and when a task is submitted."""
    async with make_client() as client:
        provider = _modelscope(stage, client, _WRONG_KEY)
        return await _refusal(provider.check_key()), await _refusal(provider.submit(LIGHTHOUSE))


async def modelscope_unknown_model(stage: Stage) -> PeituError:
    """A model that the service does not run is refused, unpaid."""
    async with make_client() as client:
        provider = _modelscope(stage, client, model="peitu/no-such-model")
        return await _refusal(provider.submit(LIGHTHOUSE))


def _ask(stage: Stage, key: str | None = None) -> Awaitable[Answer]:
    access: Access = stage.services.minimax
    model = LanguageModel(
        base_url=access.url, model="MiniMax-M2.5", api_key=key or access.key, sleep=stage.sleep, timeout_s=120
    )
    form = 'Answer with one JSON object and nothing else: {"title": "…", "language": "en or zh"}'
    return model.answer(form, "Two boats leave the harbor at dawn.", Answer)


async def minimax_answer(stage: Stage) -> Answer:
    """A thinking model is asked for JSON."""
    return await _ask(stage)


async def minimax_wrong_key(stage: Stage) -> PeituError:
    """A wrong key is refused."""
    return await _refusal(_ask(stage, _WRONG_KEY))


async def minimax_no_balance(stage: Stage) -> PeituError:
    """An account without money is told so under HTTP 200; nobody can record that at will from the live service."""
    return await _refusal(_ask(stage))


def _uploader(stage: Stage, secret: str | None = None) -> OSSUploader:
    bucket = stage.services.oss
    return OSSUploader(
        bucket.key_id,
        secret or bucket.secret,
        bucket.endpoint,
        bucket.name,
        # A folder of its own for each recording, so that the bucket is never one that knows the picture.
        f"peitu-cassettes/{stage.now:%Y%m%dT%H%M%S}",
        "",
        region=bucket.region,
        clock=lambda: stage.now,
        sleep=lambda _: None,
    )


async def oss_upload(stage: Stage) -> tuple[str, str]:
    """A picture is uploaded twice: looked up, listed, sent; the second time it is found."""
    path = stage.folder / "dot.png"
    path.write_bytes(DOT)
    uploader = _uploader(stage)
    try:
        first = await asyncio.to_thread(uploader.upload_file, path)
        return first, await asyncio.to_thread(uploader.upload_file, path)
    finally:
        uploader.close()


async def oss_wrong_secret(stage: Stage) -> PeituError:
    """A wrong secret is refused."""
    path = stage.folder / "dot.png"
    path.write_bytes(DOT)
    uploader = _uploader(stage, "wrong-secret")
    try:
        return await _refusal(asyncio.to_thread(uploader.upload_file, path))
    finally:
        uploader.close()


# In the order of recording.
SCENES: dict[str, tuple[Scene, ...]] = {
    "dashscope": (
        dashscope_picture,
        dashscope_task_list,
        dashscope_right_key,
        dashscope_wrong_key,
        dashscope_refused_parameter,
        dashscope_unknown_task,
    ),
    "modelscope": (modelscope_picture, modelscope_right_key, modelscope_wrong_key, modelscope_unknown_model),
    "minimax": (minimax_answer, minimax_wrong_key, minimax_no_balance),
    "oss": (oss_upload, oss_wrong_secret),
}
SANDBOX_ONLY: frozenset[Scene] = frozenset({minimax_no_balance})
