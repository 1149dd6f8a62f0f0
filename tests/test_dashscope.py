"""DashScope's client against answers in the shapes that were recorded or documented."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.provider_replies import Server, maker
from tools.dashscope import DashScope
from tools.errors import (
    ConfigError,
    LostReplyError,
    ParameterError,
    QuotaError,
    RejectedError,
    TaskFailedError,
    TaskRefusedError,
    ThrottledError,
    UnavailableError,
)
from tools.providers.provider import ImageProvider, ImageRequest

CAT = ImageRequest(prompt="一只奔跑的猫", negative_prompt="文字", width_px=1280, height_px=720, seed=42)
SQUARE = ImageRequest(prompt="猫", width_px=1328, height_px=1328)
PENDING = {"output": {"task_status": "PENDING", "task_id": "9e2b"}, "request_id": "33da"}
ENVOY = "upstream connect error or disconnect/reset before headers. reset reason:"
LINK = "https://dashscope-result-bj.oss-cn-beijing.aliyuncs.com/a.png?Expires=1&Signature=a%2Bb%3D"


Make = Callable[..., DashScope]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    """Make a DashScope that talks to a handler."""
    async with maker(DashScope, api_key="sk-test") as make:
        yield make


def test_dashscope_is_an_image_provider(make: Make) -> None:
    """The client fits the protocol, with the attributes that others read."""
    provider: ImageProvider = make(Server())

    assert ("dashscope", "wanx2.1-t2i-plus", 500) == (provider.name, provider.model, provider.prompt_limit)


async def test_submit_sends_the_documented_request(make: Make) -> None:
    """A wanx task is asked for with one picture, an asterisk in the size, and the prompt as it is."""
    server = Server(PENDING)

    submission = await make(server).submit(CAT)

    request = server.requests[0]
    path = "/api/v1/services/aigc/text2image/image-synthesis"
    assert ("POST", "dashscope.aliyuncs.com", path) == (request.method, request.url.host, request.url.path)
    headers = [request.headers[name] for name in ("authorization", "x-dashscope-async", "content-type")]
    assert ["Bearer sk-test", "enable", "application/json"] == headers
    parameters = {"size": "1280*720", "n": 1, "seed": 42, "prompt_extend": False, "watermark": False}
    expected = {
        "model": "wanx2.1-t2i-plus",
        "input": {"prompt": "一只奔跑的猫", "negative_prompt": "文字"},
        "parameters": parameters,
    }
    assert expected == server.body
    assert ("9e2b", "33da", ()) == (submission.task_id, submission.request_id, submission.urls)


@pytest.mark.parametrize(
    ("model", "size", "path", "asynchronous"),
    [
        ("wanx2.0-t2i-turbo", (1024, 1024), "text2image/image-synthesis", True),
        ("wan2.1-t2i-turbo", (1024, 1024), "text2image/image-synthesis", True),
        ("wan2.2-t2i-flash", (768, 1152), "text2image/image-synthesis", True),
        ("wan2.5-t2i-preview", (1280, 1280), "text2image/image-synthesis", True),
        ("wan2.6-t2i", (1280, 1280), "image-generation/generation", True),
        ("wan2.7-image", (2048, 2048), "image-generation/generation", True),
        ("wan2.7-image-pro", (4096, 4096), "image-generation/generation", True),
        ("qwen-image", (1664, 928), "multimodal-generation/generation", False),
        ("qwen-image-max", (928, 1664), "multimodal-generation/generation", False),
        ("qwen-image-2.0-pro", (1024, 1024), "multimodal-generation/generation", False),
        ("z-image-turbo", (1024, 1536), "multimodal-generation/generation", False),
    ],
)
async def test_each_model_goes_to_its_address(
    make: Make, model: str, size: tuple[int, int], path: str, asynchronous: bool
) -> None:
    """The table decides the address, the async header and the form of the body; `n` is always 1."""
    server = Server(PENDING)

    await make(server, model=model).submit(ImageRequest(prompt="猫", width_px=size[0], height_px=size[1]))

    assert f"/api/v1/services/aigc/{path}" == server.requests[0].url.path
    assert asynchronous == ("x-dashscope-async" in server.requests[0].headers)
    assert ("prompt" if "text2image" in path else "messages") in server.body["input"]
    assert 1 == server.body["parameters"]["n"]


async def test_messages_body(make: Make) -> None:
    """Newer models take one message with one text, and the negative prompt among the parameters."""
    server = Server(PENDING)
    request = ImageRequest(prompt="猫", negative_prompt="字", width_px=1280, height_px=1280)

    await make(server, model="wan2.6-t2i").submit(request)

    assert {"messages": [{"role": "user", "content": [{"text": "猫"}]}]} == server.body["input"]
    assert "字" == server.body["parameters"]["negative_prompt"]


async def test_switches_that_a_model_does_not_know_are_left_out(make: Make) -> None:
    """wan2.7 knows no `prompt_extend` and no negative prompt."""
    server = Server(PENDING)
    request = ImageRequest(prompt="猫", negative_prompt="字", width_px=2048, height_px=2048)

    await make(server, model="wan2.7-image").submit(request)

    assert {"size": "2048*2048", "n": 1, "seed": 0, "watermark": False} == server.body["parameters"]


async def test_picture_at_once(make: Make) -> None:
    """A model that answers with pictures has no task; both levels of the answer are read, texts skipped."""
    parts = [{"image": LINK, "type": "image"}, {"text": "a thought"}, {"image": f"{LINK}2"}]
    choices = [
        {"message": {"role": "assistant", "content": parts}},
        {"message": {"content": [{"image": "c"}]}},
    ]
    server = Server({"output": {"choices": choices}, "request_id": "5795"})

    submission = await make(server, model="qwen-image-max").submit(SQUARE)

    assert (None, (LINK, f"{LINK}2", "c")) == (submission.task_id, submission.urls)
    assert 300 == server.requests[0].extensions["timeout"]["read"]


async def test_half_a_character_is_mended(make: Make) -> None:
    """A lone surrogate, as a language model may write one, does not stop the request."""
    server = Server(PENDING)

    await make(server).submit(ImageRequest(prompt="cat \ud83d"))

    assert "cat ?" == server.body["input"]["prompt"]


@pytest.mark.parametrize(
    ("answer", "status", "kind", "words"),
    [
        # As recorded.
        (
            {"code": "InvalidApiKey", "message": "Invalid API-key provided."},
            401,
            ConfigError,
            "DASHSCOPE_API_KEY",
        ),
        ({"code": "InvalidParameter", "message": "Role must be user"}, 400, ParameterError, "Role must be user"),
        # As documented.
        ({"code": "DataInspectionFailed", "message": "Input data"}, 400, RejectedError, "reword the prompt"),
        ({"code": "Throttling.RateQuota", "message": "limit"}, 429, ThrottledError, "more slowly"),
        (
            {"code": "Throttling.AllocationQuota", "message": "Free allocated quota exceeded."},
            429,
            QuotaError,
            "pay",
        ),
        ({"code": "PostpaidBillOverdue", "message": ""}, 429, ConfigError, "pay the bill or top up"),
        ({"code": "InternalError", "message": ""}, 500, UnavailableError, "later"),
        ({"code": "RequestTimeOut", "message": ""}, 408, LostReplyError, "look it up"),
        # An error under HTTP 200.
        (
            {"code": "Throttling", "message": "later", "request_id": "1"},
            200,
            ThrottledError,
            "Throttling: later",
        ),
        ({"code": "New", "message": "never seen", "request_id": "1"}, 200, LostReplyError, "New: never seen"),
        ({"code": "Throttling", "message": "later", "output": {}}, 200, ThrottledError, "Throttling: later"),
        ({"output": {"code": "Throttling", "message": "later"}}, 200, ThrottledError, "Throttling: later"),
        # Nothing that can be read: the request may have got through.
        ("", 200, LostReplyError, "no clear answer"),
        ("<html>welcome</html>", 200, LostReplyError, "no clear answer"),
        ('{"output": {"task_st', 200, LostReplyError, "no clear answer"),
        ("[" * 100_000, 200, LostReplyError, "no clear answer"),
        ({"output": {"task_status": "PENDING"}}, 200, LostReplyError, "no clear answer"),
        ({"output": None}, 200, LostReplyError, "no clear answer"),
        ([], 200, LostReplyError, "no clear answer"),
        ("<html>504</html>", 504, LostReplyError, "gateway"),
        ("<html>502</html>", 502, LostReplyError, "gateway"),
        ({"code": "ModelServiceFailed", "message": ""}, 504, LostReplyError, "gateway"),
        (f"{ENVOY} connection termination", 503, LostReplyError, "cut off by a gateway (503: upstream connect error"),
        (f"{ENVOY} remote reset", 503, LostReplyError, "gateway"),
        (ENVOY.removesuffix(" reset reason:"), 503, LostReplyError, "gateway"),
        (f"{ENVOY} remote connection failure, transport failure", 503, UnavailableError, "later"),
        (f"{ENVOY} overflow", 503, UnavailableError, "later"),
        ("no healthy upstream", 503, UnavailableError, "later"),
        ("", 302, ConfigError, "images.dashscope.base_url"),
        # The connection.
        (httpx.ReadTimeout("slow"), 0, LostReplyError, "ReadTimeout: slow"),
        (httpx.RemoteProtocolError("Server disconnected"), 0, LostReplyError, "Server disconnected"),
        (httpx.ConnectError("refused"), 0, UnavailableError, "could not be reached"),
        (httpx.ConnectTimeout(""), 0, UnavailableError, "(ConnectTimeout)"),
        (httpx.PoolTimeout(""), 0, UnavailableError, "(PoolTimeout)"),
    ],
)
async def test_submit_that_goes_wrong(make: Make, answer: Any, status: int, kind: type[Exception], words: str) -> None:
    """Each way to go wrong has its error, asked once, with what came back and what to do."""
    server = Server(answer, status=status)

    with pytest.raises(kind, match=r"^DashScope .* \(.*\) - ") as caught:
        await make(server).submit(CAT)

    assert kind is caught.type
    assert words in str(caught.value)
    assert 1 == len(server.requests)


async def test_redirect_is_not_followed(make: Make) -> None:
    """A key and a paid request go to no other address."""
    server = Server("", status=307, headers={"Location": "https://example.org/"})

    with pytest.raises(ConfigError, match="answered from another address"):
        await make(server).submit(CAT)

    assert ["dashscope.aliyuncs.com"] == [request.url.host for request in server.requests]


async def test_retry_after(make: Make) -> None:
    """The wait that a 429 asks for is handed on."""
    server = Server({"code": "Throttling", "message": ""}, status=429, headers={"Retry-After": "3"})

    with pytest.raises(ThrottledError) as caught:
        await make(server).submit(CAT)

    assert 3 == caught.value.retry_after_s


async def test_secrets_stay_out_of_messages(make: Make) -> None:
    """What the provider quotes back is cut, and loses keys and signed queries."""
    said = f"Bad key sk-0123456789abcdef0123 for {LINK} " + "x" * 500
    server = Server({"code": "InvalidParameter", "message": said}, status=400)

    with pytest.raises(ConfigError) as caught:
        await make(server).submit(CAT)

    text = str(caught.value)
    assert "sk-0123456789" not in text
    assert "Signature" not in text
    assert 400 > len(text)


@pytest.mark.parametrize("key", [None, "", "  "])
async def test_missing_key(make: Make, key: str | None) -> None:
    """A missing key is reported at first use, with the variable and where to get one; nothing is sent."""
    server = Server(PENDING)
    provider = make(server, api_key=key)

    with pytest.raises(ConfigError, match="set DASHSCOPE_API_KEY; get one at https://bailian"):
        await provider.submit(CAT)

    assert [] == server.requests


@pytest.mark.parametrize("key", ["sk-你好", "sk-a b", "sk-a\nb"])
async def test_key_that_cannot_be_sent(make: Make, key: str) -> None:
    """A key with a slip of the clipboard is named, not quoted."""
    with pytest.raises(ConfigError, match="DASHSCOPE_API_KEY has characters") as caught:
        await make(Server(), api_key=key).submit(CAT)

    assert key not in str(caught.value)


async def test_key_is_trimmed(make: Make) -> None:
    """Blanks around a key do no harm."""
    server = Server(PENDING)

    await make(server, api_key=" sk-test\n").submit(CAT)

    assert "Bearer sk-test" == server.requests[0].headers["authorization"]


@pytest.mark.parametrize(
    ("request_", "kind", "words"),
    [
        (ImageRequest(prompt="猫" * 501), RejectedError, "501 characters, wanx2.1-t2i-plus takes 500"),
        (ImageRequest(prompt="猫", width_px=256), ConfigError, "256x1024"),
    ],
)
async def test_what_the_model_would_refuse_is_not_sent(
    make: Make, request_: ImageRequest, kind: type[Exception], words: str
) -> None:
    """A prompt that is too long, or a size out of range, costs no request."""
    server = Server(PENDING)

    with pytest.raises(kind, match=words):
        await make(server).submit(request_)

    assert [] == server.requests


@pytest.mark.parametrize(
    ("model", "size", "allowed"),
    [
        ("wanx2.1-t2i-plus", (512, 1440), True),
        ("wanx2.1-t2i-plus", (511, 1024), False),
        ("wanx2.1-t2i-plus", (1024, 1441), False),
        ("wan2.5-t2i-preview", (1024, 1024), False),
        ("wan2.5-t2i-preview", (1696, 960), False),
        ("wan2.5-t2i-preview", (1472, 1120), True),
        ("wan2.5-t2i-preview", (4096, 480), False),
        ("qwen-image", (1664, 928), True),
        ("qwen-image", (1024, 1024), False),
        ("qwen-image-2.0", (1024, 1024), True),
        ("z-image-turbo", (1024, 1024), True),
        ("z-image-turbo", (0, 1024), False),
    ],
)
def test_sizes(make: Make, model: str, size: tuple[int, int], allowed: bool) -> None:
    """A size is refused with what would be right."""
    refusal = make(Server(), model=model).refusal(*size)

    assert allowed == (refusal is None)
    assert allowed or f"{model} cannot draw {size[0]}x{size[1]}: it takes" in str(refusal)


def test_unknown_model(make: Make) -> None:
    """A model that is in no line of the table is named at first use, with those that are."""
    provider = make(Server(), model="dall-e-3")

    with pytest.raises(ConfigError, match=r"'dall-e-3' is not known - images.dashscope.model takes wanx2.0"):
        _ = provider.prompt_limit


@pytest.mark.parametrize(
    ("status", "expected"),
    [("PENDING", "waiting"), ("SUSPENDED", "waiting"), ("RUNNING", "running")],
)
async def test_poll_of_an_unfinished_task(make: Make, status: str, expected: str) -> None:
    """A task waits or runs."""
    server = Server({"request_id": "1", "output": {"task_id": "9e2b", "task_status": status}})

    state = await make(server).poll("9e2b")

    assert (expected, ()) == (state.status, state.urls)
    assert "/api/v1/tasks/9e2b" == server.requests[0].url.path
    assert "x-dashscope-async" not in server.requests[0].headers


@pytest.mark.parametrize(
    "output",
    [
        {"results": [{"orig_prompt": "猫", "actual_prompt": "猫", "url": LINK}]},
        {"choices": [{"message": {"content": [{"image": LINK}]}}]},
        {"results": [{"url": LINK}, {"code": "InternalError.Timeout", "message": "…"}]},
    ],
)
async def test_poll_of_a_finished_task(make: Make, output: dict[str, Any]) -> None:
    """The links are found in both forms of the answer, and beside a picture that failed."""
    server = Server({"output": {"task_status": "SUCCEEDED", **output}, "usage": {"image_count": 1}})

    state = await make(server).poll("9e2b")

    assert ("succeeded", (LINK,)) == (state.status, state.urls)
    assert LINK not in repr(state)


@pytest.mark.parametrize(
    ("output", "kind", "words"),
    [
        (
            {"task_status": "FAILED", "code": "InternalError", "message": "oops"},
            TaskFailedError,
            "InternalError: oops",
        ),
        ({"task_status": "FAILED"}, TaskFailedError, "gave up the task"),
        ({"task_status": "FAILED", "code": "Throttling", "message": ""}, TaskFailedError, "not billed"),
        ({"task_status": "FAILED", "code": "InvalidParameter", "message": "size"}, TaskRefusedError, "size"),
        ({"task_status": "FAILED", "code": "Arrearage", "message": ""}, TaskRefusedError, "pay the bill"),
        (
            {"task_status": "FAILED", "code": "DataInspectionFailed", "message": "Output"},
            RejectedError,
            "reword",
        ),
        ({"task_status": "CANCELED"}, TaskFailedError, "canceled"),
        ({"task_status": "UNKNOWN"}, LostReplyError, "over 24 hours old"),
        (
            {"task_status": "SUCCEEDED", "results": [{"code": "InternalError.Timeout", "message": "late"}]},
            TaskFailedError,
            "late",
        ),
        ({"task_status": "SUCCEEDED", "results": []}, UnavailableError, "no clear answer"),
        (
            {"task_status": "SUCCEEDED", "results": "none", "choices": [1]},
            UnavailableError,
            "no clear answer",
        ),
        ({"task_status": "NEW"}, UnavailableError, "no clear answer"),
        ({"task_status": ["RUNNING"]}, UnavailableError, "no clear answer"),
    ],
)
async def test_poll_of_a_task_that_ended_badly(
    make: Make, output: dict[str, Any], kind: type[Exception], words: str
) -> None:
    """All over HTTP 200: failed, canceled, unknown, or a success without a picture; the task is named."""
    server = Server({"request_id": "1", "output": {"task_id": "9e2b", **output}})

    with pytest.raises(kind, match=words) as caught:
        await make(server).poll("9e2b")

    assert kind is caught.type
    assert "(task 9e2b, 200" in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "status", "kind"),
    [
        (httpx.ReadTimeout(""), 0, UnavailableError),
        (httpx.ReadError("reset"), 0, UnavailableError),
        ("<html></html>", 200, UnavailableError),
        ({"code": "InternalError", "message": ""}, 500, UnavailableError),
        ({"code": "Throttling.RateQuota", "message": ""}, 200, ThrottledError),
        ({"code": "InvalidApiKey", "message": ""}, 401, ConfigError),
    ],
)
async def test_poll_that_is_not_answered_says_nothing_of_the_task(
    make: Make, answer: Any, status: int, kind: type[Exception]
) -> None:
    """No error of the poll itself reads as the end of the task, not even an error code under HTTP 200."""
    with pytest.raises(kind) as caught:
        await make(Server(answer, status=status)).poll("9e2b")

    assert kind is caught.type


async def test_task_id_stays_one_part_of_the_path(make: Make) -> None:
    """An id with odd characters cannot lead elsewhere."""
    server = Server({"output": {"task_status": "RUNNING"}})

    await make(server).poll("../quotas?x=1")

    assert b"/api/v1/tasks/..%2Fquotas%3Fx%3D1" == server.requests[0].url.raw_path


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MODEL = "wanx2.1-t2i-plus"


def entry(task_id: str, made_at: datetime) -> dict[str, Any]:
    """Return an entry of the task list, as recorded."""
    return {
        "api_key_id": "1",
        "gmt_create": int(made_at.timestamp() * 1000),
        "model_name": "wanx2.1-t2i-plus",
        "region": "cn-beijing",
        "request_id": f"request-{task_id}",
        "status": "SUCCEEDED",
        "task_id": task_id,
    }


@pytest.mark.parametrize("key", ["data", "tasks"])
async def test_list_reads_all_pages_and_keeps_to_the_time(make: Make, key: str) -> None:
    """More is asked for than wanted, since the time zone is unsure; each entry's own time decides."""
    pages = {
        "1": [entry("late", NOON + timedelta(hours=3)), entry("b", NOON + timedelta(seconds=1))],
        "2": [entry("b", NOON + timedelta(seconds=1)), entry("a", NOON), entry("early", NOON - timedelta(1))],
    }
    asked: list[dict[str, str]] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(dict(request.url.params))
        return httpx.Response(200, json={"total": 5, "total_page": 2, key: pages[request.url.params["page_no"]]})

    found = await make(serve).task_list.between(NOON, NOON + timedelta(minutes=2), model=MODEL)

    assert [("b", "request-b"), ("a", "request-a")] == [(task.task_id, task.request_id) for task in found]
    assert NOON == found[1].created_at
    window = {"start_time": "20261124120000", "end_time": "20261124210200"}  # 04:00 to 13:02 UTC, in China
    same = {**window, "model_name": "wanx2.1-t2i-plus", "page_size": "50"}
    assert [{**same, "page_no": "1"}, {**same, "page_no": "2"}] == asked


