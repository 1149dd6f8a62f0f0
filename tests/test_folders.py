"""The output folder is looked at before anything is paid, and its entries are on the disk before anybody is told."""

import errno
import os
from pathlib import Path

import pytest

from tools.errors import ConfigError, InputError
from tools.pictures.folders import check_folder, sync_folder
from tools.pictures.names import check_picture_name


def test_a_folder_that_can_be_made_is_only_made_on_demand(tmp_path: Path) -> None:
    """A look leaves no trace."""
    folder = tmp_path / "output" / "run"
    check_folder(folder)
    assert [] == list(tmp_path.iterdir())

    check_folder(folder, make=True)
    assert folder.is_dir()


@pytest.mark.parametrize("make", [False, True])
@pytest.mark.parametrize("name", ["file", "file/run"])
def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path, name: str, make: bool) -> None:
    """At its own place, or at that of one above it."""
    (tmp_path / "file").touch()

    with pytest.raises(
        ConfigError,
        match=r"cannot be made \(('.*file' is no folder|Not a directory|File exists)\) - mend it or choose another",
    ):
        check_folder(tmp_path / name, make=make)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are made in it, and looked up: both rights are needed."""
    asked: list[int] = []
    monkeypatch.setattr(os, "access", lambda _, rights: asked.append(rights))

    with pytest.raises(ConfigError, match=r"cannot be written - mend it or choose another with --output-dir"):
        check_folder(tmp_path)

    assert [os.W_OK | os.X_OK] == asked


@pytest.mark.parametrize(("number", "passes"), [(errno.EINVAL, True), (errno.ENOTSUP, True), (errno.EIO, False)])
def test_a_folder_that_the_disk_does_not_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, passes: bool
) -> None:
    """Some network file systems cannot; a disk that fails is told. Either way the folder is closed again."""
    descriptors: list[int] = []

    def fail(descriptor: int) -> None:
        descriptors.append(descriptor)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    if passes:
        sync_folder(tmp_path)
    else:
        with pytest.raises(OSError, match="Input/output error"):
            sync_folder(tmp_path)

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptors[0])


def test_a_folder_that_cannot_be_read_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files may be made in it all the same."""

    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patched:  # pytest itself opens the folder, to clear it away
        patched.setattr(os, "open", refuse)
        sync_folder(tmp_path)


@pytest.mark.parametrize(
    ("name", "png", "told"),
    [
        ("a.jpg", True, None),
        ("a", False, None),
        ("a.PNG", True, None),
        ("a.PNG", False, "ends in .PNG, but pictures are JPG - end it in .jpg"),
        ("a.webp", True, "ends in .webp, but pictures are JPG or PNG - end it in .jpg or .png"),
        *((f"a.{kind}", True, f"ends in .{kind}") for kind in ("gif", "bmp", "avif", "tif", "tiff", "heic", "svg")),
    ],
)
def test_a_name_that_promises_another_kind_is_refused(name: str, png: bool, told: str | None) -> None:
    """What is written there would be a JPG, or a PNG where that is made."""
    if told is None:
        check_picture_name(name, png=png)
        return
    with pytest.raises(InputError) as caught:
        check_picture_name(name, png=png)

    assert told in str(caught.value)
