"""What every provider promises, over real HTTP to the sandbox."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.sandbox import Sandbox
from tools.dashscope import DashScope
from tools.errors import (
    ConfigError,
    LostReplyError,
    RejectedError,
    TaskFailedError,
    ThrottledError,
    UnavailableError,
)
from tools.modelscope import ModelScope
from tools.providers.download import download
from tools.providers.http import make_client
from tools.providers.provider import ImageRequest, TaskState

CAT = ImageRequest(prompt="a cat under a lamp", negative_prompt="text", width_px=768, height_px=512, seed=7)
PROVIDERS: dict[str, Callable[..., DashScope | ModelScope]] = {"dashscope": DashScope, "modelscope": ModelScope}


@dataclass
class Bench:
    """A provider that talks to the sandbox."""

    name: str
    sandbox: Sandbox
    client: httpx.AsyncClient

    def provider(self, *, api_key: str | None = None) -> DashScope | ModelScope:
        """Return the provider, with the right key unless another is given."""
        return PROVIDERS[self.name](
            api_key=api_key or getattr(self.sandbox.keys, self.name),
            client=self.client,
            base_url=getattr(self.sandbox, f"{self.name}_url"),
        )

    async def finished(self, task_id: str) -> TaskState:
        """Poll a task; the sandbox's are done at once."""
        state = await self.provider().poll(task_id)
        assert state.status == "succeeded"
        return state


@pytest.fixture(params=PROVIDERS)
async def bench(request: pytest.FixtureRequest, sandbox: Sandbox) -> AsyncIterator[Bench]:
    """Each provider in turn, over the shared client."""
    async with make_client() as client:
        yield Bench(request.param, sandbox, client)