@pytest.mark.parametrize("model", ["qwen-image", "qwen-image-2.0-pro", "z-image-turbo"])
async def test_list_of_a_model_that_answers_at_once(make: Make, model: str) -> None:
    """It made no task: one of this model in the list, which another program asked for the old way, is not ours."""
    server = Server({"data": [entry("a", NOON) | {"model_name": model}], "total_page": 1})

    assert await make(server).task_list.between(NOON, NOON + timedelta(minutes=2), model=model) is None
    assert [] == server.requests


async def test_list_with_shorter_pages(make: Make) -> None:
    """How many entries a page may have is not documented: where fifty are refused, it asks for the documented ten."""
    asked: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["page_size"])
        if asked[-1] == "50":
            return httpx.Response(400, json={"code": "InvalidParameter", "message": "page_size", "request_id": "1"})
        return httpx.Response(200, json={"total": 1, "total_page": 1, "data": [entry("a", NOON)]})

    tasks = make(serve).task_list
    found = [await tasks.between(NOON, NOON + timedelta(minutes=2), model=MODEL) for _ in range(2)]

    assert [["a"], ["a"]] == [[task.task_id for task in some] for some in found]
    assert ["50", "10", "10"] == asked
    assert 10 == tasks.page_size


async def test_list_that_refuses_the_question(make: Make) -> None:
    """What shorter pages do not mend is told."""
    server = Server({"code": "InvalidParameter", "message": "start_time"}, status=400)

    with pytest.raises(ParameterError, match="start_time"):
        await make(server).task_list.between(NOON, NOON + timedelta(minutes=2), model=MODEL)

    assert 2 == len(server.requests)


