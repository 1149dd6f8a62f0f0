"""The contact sheet of a run: every picture, its words in Chinese and English, and nothing written over."""

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from graph.commands.sheet import sheet
from tests.test_gallery import add_image, add_run, database, picture
from tools.errors import InputError
from tools.gallery.sheet import contact_sheet
from tools.gallery.sheet_page import SheetPage, arrange
from tools.pictures.fonts import chinese_font, lines_of, open_font
from tools.pictures.images import describe
from tools.sqlite.records import find_run

__all__ = ["database"]
RED, TEAL = (251, 238, 236), (102, 153, 153)


def near(color: tuple[int, ...], other: Any, *, by: int = 60) -> bool:
    """Tell whether two colors look much the same."""
    return all(abs(one - two) <= by for one, two in zip(color, other, strict=True))


def run_of(count: int, **columns: Any) -> dict[str, Any]:
    """Return a run of images without pictures, as the records give it."""
    image = {"status": "failed", "error": "refused", "path": None, "prompt": "雨巷", "width": None, "height": None}
    images = [{**image, "index": index} for index in range(count)]
    run = {"run_id": "a", "title": "a", "content": "a", "started_at": "2026-11-24", "options": {}, "plan": None}
    return {**run, "images": images, **columns}


def test_sheet_shows_every_picture(database, capsys):
    """A frame for each image of the plan: pictures where they are, the reason where they are not."""
    plan = [{"index": n, "subject": f"画面 {n}", "prompt": "p", "width_px": 96, "height_px": 64} for n in range(3)]
    add_run(database, "雨巷", plan=plan)
    add_image(database, "雨巷", 0, path=picture(Path("output/a/00.png")), width_px=96, height_px=64)
    add_image(database, "雨巷", 1, status="failed", error="提示词被拒绝")
    sheet("雨巷")
    printed = Path(capsys.readouterr().out.strip())
    grid = arrange(3, [(96, 64)])

    assert Path("output") == printed.parent.parent
    assert "sheet.jpg" == printed.name
    with Image.open(printed) as page:
        assert ("JPEG", grid.page_px) == (page.format, page.size)
        centers = [page.getpixel(((box[0] + box[2]) // 2, box[3] - 20)) for box in map(grid.box, range(3))]
    assert near(TEAL, centers[0])
    assert near(RED, centers[1], by=8)
    assert near((244, 245, 243), centers[2], by=8)


def test_words_differ_with_the_language(database):
    """A sheet of a Chinese run is not the one of an English run with the same pictures."""
    font = chinese_font()

    assert contact_sheet(run_of(1), font=font) != contact_sheet(run_of(1, content="雨巷"), font=font)


@pytest.mark.parametrize(
    ("title", "told"), [("a", "240 of 300 pictures, the first 4 here"), ("雨", "300 张，已生成 240 张，这里是前 4 张")]
)
def test_a_sheet_of_the_first_pictures_says_so(monkeypatch, title, told):
    """The head counts the pictures of the whole batch."""
    facts: list[str | None] = []
    monkeypatch.setattr(SheetPage, "draw_head", lambda _, title, told: facts.extend(told))
    contact_sheet(run_of(4, title=title, content="a", whole=(240, 300)), font=None)

    assert told in facts


@pytest.mark.parametrize(("provider", "expected"), [("sketch", None), ("dashscope", "a-sheet")])
def test_sheet_of_pictures_by_a_model_is_labelled(database, provider, expected):
    """The page is made of generated pictures, so it says the same of itself (GB 45438-2025)."""
    add_run(database, "a")
    add_image(database, "a", 0, path=picture(Path("output/a/00.png")), provider=provider)
    sheet("a", output=Path("s.jpg"))

    assert expected == describe(Path("s.jpg")).get("label", {}).get("ProduceID")


def test_sheet_is_no_picture_of_the_run(database):
    """It lies in the run's folder and changes nothing in the records; made again, it replaces itself."""
    add_run(database, "a")
    add_image(database, "a", 0, path=picture(Path("output/a/00.png")))
    before = find_run(Path("data/peitu.db"), "a")
    sheet("a")
    sheet("a")

    assert before == find_run(Path("data/peitu.db"), "a")
    assert {"00.png", "sheet.jpg"} == {path.name for path in Path("output/a").iterdir()}


def test_picture_that_is_called_sheet_is_kept(database):
    """A storyboard may name a picture so: the command says what to do instead of writing over it."""
    add_run(database, "a")
    add_image(database, "a", 0, path=picture(Path("output/a/sheet.jpg")))
    before = Path("output/a/sheet.jpg").read_bytes()

    with pytest.raises(InputError, match="--output"):
        sheet("a")
    assert before == Path("output/a/sheet.jpg").read_bytes()


def test_sheet_is_no_png(database):
    """It is JPG, so that its name may not promise another kind."""
    add_run(database, "a")
    with pytest.raises(InputError, match=r"end it in \.jpg"):
        sheet("a", output=Path("sheet.png"))


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.4])
def test_a_sheet_of_one_picture_has_room_for_the_run_id(ratio: float):
    """The facts above the picture fit, with an id as Peitu makes it."""
    width_px = arrange(1, [(round(1000 * ratio), 1000)]).page_px[0] - 144
    facts = "2026-11-24 · watercolor · 1 of 1 pictures · 20261124-093512-ab12cd"

    assert [facts] == lines_of(facts, open_font(chinese_font(), 24), width_px=width_px, most=1)


def test_unknown_run_is_told(database):
    """One line that says where the names are."""
    with pytest.raises(InputError, match="`peitu runs` lists them"):
        sheet("nobody")


def test_chinese_is_drawn_and_without_a_font_there_is_still_a_sheet():
    """The font of the package has Chinese; Pillow's own has not, and the sheet is made all the same."""
    font = open_font(chinese_font(), 24)

    assert bytes(font.getmask("配")) != bytes(font.getmask("图"))
    with Image.open(io.BytesIO(contact_sheet(run_of(2, title="雨巷"), font=None))) as page:
        assert arrange(2, []).page_px == page.size


@given(count=st.integers(0, 300), ratio=st.floats(0.1, 10))
def test_every_picture_has_a_place_of_its_own_on_the_page(count, ratio):
    """Frames lie inside the page, which stays within what a JPEG can hold, and none over another."""
    grid = arrange(count, [(round(1000 * ratio), 1000)] * count)
    boxes = [grid.box(position) for position in range(count)]

    assert max(grid.page_px) < 65_500
    assert len(boxes) == len(set(boxes))
    for left, top, right, bottom in boxes:
        assert 0 < left < right < grid.page_px[0]
        assert 0 < top < bottom < grid.page_px[1]


@given(
    text=st.text(st.sampled_from("ab 中文，。… ") | st.characters(max_codepoint=0x9FFF), max_size=80),
    most=st.integers(1, 4),
)
def test_lines_fit_and_lose_nothing_but_what_is_cut(text, most):
    """No line is wider than asked; where all fit, nothing is lost but spaces; a closing sign begins no line."""
    font = open_font(None, 20)
    lines = lines_of(text, font, width_px=200, most=most)

    assert len(lines) <= most
    assert all(font.getlength(line) <= 200 for line in lines)
    if not any(line.endswith("…") for line in lines):
        assert "".join(text.split()) == "".join("".join(lines).split())
    assert not any(line.startswith(("，", "。")) for line in lines[1:])