class TestContract:
    """Every provider passes; a new one is a line in `PROVIDERS`."""

    async def test_from_submit_to_picture(self, bench: Bench) -> None:
        """One submit makes one task and one picture, which is fetched by its link alone."""
        submission = await bench.provider().submit(CAT)
        state = await bench.finished(submission.task_id or "")
        data = await download(state.urls[0], client=bench.client)

        (task,) = bench.sandbox.tasks
        assert (task.task_id, task.request_id) == (submission.task_id, submission.request_id)
        assert (CAT.prompt, (768, 512), 7, 1) == (task.prompt, task.size, task.seed, task.n)
        assert data.startswith((b"\x89PNG", b"\xff\xd8"))
        assert bench.sandbox.billed == 1

    async def test_running_task(self, bench: Bench) -> None:
        """A task that takes its time is waited for, and has no links."""
        bench.sandbox.limits[bench.name].task_seconds = 60

        submission = await bench.provider().submit(CAT)
        state = await bench.provider().poll(submission.task_id or "")

        assert state.status in {"waiting", "running"}
        assert state.urls == ()

    async def test_wrong_key(self, bench: Bench) -> None:
        """A wrong key is named at the check and at the submit, and makes no task."""
        stranger = bench.provider(api_key="sk-wrong")
        variable = f"{bench.name.upper()}_API_KEY"

        with pytest.raises(ConfigError, match=variable):
            await stranger.check_key()
        with pytest.raises(ConfigError, match=variable):
            await stranger.submit(CAT)

        assert bench.sandbox.tasks == []

    async def test_right_key(self, bench: Bench) -> None:
        """A right key passes the check, which makes no task."""
        await bench.provider().check_key()

        assert bench.sandbox.tasks == []

    @pytest.mark.parametrize("kind", ["lost_reply", "truncated", "empty", "garbage", "html", "envoy"])
    async def test_lost_reply(self, bench: Bench, kind: str) -> None:
        """An answer that does not come, or not whole, leaves open whether the task was made. It was."""
        bench.sandbox.fault(bench.name, "submit", kind=kind)

        with pytest.raises(LostReplyError, match="look it up"):
            await bench.provider().submit(CAT)

        assert len(bench.sandbox.tasks) == 1

    async def test_dropped_request(self, bench: Bench) -> None:
        """From here, a request that the service dropped looks the same, so it is not sent again either."""
        bench.sandbox.fault(bench.name, "submit", kind="drop", reset=True)

        with pytest.raises(LostReplyError):
            await bench.provider().submit(CAT)

        assert bench.sandbox.tasks == []

    async def test_too_fast(self, bench: Bench) -> None:
        """A 429 says how long to wait; no task was made, and the next submit is welcome."""
        bench.sandbox.fault(bench.name, "submit", kind="status", status=429, retry_after=2)

        with pytest.raises(ThrottledError) as caught:
            await bench.provider().submit(CAT)

        assert caught.value.retry_after_s == 2
        assert bench.sandbox.tasks == []
        await bench.provider().submit(CAT)

    @pytest.mark.parametrize("status", [500, 503])
    async def test_trouble_at_the_service(self, bench: Bench, status: int) -> None:
        """An answered 5xx made no task, so the submit may be repeated."""
        bench.sandbox.fault(bench.name, "submit", kind="status", status=status)

        with pytest.raises(UnavailableError):
            await bench.provider().submit(CAT)

        assert bench.sandbox.tasks == []

    async def test_redirect_is_not_followed(self, bench: Bench) -> None:
        """A key and a paid request go to no other address."""
        bench.sandbox.fault(bench.name, "submit", kind="redirect")

        with pytest.raises(ConfigError, match="answered from another address"):
            await bench.provider().submit(CAT)

        assert len(bench.sandbox.requests) == 1

    @pytest.mark.parametrize("key", ["Zq81-argument_998877665544", "pass=w+/"])
    async def test_a_key_that_the_service_repeats(self, bench: Bench, key: str) -> None:
        """Whatever its shape, and where the message is cut off, too, the key is not passed on."""
        told = f"Invalid token {key}, {'of an unknown user, ' * 8}{key}"
        bench.sandbox.fault(bench.name, "submit", kind="status", status=401, code=f"Bad:{key}", message=told)

        with pytest.raises(ConfigError, match="Invalid token …, of") as caught:
            await bench.provider(api_key=key).submit(CAT)

        assert key[:6] not in str(caught.value)

    async def test_failed_task(self, bench: Bench) -> None:
        """A task that failed is over and not billed."""
        bench.sandbox.fault(bench.name, "submit", kind="failed")

        submission = await bench.provider().submit(CAT)

        with pytest.raises(TaskFailedError, match="not billed"):
            await bench.finished(submission.task_id or "")
        assert bench.sandbox.billed == 0

    @pytest.mark.parametrize("kind", ["drop", "truncated", "html"])
    async def test_poll_that_is_not_answered(self, bench: Bench, kind: str) -> None:
        """A broken poll says nothing of the task: the next one finds it."""
        submission = await bench.provider().submit(CAT)
        # On a connection that was dropped, the transport asks once more by itself: that is broken too.
        bench.sandbox.fault(bench.name, "poll", kind=kind, times=2 if kind == "drop" else 1)

        with pytest.raises(UnavailableError):
            await bench.provider().poll(submission.task_id or "")

        assert (await bench.finished(submission.task_id or "")).urls

    @pytest.mark.parametrize("kind", ["drop", "truncated", "empty"])
    async def test_broken_download(self, bench: Bench, kind: str) -> None:
        """A transfer that breaks is repeated, without a new task."""
        submission = await bench.provider().submit(CAT)
        state = await bench.finished(submission.task_id or "")
        bench.sandbox.fault(bench.name, "download", kind=kind)

        assert await download(state.urls[0], client=bench.client, sleep=_at_once)
        assert len(bench.sandbox.tasks) == 1

    async def test_expired_link(self, bench: Bench) -> None:
        """A link that is too old is refused; the error says what to do."""
        submission = await bench.provider().submit(CAT)
        state = await bench.finished(submission.task_id or "")
        bench.sandbox.pass_time(90_000)

        with pytest.raises(UnavailableError, match="poll the task again"):
            await download(state.urls[0], client=bench.client)

    async def test_list_of_tasks(self, bench: Bench) -> None:
        """The list, where there is one, holds the task by the submit's own request id, and no older ones."""
        start = datetime.now(UTC) - timedelta(minutes=1)
        submission = await bench.provider().submit(CAT)

        provider = bench.provider()
        if bench.name == "modelscope":
            assert provider.task_list is None
            return
        listed = await provider.task_list.between(start, start + timedelta(minutes=5), model=provider.model)

        found = [(task.task_id, task.model, task.request_id) for task in listed]
        assert [(submission.task_id, provider.model, submission.request_id)] == found
        assert [] == await provider.task_list.between(start - timedelta(hours=1), start, model=provider.model)

    async def test_many_tasks_at_once(self, bench: Bench) -> None:
        """Where there is a list, one look tells which of many tasks are over, and says nothing of strangers."""
        since = datetime.now(UTC) - timedelta(minutes=1)
        bench.sandbox.fault(bench.name, "submit", kind="never", times=1)
        slow, done = [(await bench.provider().submit(CAT)).task_id or "" for _ in range(2)]
        await bench.provider().submit(CAT)

        provider = bench.provider()
        if provider.task_list is not None:
            seen = await provider.task_list.look_over([slow, done, "unknown"], since=since, model=provider.model)

            assert {slow: False, done: True} == seen


