"""The functions of Peitu's predecessor: synchronous, at the sandbox, each picture paid once."""

import asyncio
import inspect
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from loguru import logger

from graph.agent import quick_generate
from tests.conftest import ROOT
from tests.sandbox import Sandbox
from tools import dashscope
from tools.compatibility import dashscope_script
from tools.dashscope import generate_single_task, main
from tools.errors import ConfigError, InputError, StorageError
from tools.modelscope import RateLimiter, generate_image, generate_images_batch
from tools.pictures.images import describe, is_whole, sniff_format
from tools.setup.log import be_quiet

pytestmark = pytest.mark.usefixtures("workplace")
POLICY = "PEITU_IMAGES__{}__{}"


@pytest.fixture
def providers(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, to which the environment points, with keys."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    for provider in ("MODELSCOPE", "DASHSCOPE"):
        monkeypatch.setenv(POLICY.format(provider, "FIRST_POLL_S"), "0.05")
        monkeypatch.setenv(POLICY.format(provider, "RATE_PER_S"), "100")
    return sandbox


@pytest.fixture
def lines():
    """The warnings that a program sees that set up no log."""
    found: list[str] = []
    be_quiet()
    sink = logger.add(found.append, level="WARNING", format="{message}")
    yield found
    logger.remove(sink)


def rows() -> list[tuple]:
    """Status and error of every task of the ledger."""
    connection = sqlite3.connect("data/peitu.db")
    try:
        return connection.execute("SELECT status, error FROM tasks ORDER BY id").fetchall()
    finally:
        connection.close()


def change_ledger(statement: str) -> None:
    connection = sqlite3.connect("data/peitu.db")
    with connection:
        connection.execute(statement)
    connection.close()


def test_the_signatures_are_the_seeds():
    """Names, order and defaults of the arguments, as other programs pass them."""
    model = "api_key=None, model='Tongyi-MAI/Z-Image-Turbo'"
    one = f"(prompt, output_path, {model}, max_retries=3, rate_limiter_instance=None)"
    many = f"(tasks, {model}, max_workers=4, rate_limit=2.0)"

    def bare(function) -> str:
        signature = inspect.signature(function)
        parameters = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
        return str(signature.replace(parameters=parameters, return_annotation=signature.empty))

    assert one == bare(generate_image)
    assert many == bare(generate_images_batch)


def test_a_picture_is_made_once(providers):
    """True, a whole labeled JPG, and nothing is bought when the same call is made again."""
    assert generate_image("a teapot on a table", "covers/tea.jpg")
    assert generate_image("a teapot on a table", "covers/tea.jpg")
    assert 1 == len(providers.tasks)

    found = describe(Path("covers/tea.jpg"))

    assert "a teapot on a table" == found["prompt"] == providers.tasks[0].prompt
    assert ("modelscope", "Tongyi-MAI/Z-Image-Turbo", "1") == (
        found["provider"],
        found["model"],
        found["label"]["Label"],
    )


def test_another_prompt_for_the_same_place_is_another_picture(providers):
    """What lies there is overwritten, and who wants the first picture back gets a new one, not the wrong one."""
    for prompt in ("a teapot", "a cup", "a teapot"):
        assert generate_image(prompt, "a.jpg")
        assert prompt == describe(Path("a.jpg"))["prompt"]

    assert ["a teapot", "a cup", "a teapot"] == [task.prompt for task in providers.tasks]


def test_a_deleted_picture_is_collected_again(providers):
    """The provider keeps it for a day: until then it costs nothing, later it is bought anew."""
    assert generate_image("a teapot", "a.jpg")
    Path("a.jpg").unlink()
    assert generate_image("a teapot", "a.jpg")
    assert 1 == len(providers.tasks)

    Path("a.jpg").unlink()
    change_ledger("UPDATE tasks SET submitted_at = '2026-01-01T00:00:00+00:00'")

    assert generate_image("a teapot", "a.jpg")
    assert 2 == len(providers.tasks)


def test_it_works_inside_a_running_loop(providers):
    """A notebook's loop is running already."""

    async def cell() -> dict[str, bool]:
        return generate_images_batch([("a teapot", "a.jpg"), ("a cup", "b.jpg")])

    assert {"a.jpg": True, "b.jpg": True} == asyncio.run(cell())


def test_a_batch_keeps_its_pace_and_its_workers(providers):
    """So many at once, so many submits a second without a burst, and an answer for each path as it was given."""
    providers.set_limits("modelscope", task_seconds=0.2)
    wanted = [(f"a cup, {number}", Path("cups", f"{number}.jpg")) for number in range(6)]

    assert dict.fromkeys((path for _, path in wanted), True) == generate_images_batch(
        wanted, max_workers=3, rate_limit=20
    )

    times = [task.created_at for task in providers.tasks]
    at_once = max(sum(task.created_at <= at < task.ended_at for task in providers.tasks) for at in times)

    assert 3 >= at_once > 1
    assert times[-1] - times[1] > 0.15  # the first one has to connect


def test_what_fails_is_false_and_says_why(providers, lines):
    """The others are made; a prompt that is refused is told once, with its path, whatever the log was told before."""
    code, message = "data_inspection_failed", "the prompt may contain inappropriate content"
    providers.fault("modelscope", "submit", kind="status", status=400, code=code, message=message, match="bad", every=1)
    results = generate_images_batch([("good", "a.jpg"), ("bad", "b.jpg")])

    assert {"a.jpg": True, "b.jpg": False} == results
    assert 1 == len(lines)
    assert "'b.jpg' was not made" in lines[0]
    assert not Path("b.jpg").exists()


def test_a_refused_key_is_told_once(providers, lines):
    """Every picture fails for the same reason; one line is enough."""
    results = generate_images_batch([(f"{number}", f"{number}.jpg") for number in range(4)], api_key="wrong")

    assert [False] * 4 == list(results.values())
    assert 1 == len(lines)
    assert "MODELSCOPE_API_KEY" in lines[0]


def test_a_failed_task_is_tried_again(providers, lines):
    """`max_retries` counts the tasks; what fails is not billed."""
    providers.fault("modelscope", "submit", kind="failed", times=2)

    assert generate_image("a teapot", "a.jpg", max_retries=3)
    assert 1 == providers.billed

    providers.fault("modelscope", "submit", kind="failed", times=2)

    assert not generate_image("a cup", "b.jpg", max_retries=2)
    assert 5 == len(providers.tasks)
    assert 1 == len(lines)


def test_max_retries_counts_what_is_refused_for_haste_too(providers, lines):
    """429 and 429 again: the call ends, and says why."""
    providers.fault("modelscope", "submit", kind="status", status=429, retry_after=0, times=100)

    assert not generate_image("a cup", "b.jpg", max_retries=2)
    assert ["submit"] * 2 == [request.step for request in providers.requests]
    assert 1 == len(lines)


def test_a_black_picture_does_not_count(providers):
    """A safety filter may answer with one: it is set aside, and another one is made."""
    providers.fault("modelscope", "download", kind="blank")

    assert generate_image("a teapot", "a.jpg")
    assert 2 == len(providers.tasks)
    assert 1 == len(list(Path().glob("a.refused-*.jpg")))


def test_an_overdue_task_is_collected_by_the_same_call(providers, lines, monkeypatch):
    """It stays in the ledger, and the line says that the call is to be made again."""
    providers.set_limits("modelscope", task_seconds=1000)
    monkeypatch.setenv(POLICY.format("MODELSCOPE", "DEADLINE_S"), "0.3")

    assert not generate_image("a teapot", "a.jpg")
    assert "make the same call again" in lines[0]

    providers.pass_time(1000)

    assert generate_image("a teapot", "a.jpg")
    assert 1 == len(providers.tasks)


def test_a_lost_paid_task_is_held_until_the_user_says_otherwise(providers, lines, monkeypatch):
    """Nobody guesses with money: the line names the variable that sends it again, and it does."""
    segment, change = {"id": "cat", "text": "一只猫"}, POLICY.format("DASHSCOPE", "ON_LOST_REPLY")
    generate_single_task(seg=segment)
    Path("output/cat.jpg").unlink()
    change_ledger("UPDATE tasks SET status = 'submitted', submitted_at = '2026-01-01T00:00:00+00:00'")
    providers.fault("dashscope", "poll", kind="unknown", times=3)

    assert not generate_single_task(segment)
    assert f"{change}=resubmit" in lines[0]
    assert not generate_single_task(segment)
    assert 1 == len(providers.tasks)

    monkeypatch.setenv(change, "resubmit")

    assert generate_single_task(segment)
    assert 2 == len(providers.tasks)


def test_a_name_that_ends_in_png_makes_a_png(providers):
    """As in the earlier system; the same call finds it there."""
    for _ in range(2):
        assert generate_image("a teapot", "covers/tea.png")

    assert "png" == sniff_format(Path("covers/tea.png").read_bytes())
    assert "modelscope" == describe(Path("covers/tea.png"))["provider"]
    assert 1 == len(providers.tasks)


def test_no_key_is_an_error(sandbox):
    """It names the variable and the page where keys are; there is no offline sketch in its place."""
    with pytest.raises(ConfigError, match=r"MODELSCOPE_API_KEY.*https://modelscope\.cn/my/myaccesstoken"):
        generate_image("a teapot", "a.jpg")
    with pytest.raises(ConfigError, match="DASHSCOPE_API_KEY"):
        generate_single_task({"id": "1", "text": "a teapot"})


@pytest.mark.parametrize(
    ("tasks", "error", "told"),
    [
        (["a teapot"], InputError, "'a teapot' is no prompt with a path - give each picture as"),
        ([("a teapot",)], InputError, "is no prompt with a path"),
        ([("  ", "a.jpg")], InputError, "a.jpg"),
        ([(7, "a.jpg")], InputError, "7"),
        ([("a teapot", "folder")], InputError, "'folder' is a folder"),
        ([("a teapot", "")], InputError, "is a folder"),
        ([("a teapot", "a.webp")], InputError, "pictures are JPG or PNG - end it in .jpg or .png"),
        ([("a teapot", "a.jpg"), ("a cup", "./a.jpg")], InputError, "two prompts"),
        ([("a teapot", "file/a.jpg")], StorageError, "file"),
        ([("a teapot", f"{'x' * 300}.jpg")], StorageError, "too long"),
        ([("a teapot", "zero\0.jpg")], InputError, "zero"),
    ],
)
def test_what_cannot_be_made_is_an_error_before_anything_is_paid(providers, tasks, error, told):
    """A wrong argument is the caller's to mend; the good ones beside it are not begun."""
    Path("folder").mkdir()
    Path("file").touch()
    with pytest.raises(error, match=told):
        generate_images_batch([("good", "good.jpg"), *tasks])

    assert [] == providers.requests


def test_an_unusable_database_is_an_error(providers):
    """Without a ledger nothing may be bought."""
    Path("data/peitu.db").mkdir(parents=True)
    with pytest.raises(StorageError, match=r"peitu\.db"):
        generate_image("a teapot", "a.jpg")

    assert [] == providers.tasks


def test_what_is_left_out_comes_from_the_settings(providers, monkeypatch):
    """The environment beats a default of the signature, an argument beats the environment."""
    monkeypatch.setenv(POLICY.format("MODELSCOPE", "MODEL"), "Qwen/Qwen-Image")
    generate_image("a teapot", "a.jpg")
    generate_image("a teapot", "b.jpg", model="Tongyi-MAI/Z-Image-Turbo")

    assert ["Qwen/Qwen-Image", "Tongyi-MAI/Z-Image-Turbo"] == [task.model for task in providers.tasks]


def test_threads_that_share_a_limiter_take_turns(providers):
    """Each has a call of its own, and the submits keep the limiter's pace."""
    limiter = RateLimiter(10)

    def make(number: int) -> bool:
        return generate_image(f"a cup, {number}", f"{number}.jpg", rate_limiter_instance=limiter)

    with ThreadPoolExecutor(4) as threads:
        assert [True] * 4 == list(threads.map(make, range(4)))

    times = [task.created_at for task in providers.tasks]

    assert times[-1] - times[0] > 0.2


def test_a_limiter_spaces_evenly_whoever_comes():
    """After a pause there is no burst, and nobody waits longer than the turns before."""
    now, slept = [100.0], []
    limiter = RateLimiter(4, clock=lambda: now[0], sleep=slept.append)
    limiter.acquire()
    now[0] += 10
    for _ in range(3):
        limiter.acquire()
    with limiter:
        assert [0.25, 0.5, 0.75] == slept


def test_a_limiter_gives_each_thread_a_turn_of_its_own():
    """No two threads get the same one."""
    slept: list[float] = []
    limiter = RateLimiter(100, clock=lambda: 5.0, sleep=slept.append)
    threads = [threading.Thread(target=limiter.acquire) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [round(number / 100, 6) for number in range(1, 20)] == sorted(round(seconds, 6) for seconds in slept)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"max_retries": "3"}, r"number of retries is '3' - give a whole number"),
        ({"rate_limiter_instance": 2.0}, r"rate limiter is 2\.0 - give a RateLimiter"),
    ],
)
def test_a_limit_that_is_none_is_named(providers, wrong, told):
    """Before anything is sent, in words and not by a traceback."""
    with pytest.raises(InputError, match=told):
        generate_image("a teapot", "tea.jpg", **wrong)

    assert not providers.requests