async def test_long_list_is_asked_for_in_pieces(make: Make) -> None:
    """No question spans more than the 24 hours that the service allows."""
    server = Server({"data": [], "total_page": 0})

    await make(server).task_list.between(NOON, NOON + timedelta(hours=30), model=MODEL)

    spans = [
        datetime.strptime(request.url.params["end_time"], "%Y%m%d%H%M%S")  # noqa: DTZ007
        - datetime.strptime(request.url.params["start_time"], "%Y%m%d%H%M%S")  # noqa: DTZ007
        for request in server.requests
    ]
    assert [timedelta(hours=21), timedelta(hours=21), timedelta(hours=15)] == spans


@pytest.mark.parametrize(
    "answer",
    [
        {"total_page": 1, "request_id": "1"},
        {"total_page": 1, "data": None},
        {"total_page": 1, "data": [{"task_id": "a"}]},
        {"total_page": 1, "data": ["a"]},
        {"data": []},
        "<html></html>",
    ],
)
async def test_unreadable_list_is_not_an_empty_one(make: Make, answer: Any) -> None:
    """Half a list would have a task bought again, so it is no list at all."""
    with pytest.raises(UnavailableError, match="no clear answer"):
        await make(Server(answer)).task_list.between(NOON, NOON + timedelta(minutes=1), model=MODEL)


