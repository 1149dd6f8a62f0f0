"""The notebooks: each one runs with a real kernel, and what is committed reads well on a code host."""

import base64
import io
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from PIL import Image

from scripts.notebooks import run
from tests.conftest import ROOT
from tools.setup.redact import redact

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = {"01_first_pictures", "02_prompt_lab", "03_look_back", "04_steer"}
MAX_BYTES = 300_000
INLINE = re.compile(r"data:image/\w+;base64,([A-Za-z0-9+/=]+)")


def outputs_of(notebook: NotebookNode) -> list[NotebookNode]:
    """Return everything that the code cells have shown."""
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def pictures_of(notebook: NotebookNode) -> list[Image.Image]:
    """Return the pictures among the outputs, decoded: plots, and the small copies in the HTML of grids."""
    found = []
    for output in outputs_of(notebook):
        for kind, data in output.get("data", {}).items():
            for body in [data] if kind.startswith("image/") else INLINE.findall(data):
                with Image.open(io.BytesIO(base64.b64decode(body))) as picture:
                    found.append(picture.convert("L"))
    return found


def texts_of(notebook: NotebookNode) -> str:
    """Return all text of the notebook; pictures, in base64, may spell anything."""
    texts = [cell.source for cell in notebook.cells]
    for output in outputs_of(notebook):
        texts.append(output.get("text", ""))
        texts += [data for kind, data in output.get("data", {}).items() if kind.startswith("text/")]
    return INLINE.sub("", "\n".join(texts))


def is_drawn(picture: Image.Image) -> bool:
    """Tell whether there is something on it: dark and light pixels."""
    darkest, lightest = picture.getextrema()
    return lightest - darkest > 80


def read(path: Path) -> NotebookNode:
    """Read a notebook."""
    return nbformat.read(path, as_version=4)


@pytest.fixture
def desk(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory whose kernels leave nothing outside of it."""
    (workplace / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(workplace / "tmp"))
    for name in ("JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(workplace / name.lower()))
    return workplace


def test_the_notebooks_are_these():
    """The tests below have something to run, and no stray one is committed."""
    assert {path.stem for path in NOTEBOOKS} == NAMES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
async def test_a_notebook_runs_without_keys_and_shows_pictures(path, desk):
    """A fresh kernel, an empty folder, no key: pictures come out, as many as are committed."""
    notebook = read(path)
    committed = len(pictures_of(notebook))
    await run(notebook, desk)
    pictures = pictures_of(notebook)

    assert committed == len(pictures)
    assert all(is_drawn(picture) for picture in pictures)
    assert {"tmp", "jupyter_runtime_dir", "ipythondir"} >= {entry.name for entry in desk.iterdir()}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_committed_notebook_shows_its_results(path):
    """Run from top to bottom, with pictures, without errors, small."""
    notebook = read(path)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]

    assert len(pictures_of(notebook)) >= 6
    assert "error" not in {output.output_type for output in outputs_of(notebook)}
    assert list(range(1, len(cells) + 1)) == [cell.execution_count for cell in cells]
    assert MAX_BYTES > path.stat().st_size


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_committed_notebook_tells_nothing_of_the_machine(path):
    """No path, no key, and the switches that would pay are off."""
    notebook = read(path)
    text = texts_of(notebook)
    places = ("/tmp/", "/home/", "/Users/", "/root/", str(ROOT))  # noqa: S108

    assert [] == [place for place in places if place in text]
    assert redact(text) == text
    assert "sandbox-key" not in text
    assert not re.search(r"^(use_keys|own_records) = True", text, re.MULTILINE)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_says_what_it_is_in_both_languages(path):
    """The head is for everybody; links lead somewhere."""
    notebook = read(path)
    head = notebook.cells[0].source

    assert head.startswith("# ")
    assert re.search("[\u4e00-\u9fff]{4}", head)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for link in re.findall(r"\]\(([^)]+)\)", cell.source):
                assert (path.parent / link).exists(), link