def test_workers_that_are_no_number_are_named(providers, monkeypatch):
    """The setting of the module is a number."""
    storyboard(monkeypatch, [{"id": 1, "prompt": "a cup"}])
    monkeypatch.setattr("tools.dashscope.MAX_WORKERS", "2")
    with pytest.raises(InputError, match=r"number of workers is '2'"):
        main()

    assert not providers.requests


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_an_error(rate):
    """It says what a rate is."""
    with pytest.raises(InputError, match="above 0"):
        RateLimiter(rate)


def storyboard(monkeypatch: pytest.MonkeyPatch, segments: object) -> None:
    """Set the script's constants as a user does."""
    Path("lesson.json").write_text(json.dumps(segments), encoding="utf-8")
    monkeypatch.setattr(dashscope, "JSON_PATH", "lesson.json")
    monkeypatch.setattr(dashscope, "OUTPUT_DIR", "drawings")


def test_the_script_draws_its_segments_and_skips_what_is_there(providers, monkeypatch, capsys):
    """Black and white, 1024x1024, no text; a second run makes what is missing, and the numbers are told."""
    segments = [{"id": "01", "content": "一只猫。"}, {"id": 2, "text": "a dog"}, {"prompt": "a bird", "start": 3.5}]
    storyboard(monkeypatch, {"title": "lesson", "segments": segments})

    assert {"01": True, "2": True, "3": True} == main()
    assert "3 segments: 3 made, 0 there already, 0 failed\n" == capsys.readouterr().out

    prompts = sorted(task.prompt for task in providers.tasks)

    assert all(prompt.startswith(dashscope.STYLE_PREFIX) for prompt in prompts)
    assert all(prompt.endswith(f"。{dashscope.STYLE_SUFFIX}") for prompt in prompts)
    assert is_whole(Path("drawings/01.jpg"), 1024, 1024)

    Path("drawings/2.jpg").unlink()
    Path("drawings/3.jpg").write_bytes(b"half a picture")
    monkeypatch.setattr(dashscope, "STYLE_PREFIX", "水墨画：")
    main()

    assert "3 segments: 2 made, 1 there already, 0 failed\n" == capsys.readouterr().out
    assert ["水墨画：a bird", "水墨画：a dog"] == sorted(task.prompt.split("。")[0] for task in providers.tasks[3:])


