import logging
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loguru import logger

from tools.errors import ConfigError
from tools.setup.log import set_up_logging
from tools.setup.redact import hide, redact

KEY = "sk-0123456789abcdef0123456789abcdef"
BODY = "iVBORw0KGgoAAAANSUhEUgAA" * 12

KEYS = st.one_of(
    st.from_regex(r"sk-[A-Za-z0-9]{20,48}", fullmatch=True),
    st.from_regex(r"sk-(proj|ws|api)-[A-Za-z0-9_-]{20,48}", fullmatch=True),
    st.from_regex(r"ms-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", fullmatch=True),
    st.from_regex(r"eyJ[A-Za-z0-9_-]{20,60}\.eyJ[A-Za-z0-9_-]{20,90}\.[A-Za-z0-9_-]{20,90}", fullmatch=True),
    st.from_regex(r"LTAI[A-Za-z0-9]{12,20}", fullmatch=True),
    st.from_regex(r"STS\.[A-Za-z0-9]{20,40}", fullmatch=True),
)
VALUES = st.from_regex(r"[A-Za-z0-9+/=_-]{12,60}", fullmatch=True)
FORMS = st.sampled_from(
    [
        "api_key={}",
        "API_KEY = {}",
        'api_key="{}"',
        "'api_key': '{}'",
        '{{"api_key": "{}"}}',
        r"{{\"apiKey\": \"{}\"}}",
        "OSS_ACCESS_KEY_SECRET={}",
        "access_key_secret='{}'",
        "AccessKeySecret: '{}'",
        "MODELSCOPE_API_KEY:{}",
        "password={}",
        "security-token={}",
        "Authorization: Bearer {}",
        "{{'Authorization': 'Bearer {}'}}",
        "[(b'Authorization', b'Bearer {}')]",
        "https://b.oss-cn-hangzhou.aliyuncs.com/a.png?Expires=1&OSSAccessKeyId=a&Signature={}",
        "/a.png?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=a&x-oss-signature={}&x=1",
        "next=https%3A%2F%2Fb%2Fa%3FSignature%3D{}",
    ]
)
BEFORE = st.text().map(lambda text: text + " ") | st.sampled_from(["", "密钥", "(", '"', "=", "key:"])


@pytest.fixture(autouse=True)
def forget_sinks() -> Iterator[None]:
    """Leave loguru and the libraries' loggers as they were."""
    handlers = logging.getLogger().handlers[:]
    yield
    logger.remove()
    logging.getLogger().handlers[:] = handlers


def set_up(path: Path | None, **changes: Any) -> None:
    rules = {"level": "INFO", "rotation": "10 MB", "retention": "14 days", "terminal_level": None}
    set_up_logging(path=path, **(rules | changes))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"used {KEY}.", "used sk-…."),
        (f"密钥{KEY}。", "密钥sk-…。"),
        ("ms-3fa85f64-5717-4562-b3fc-2c963f66afa6", "ms-…"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJHcm91cCI6IjEifQ.c2lnbmF0dXJl", "eyJ…"),
        ("id LTAI5tAbCdEfGhIjKlMnOpQr", "id LTAI…"),
        ("OSS LTAI5tAbCdEfGhIjKlMnOpQr:c2lnbmF0dXJlc2lnbmF0dXJl=", "OSS LTAI…"),
        ("Authorization: Bearer abcdefgh", "Authorization: Bearer …"),
        ("OSS_ACCESS_KEY_SECRET=abc", "OSS_ACCESS_KEY_SECRET=…"),
        ('{"api_key": "a b", "n": 1}', '{"api_key": "…", "n": 1}'),
        ("see https://h/a.png?Expires=1&OSSAccessKeyId=x&Signature=y%3D now", "see https://h/a.png?… now"),
        ('"https://h/a.png?x-oss-expires=9&x-oss-signature=y"', '"https://h/a.png?…"'),
        ("see https://h/a.png?auth_key=17-0-0-5f2a now", "see https://h/a.png?… now"),
        (f"<img src='data:image/png;base64,{BODY}'>", "<img src='data:image/png;…'>"),
        (f'{{"b64_json": "{BODY}=="}}', '{"b64_json": "…"}'),
    ],
)
def test_secrets_leave_a_mark(text: str, expected: str) -> None:
    """What was there can still be guessed, and what surrounds it is whole."""
    assert expected == redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "task-3fa85f64-5717-4562-b3fc-2c963f66afa6 is RUNNING",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "GET https://dashscope.aliyuncs.com/api/v1/tasks?page_no=1&page_size=10",
        "Set DASHSCOPE_API_KEY: get one from https://bailian.console.aliyun.com/?tab=model#/api-key",
        "api_key=None, api_key_env: MINIMAX_API_KEY, max_tokens=512, token count: 12",
        "一只猫?真的吗?data: 12 rows, basic, the bearer of news",
        "ms-windows-store, risk-0123456789abcdef, desk-lamp-with-a-very-long-name",
        "/home/user/" + "a-long-folder/" * 40 + "00.jpg",
        "-" * 300 + "\n" + "=" * 300,
    ],
)
def test_everything_else_stays(text: str) -> None:
    """Ids, hashes, paths and sentences about keys are no secrets."""
    assert text == redact(text)


