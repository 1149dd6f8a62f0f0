"""The guides in `docs/`: what they show runs and prints what stands below it, and both editions say the same."""

import re
import shlex
from collections import Counter

import nbformat
import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt
from sqlite_utils.cli import cli

from scripts.notebooks import run
from tests import test_docs, test_readme
from tests.conftest import ROOT
from tests.sandbox import Sandbox
from tests.test_notebooks import desk  # noqa: F401 - a fixture
from tools import dashscope

pytestmark = pytest.mark.usefixtures("workplace")

PYTHON, NOTEBOOKS, GUIDE = "docs/python.md", "docs/notebooks.md", "docs/guide.md"
MAX_PICTURE_BYTES = 60_000
each = pytest.mark.parametrize("page", [PYTHON, NOTEBOOKS, GUIDE])


def chinese(page: str) -> str:
    """Return the name of the Chinese edition."""
    return page.replace(".md", ".zh-CN.md")


def steps(page: str) -> list[tuple[str, str]]:
    """Return the programs of a page, each with the output that stands below it."""
    fences = [token for token in MarkdownIt().parse(test_readme.text_of(page)) if token.type == "fence"]

    assert ["python", "text"] * (len(fences) // 2) == [fence.info for fence in fences]
    return [(code.content, output.content) for code, output in zip(fences[::2], fences[1::2], strict=True)]


def needed(code: str) -> tuple[str, ...]:
    """Return the beginnings of the variables without which a program does nothing, by its first line."""
    first = code.splitlines()[0]
    return tuple(re.findall(r"[A-Z][A-Z_]+", first)) if first.startswith("# Needs ") else ()


def is_printed(expected: str, printed: str) -> bool:
    """Tell whether this was printed; ``…`` stands for anything within a line."""
    pattern = "[^\n]*".join(map(re.escape, expected.rstrip().split("…")))
    return re.fullmatch(pattern, printed.rstrip()) is not None


def links(page: str) -> list[str]:
    """Return what a page links, without the line that leads to its other edition."""
    _, _, text = test_readme.text_of(page).partition("\n\n")
    rest = re.sub(r"\A[^\n]*(English|简体中文)[^\n]*\|[^\n]*\n", "", text)
    return [link for link in test_docs.LINK.findall(rest) if not link.startswith("http")]


@pytest.fixture
def keys(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The keys of a sandbox, to which the settings point; pictures are small, and nothing waits."""
    quick = {"FIRST_POLL_S": "0.02", "RATE_PER_S": "100"}
    settings = {f"PEITU_IMAGES__{name}__{key}": quick[key] for name in ("MODELSCOPE", "DASHSCOPE") for key in quick}
    given = {**sandbox.environment(), **settings, "PEITU_IMAGES__SIZE": "512x512"}
    for name, value in given.items():
        if name.startswith("PEITU_"):
            monkeypatch.setenv(name, value)
    for name in ("JSON_PATH", "OUTPUT_DIR"):
        monkeypatch.setattr(dashscope, name, getattr(dashscope, name))  # the page changes them; put them back
    return {name: value for name, value in given.items() if not name.startswith("PEITU_")}


def test_the_programs_and_commands_for_python_work(keys, monkeypatch, capsys):
    """One after the other, in one folder: without any key, but for those that say which they need."""
    known: dict[str, object] = {}
    for code, expected in steps(PYTHON):
        with monkeypatch.context() as given:
            for name, value in keys.items():
                if name.startswith(needed(code)):
                    given.setenv(name, value)
            exec(compile(code, PYTHON, "exec"), known)  # noqa: S102
        printed = capsys.readouterr().out

        assert is_printed(expected, printed), f"{code}\n{printed}"

    lines = "".join(test_readme.blocks(PYTHON, "")).splitlines()
    for line, word in zip(lines, ("segments", "bread", "dashscope"), strict=True):
        program, *arguments = shlex.split(line.removeprefix("uv run "))
        told = CliRunner().invoke(cli, arguments)

        assert ("sqlite-utils", 0) == (program, told.exit_code), told.output
        assert word in told.output, told.output


async def test_the_cells_for_notebooks_show_what_stands_below_them(desk):  # noqa: F811
    """A real kernel, an empty folder, no key."""
    cells = steps(NOTEBOOKS)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code, _ in cells])
    await run(notebook, desk)

    for (code, expected), cell in zip(cells, notebook.cells, strict=True):
        shown = "".join(output.get("text") or output["data"]["text/plain"] for output in cell.outputs)

        assert is_printed(expected, shown), f"{code}\n{shown}"
        assert "data:image/" in str(cell.outputs) or not re.search(r"^(grid|compare)\(", code, re.MULTILINE)


def test_jupyter_is_started_as_in_the_readme():
    """It is no dependency, so nothing here can run it; one way to start it is enough."""
    (started,) = test_readme.blocks(NOTEBOOKS, "")

    assert any(block.startswith(started.rstrip()) for block in test_readme.blocks("README.md", ""))
    assert {f"../notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")} <= set(links(NOTEBOOKS))


@each
def test_both_editions_have_the_same_code_and_sections(page):
    """Who reads one knows what who reads the other knows."""
    other = chinese(page)
    levels = [re.findall(r"^#+ ", test_readme.text_of(name), re.MULTILINE) for name in (page, other)]

    for language in ("", "python", "text"):
        assert test_readme.blocks(page, language) == test_readme.blocks(other, language)
    assert Counter(test_readme.inline_codes(page)) == Counter(test_readme.inline_codes(other))
    assert len(test_readme.rows(page)) == len(test_readme.rows(other))
    assert levels[0] == levels[1]


@each
def test_the_chinese_edition_links_chinese_pages(page):
    """The same targets, in Chinese where there is such a page."""
    targets, ours = ([link.partition("#")[0] for link in links(name)] for name in (page, chinese(page)))
    english = [link for link in ours if (ROOT / "docs" / link).suffix == ".md" and ".zh-CN" not in link]

    assert sorted(filter(None, targets)) == sorted(link.replace(".zh-CN.md", ".md") for link in ours if link)
    assert [] == [link for link in english if (ROOT / "docs" / link).with_suffix(".zh-CN.md").exists()]


@each
def test_its_pictures_are_there_and_small(page):
    """Every edition shows the same ones."""
    picture = r'<img src="([^"]+)"[^>]+alt="[^"]{10,}"'
    shown = [re.findall(picture, test_readme.text_of(name)) for name in (page, chinese(page))]

    assert shown[0] == shown[1]
    assert all((ROOT / "docs" / name).stat().st_size <= MAX_PICTURE_BYTES for name in shown[0])


def test_an_ellipsis_stands_for_one_line_at_most():
    """The comparison above can fail."""
    assert is_printed("a …\n", "a 1 2\n")
    assert not is_printed("a …\n", "a 1\nb\n")
    assert not is_printed("a.c", "abc")
    assert () == needed("import json")
    assert ("OSS_",) == needed("# Needs the OSS_ variables\nimport json")
