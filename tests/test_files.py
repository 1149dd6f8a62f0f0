import errno
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import ConfigError, InputError
from tools.pictures.files import PART, inside, write_whole
from tools.pictures.names import folder_name, safe_name

needs_permissions = pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")


def test_write_whole_makes_parents_and_replaces(tmp_path: Path) -> None:
    """The file is there with the new bytes, and nothing else is."""
    path = tmp_path / "a" / "b" / "图.jpg"

    write_whole(path, b"old")
    write_whole(path, b"new")

    assert b"new" == path.read_bytes()
    assert [path] == list(path.parent.iterdir())


def test_write_whole_obeys_the_umask(tmp_path: Path) -> None:
    """Other programs may read a picture, as they may read any file the user makes."""
    usual = tmp_path / "usual"
    usual.write_bytes(b"")
    write_whole(tmp_path / "ours", b"")

    assert usual.stat().st_mode == (tmp_path / "ours").stat().st_mode


def test_full_disk_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is one clear line, the old file stays and no leftover is found."""
    path = tmp_path / "00.jpg"
    write_whole(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match=r"00\.jpg' cannot be written: the disk is full") as caught:
        write_whole(path, b"new")

    assert b"old" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())
    assert "\n" not in str(caught.value)


def test_what_is_written_survives_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk has the file before it takes its place, and the place before anybody is told that it is saved."""
    path, seen, sync = tmp_path / "00.jpg", [], os.fsync

    def look(descriptor: int) -> None:
        seen.append((os.path.samestat(os.fstat(descriptor), tmp_path.stat()), path.exists()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", look)
    write_whole(path, b"picture")

    assert [(False, False), (True, True)] == seen


def test_a_new_folder_survives_a_power_cut_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each folder in which a new one was made is synced, and the one of the picture after the picture."""
    synced: list[int] = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.append(os.fstat(descriptor).st_ino), sync(descriptor)))
    path = tmp_path / "output" / "run" / "00.jpg"
    write_whole(path, b"picture")

    folders = [tmp_path / "output", tmp_path, path, tmp_path / "output" / "run"]
    assert [place.stat().st_ino for place in folders] == synced


def test_interrupted_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle removes the temporary file and goes on up."""

    def interrupt(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "00.jpg", b"new")

    assert [] == list(tmp_path.iterdir())


def test_the_file_beside_is_recognizable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a crash would leave begins with a dot and ends with .part."""
    seen: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda _descriptor: seen.extend(p.name for p in tmp_path.iterdir()))

    write_whole(tmp_path / "00.jpg", b"new")

    assert PART.fullmatch(seen[0])


def test_folder_in_the_way(tmp_path: Path) -> None:
    """A folder where the file should be is named."""
    (tmp_path / "00.jpg").mkdir()

    with pytest.raises(ConfigError, match="a folder is in its place"):
        write_whole(tmp_path / "00.jpg", b"new")

    assert [tmp_path / "00.jpg"] == list(tmp_path.iterdir())


@pytest.mark.parametrize("path", ["file/00.jpg", "file/deeper/00.jpg"])
def test_file_in_the_way(tmp_path: Path, path: str) -> None:
    """A file where a folder should be is named."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(ConfigError, match="a file is where a folder is needed"):
        write_whole(tmp_path / path, b"new")


def test_too_long_name(tmp_path: Path) -> None:
    """A name that the file system refuses is a setting to mend."""
    with pytest.raises(ConfigError, match="the name is too long"):
        write_whole(tmp_path / ("x" * 300), b"new")


@needs_permissions
def test_folder_without_permission(tmp_path: Path) -> None:
    """A folder that may not be written is named with the remedy."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)

    with pytest.raises(ConfigError, match="you may not write there"):
        write_whole(folder / "00.jpg", b"new")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cover.jpg", "cover.jpg"),
        ("量子猫.jpg", "image.jpg"),
        ("猫cat 01.JPG", "cat-01.JPG"),
        ("Café Übung.png", "Cafe-Ubung.png"),
        ("ＡＢＣ．ｐｎｇ", "ABC.png"),
        ("../../etc/passwd", "etc-passwd"),
        ("..\\a\\b.jpg", "a-b.jpg"),
        (".jpg", "image.jpg"),
        ("?acl", "acl"),
        ("-rf.jpg", "rf.jpg"),
        ("CON", "file-CON"),
        ("nul.tar.gz", "file-nul.tar.gz"),
        ("console.jpg", "console.jpg"),
        ("a..b.jpg", "a.b.jpg"),
        ("", "image"),
        ("…", "image"),
        ("a.jpg\n", "a.jpg"),
        ("x" * 200 + ".jpeg", "x" * 75 + ".jpeg"),
    ],
)
def test_safe_name(text: str, expected: str) -> None:
    """Names stay readable where they can and keep their extension."""
    assert expected == safe_name(text)


@pytest.mark.parametrize(
    ("run_id", "start"), [("a1.2", "a1.2"), ("灯塔", "灯塔-"), ("a/../b", "a-.-b-"), ("…", "image-")]
)
def test_the_folder_of_a_run_is_named_like_it(run_id: str, start: str) -> None:
    """Programs may name a run as they like; where the name changes, a mark keeps it apart from others."""
    assert re.fullmatch(re.escape(start) + (r"[0-9a-f]{8}" if start.endswith("-") else ""), folder_name(run_id))


@given(st.text() | st.text("abc./\\-_ .图con\0", max_size=120))
def test_safe_name_is_always_safe(text: str) -> None:
    """Whatever the text: short, ASCII, not empty, no path, not hidden, and a safe name stays as it is."""
    name = safe_name(text)

    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name)
    assert ".." not in name
    assert len(name) <= 80
    assert not re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name)
    assert name == safe_name(name)


@pytest.mark.parametrize("name", ["a.jpg", "章/一.jpg", "a\\b.jpg", "./a.jpg", "全角　空格.jpg", "..a"])
def test_inside_accepts(tmp_path: Path, name: str) -> None:
    """Plain names and subfolders stay in the folder."""
    path = inside(tmp_path, name)

    assert tmp_path in path.parents
    assert "\\" not in str(path)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../a",
        "a/../../b",
        "/etc/passwd",
        "\\a",
        "..\\a",
        "C:\\a",
        "c:a",
        "//host/share/a",
        "a\0b",
        "\ud800",
    ],
)
def test_inside_refuses(tmp_path: Path, name: str) -> None:
    """A name that leads out of the folder, by the rules of any system, is refused."""
    with pytest.raises(InputError, match="is not a file name inside"):
        inside(tmp_path, name)


def test_inside_follows_links(tmp_path: Path) -> None:
    """A symbolic link out of the folder, or to itself, is no way out."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "out").symlink_to(tmp_path)
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in" / "loop")

    for name in ("out/a.jpg", "loop/a.jpg"):
        with pytest.raises(InputError):
            inside(tmp_path / "in", name)


@given(st.text())
def test_inside_never_leaves(name: str) -> None:
    """Any name is refused or stays inside."""
    folder = Path("/nowhere/at/all")
    try:
        path = inside(folder, name)
    except InputError:
        return

    assert folder in Path(os.path.normpath(path)).parents
