"""The visible label: AI生成 in the corner of what a model made, legible on anything."""

import math
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from graph.wiring import open_workflow
from tests.sandbox import Sandbox
from tests.sandbox.pictures import encode
from tests.sandbox.pictures import picture as made
from tools.modelscope import generate_image
from tools.pictures.images import save_picture
from tools.pictures.labels import aigc_label
from tools.pictures.visible_label import draw_visible_label

LABEL = aigc_label("run-0", content_producer="peitu")
SIZES = [(1024, 1024), (1440, 720), (300, 900)]


@pytest.fixture
def labelling(sandbox: Sandbox, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place where everything is configured, and the visible label is wanted."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PEITU_IMAGES__MODELSCOPE__FIRST_POLL_S", "0.05")
    monkeypatch.setenv("PEITU_LABELS__VISIBLE", "true")


def labelled(size: tuple[int, int], color: str = "gray", mode: str = "RGB") -> Image.Image:
    picture = Image.new(mode, size, color)
    draw_visible_label(picture)
    return picture


def words_of(picture: Image.Image) -> Image.Image:
    """Return where the words are: what is nearly white."""
    return picture.convert("L").point(lambda value: 255 if value > 230 else 0)


def is_labelled(path: str | Path) -> bool:
    """Tell whether there are white words on a ground as dark as the label's in the lower right corner."""
    with Image.open(path) as picture:
        edge = min(picture.size)
        corner = picture.convert("L").crop((picture.width - edge // 4, picture.height - edge // 9, *picture.size))
    shades, pixels = corner.histogram(), corner.width * corner.height
    return sum(shades[245:]) > 0.03 * pixels and sum(shades[:130]) > 0.25 * pixels


@pytest.mark.parametrize("size", SIZES)
def test_every_character_is_a_twentieth_of_the_shorter_side_high(size):
    """The capitals are the lowest of them, and the first."""
    left, top, right, bottom = words_of(labelled(size)).getbbox()
    first = words_of(labelled(size)).crop((left, top, left + (right - left) // 5, bottom)).getbbox()

    assert first[3] - first[1] >= math.floor(min(size) * 0.05)


@pytest.mark.parametrize("size", SIZES)
def test_it_stands_in_the_lower_right_corner_whole(size):
    """It covers little of the picture, and nothing of it is cut off."""
    left, top, right, bottom = ImageChops.difference(labelled(size), Image.new("RGB", size, "gray")).getbbox()

    assert top >= size[1] - math.ceil(0.13 * min(size))
    assert left >= size[0] - math.ceil(0.3 * min(size))
    assert right < size[0]
    assert bottom < size[1]


@pytest.mark.parametrize(("color", "mode"), [("white", "RGB"), ("black", "RGB"), ("yellow", "RGB"), ("white", "L")])
def test_it_is_legible_on_any_ground(color, mode):
    """White against what is around it has a contrast of at least 3 to 1, as WCAG 2.1 asks of large text."""
    picture = labelled((512, 512), color, mode).convert("L")
    words = words_of(picture).crop((400, 470, 500, 506)).getbbox()
    assert words is not None
    ground = picture.crop((400, 470, 500, 506)).getpixel((words[0] - 2, words[1]))
    light = ((ground / 255 + 0.055) / 1.055) ** 2.4

    assert 1.05 / (light + 0.05) >= 3


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"label": LABEL, "visible_label": True}, True),
        ({"label": LABEL, "visible_label": False}, False),
        ({"label": LABEL}, False),
        ({"label": None, "visible_label": True}, False),
    ],
)
def test_only_a_labelled_picture_gets_it_and_only_when_wanted(tmp_path, options, expected):
    """A sketch is made by no model and has no label."""
    save_picture(made(512, 512, "a kite"), tmp_path / "a.jpg", description={}, **options)

    assert expected == is_labelled(tmp_path / "a.jpg")


def test_a_blank_picture_stays_blank(tmp_path):
    """Else it would count as a good one when it is read again."""
    blank = encode(Image.new("RGB", (512, 512), "gray"), "PNG")

    assert save_picture(blank, tmp_path / "a.jpg", description={}, label=LABEL, visible_label=True).blank
    assert not is_labelled(tmp_path / "a.jpg")


@pytest.mark.parametrize(("provider", "expected"), [("modelscope", True), ("sketch", False)])
async def test_the_setting_labels_the_pictures_of_models(labelling: None, provider, expected):
    """In the workflow."""
    async with open_workflow() as workflow:
        asked = {"content": "a kite", "count": 1, "provider": provider}
        state = await workflow.ainvoke(asked, {"configurable": {"thread_id": "kite"}})

    assert expected == is_labelled(state["images"][0]["path"])


def test_the_setting_labels_what_the_seeds_functions_make(labelling: None):
    """They read the same settings."""
    assert generate_image("a kite", "a.jpg")
    assert is_labelled("a.jpg")