async def test_dashscope_task_after_a_lost_reply(sandbox: Sandbox) -> None:
    """The list finds the task whose answer was lost, among more than one page of others."""
    start = datetime.now(UTC) - timedelta(minutes=1)
    async with make_client() as client:
        provider = DashScope(api_key=sandbox.keys.dashscope, client=client, base_url=sandbox.dashscope_url)
        known = {(await provider.submit(CAT)).task_id for _ in range(60)}
        sandbox.fault("dashscope", "submit", kind="lost_reply")
        with pytest.raises(LostReplyError):
            await provider.submit(CAT)

        end = datetime.now(UTC) + timedelta(minutes=1)
        listed = await provider.task_list.between(start, end, model=provider.model)

    assert [sandbox.tasks[-1].task_id] == [task.task_id for task in listed if task.task_id not in known]
    assert len(listed) == 61


async def test_dashscope_refuses_the_content(sandbox: Sandbox) -> None:
    """A refused prompt is told apart from every other failure of a task."""
    sandbox.fault("dashscope", "submit", kind="failed", code="DataInspectionFailed", message="Output data")
    async with make_client() as client:
        provider = DashScope(api_key=sandbox.keys.dashscope, client=client, base_url=sandbox.dashscope_url)
        submission = await provider.submit(CAT)

        with pytest.raises(RejectedError, match="reword the prompt"):
            await provider.poll(submission.task_id or "")


@pytest.mark.parametrize("model", ["wan2.6-t2i", "qwen-image-max", "wan2.7-image", "z-image-turbo"])
async def test_dashscope_messages_models(sandbox: Sandbox, model: str) -> None:
    """The newer models are served too, with and without a task."""
    async with make_client() as client:
        provider = DashScope(api_key=sandbox.keys.dashscope, client=client, base_url=sandbox.dashscope_url, model=model)
        request = ImageRequest(prompt="a cat", width_px=1328, height_px=1328)
        submission = await provider.submit(request)
        urls = submission.urls or (await provider.poll(submission.task_id or "")).urls

        assert await download(urls[0], client=client)
    assert sandbox.billed == 1


async def test_nobody_listens(sandbox: Sandbox) -> None:
    """Where no connection was made, nothing was sent: the submit may be repeated."""
    sandbox.stop()
    async with make_client() as client:
        provider = DashScope(api_key="sk-test", client=client, base_url=sandbox.dashscope_url)

        with pytest.raises(UnavailableError, match="could not be reached"):
            await provider.submit(CAT)


async def _at_once(seconds: float) -> None:
    del seconds