@pytest.mark.parametrize("key", ["", " ", "a", "none", "1234567"])
def test_short_keys_are_no_secrets(key: str) -> None:
    """A placeholder would be cut out of every other word."""
    assert "none of a 1234567" == hide("none of a 1234567", key)


def test_a_given_key_is_hidden_whatever_it_looks_like() -> None:
    """From 8 characters on, wherever it stands, also without the space around it."""
    assert "<…> and x…y" == hide("<p.a+s$s!> and x12345678y", " p.a+s$s!\n", "12345678")


@given(before=BEFORE, key=KEYS, after=st.text())
def test_no_key_survives_in_any_text(before: str, key: str, after: str) -> None:
    """A key is found wherever it stands."""
    assert key[4:] not in redact(before + key + after)


@given(before=BEFORE, form=FORMS, value=VALUES, after=st.sampled_from(["", " and more", "\n", ", x", '"', "。"]))
def test_no_given_value_survives_in_any_text(before: str, form: str, value: str, after: str) -> None:
    """A secret that has no shape of its own is known by what stands before it."""
    assert value not in redact(before + form.format(value) + after)


@given(st.lists(st.one_of(st.text(), KEYS, VALUES, FORMS, st.sampled_from([BODY, "?", "…", "data:a/b;"]))))
def test_redacting_twice_changes_nothing(parts: list[str]) -> None:
    """A line that passes through two hands looks the same."""
    once = redact("".join(parts))

    assert once == redact(once)


NEARLY = "http://|?|?x-oss-|?signature|api_key|api_key=|api_key = '|a|a.|eyJ|data:a/|ms-|sk-|bearer | |%3D|secret\n"


@pytest.mark.parametrize("piece", NEARLY.split("|"))
def test_long_text_takes_linear_time(piece: str) -> None:
    """A text of 200 KB that nearly matches is done at once; a quadratic pattern needs minutes."""
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    redact(text)

    assert time.process_time() - start < 5


def test_every_line_names_time_level_run_and_image(tmp_path: Path) -> None:
    """Also each line of a message of several lines, so that grep finds all that a run said."""
    path = tmp_path / "logs" / "peitu.log"
    set_up(path)
    with logger.contextualize(run="r1"):
        logger.bind(image=2).warning("Submitted {}\nand <more> {{}}", "图")
    logger.info("Started")
    logger.debug("Not kept")

    lines = path.read_text(encoding="utf-8").splitlines()

    assert ["WARNING  run=r1 image=2 Submitted 图", "WARNING  run=r1 image=2 and <more> {}"] == [
        line.split(" ", 1)[1] for line in lines[:2]
    ]
    assert ["INFO     run=- image=- Started"] == [line.split(" ", 1)[1] for line in lines[2:]]
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", line) for line in lines)


def test_tracebacks_are_kept_without_secrets(tmp_path: Path) -> None:
    """The traceback is there, on lines with the run; keys in it and values of variables are not."""
    path = tmp_path / "peitu.log"
    set_up(path)
    hidden = "a value that only a variable holds"
    try:
        int(f"{KEY} at https://h/a?Signature={len(hidden)}abc")
    except ValueError:
        logger.bind(run="r1").exception("Tried {}", KEY)

    text = path.read_text(encoding="utf-8")

    assert "run=r1 image=- Traceback (most recent call last):" in text
    assert "run=r1 image=- ValueError: invalid literal for int() with base 10: 'sk-… at https://h/a?…'" in text
    assert "Tried sk-…" in text
    assert KEY not in text
    assert hidden not in text.replace('hidden = "', "")