async def test_a_look_reads_the_pages_that_show_the_tasks(make: Make) -> None:
    """It ends where all were seen; a task of the list that nobody asked about is left out."""
    pages = {
        "1": [{**entry("new", NOON), "status": "RUNNING"}, {**entry("strange", NOON), "status": "FAILED"}],
        "2": [{**entry("old", NOON), "status": "FAILED"}],
    }
    asked: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["page_no"])
        return httpx.Response(200, json={"total_page": 9, "data": pages[request.url.params["page_no"]]})

    provider = make(serve)

    assert {"new": False} == await provider.task_list.look_over(["new"], since=NOON, model=MODEL)
    assert {"new": False, "old": True} == await provider.task_list.look_over(["new", "old"], since=NOON, model=MODEL)
    assert ["1", "1", "2"] == asked


async def test_a_look_at_a_long_list_ends_after_four_pages(make: Make) -> None:
    """Tasks that are so far down are polled."""
    server = Server({"total_page": 90, "data": [entry("strange", NOON)]})

    assert {} == await make(server).task_list.look_over(["ours"], since=NOON, model=MODEL)
    assert 4 == len(server.requests)


async def test_an_empty_look_is_followed_by_one_at_the_other_zone(make: Make) -> None:
    """The times of the question are China's, or perhaps UTC; and never are more than 24 hours asked for."""
    server = Server({"total_page": 0, "data": []})
    provider = make(server)
    for since in (datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) - timedelta(hours=1), NOON - timedelta(2)):
        await provider.task_list.look_over(["a"], since=since, model=MODEL)
    china, utc, long = (
        [
            datetime.strptime(request.url.params[name], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
            for name in ("start_time", "end_time")
        ]
        for request in server.requests
    )

    assert timedelta(hours=8) == pytest.approx(china[0] - utc[0], abs=timedelta(seconds=3))
    assert timedelta(hours=2) == pytest.approx(utc[1] - utc[0], abs=timedelta(seconds=3))
    assert timedelta(hours=23) == long[1] - long[0]


async def test_check_key_asks_for_one_entry(make: Make) -> None:
    """A key is checked without paying."""
    server = Server({"data": [], "total": 0, "total_page": 0})

    await make(server).check_key()

    assert "/api/v1/tasks?page_no=1&page_size=1" == server.requests[0].url.raw_path.decode()


async def test_wrong_key_is_found_out(make: Make) -> None:
    """A wrong key is an error that names its variable."""
    server = Server({"code": "InvalidApiKey", "message": "Invalid API-key provided."}, status=401)
    expected = (
        "DashScope refused the key (401 InvalidApiKey: Invalid API-key provided.) - "
        "check DASHSCOPE_API_KEY and that its region matches images.dashscope.base_url"
    )

    with pytest.raises(ConfigError) as caught:
        await make(server).check_key()

    assert expected == str(caught.value)