def test_the_style_survives_a_long_text(providers):
    """A text beyond the model's limit is cut, the constraints behind it are not."""
    generate_single_task("long", "一只猫在窗台上晒太阳，" * 100)

    assert 500 >= len(providers.tasks[0].prompt)
    assert providers.tasks[0].prompt.endswith(dashscope.STYLE_SUFFIX)


def test_the_script_tells_what_failed(providers, monkeypatch, capsys, lines):
    """By id; the program's exit status is 1."""
    code = "DataInspectionFailed"
    providers.fault("dashscope", "submit", kind="status", status=400, code=code, message="no", match="bad", every=1)
    storyboard(monkeypatch, [{"id": "a", "text": "good"}, {"id": "b", "text": "bad"}])
    with pytest.raises(SystemExit, match="1"):
        dashscope_script.as_program()

    assert "2 segments: 1 made, 0 there already, 1 failed: b\n" == capsys.readouterr().out
    assert "b.jpg' was not made" in lines[0]


def test_every_segment_that_cannot_be_used_is_named(providers, monkeypatch, capsys):
    """Nothing is begun, nothing is written outside the folder, and the program's exit status is 2."""
    wrong = [{"id": "../out", "text": "x"}, {"id": "b"}, "c", {"id": ["d"], "text": "x"}, {"id": "OK", "text": "x"}]
    storyboard(monkeypatch, [{"id": "ok", "text": "x"}, *wrong])
    with pytest.raises(SystemExit, match="2"):
        dashscope_script.as_program()

    told = capsys.readouterr().err

    assert 1 == len(told.splitlines())
    assert all(f"segment {number}" in told for number in range(2, 7))
    assert [] == providers.requests


