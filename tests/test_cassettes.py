"""Our clients against recorded answers, with every socket closed; how they are recorded: tests/cassettes/README.md."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml
from vcr.errors import CannotOverwriteExistingCassetteException  # type: ignore[import-untyped]

from tests.cassettes import image_scenes, scenes
from tests.cassettes.stage import FOLDER, Stage, replayed
from tools.errors import ConfigError, LostReplyError
from tools.pictures.images import sniff_format

Result = TypeVar("Result")
Play = Callable[[Callable[[Stage], Awaitable[Result]]], Awaitable[Result]]


@pytest.fixture
def play(tmp_path: Path, socket_disabled: None) -> Play[Any]:
    """Play a scene against its cassette; nothing else answers, and all of the recording is to be asked for."""

    async def play_one(scene: Callable[[Stage], Awaitable[Any]]) -> Any:
        async with replayed(FOLDER / f"{scene.__name__}.yaml", tmp_path) as stage:
            return await scene(stage)

    return play_one


def interactions(name: str) -> list[dict[str, Any]]:
    """Return what a cassette holds, oldest first."""
    found = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))["interactions"]
    return list(found)


async def test_dashscope_makes_a_picture(play: Play[image_scenes.Made]) -> None:
    """A task is submitted, waited for, and its picture comes from the signed link as it is."""
    made = await play(image_scenes.dashscope_picture)

    assert {"waiting", "running"} >= {state.status for state in made.states[:-1]}
    assert "succeeded" == made.states[-1].status
    assert "png" == sniff_format(made.picture)


async def test_dashscope_lists_the_task_under_its_request(play: Play[Any]) -> None:
    """The list names the task that was submitted, with the request id that the submit was answered with."""
    made = await play(image_scenes.dashscope_picture)
    listed = {task.task_id: task for task in await play(image_scenes.dashscope_task_list)}

    assert made.submission.request_id == listed[made.submission.task_id].request_id
    assert {image_scenes.DASHSCOPE_MODEL} == {task.model for task in listed.values()}


async def test_dashscope_takes_a_right_key(play: Play[None]) -> None:
    """The check of a good key asks for the list of tasks, and nothing is raised."""
    await play(image_scenes.dashscope_right_key)


async def test_dashscope_refuses_a_wrong_key(play: Play[Any]) -> None:
    """Both the check and the submit end in an error for the operator that names the variable."""
    for error in await play(image_scenes.dashscope_wrong_key):
        assert isinstance(error, ConfigError)
        assert "InvalidApiKey" in str(error)
        assert "DASHSCOPE_API_KEY" in str(error)


async def test_dashscope_refuses_a_parameter(play: Play[Any]) -> None:
    """A refused parameter is an error for the operator, with the service's own code."""
    error = await play(image_scenes.dashscope_refused_parameter)

    assert isinstance(error, ConfigError)
    assert "400 InvalidParameter" in str(error)


async def test_dashscope_does_not_know_a_task(play: Play[Any]) -> None:
    """A task that is not known is never taken for a failed one: it may have been paid."""
    error = await play(image_scenes.dashscope_unknown_task)

    assert isinstance(error, LostReplyError)
    assert image_scenes.NOBODYS_TASK in str(error)


async def test_modelscope_makes_a_picture(play: Play[image_scenes.Made]) -> None:
    """A task is submitted, waited for, and its picture fetched, whatever its format."""
    made = await play(image_scenes.modelscope_picture)

    assert "succeeded" == made.states[-1].status
    assert sniff_format(made.picture) in {"png", "jpeg", "webp"}


async def test_modelscope_takes_a_right_key(play: Play[None]) -> None:
    """A good key is told that the task is not found, and nothing is raised."""
    await play(image_scenes.modelscope_right_key)


async def test_modelscope_refuses_a_wrong_key(play: Play[Any]) -> None:
    """Both the check and the submit end in an error for the operator that names the variable."""
    for error in await play(image_scenes.modelscope_wrong_key):
        assert isinstance(error, ConfigError)
        assert "401" in str(error)
        assert "MODELSCOPE_API_KEY" in str(error)


async def test_modelscope_does_not_serve_a_model(play: Play[Any]) -> None:
    """An unknown model is an error for the operator that names the setting."""
    error = await play(image_scenes.modelscope_unknown_model)

    assert isinstance(error, ConfigError)
    assert "images.modelscope.model" in str(error)


async def test_minimax_answer_is_found_beside_its_thoughts(play: Play[scenes.Answer]) -> None:
    """The think text, in the answer or apart from it, does not end up in the result."""
    answer = await play(scenes.minimax_answer)

    message = interactions("minimax_answer")[0]["response"]["body"]["string"]
    assert "<think>" in message or "reasoning_details" in message
    assert answer.title
    assert "<" not in answer.title
    assert "en" == answer.language


async def test_minimax_refuses_a_wrong_key(play: Play[Any]) -> None:
    """A wrong key is an error for the operator, whatever the HTTP status."""
    error = await play(scenes.minimax_wrong_key)

    assert isinstance(error, ConfigError)
    assert "check the key" in str(error)


async def test_minimax_error_under_http_200(play: Play[Any]) -> None:
    """An empty account is reported as such, though the HTTP status says that all is well."""
    error = await play(scenes.minimax_no_balance)

    assert 200 == interactions("minimax_no_balance")[0]["response"]["status"]["code"]
    assert isinstance(error, ConfigError)
    assert "1008" in str(error)


async def test_oss_upload_happens_once(play: Play[tuple[str, str]]) -> None:
    """The picture is looked up, here and in all months, put there once, and found there the second time."""
    first, second = await play(scenes.oss_upload)

    sent = [interaction["request"]["method"] for interaction in interactions("oss_upload")]
    assert ["HEAD", "GET", "GET", "PUT", "HEAD"] == sent
    assert first == second
    assert first.startswith("https://peitu-cassettes.oss-cn-hangzhou.aliyuncs.com/peitu-cassettes/")
    assert first.endswith("_dot.png")


async def test_oss_refuses_a_wrong_secret(play: Play[Any]) -> None:
    """A wrong secret is an error for the operator that names the variable."""
    error = await play(scenes.oss_wrong_secret)

    assert isinstance(error, ConfigError)
    assert "SignatureDoesNotMatch" in str(error)
    assert "OSS_ACCESS_KEY_SECRET" in str(error)


async def test_what_is_not_recorded_is_not_asked_for(tmp_path: Path, socket_disabled: None) -> None:
    """A request that no recording answers fails at once, and goes nowhere."""
    with pytest.raises(CannotOverwriteExistingCassetteException):
        async with replayed(FOLDER / "dashscope_unknown_task.yaml", tmp_path) as stage:
            await image_scenes.dashscope_picture(stage)


async def test_what_is_recorded_must_be_asked_for(tmp_path: Path, socket_disabled: None) -> None:
    """A replay that leaves an interaction unused fails and names it."""
    with pytest.raises(AssertionError, match=r"nobody asked for <Request \(GET\) https://dashscope\S+/tasks/"):
        async with replayed(FOLDER / "dashscope_unknown_task.yaml", tmp_path):
            pass