def test_terminal_says_it_in_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Warnings and errors, without traceback, on standard error and not on standard output."""
    set_up(tmp_path / "peitu.log", terminal_level="WARNING")
    logger.info("Started")
    logger.bind(image=1).warning("Slow\nwith {}", KEY)
    try:
        int(KEY)
    except ValueError:
        logger.exception("It failed:")

    out, err = capsys.readouterr()

    assert out == ""
    assert [
        "warning, image 1: Slow with sk-…",
        "error: It failed: ValueError: invalid literal for int() with base 10: 'sk-…'",
    ] == err.splitlines()


def test_keys_in_use_are_taken_out_whatever_they_look_like(tmp_path: Path) -> None:
    """A key without any known shape is known to whoever uses it."""
    path = tmp_path / "peitu.log"
    set_up(path, secrets=["correct horse"])
    logger.info("Sent correct horse")

    assert path.read_text().endswith("Sent …\n")


def test_setting_up_twice_says_things_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second call takes the place of the first."""
    path = tmp_path / "peitu.log"
    set_up(path, terminal_level="WARNING")
    set_up(path, terminal_level="WARNING")
    logger.warning("Once")
    logging.getLogger("oss2").warning("Once")

    assert 2 == len(path.read_text().splitlines())
    assert 2 == len(capsys.readouterr().err.splitlines())


def test_file_rotates_and_old_ones_go(tmp_path: Path) -> None:
    """A file that is full is set aside, and only as many as wanted are kept."""
    set_up(tmp_path / "peitu.log", rotation="2 KB", retention=2)
    for number in range(100):
        logger.info("Line {} {}", number, "x" * 100)

    files = sorted(tmp_path.iterdir())

    assert 3 == len(files)
    assert all(file.stat().st_size <= 2100 for file in files)
    assert "Line 99 " in (tmp_path / "peitu.log").read_text()


@pytest.mark.parametrize("name", ["httpx", "httpcore.connection", "oss2.http", "openai._base_client", "langchain"])
def test_libraries_are_heard_from_warnings_on(name: str, tmp_path: Path) -> None:
    """Their warnings are in our file, redacted; what they say below may hold addresses and headers."""
    path = tmp_path / "peitu.log"
    set_up(path, level="DEBUG")
    library = logging.getLogger(name)
    library.debug("headers %s", KEY)
    library.info("GET %s", "https://h/a?Signature=abc")
    library.warning("Retrying %s", "https://h/a?Signature=abc")

    assert [f"{name}: Retrying https://h/a?…"] == [line.split("image=- ")[1] for line in path.read_text().splitlines()]


def test_level_of_ones_own_reaches_the_file(tmp_path: Path) -> None:
    """A library may log at a level that loguru has no name for."""
    path = tmp_path / "peitu.log"
    set_up(path)
    logging.getLogger("library").log(35, "odd")

    assert "library: odd" in path.read_text()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"level": "LOUD"}, "logging: Level 'LOUD' does not exist; correct level, rotation or retention"),
        (
            {"rotation": "soon"},
            "logging: Cannot parse rotation from: 'soon'; correct level, rotation or retention",
        ),
        (
            {"retention": "soon"},
            "logging: Cannot parse retention from: 'soon'; correct level, rotation or retention",
        ),
    ],
)
def test_meaningless_setting_is_named(changes: dict[str, str], expected: str, tmp_path: Path) -> None:
    """The operator learns which setting it is."""
    with pytest.raises(ConfigError, match=f"^{re.escape(expected)}$"):
        set_up(tmp_path / "peitu.log", **changes)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a file that cannot be flushed
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_full_disk_stops_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    """One line says so, not a traceback for every line of the log, which would show keys."""
    set_up_logging(level="INFO", path=Path("/dev/full"), rotation="10 MB", retention="14 days", terminal_level=None)
    for number in range(3):
        logger.info("Picture {} saved", number)
    logger.remove()

    told = "warning: log file '/dev/full' cannot be written (No space left on device); the work goes on\n"
    assert told == capsys.readouterr().err


def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """One line that names the file, whatever stands in the way."""
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "peitu.log"

    with pytest.raises(ConfigError) as caught:
        set_up(path)

    assert (
        f"log file {str(path)!r} cannot be written (File exists: {str(path.parent)!r}); set another as logging.path"
        == str(caught.value)
    )


def test_import_adds_no_sink_and_not_loguru() -> None:
    """Whoever only redacts does not wait for loguru."""
    code = "import sys, tools.setup.log; print('loguru' in sys.modules)"

    assert "False\n" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