@pytest.mark.parametrize("text", [None, "{", "{}", "[]", "\udcff"])
def test_a_file_that_is_no_storyboard_is_named(providers, monkeypatch, text):
    """It is missing, no JSON, empty or no text."""
    storyboard(monkeypatch, [])
    Path("lesson.json").unlink()
    if text is not None:
        Path("lesson.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InputError, match=r"lesson\.json"):
        main()


SCRIPT = """
from tools import dashscope
dashscope.JSON_PATH, dashscope.OUTPUT_DIR = "lesson.json", "drawings"
dashscope.main()
"""


def test_a_killed_script_pays_nothing_twice(providers, monkeypatch):
    """Killed amid a submit and a task under way: the next call collects both, by the list and by the ledger."""
    providers.set_limits("dashscope", task_seconds=0.5)
    # The second request, of whichever picture: nothing promises that they go in the order of the file.
    providers.fault("dashscope", "submit", kind="slow", seconds=30, every=2, times=1)
    storyboard(monkeypatch, [{"id": word, "text": word} for word in ("first", "second", "third")])
    killed = subprocess.Popen([sys.executable, "-c", SCRIPT], env={**os.environ, "PYTHONPATH": str(ROOT)})
    give_up_at = time.monotonic() + 20
    while len(providers.tasks) < 2 and killed.poll() is None and time.monotonic() < give_up_at:
        time.sleep(0.01)
    killed.kill()

    assert -signal.SIGKILL == killed.wait()
    assert "intent" in [status for status, _ in rows()]
    assert {"first": True, "second": True, "third": True} == main()
    assert 3 == len(providers.tasks) == providers.billed
    assert ["saved"] * 3 == [status for status, _ in rows()]


def test_a_place_for_a_cover_is_looked_at_before_it_is_paid(providers):
    """`quick_generate` does not find out behind the payment that a folder is there."""
    Path("cover.jpg").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        quick_generate("a teapot", output_path="cover.jpg")

    assert [] == providers.tasks
