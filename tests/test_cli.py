"""The command line as a person meets it: exit status, one clear line, one JSON document."""

import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from graph.cli import main
from graph.commands.app import app
from graph.terminal.run_progress import Watcher
from graph.wiring import open_workflow
from tests.conftest import ROOT
from tests.sandbox import Sandbox
from tools.errors import ConfigError

pytestmark = pytest.mark.usefixtures("workplace")


@pytest.fixture
def peitu(monkeypatch, capsys):
    """Run a command in this process; returns exit status, standard output and standard error."""

    def run(*arguments: str, stdin: bytes = b""):
        monkeypatch.setattr(sys, "argv", ["peitu", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return ended.value.code or 0, captured.out, captured.err

    return run


@pytest.mark.parametrize("provider", ["auto", "modelscope"])
def test_what_cannot_be_a_key_is_told_before_anything_begins(peitu, monkeypatch, workplace, provider):
    """A key that was copied with words around it: one line that names the variable, and no run."""
    monkeypatch.setenv("MODELSCOPE_API_KEY", "密钥: ms-1")
    code, out, err = peitu("run", "--text", "a lamp", "--provider", provider, "--json")

    assert (2, "", 1) == (code, out, len(err.splitlines()))
    assert "MODELSCOPE_API_KEY has characters that cannot be in a key" in err
    assert "ms-1" not in err


def test_without_arguments_it_says_what_to_do_next(peitu):
    """Nobody is left before a blank line."""
    code, out, _ = peitu()

    assert 0 == code
    assert "peitu run" in out


def test_version_and_help_have_short_ways(peitu):
    """`-h` is `--help` of every command, and a mistake names the help of its own command."""
    assert (0, f"peitu {version('peitu')}\n") == peitu("--version")[:2]
    assert peitu("--help") == peitu("-h")
    assert peitu("batch", "--help") == peitu("batch", "-h")
    assert peitu("run", "--colour")[2].endswith(" - see: peitu run --help\n")
    assert peitu("paint")[2].endswith("'paint' - see: peitu --help\n")


def test_run_makes_pictures_and_prints_one_document(peitu):
    """Standard output is exactly one JSON document with the keys of the contract."""
    code, out, _ = peitu("run", "--text", "A lighthouse keeper feeds gulls before the storm", "--count", "2", "--json")
    document = json.loads(out)

    assert 0 == code
    assert (True, 2, 2) == (document["success"], document["requested"], document["count"])
    for image in document["images"]:
        expected = [
            "index",
            "status",
            "path",
            "url",
            "prompt",
            "provider",
            "model",
            "seed",
            "width",
            "height",
            "sha256",
            "attempts",
            "error",
        ]

        assert expected == list(image)
        assert Path(image["path"]).is_file()


@pytest.mark.parametrize("size", ["300*256", "300×256"])
def test_a_size_is_written_as_the_provider_does_or_with_a_cross(peitu, size):
    """DashScope's own notation, and the sign of Chinese keyboards, as in a storyboard."""
    code, out, err = peitu("run", "--text", "a teapot", "--count", "1", "--size", size, "--json")

    assert 0 == code, err
    (image,) = json.loads(out)["images"]
    assert (300, 256) == (image["width"], image["height"])


def test_run_reads_files_and_standard_input(peitu):
    """A Chinese article in GB 18030, and a pipe."""
    Path("a.md").write_bytes("# 灯塔\n\n守塔人在风暴前喂海鸥。".encode("gb18030"))
    code, out, _ = peitu("run", "a.md", "--count", "1", "--run-id", "a", "--json")

    assert 0 == code
    assert "海鸥" in json.loads(out)["images"][0]["prompt"]

    code, out, _ = peitu("run", "-", "--count", "1", "--json", stdin=b"a teapot in the rain")

    assert 0 == code
    assert "teapot" in json.loads(out)["images"][0]["prompt"]


@pytest.mark.parametrize(
    "content", ["[the old bridge](a.jpg) over the river", "{% note %} a bridge", '["a", "bridge"]']
)
def test_an_article_that_begins_like_json_is_still_an_article(peitu, content):
    """Only what would be a storyboard is taken for one."""
    Path("a.md").write_text(content)
    code, _, err = peitu("run", "a.md", "--count", "1")

    assert 0 == code, err


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot wait for a pipe for a while")
def test_a_pipe_with_content_needs_no_dash_and_a_silent_one_is_not_waited_for():
    """As `cat a.md | peitu run`; a pipe that is held open without a word, as a CI does, or is empty, is no content."""
    command = [sys.executable, "-m", "graph.cli", "run", "--count", "1", "--json"]
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "timeout": 60}
    done = subprocess.run(command, check=False, input="a teapot in the rain", **told)

    assert 0 == done.returncode, done.stderr
    assert "teapot" in json.loads(done.stdout)["images"][0]["prompt"]

    Path("a.md").write_text("a kettle")
    with Path("a.md").open("rb") as file:
        assert "kettle" in subprocess.run(command, check=False, stdin=file, **told).stdout

    silent, held_open = os.pipe()
    try:
        for stdin in (silent, subprocess.DEVNULL):
            done = subprocess.run(command, check=False, stdin=stdin, **told)

            assert 2 == done.returncode
            assert "or - for standard input" in done.stderr
    finally:
        os.close(held_open)
        os.close(silent)


def test_a_guess_about_the_encoding_is_told(peitu):
    """Chinese of an older editor is read, and standard error says how."""
    Path("tea.txt").write_bytes("春天的第一杯茶".encode("gb18030"))
    code, _, err = peitu("run", "tea.txt", "--count", "1", "--json")

    assert 0 == code, err
    assert 1 == err.count("read as GB 18030")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gbk", "utf-8"])
def test_the_document_is_whole_in_every_encoding(peitu, monkeypatch, encoding):
    """On Windows, what goes to a file or another program is in an old encoding, which lacks some letters."""
    assert 0 == peitu("run", "--text", "春天的第一杯茶 🍵", "--count", "1", "--run-id", "tea")[0]
    written = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", written)
        patch.setattr(sys, "argv", ["peitu", "show", "tea", "--json"])
        with pytest.raises(SystemExit):
            main()

    assert "春天的第一杯茶 🍵" == json.loads(written.buffer.getvalue().decode(encoding))["content"]


def test_a_person_reads_where_the_pictures_are(peitu):
    """Without --json: the paths, and that they are sketches."""
    code, out, err = peitu("run", "--text", "a teapot", "--count", "1", "--run-id", "tea")

    assert 0 == code
    assert "output/tea/00.jpg" in out
    assert "offline sketch" in out
    assert "Traceback" not in err


BAD = [
    (["run"], "nothing to illustrate"),
    (["run", "https://mp.weixin.qq.com/s/a"], "opens no web addresses - save the page in a browser"),
    (["run", "--text", " https://example.com/a\n"], "--text is a web address, and Peitu opens none - save the page"),
    (["run", "missing.md"], "There is no file 'missing.md'"),
    (["run", "empty.md"], "'empty.md' is empty"),
    (["run", "binary.md"], "binary"),
    (["run", "paper.md"], "'paper.md' is a PDF, no text"),
    (["run", "folder"], "name one article in it, or illustrate all of them: peitu batch folder"),
    (["run", "--text", " \n\t"], "--text is empty"),
    (["run", "a.md", "--text", "b"], "both given"),
    (["run", "board.json"], "'board.json' is a storyboard, no article - illustrate all of it: peitu batch board.json"),
    (["run", "rows.csv"], "'rows.csv' is a storyboard, no article - illustrate all of it: peitu batch rows.csv"),
    (["run", "list.txt"], "'list.txt' is a storyboard, no article - illustrate all of it: peitu batch list.txt"),
    (["batch", "a.md"], "'a.md' is an article, no storyboard - illustrate it: peitu run a.md"),
    (["batch", "prose.txt"], "'prose.txt' is an article, no storyboard - illustrate it: peitu run prose.txt"),
    (["run", "--text", "a", "--count", "0"], "--count 0"),
    (["run", "--text", "a", "--count", "100000"], "--count 100000"),
    (["run", "--text", "a", "--count", "two"], "'--count'"),
    (["run", "--text", "a", "--size", "big"], "--size 'big'"),
    (["run", "--text", "a", "--size", "16x16"], "16x16"),
    (["run", "--text", "a", "--size", "9000x9000"], "9000x9000"),
    (["run", "--text", "a", "--style", "cubist"], "'cubist'"),
    (["run", "--text", "a", "--provider", "midjourney"], "'midjourney'"),
    (["run", "--text", "a", "--provider", "dashscope"], "DASHSCOPE_API_KEY"),
    (["run", "--text", "a", "--upload"], "OSS_ACCESS_KEY_ID"),
    (["run", "--text", "a", "--seed", "-1"], "--seed -1"),
    (["run", "--text", "a", "--run-id", "../up"], "'../up'"),
    (["run", "--text", "a", "--run-id", ""], "--run-id ''"),
    (["run", "--text", "a", "--output-dir", "a.md"], "'a.md'"),
    (["run", "--text", "a", "--config", "missing.yaml"], "missing.yaml"),
    (["run", "--text", "a", "--config", "broken.yaml"], "broken.yaml"),
    (["run", "--text", "a", "--config", "typo.yaml"], "deadline_s"),
    (["run", "--text", "a", "--colour"], "--colour"),
    (["paint"], "paint"),
    (["resume"], "--all"),
    (["resume", "nobody"], "'nobody'"),
    (["show", "nobody"], "'nobody'"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input_is_one_line_that_names_it(peitu, arguments, named):
    """Exit status 2, one line on standard error, nothing on standard output, no picture."""
    Path("a.md").write_text("a teapot")
    Path("board.json").write_text('{"segments": [{"prompt": "a teapot"}]}')
    Path("rows.csv").write_text("id,prompt\n1,a teapot\n")
    Path("list.txt").write_text('[{"prompt": "a teapot"}]')
    Path("prose.txt").write_text("A teapot, a kettle, and rain.\n\nThen tea.")
    Path("empty.md").write_text("")
    Path("binary.md").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    Path("paper.md").write_bytes(b"%PDF-1.4\ntrailer<<>>\n%%EOF\n")
    Path("folder").mkdir()
    Path("broken.yaml").write_text("images: [")
    Path("typo.yaml").write_text("images: {modelscope: {deadlin_s: 3}}")
    code, out, err = peitu(*arguments)

    assert 2 == code
    assert "" == out
    assert 1 == len(err.splitlines()), err
    assert named in err
    assert not list(Path().rglob("*.jpg"))


@pytest.mark.parametrize(
    "arguments", [["run", "--text", " "], ["batch", "none.json"], ["resume", "no"], ["show", "no"]]
)
def test_what_could_not_start_has_no_document(peitu, arguments):
    """With status 2 a program that asked for JSON reads why on standard error: there is nothing to be parsed."""
    code, out, err = peitu(*arguments, "--json")

    assert (2, "", 1) == (code, out, len(err.splitlines()))


def test_a_run_is_not_made_twice(peitu):
    """A second run of the same name is refused with the command that continues the first."""
    peitu("run", "--text", "a teapot", "--count", "1", "--run-id", "tea")
    code, _, err = peitu("run", "--text", "a kettle", "--count", "1", "--run-id", "tea")

    assert 2 == code
    assert "peitu resume tea" in err


def test_a_run_is_not_called_as_a_later_run_of_a_thread(peitu):
    """Its name is taken by another content: that is told before anything is made."""
    with open_workflow() as workflow:
        for content in ("a red fox", "a blue whale"):
            workflow.invoke({"content": content, "count": 1}, {"configurable": {"thread_id": "tale"}})
    code, _, err = peitu("run", "--text", "a yellow duck", "--count", "1", "--run-id", "tale.2")

    assert 2 == code
    assert "peitu resume tale.2" in err
    assert 2 == len(list(Path("output").rglob("*.jpg")))


def test_only_what_begins_makes_the_output_folder(peitu):
    """A run that goes on has a folder of its own, and who only looks needs none."""
    peitu("run", "--text", "a teapot", "--count", "1", "--run-id", "tea", "--size", "256x256", "--output-dir", "mine")
    Path("mine/tea/00.jpg").unlink()

    assert 0 == peitu("resume", "tea")[0]
    assert 0 == peitu("redo", "tea", "0")[0]
    peitu("resume", "--all")
    peitu("doctor")

    assert Path("mine/tea/00-v2.jpg").exists()
    assert not Path("output").exists()


@pytest.mark.parametrize("place", ["file", "file/a/b", "x" * 300])
def test_an_output_folder_that_cannot_be_made_is_told_before_anything_begins(place, monkeypatch):
    """Also by whoever opens the workflow, which does not make it."""
    Path("file").touch()

    with (
        pytest.raises(ConfigError, match=r"^The output folder '.*' cannot be made \("),
        open_workflow(overrides={"output_dir": place}),
    ):
        pass


def test_resume_all_passes_over_complete_runs(peitu):
    """As its help says: whoever has deleted pictures names the run to have them back."""
    peitu("run", "--text", "a teapot", "--count", "1", "--run-id", "tea", "--size", "256x256")
    Path("output/tea/00.jpg").unlink()
    told = CliRunner().invoke(app, ["resume", "--help"], env={"COLUMNS": "200"}).stdout

    assert "complete ones are passed over, also where pictures were deleted since: name those" in " ".join(told.split())
    assert (0, "nothing to continue\n") == peitu("resume", "--all")[:2]
    assert not Path("output/tea/00.jpg").exists()
    assert 0 == peitu("resume", "tea")[0]
    assert Path("output/tea/00.jpg").exists()


def test_runs_and_show_tell_what_was_made(peitu):
    """The history is there for people and for programs."""
    assert "No runs yet" in peitu("runs")[1]

    peitu("run", "--text", "a teapot", "--count", "1", "--run-id", "tea")

    assert "tea" in peitu("runs")[1]
    assert ["tea"] == [run["run_id"] for run in json.loads(peitu("runs", "--json")[1])["runs"]]
    assert "output/tea/00.jpg" in peitu("show", "tea")[1]
    assert "output/tea/00.jpg" == json.loads(peitu("show", "tea", "--json")[1])["images"][0]["path"]


def test_what_is_missing_is_said_with_the_command_that_continues(peitu, sandbox: Sandbox, monkeypatch):
    """Exit status 1: it ran, one picture is missing; resume makes it, and then all is there."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    sandbox.fault("modelscope", "submit", kind="status", status=401, message="Authentication failed", times=1)
    arguments = ["run", "--text", "a teapot", "--count", "2", "--provider", "modelscope", "--run-id", "tea"]
    code, out, err = peitu(*arguments, "--no-upload")

    assert 1 == code
    assert "MODELSCOPE_API_KEY" in out
    assert "peitu resume tea" in out
    assert "Traceback" not in err

    code, out, _ = peitu("resume", "--all", "--json")

    assert 0 == code
    assert [True] == [document["success"] for document in json.loads(out)["runs"]]
    assert 2 == len(sandbox.tasks)


def test_a_reason_that_pictures_share_is_told_once(peitu, sandbox: Sandbox, monkeypatch):
    """A refused key is one line of the result; while the run goes on, only the first picture says it whole."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    sandbox.fault("modelscope", "submit", kind="status", status=401, message="Authentication failed")
    arguments = ["run", "--text", "a teapot", "--count", "3", "--provider", "modelscope", "--no-upload"]
    code, out, err = peitu(*arguments)

    assert 1 == code
    assert out.startswith("pictures 1-3 failed: ")
    assert 1 == out.count("Authentication failed")
    assert 1 == err.count("Authentication failed")
    assert 2 == err.count("failed (modelscope): as picture ")


def test_a_refused_prompt_is_told_with_the_command_that_changes_it(peitu, sandbox: Sandbox, monkeypatch):
    """Resuming would send the same words again, so the way to other ones is told as well, and it works."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PEITU_LLM__PROVIDER", "none")
    sandbox.fault("dashscope", "submit", kind="status", status=400, code="DataInspectionFailed", match="kettle")
    arguments = ["--text", "a kettle", "--count", "1", "--run-id", "tea", "--provider", "dashscope", "--no-upload"]
    code, out, _ = peitu("run", *arguments)
    way = 'To change the words of a refused picture: peitu redo tea 0 --prompt "…"'

    assert (1, "Continue with: peitu resume tea", way) == (code, *out.splitlines()[-2:])

    code, out, _ = peitu("redo", "tea", "0", "--prompt", "a bowl of tea")

    assert 0 == code, out
    assert "complete" in peitu("show", "tea")[1]


def test_doctor_says_what_is_missing_and_where_to_get_it(peitu):
    """With nothing configured nothing is wrong, and every key has its address."""
    code, out, _ = peitu("doctor")

    assert 0 == code, out
    for word in ("MODELSCOPE_API_KEY", "DASHSCOPE_API_KEY", "MINIMAX_API_KEY", "OSS_BUCKET_NAME", "https://", "sketch"):
        assert word in out


@pytest.mark.parametrize("name", ["MODELSCOPE_KEY", "modelscope_api_key", "MODELSCOPE_APIKEY", "MODELSCOPE-API-KEY"])
def test_doctor_finds_a_key_under_a_wrong_name(peitu, name):
    """And says nothing of other variables, nor the value."""
    Path(".env").write_text(f"{name}=secret-value\nHOME_KEY=other\n", encoding="utf-8")
    code, out, _ = peitu("doctor")

    assert 0 == code
    assert f"MODELSCOPE_API_KEY is not set, but .env has {name} - correct that name\n" in out
    assert 1 == out.count("but .env has")
    assert "secret-value" not in out


def test_doctor_names_the_folder_without_env_file(peitu):
    """A command in another folder reads no keys."""
    assert f"- there is no .env in {Path.cwd()}\n" in peitu("doctor")[1]

    Path(".env").touch()

    assert "and .env\n" in peitu("doctor")[1]


def test_a_key_for_pictures_writes_the_prompts_too(peitu, sandbox: Sandbox, monkeypatch):
    """`doctor` names the setting, which needs no other key; ModelScope lists its models whoever asks."""
    values = sandbox.environment()
    for name in ("MODELSCOPE_API_KEY", *(name for name in values if name.endswith("MODELSCOPE__BASE_URL"))):
        monkeypatch.setenv(name, values[name])
    line = next(line for line in peitu("doctor")[1].splitlines() if "language model" in line)

    assert line.endswith(", or set llm.provider to modelscope: that key is set")

    monkeypatch.setenv("PEITU_LLM__PROVIDER", "modelscope")
    peitu("run", "--text", "A kettle on the stove.", "--count", "1", "--run-id", "tea")

    assert "Qwen/Qwen3-235B-A22B-Instruct-2507" in peitu("show", "tea")[1]
    assert "Bearer ms-sandbox-key" == sandbox.chats[0]["headers"]["authorization"]


def test_doctor_checks_keys_without_paying(peitu, sandbox: Sandbox, monkeypatch):
    """Good keys are good, a wrong one is named, and no task is made."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    code, out, _ = peitu("doctor")

    assert 0 == code, out

    for variable in ("DASHSCOPE_API_KEY", "OSS_ACCESS_KEY_SECRET"):
        monkeypatch.setenv(variable, "wrong-key")
        code, out, _ = peitu("doctor")

        assert 1 == code
        assert variable in out

    assert "wrong-key" not in out
    assert [] == sandbox.tasks
    assert {} == sandbox.objects


def test_doctor_tells_each_provider_once_and_no_good_of_what_is_wrong(peitu, sandbox: Sandbox, monkeypatch):
    """Refused keys make no pictures; what the last run found stands in the line of its provider."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    for name in ("modelscope", "dashscope"):
        sandbox.fault(name, "submit", kind="status", status=401, message="Authentication failed")
    peitu("run", "--text", "a teapot", "--count", "1", "--no-upload")
    found = {line.split()[1]: line for line in peitu("doctor")[1].splitlines()}

    assert found["modelscope"].startswith("?")
    assert "the last run found it stopped" in found["modelscope"]

    for name in ("MODELSCOPE", "DASHSCOPE"):
        monkeypatch.setenv(f"{name}_API_KEY", "wrong")
    code, out, _ = peitu("doctor")
    lines = out.splitlines()

    assert 1 == code
    for name in ("modelscope", "dashscope"):
        assert ["✗"] == [line[0] for line in lines if line.split()[1] == name]
    assert lines[-1].startswith("✗ pictures")
    assert lines[-1].endswith("--provider auto tries: modelscope, dashscope - neither works, see above")


def test_a_run_that_waits_for_approval_says_where_to_give_it(peitu):
    """Without a terminal nothing can be approved: that is said, and not that something is missing."""
    answers = [
        peitu("run", "--text", "a teapot. a kettle.", "--count", "2", "--run-id", "rev1", "--review"),
        peitu("resume", "rev1", stdin=b"y\n"),
    ]
    for code, out, err in answers:
        assert 1 == code
        assert out.startswith("Run rev1 waits for your approval; nothing is paid yet - approve it in ")
        assert out.endswith("peitu resume rev1\n")
        assert "missing" not in out
        assert "teapot" in err  # what is to be approved

    assert "  0/2  " in peitu("runs")[1]

    code, out, err = peitu("resume", "--all")

    assert 1 == code
    assert 1 == len(out.splitlines())
    assert out.startswith("Run rev1 waits for your approval")
    assert "" == err


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has no such call")
def test_one_picture_is_one_picture_and_times_are_ours(peitu, monkeypatch):
    """A person reads the time of the clock on the wall, to the second; JSON has it in UTC."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        out = peitu("run", "--text", "a teapot", "--count", "1", "--run-id", "tea")[1]
        shown = peitu("show", "tea")[1]
        recorded = json.loads(peitu("show", "tea", "--json")[1])
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()

    assert "1 picture made (run tea)" in out
    for name in ("started_at", "finished_at"):
        told = next(line.split(maxsplit=1)[1] for line in shown.splitlines() if line.startswith(name))

        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+08:00", told)
        assert datetime.fromisoformat(told) == datetime.fromisoformat(recorded[name]).replace(microsecond=0)


def test_the_bar_ends_with_what_is_there():
    """Not with the picture that happened to be the last."""
    written = io.StringIO()
    with Watcher(Console(file=written, force_terminal=True, width=100)) as watch:
        watch({"event": "planned", "run_id": "a", "count": 2})
        for index in (1, 0):
            watch({"event": "saved", "run_id": "a", "index": index, "provider": "sketch"})
    last = written.getvalue().rpartition("2/2")[0].rpartition("\n")[2]

    assert "all pictures are there" in last
    assert "saved" not in last


def test_graph_prints_the_program(peitu):
    """The drawing names every node."""
    out = peitu("graph", "--mermaid")[1]

    for name in (
        "analyze",
        "prompt",
        "generate",
        "choose",
        "modelscope",
        "dashscope",
        "sketch",
        "check",
        "upload",
        "record",
    ):
        assert name in out


def test_styles_can_be_listed(peitu):
    """`--style list` shows each with a line."""
    assert "line" in peitu("run", "--style", "list")[1]


LIGHT = """
import sys
from graph.cli import main
from graph.terminal.run_progress import Watcher
sys.argv = ["peitu", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
heavy = {"langgraph", "langchain_core", "langchain_openai", "openai", "oss2", "PIL"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.mark.parametrize("arguments", [["--help"], [], ["runs"], ["show", "tea"]])
def test_light_commands_import_nothing_heavy(arguments):
    """What only reads SQLite starts without LangGraph, OpenAI, OSS or Pillow."""
    done = subprocess.run([sys.executable, "-c", LIGHT, *arguments], capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a shell and /dev/full")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("show nope 2>&-", (2, "", "")),
        ("show nope >&-", (2, "", "peitu: There is no run or batch")),
        ("--version >/dev/full", (1, "", "peitu: The system gives no more ([Errno 28] No space left on device)")),
    ],
)
def test_where_nobody_reads_nothing_goes_elsewhere(arguments, expected):
    """A line for people is not put among the results; a full disk under them is no bug of ours."""
    command = f"{shlex.quote(sys.executable)} -m graph.cli {arguments}"
    ended = subprocess.run(["sh", "-c", command], check=False, capture_output=True, text=True)
    code, out, err = expected

    assert (code, out) == (ended.returncode, ended.stdout)
    assert ended.stderr.startswith(err)
    assert bool(err) == bool(ended.stderr)


def test_ctrl_c_leaves_a_run_that_resume_finishes(peitu, sandbox: Sandbox, monkeypatch):
    """Stopped while tasks are under way: the command that continues is printed, and nothing is paid twice."""
    environment = sandbox.environment() | {"PEITU_LLM__PROVIDER": "none", "PEITU_STORAGE__UPLOAD": "never"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    sandbox.set_limits("dashscope", task_seconds=3600.0)
    arguments = ["run", "--text", "a teapot", "--count", "2", "--provider", "dashscope", "--run-id", "tea"]
    process = subprocess.Popen(
        [sys.executable, "-m", "graph.cli", *arguments], stderr=subprocess.PIPE, text=True, env={**os.environ}
    )
    give_up_at = time.monotonic() + 60
    while len(sandbox.tasks) < 2 and time.monotonic() < give_up_at:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)

    assert 1 == process.returncode
    assert "peitu resume tea" in err
    assert "Traceback" not in err

    sandbox.pass_time(3600.0)
    code, _, err = peitu("resume", "tea")

    assert 0 == code, err
    assert 2 == len(sandbox.tasks)


def test_examples_are_there():
    """The commands of the README name files that exist."""
    assert len(list((ROOT / "examples").glob("*.md"))) >= 3
