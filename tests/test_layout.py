"""The layout: our three packages are ours, and a fresh start of any module does nothing."""

import importlib
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.conftest import FIRST, ROOT

PACKAGES = ["graph", "nodes", "tools"]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if path.name != "__init__.py"
)


@pytest.mark.parametrize("name", PACKAGES)
def test_package_is_ours(name):
    """No installed distribution shadows our package of the same name."""
    found = Path(importlib.import_module(name).__file__).parent
    others = set(packages_distributions().get(name, [])) - {"peitu"}

    assert ROOT / name == found
    assert set() == others, f"{sorted(others)} also install a top-level `{name}`"


def test_type_checkers_read_our_annotations(tmp_path):
    """A user's script is checked against them, as PEP 561 has it."""
    script = "from tools.money.right_of_way import MOST_S\nMOST_S.upper()\n"
    (tmp_path / "script.py").write_text(script, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--no-incremental", "--config-file=", "script.py"]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert 'script.py:2: error: "float" has no attribute "upper"' in checked.stdout


IMPORT_ALL = """
import builtins, importlib, os, sys
before = set(os.listdir("."))
for name in sys.argv[1:]:
    importlib.import_module(name)
made = set(os.listdir(".")) - before
assert not made, made
from loguru import logger
assert len(logger._core.handlers) == 1, "a log sink was added by an import"
"""


def test_importing_makes_nothing(tmp_path):
    """No file, no folder and no log sink comes from an import alone."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *MODULES], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert 0 == done.returncode, done.stderr


def test_no_file_is_too_long():
    """A file holds one idea: 200 lines are enough for it."""
    lengths = {name: len((ROOT / f"{name.replace('.', '/')}.py").read_text().splitlines()) for name in MODULES}
    too_long = {name: length for name, length in lengths.items() if length > 200}

    assert {} == too_long


def test_the_files_that_begin_are_there():
    """The order in which they are run knows them by their names."""
    assert [] == [name for name in FIRST if not (ROOT / "tests" / name).is_file()]
