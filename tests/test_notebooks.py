"""The notebooks: each one runs with a real kernel, and what is committed reads well on a code host."""

import base64
import io
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MAX_BYTES = 400_000


def outputs_of(notebook: NotebookNode) -> list[NotebookNode]:
    """Return everything that the code cells have shown."""
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def pictures_of(notebook: NotebookNode) -> list[Image.Image]:
    """Return the pictures among the outputs, decoded."""
    found = []
    for output in outputs_of(notebook):
        for kind, data in output.get("data", {}).items():
            if kind.startswith("image/"):
                with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
                    found.append(picture.convert("L"))
    return found


def texts_of(notebook: NotebookNode) -> str:
    """Return all text of the notebook; pictures, in base64, may spell anything."""
    texts = [cell.source for cell in notebook.cells]
    for output in outputs_of(notebook):
        texts.append(output.get("text", ""))
        texts += [data for kind, data in output.get("data", {}).items() if kind.startswith("text/")]
    return "\n".join(texts)


def is_drawn(picture: Image.Image) -> bool:
    """Tell whether there are lines on it: dark and light pixels."""
    darkest, lightest = picture.getextrema()
    return darkest < 60 and lightest > 200


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


def test_there_are_notebooks():
    """The tests below have something to run."""
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
async def test_a_notebook_runs_without_keys_and_shows_pictures(path, desk):
    """A fresh kernel, an empty folder, no key: pictures come out."""
    notebook = read(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    # Sockets in a file: nothing to listen on for other users of the machine.
    kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=str(desk / "kernel"))
    client = NotebookClient(notebook, km=kernel, timeout=60, resources={"metadata": {"path": str(desk)}})
    await client.async_execute(cleanup_kc=True)
    pictures = pictures_of(notebook)

    assert pictures
    assert all(is_drawn(picture) for picture in pictures)
    assert {"tmp", "jupyter_runtime_dir", "ipythondir"} >= {entry.name for entry in desk.iterdir()}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_committed_notebook_shows_its_results(path):
    """With pictures, without errors, small, and without a path of the machine that made it."""
    notebook = read(path)

    assert pictures_of(notebook)
    assert "error" not in {output.output_type for output in outputs_of(notebook)}
    assert MAX_BYTES > path.stat().st_size
    assert [] == [place for place in ("/tmp/", "/home/", "/Users/", str(ROOT)) if place in texts_of(notebook)]  # noqa: S108
