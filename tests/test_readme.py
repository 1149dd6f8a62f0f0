"""The two READMEs say what the program is: its commands, settings, packages, graph and example."""

import contextlib
import io
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt
from typer.main import get_command

from graph.commands.app import app
from graph.terminal.drawing import tidy
from graph.wiring import drawing
from tests.conftest import ROOT
from tools.setup.settings import load_settings

READMES = ("README.md", "README.zh-CN.md")
MAX_PICTURE_BYTES = 150_000

pytestmark = pytest.mark.usefixtures("workplace")
each = pytest.mark.parametrize("name", READMES)


def text_of(name: str) -> str:
    """Return a README."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """Return the code blocks in a language; ``""`` are those that are only indented."""
    tokens = MarkdownIt().parse(text_of(name))
    return [t.content for t in tokens if t.type in {"fence", "code_block"} and t.info == language]


def inline_codes(name: str) -> list[str]:
    """Return what stands between single backticks."""
    tokens = MarkdownIt().enable("table").parse(text_of(name))
    children = [child for token in tokens for child in token.children or []]
    return [child.content for child in children if child.type == "code_inline"]


def rows(name: str) -> list[list[str]]:
    """Return the cells of every row of every table."""
    lines = [line for line in text_of(name).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def commands(name: str) -> set[str]:
    """Return everything that is typed behind ``peitu``, in blocks and in sentences."""
    lines = [line for block in blocks(name, "") for line in block.splitlines()]
    parts = [part for line in [*lines, *inline_codes(name)] for part in line.split("&&")]
    found = (re.fullmatch(r"\s*(?:uv run )?peitu (.+)", part) for part in parts)
    return {match[1].strip() for match in found if match}


def declared_packages() -> set[str]:
    """Return the names of all dependencies of pyproject.toml, as package indexes write them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for group in project["dependency-groups"].values():
        wanted += group
    return {re.split(r"[\[<>=~! ;]", line)[0].lower().replace("_", "-") for line in wanted}


def named_packages(name: str) -> set[str]:
    """Return what the tables of packages name in their first column."""
    package = re.compile(r"`([a-z0-9.-]+)`")
    cells, inside = [], False
    for row in rows(name):
        if set(row[0]) <= {"-"}:
            continue
        if "`" not in row[0]:
            inside = row[0] in {"Package", "包"}
        elif inside:
            cells.append(row[0])
    return {found for cell in cells for found in package.findall(cell)}


@each
def test_every_dependency_is_named_with_its_reason(name):
    """No package without a reason, and no reason without a package."""
    assert declared_packages() == named_packages(name)


@each
def test_every_command_parses(name):
    """What a person copies is understood: the command exists, and so do its options."""
    program = get_command(app)

    assert commands(name)
    for line in commands(name):
        command, *arguments = shlex.split(line)
        placeholders = {"N": "3", "K": "7", "INDEX": "1"}
        arguments = [placeholders.get(argument, argument) for argument in arguments]

        assert program.commands[command].make_context(command, arguments)


@each
def test_every_named_option_exists(name):
    """A flag in a sentence is a flag of some command; `bench` has its own, see test_bench_faults.py."""
    program = get_command(app)
    commands = (program, *program.commands.values())
    known = {flag for command in commands for p in command.params for flag in (*p.opts, *p.secondary_opts)}
    codes = [code for code in inline_codes(name) if not code.startswith("uv run python -m bench.")]
    named = {match[0] for code in codes for match in re.finditer(r"--[a-z-]+", code)}

    assert named
    assert set() == named - known


def test_both_readmes_have_the_same_commands_and_code():
    """Who reads one knows what who reads the other knows."""
    english, chinese = READMES

    assert commands(english) == commands(chinese)
    for language in ("", "python", "text", "mermaid"):
        assert blocks(english, language) == blocks(chinese, language)


@each
async def test_the_drawing_is_the_graph(name):
    """The Mermaid block is what ``peitu graph --mermaid`` prints."""
    graph = await drawing(load_settings())

    assert [tidy(graph.draw_mermaid())] == blocks(name, "mermaid")


@each
def test_settings_have_their_variable_and_default(name):
    """The table agrees with config.yaml, where the settings are."""
    shipped = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    found = 0
    for setting, variable, default, *_ in (row for row in rows(name) if len(row) >= 4 and "PEITU_" in row[1]):
        path = setting.strip("`").split(".")
        value = shipped
        for key in path:
            value = value[key]

        assert "PEITU_" + "__".join(path).upper() == variable.strip("`")
        written = ", ".join(value) if isinstance(value, list) else yaml.safe_dump(value).removesuffix("...\n").strip()
        assert written == default.strip("`")
        found += 1

    assert found > 10


@each
def test_the_example_does_what_it_says(name):
    """The Python example runs as it stands and prints what stands below it."""
    printed = io.StringIO()
    code = blocks(name, "python")[0]
    with contextlib.redirect_stdout(printed):
        exec(compile(code, name, "exec"), {})  # noqa: S102

    assert printed.getvalue() == blocks(name, "text")[-1]


@each
def test_the_functions_for_single_pictures_do_what_they_say(name, sandbox, workplace, monkeypatch):
    """The second example, with a key, makes its three pictures."""
    for variable, value in {**sandbox.environment(), "PEITU_IMAGES__MODELSCOPE__FIRST_POLL_S": "0.01"}.items():
        monkeypatch.setenv(variable, value)
    code = blocks(name, "python")[1]
    exec(compile(code, name, "exec"), {})  # noqa: S102

    assert ["a.jpg", "b.jpg", "covers/tea.jpg"] == sorted(
        path.relative_to(workplace).as_posix() for path in workplace.rglob("*.jpg")
    )


@each
def test_every_link_leads_somewhere(name):
    """Files and folders that are linked exist, and the pictures are small."""
    links = re.findall(r"\]\(([^)#]+)[^)]*\)|src=\"([^\"]+)\"", text_of(name))
    targets = [ROOT / (link or source) for link, source in links if not link.startswith("http")]

    assert targets
    assert [] == [str(target) for target in targets if not target.exists()]
    assert all(target.stat().st_size < MAX_PICTURE_BYTES for target in targets if target.suffix in {".jpg", ".png"})


@each
def test_the_first_command_stands_near_the_top(name):
    """A picture of a result and the command that makes one, before the fold."""
    lines = text_of(name).splitlines()
    first = next(number for number, line in enumerate(lines, start=1) if "uv run peitu run" in line)
    other = next(other for other in READMES if other != name)

    assert first <= 30
    assert "docs/images/" in "\n".join(lines[:first])
    assert f"({other})" in "\n".join(lines[:4])
    assert Path(ROOT / other).is_file()
