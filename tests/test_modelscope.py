"""ModelScope's client against answers in the shapes that were captured or documented."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from tests.provider_replies import Server, maker
from tools.errors import (
    ConfigError,
    LostReplyError,
    ParameterError,
    QuotaError,
    RejectedError,
    TaskFailedError,
    ThrottledError,
    UnavailableError,
)
from tools.modelscope import ModelScope
from tools.providers.provider import ImageProvider, ImageRequest

CAT = ImageRequest(prompt="一只金猫", negative_prompt="文字", width_px=1280, height_px=720, seed=7)
ACCEPTED = {"task_status": "SUCCEED", "task_id": "5618", "request_id": "r1"}
LINK = "https://muse-ai.oss-cn-hangzhou.aliyuncs.com/img/a.jpg"


Make = Callable[..., ModelScope]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    """Make a ModelScope that talks to a handler."""
    async with maker(ModelScope, api_key="ms-test") as make:
        yield make


def test_modelscope_is_an_image_provider(make: Make) -> None:
    """The client fits the protocol, with the attributes that others read."""
    provider: ImageProvider = make(Server())

    found = (provider.name, provider.model, provider.prompt_limit)
    assert ("modelscope", "Tongyi-MAI/Z-Image-Turbo", 1999) == found


async def test_submit_sends_the_documented_request(make: Make) -> None:
    """A task is asked for with the letter x in the size, and without `n`."""
    server = Server(ACCEPTED)

    submission = await make(server).submit(CAT)

    request = server.requests[0]
    assert ("POST", "/v1/images/generations") == (request.method, request.url.path)
    assert "Bearer ms-test" == request.headers["authorization"]
    assert "true" == request.headers["x-modelscope-async-mode"]
    expected = {
        "model": "Tongyi-MAI/Z-Image-Turbo",
        "prompt": "一只金猫",
        "negative_prompt": "文字",
        "size": "1280x720",
        "seed": 7,
    }
    assert expected == server.body
    assert ("5618", "r1", ()) == (submission.task_id, submission.request_id, submission.urls)


async def test_steps_and_guidance_are_sent_when_they_are_set(make: Make) -> None:
    """The two settings of a model go along, and an empty negative prompt does not."""
    server = Server(ACCEPTED)

    await make(server, steps=9, guidance=3.5).submit(ImageRequest(prompt="cat"))

    assert (9, 3.5) == (server.body["steps"], server.body["guidance"])
    assert "negative_prompt" not in server.body


async def test_succeed_in_a_submit_is_no_picture(make: Make) -> None:
    """`SUCCEED` only says that the task is accepted: without an id, nobody knows what became of it."""
    with pytest.raises(LostReplyError, match="no clear answer"):
        await make(Server({"task_status": "SUCCEED", "request_id": "r1"})).submit(CAT)


async def test_old_answer_with_the_picture(make: Make) -> None:
    """The old synchronous form holds the links themselves."""
    submission = await make(Server({"images": [{"url": LINK}], "request_id": "r1"})).submit(CAT)

    assert (None, (LINK,)) == (submission.task_id, submission.urls)


def says(message: str) -> dict[str, Any]:
    """Return an error in the shape of the image endpoints."""
    return {"errors": {"message": message}, "request_id": "r1"}


@pytest.mark.parametrize(
    ("answer", "status", "kind", "words"),
    [
        (says("Authentication failed"), 401, ConfigError, "check MODELSCOPE_API_KEY"),
        (
            says("Please bind your Alibaba Cloud account before use."),
            401,
            ConfigError,
            "link one on modelscope.cn",
        ),
        (says("size is invalid"), 400, ParameterError, "size is invalid"),
        (says("Model id : a/b , has no provider supported"), 400, ConfigError, "images.modelscope.model"),
        (
            says("exceeded today's quota for model X, please try again tomorrow"),
            429,
            QuotaError,
            "00:00 China time",
        ),
        (says("limit_burst_rate"), 429, ThrottledError, "more slowly"),
        (says("insufficient balance (1008)"), 429, ConfigError, "another model"),
        (says("Server is busy, please try again later"), 503, UnavailableError, "later"),
        (says("Input data may contain inappropriate content"), 400, RejectedError, "reword"),
        # Other shapes of an error.
        ({"error": {"message": "Authentication failed"}}, 401, ConfigError, "Authentication failed"),
        ({"errors": "went wrong"}, 500, UnavailableError, "500: went wrong"),
        ({"errors": [{"code": 12, "message": "went wrong"}]}, 500, UnavailableError, "500 12: went wrong"),
        ({"errors": [None]}, 400, ParameterError, "None"),
        ({"message": "went wrong"}, 500, UnavailableError, "went wrong"),
        # Nothing that can be read.
        ("", 200, LostReplyError, "look it up"),
        ("<html></html>", 200, LostReplyError, "look it up"),
        ("<html></html>", 504, LostReplyError, "gateway"),
        (says("upstream timed out"), 504, LostReplyError, "upstream"),
        ({"images": []}, 200, LostReplyError, "look it up"),
        # The connection.
        (httpx.ReadError("reset"), 0, LostReplyError, "ReadError: reset"),
        (httpx.ConnectError("no route"), 0, UnavailableError, "no route"),
    ],
)
async def test_submit_that_goes_wrong(make: Make, answer: Any, status: int, kind: type[Exception], words: str) -> None:
    """Each way to go wrong has its error, asked once, with what came back and what to do."""
    server = Server(answer, status=status)

    with pytest.raises(kind, match=r"^ModelScope .* \(.*\) - ") as caught:
        await make(server).submit(CAT)

    assert kind is caught.type
    assert words in str(caught.value)
    assert len(server.requests) == 1


async def test_missing_key(make: Make) -> None:
    """A missing key is reported at first use, with the variable and where to get one."""
    server = Server(ACCEPTED)

    with pytest.raises(ConfigError, match="set MODELSCOPE_API_KEY; get one at https://modelscope"):
        await make(server, api_key=None).submit(CAT)

    assert [] == server.requests


@pytest.mark.parametrize(
    ("model", "size", "allowed"),
    [
        ("Tongyi-MAI/Z-Image-Turbo", (512, 2048), True),
        ("Tongyi-MAI/Z-Image-Turbo", (511, 1024), False),
        ("Qwen/Qwen-Image-2512", (1664, 64), True),
        ("Qwen/Qwen-Image", (1665, 928), False),
        ("black-forest-labs/FLUX.1-Krea-dev", (1024, 1024), True),
        ("MusePublic/489_ckpt_FLUX_1", (1280, 720), False),
        ("MAILAND/majicflus_v1", (1280, 720), False),
        ("MusePublic/42_ckpt_SD_XL", (2048, 64), True),
        ("MusePublic/42_ckpt_SD_XL", (2049, 64), False),
    ],
)
def test_sizes(make: Make, model: str, size: tuple[int, int], allowed: bool) -> None:
    """Each family has its range of sides."""
    assert allowed == (make(Server(), model=model).refusal(*size) is None)


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (ImageRequest(prompt="x" * 2000), RejectedError),
        (ImageRequest(prompt="x", height_px=500), ConfigError),
    ],
)
async def test_what_the_model_would_refuse_is_not_sent(
    make: Make, request_: ImageRequest, kind: type[Exception]
) -> None:
    """A prompt that is too long, or a size out of range, costs no request."""
    server = Server(ACCEPTED)

    with pytest.raises(kind):
        await make(server).submit(request_)

    assert [] == server.requests


@pytest.mark.parametrize(
    ("status", "expected"),
    [("PENDING", "waiting"), ("QUEUED", "waiting"), ("PROCESSING", "running"), ("RUNNING", "running")],
)
async def test_poll_of_an_unfinished_task(make: Make, status: str, expected: str) -> None:
    """A task waits or runs; the poll names its type, without which no task is found."""
    server = Server({"request_id": "r1", "task_id": "5618", "task_status": status})

    state = await make(server).poll("5618")

    assert (expected, ()) == (state.status, state.urls)
    assert "/v1/tasks/5618" == server.requests[0].url.path
    assert "image_generation" == server.requests[0].headers["x-modelscope-task-type"]


@pytest.mark.parametrize("word", ["SUCCEED", "SUCCEEDED"])
async def test_poll_of_a_finished_task(make: Make, word: str) -> None:
    """The links are read, however the service spells its success."""
    answer = {"task_status": word, "output_images": [LINK], "time_taken": 12345}

    state = await make(Server(answer)).poll("5618")

    assert ("succeeded", (LINK,)) == (state.status, state.urls)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (
            {"task_status": "FAILED", "errors": {"code": 500, "message": "out of memory"}},
            TaskFailedError,
            "memory",
        ),
        ({"task_status": "FAILED"}, TaskFailedError, "gave up the task"),
        ({"task_status": "FAILED", "errors": {"message": "Server is busy"}}, TaskFailedError, "busy"),
        (
            {"task_status": "FAILED", "errors": {"code": 500, "message": "task not found"}},
            UnavailableError,
            "poll",
        ),
        ({"task_status": "FAILED", "errors": "data inspection failed"}, RejectedError, "reword"),
        ({"task_status": "SUCCEED", "output_images": []}, UnavailableError, "no clear answer"),
        ({"task_status": "SUCCEED", "output_images": None}, UnavailableError, "no clear answer"),
        ({"task_status": "NEW"}, UnavailableError, "no clear answer"),
    ],
)
async def test_poll_of_a_task_that_ended_badly(
    make: Make, answer: dict[str, Any], kind: type[Exception], words: str
) -> None:
    """All over HTTP 200; a task that is not found is asked for again, since it may be too young."""
    with pytest.raises(kind, match=words) as caught:
        await make(Server({"request_id": "r1", "task_id": "5618", **answer})).poll("5618")

    assert kind is caught.type
    assert "(task 5618, 200" in str(caught.value)


@pytest.mark.parametrize("status", [200, 404])
async def test_good_key(make: Make, status: int) -> None:
    """A key is good when the service only misses the task that cannot exist."""
    answer = {"task_status": "FAILED", "errors": {"code": 500, "message": "task not found"}}

    await make(Server(answer, status=status)).check_key()


@pytest.mark.parametrize(
    ("answer", "status", "kind"),
    [
        (says("Authentication failed"), 401, ConfigError),
        (says("Please bind your Alibaba Cloud account before use."), 401, ConfigError),
        ("<html></html>", 200, UnavailableError),
        ("<html></html>", 404, ConfigError),
        (says("Server is busy"), 503, UnavailableError),
    ],
)
async def test_key_that_is_not_good(make: Make, answer: Any, status: int, kind: type[Exception]) -> None:
    """A wrong key, an account that is not bound, and a wrong address are found out."""
    with pytest.raises(kind) as caught:
        await make(Server(answer, status=status)).check_key()

    assert kind is caught.type
