"""The scenes: one behavior of one client each; a scene's name is the name of its cassette.

Recording them live costs little: one picture of DashScope (its cheapest model), one of ModelScope, each of the smallest
size, and one answer of MiniMax.
"""

import asyncio

from pydantic import BaseModel

from tests.cassettes import image_scenes as images
from tests.cassettes.stage import DOT, WRONG_KEY, Scene, Stage, refusal
from tools.errors import PeituError
from tools.language.llm import LanguageModel
from tools.oss import OSSUploader


class Answer(BaseModel):
    """What the language model is asked for."""

    title: str
    language: str


async def _ask(stage: Stage, key: str | None = None) -> Answer:
    access = stage.services.minimax
    model = LanguageModel(
        base_url=access.url, model="MiniMax-M2.5", api_key=key or access.key, sleep=stage.sleep, timeout_s=120
    )
    form = 'Answer with one JSON object and nothing else: {"title": "…", "language": "en or zh"}'
    try:
        return await model.answer(form, "Two boats leave the harbor at dawn.", Answer)
    finally:
        await model.close()


async def minimax_answer(stage: Stage) -> Answer:
    """A thinking model is asked for JSON."""
    return await _ask(stage)


async def minimax_wrong_key(stage: Stage) -> PeituError:
    """A wrong key is refused."""
    return await refusal(_ask(stage, WRONG_KEY))


async def minimax_no_balance(stage: Stage) -> PeituError:
    """An account without money is told so under HTTP 200; nobody can record that at will from the live service."""
    return await refusal(_ask(stage))


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
        return await refusal(asyncio.to_thread(uploader.upload_file, path))
    finally:
        uploader.close()


# In the order of recording.
SCENES: dict[str, tuple[Scene, ...]] = {
    "dashscope": (
        images.dashscope_picture,
        images.dashscope_task_list,
        images.dashscope_right_key,
        images.dashscope_wrong_key,
        images.dashscope_refused_parameter,
        images.dashscope_unknown_task,
    ),
    "modelscope": (
        images.modelscope_picture,
        images.modelscope_right_key,
        images.modelscope_wrong_key,
        images.modelscope_unknown_model,
    ),
    "minimax": (minimax_answer, minimax_wrong_key, minimax_no_balance),
    "oss": (oss_upload, oss_wrong_secret),
}
SANDBOX_ONLY: frozenset[Scene] = frozenset({minimax_no_balance})
