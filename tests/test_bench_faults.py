"""The benchmark of kills: its results name the command that made them."""

import json

import pytest

from bench import report
from bench.faults import arguments, command
from tests import test_readme
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], "uv run python -m bench.faults"),
        (["--kills", "200"], "uv run python -m bench.faults"),
        (["--kills", "100"], "uv run python -m bench.faults --kills 100"),
        (["--rate", "20", "--seed", "7"], "uv run python -m bench.faults --seed 7 --rate 20"),
        (["--keep", "/home/somebody/runs"], "uv run python -m bench.faults"),
    ],
)
def test_the_command_names_what_makes_other_figures(given, expected):
    """Options at their defaults and folders of the machine are left out."""
    assert expected == command(arguments(given))


@pytest.mark.parametrize("page", [*test_readme.READMES, "bench/results/faults.md"])
def test_the_pages_name_the_command_of_the_committed_figures(page):
    """Whoever types it measures the same, as far as a machine allows."""
    measured = json.loads((ROOT / "bench/results/faults.json").read_text(encoding="utf-8"))

    assert f"`{measured['command']}`" in test_readme.text_of(page)


def test_the_page_is_made_of_the_figures():
    """Nothing in it was written by hand."""
    measured = json.loads((ROOT / "bench/results/faults.json").read_text(encoding="utf-8"))

    assert report.markdown(measured) == test_readme.text_of("bench/results/faults.md")
