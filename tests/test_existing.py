"""A picture that is there is left as it is, if it is whole and was asked for in one of the right sizes."""

import hashlib

import pytest

from tests.test_gallery import picture
from tools.pictures.images import save_picture
from tools.sqlite.records import IMAGE_KEYS
from tools.storyboards.existing import existing_picture


def never(sha256):
    return set()


def test_a_picture_of_the_right_size_is_told_as_a_saved_image(tmp_path):
    """With what its metadata says, and no attempt."""
    path, data = tmp_path / "a.png", picture(tmp_path / "raw.png").read_bytes()
    description = {"prompt": "a kite", "provider": "modelscope", "model": "m", "seed": 7}
    saved = save_picture(data, path, description=description, label=None)
    found = existing_picture(path, {(8, 8), (96, 64)}, never, index=3)

    assert found == dict.fromkeys(IMAGE_KEYS) | description | {
        "index": 3,
        "status": "saved",
        "path": str(path),
        "width": 96,
        "height": 64,
        "sha256": saved.sha256,
        "attempts": 0,
    }
    assert list(IMAGE_KEYS) == list(found)


@pytest.mark.parametrize(("asked", "is_right"), [({(8, 8), (512, 512)}, True), ({(8, 8)}, False), (set(), False)])
def test_a_picture_that_was_delivered_for_this_size_is_right(tmp_path, asked, is_right):
    """The provider drew another one, and would again."""
    path = picture(tmp_path / "a.png")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    found = existing_picture(path, {(512, 512)}, lambda known: asked if known == sha256 else {(512, 512)}, index=0)

    assert is_right == (found is not None)


@pytest.mark.parametrize("data", [None, b"", b"no picture"])
def test_what_is_missing_or_broken_is_not_there(tmp_path, data):
    """It is made."""
    path = tmp_path / "a.png"
    if data is not None:
        path.write_bytes(data)

    assert existing_picture(path, {(96, 64)}, never, index=0) is None
