"""Run the notebooks from top to bottom and save their output, which is committed.

uv run scripts/notebooks.py            all of them
uv run scripts/notebooks.py 02         those whose name begins so
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent


async def run(notebook: NotebookNode, folder: Path) -> None:
    """Run the cells in a fresh kernel with the folder as its working directory.

    Raises:
        CellExecutionError: A cell failed; the message has its traceback.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    # Sockets in a file: nothing to listen on for other users of the machine.
    kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=str(folder / "kernel"))
    client = NotebookClient(notebook, km=kernel, timeout=60, record_timing=False)
    client.resources = {"metadata": {"path": str(folder)}}
    await client.async_execute(cleanup_kc=True)


def tidy(notebook: NotebookNode) -> None:
    """Join the pieces of each output stream, and drop what is different in every run."""
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}}
    for cell in notebook.cells:
        joined: list[NotebookNode] = []
        for output in cell.get("outputs", []):
            output.pop("transient", None)
            if joined and output.get("name") == joined[-1].get("name") is not None:
                joined[-1].text += output.text
            else:
                joined.append(output)
        if cell.cell_type == "code":
            cell.outputs = joined


def main() -> None:
    """Run the notebooks that were asked for, and print their sizes."""
    wanted = tuple(sys.argv[1:]) or ("",)
    for name in ("MODELSCOPE_API_KEY", "DASHSCOPE_API_KEY", "MINIMAX_API_KEY"):
        os.environ.pop(name, None)  # what is committed is what everybody sees: the way without keys
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if path.name.startswith(wanted):
            notebook = nbformat.read(path, as_version=4)
            with tempfile.TemporaryDirectory(prefix="peitu-") as folder:
                asyncio.run(run(notebook, Path(folder)))
            tidy(notebook)
            nbformat.write(notebook, path)
            print(f"{path.name}: {path.stat().st_size // 1000} KB")


if __name__ == "__main__":
    main()
