"""Tables in a real terminal of any width: ids and names of models can be copied, and what is left out is said."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests import test_cli
from tools.providers.models import known_models
from tools.sqlite.connection import connect

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals"),
    pytest.mark.usefixtures("workplace"),
]

peitu = test_cli.peitu

LONG = "the-lighthouse-in-the-storm-for-the-second-newsletter"


def in_terminal(*arguments: str, columns: int) -> str:
    """Return what a command writes into a terminal of this width, without colors."""
    import pty

    ours, theirs = pty.openpty()
    variables = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm", "NO_COLOR": "1"}
    try:
        with subprocess.Popen([sys.executable, "-m", "graph.cli", *arguments], stdout=theirs, env=variables) as process:
            os.close(theirs)
            written = b""
            try:
                while piece := os.read(ours, 65536):
                    written += piece
            except OSError:  # Linux says so of a terminal that everybody has left.
                pass
        assert 0 == process.returncode
    finally:
        os.close(ours)
    return re.sub(r"\x1b\[[0-9;]*m", "", written.decode()).replace("\r\n", "\n")


def begin(*run_ids: str) -> None:
    """Write runs into the database, the first one as the oldest."""
    connection = connect(Path("data/peitu.db"))
    at = datetime.now(UTC) - timedelta(days=1)
    for number, run_id in enumerate(run_ids):
        started_at = (at + timedelta(seconds=number)).isoformat()
        values = (run_id, run_id, "running", "A storm at sea and a lamp that is lit", "{}", started_at)
        connection.execute(
            "INSERT INTO runs (run_id, thread_id, status, title, options, started_at) VALUES (?, ?, ?, ?, ?, ?)", values
        )
    connection.close()


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_an_id_stays_in_one_piece(columns: int):
    """The other cells make room for it, and lose nothing either."""
    begin("20261130-093512-ab12", LONG[:40] if columns == 60 else LONG)
    shown = in_terminal("runs", columns=columns)

    assert "20261130-093512-ab12" in shown
    assert (LONG[:40] if columns == 60 else LONG) in shown
    assert "…" not in shown


def test_an_id_that_is_wider_than_the_terminal_can_still_be_copied():
    """The terminal folds it, and so knows that it is one line."""
    begin(LONG)

    assert LONG in in_terminal("runs", columns=40).splitlines()


@pytest.mark.parametrize("columns", [40, 60, 72, 100])
def test_no_word_is_broken(peitu, columns: int):
    """Where the columns do not fit beside each other, a list has each value behind its name."""
    begin("20261130-093512-ab12", "20261130-093512-ab13")
    connection = connect(Path("data/peitu.db"))
    connection.execute("UPDATE runs SET status = 'finished', success = 1")
    connection.close()
    shown = in_terminal("runs", columns=columns), in_terminal("models", columns=columns)

    assert 2 == len(re.findall(r"\bcomplete\b", shown[0]))
    families = len(known_models())
    assert families == len(re.findall(r"\b(?:dashscope|modelscope)\b", shown[1]))
    assert families == len(re.findall(r"\bcharacters\b", shown[1]))
    assert not re.search(r"\d+x *\n", shown[1])


@pytest.mark.parametrize("columns", [60, 80])
def test_the_names_of_models_are_whole(peitu, columns: int):
    """They are there to be copied into the settings."""
    names = [model["model"] for model in json.loads(peitu("models", "--json")[1])["models"]]
    shown = in_terminal("models", columns=columns)

    assert [] == [name for name in names if name not in shown]


def test_a_table_says_what_it_leaves_out(peitu):
    """It has the newest fifty; JSON has all."""
    begin(*(f"run-{number}" for number in range(53)))
    shown = peitu("runs")[1]

    assert "run-52 " in shown
    assert "run-3 " in shown
    assert "run-2 " not in shown
    assert "and 3 older" in shown
    assert 53 == len(json.loads(peitu("runs", "--json")[1])["runs"])
