import subprocess
import sys
from pathlib import Path

import pytest

from tools.errors import ConfigError
from tools.setup.settings import load_settings
from tools.sqlite.database_path import database_path


@pytest.mark.parametrize(
    "text", ["", "style: ink", "database:", "database: {path: a/b.db}", "database: {path: ~/b.db}"]
)
def test_database_path_is_the_one_of_the_settings(text: str, workplace: Path) -> None:
    """The short way and the long way lead to the same file."""
    Path("config.yaml").write_text(text)

    assert load_settings().database.path == database_path()


def test_database_path_knows_the_environment(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable beats the file, and an argument names another file."""
    Path("mine.yaml").write_text("database: {path: mine.db}")
    Path(".env").write_text("PEITU_DATABASE__PATH=variable.db\n")
    by_variable = database_path(Path("mine.yaml"))
    Path(".env").unlink()

    assert [Path("variable.db"), Path("mine.db")] == [by_variable, database_path(Path("mine.yaml"))]


@pytest.mark.parametrize("text", ["database: {path: 3}", "database: 3", "database: [", "- a"])
def test_wrong_database_path_is_told_as_ever(text: str, workplace: Path) -> None:
    """What the short way does not understand is explained by the long one."""
    Path("config.yaml").write_text(text)

    with pytest.raises(ConfigError, match=r"^config\.yaml: "):
        database_path()


def test_short_way_does_without_pydantic() -> None:
    """That is what it is for."""
    code = (
        "import sys; from tools.sqlite.database_path import database_path as p; p(); print('pydantic' in sys.modules)"
    )

    assert "False\n" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
