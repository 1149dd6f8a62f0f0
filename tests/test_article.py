"""The article of a run with its pictures in it: each below the part that it shows, and no word changed."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.commands.article import article
from nodes.first_look import first_look
from tests.test_gallery import add_image, add_run, database, insert, picture
from tests.test_web_page import WECHAT
from tools.content.illustrated import PlacedPicture, illustrated
from tools.content.reading import read
from tools.content.told import teller
from tools.errors import InputError

__all__ = ["database"]
TEXT = """\
---
title: Tea
---
# Tea

The kettle sings. A cat
sleeps beside it.
## Cups

- a white cup
- a red cup

| Leaf | Water |
|------|-------|
| green | 80 |

> Old words
> about tea.
The end."""


def after(content: str, words: str, *more: str) -> str:
    """Return the content with a picture for each of these words, which are its last ones."""
    places = [(content.index(each) + len(each), each) for each in (words, *more)]
    return illustrated(content, [PlacedPicture(end, f"[{each}]", f"{n}.jpg") for n, (end, each) in enumerate(places)])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("sings.", "sleeps beside it.\n\n![\\[sings.\\]](0.jpg)\n\n## Cups"),
        ("white cup", "- a red cup\n\n![\\[white cup\\]](0.jpg)\n\n| Leaf"),
        ("green", "| green | 80 |\n\n![\\[green\\]](0.jpg)\n\n> Old"),
        ("words", "The end.\n\n![\\[words\\]](0.jpg)\n"),
    ],
)
def test_a_picture_stands_below_the_block_that_it_shows(words, expected):
    """Paragraphs, lists, tables and quotations stay whole; brackets in its words do not end them."""
    assert expected in after(TEXT, words)


def test_pictures_of_one_block_stand_in_their_order():
    """Each is an image of its own."""
    assert "beside it.\n\n![\\[sings.\\]](0.jpg)\n\n![\\[A cat\\]](1.jpg)\n\n## Cups" in after(TEXT, "sings.", "A cat")


def test_a_long_text_without_blank_lines_gets_them_between_its_lines():
    """Each line of such a text is a paragraph; the pictures do not all go to its end."""
    lines = [f"{n}、那年冬天，邮差在雪地里走了很久，背着一只旧皮包，里面有一封信。" for n in range(40)]
    found = after("\n".join(lines), lines[7])

    assert f"{lines[7]}\n\n![\\[{lines[7]}\\]](0.jpg)\n\n{lines[8]}\n{lines[9]}" in found


LINES = [
    "雨停了，巷口卖豆腐的老人推着车走过来，车轮压过水洼，溅起一小片亮光。",
    "我站在屋檐下等他，手里攥着两个硬币，想起外婆总说豆腐要趁热吃。",
    '他掀开白布，热气一下子冒上来，"今天的嫩，"他说，"给你切一大块。"',
    "回家的路上遇见邻居家的黄狗，它跟着我走了半条街，一直摇着尾巴（大概是闻到了香味）。",
    "晚上外婆把豆腐切成小块，和葱花一起煎得两面金黄，整个院子都是香气。",
]


@pytest.mark.parametrize("title", ["卖豆腐的老人\n\n", "卖豆腐的老人\n", "", "# 卖豆腐的老人\n\n"])
def test_a_short_text_without_blank_lines_gets_them_between_its_lines_too(title):
    """Most of what is copied from a word processor or a chat has a paragraph in each line."""
    content = title + "\n".join(LINES)
    found = after(content, LINES[1])

    assert f"{LINES[1]}\n\n![\\[{LINES[1]}\\]](0.jpg)\n\n{LINES[2]}\n{LINES[3]}" in found


def test_headings_between_such_lines_are_no_hindrance():
    """They end no sentence, but are short."""
    content = "\n".join(["一、雨后", *LINES[:3], "二、回家", *LINES[3:]])

    assert f"{LINES[2]}\n\n![\\[{LINES[2]}\\]](0.jpg)\n\n二、回家\n{LINES[3]}" in after(content, LINES[2])


@pytest.mark.parametrize(
    "paragraph",
    [
        "\n".join(LINES).replace("两面金黄，", "两面金黄，\n"),  # wrapped inside of a sentence
        "\n".join(line[:12] for line in LINES * 5),  # verse
    ],
)
def test_a_paragraph_whose_lines_do_not_end_sentences_stays_whole(paragraph):
    """Its line breaks are those of an editor, or of a poem."""
    assert after(paragraph, LINES[1][:12]).startswith(f"{paragraph}\n\n![")


def test_a_paragraph_of_an_article_with_others_stays_whole():
    """Some authors write each sentence into a line of its own."""
    first, second = "\n".join(LINES), "\n".join(reversed(LINES))

    assert f"{first}\n\n![\\[{LINES[1]}\\]](0.jpg)\n\n{second}" in after(f"{first}\n\n{second}", LINES[1])


def test_the_lines_end_as_those_of_the_article():
    """An article written on Windows stays one."""
    words = ("sings.", "white cup", "The end.")

    assert after(TEXT, *words).replace("\n", "\r\n") == after(TEXT.replace("\n", "\r\n"), *words)


def test_a_picture_at_the_end_stands_one_empty_line_below_the_text():
    """A newline at the end of the text stays at the end."""
    assert "```\ncode\n```\n\n![](0.jpg)\n" == illustrated("```\ncode\n```\n", [PlacedPicture(13, "", "0.jpg")])


def test_a_web_page_becomes_markdown():
    """Its menus and scripts are left out, and the picture stands below its paragraph."""
    passage = next(one for one in read(WECHAT).passages if "鸟笼" in one.text)
    found = illustrated(WECHAT, [PlacedPicture(passage.end, "鸟笼", "0.jpg")])

    assert found.startswith("# 老街茶馆的清晨\n\n")
    assert re.search(r"打招呼。\n\n!\[鸟笼\]\(0\.jpg\)\n\n盖碗", found)
    assert "<" not in found


@given(
    st.text(st.sampled_from("ab 中。\n\r-#>|`*<1."), max_size=200),
    st.lists(st.integers(0, 250), min_size=1, max_size=4),
)
def test_no_word_is_changed(content, ends):
    """Without the pictures and blank lines it is the content."""
    found = illustrated(content, [PlacedPicture(end, "words", f"{n}.jpg") for n, end in enumerate(ends)])
    kept = [line.rstrip() for line in found.splitlines() if line.strip() and not line.startswith("![words](")]

    assert len(ends) == found.count("![words](")
    assert [line.rstrip() for line in content.splitlines() if line.strip()] == kept


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("午後我們在茶樓的窗邊坐下，點了一壺凍頂烏龍。", "午後我們在茶樓的窗邊坐下"),
        ("桥边有一只**白鹭**停在“我的”船头。", "桥边有一只白鹭停在“我的”船头"),
        (
            "But I walked under the plane trees with my umbrella.",
            "But I walked under the plane trees with my umbrella",
        ),
        ("月光落在井台上\n我提着一盏灯\n\n霜爬上了窗\n鐘聲從山裡來", "月光落在井台上，我提着一盏灯"),
    ],
)
def test_the_alternative_text_is_in_the_authors_own_words(content, words):
    """The subject that a service gets may be in the third person, without quotes, or in Simplified characters."""
    scene = first_look(content)[1]["scenes"][0]

    assert scene["subject"] != words
    assert words == teller(content)(scene["subject"], scene["end"]).words


def test_the_words_of_a_language_model_stay_as_they_are():
    """It describes the picture itself."""
    assert teller("A cat sleeps.")("a tabby on a windowsill", 13) is None
    assert teller("A cat sleeps.")("A cat sleeps", 5) is None


def test_a_picture_stands_below_its_own_line(database, capsys):
    """Where each line is a paragraph, several may be one passage."""
    content = "\n".join(LINES)
    subject = "一个人站在屋檐下等他，手里攥着两个硬币，想起外婆总说豆腐要趁热吃"
    end = read(content).passages[0].end
    add_run(database, "tofu", content=content, plan=[{"index": 0, "subject": subject, "end": end, "prompt": "p"}])
    add_image(database, "tofu", 0, path=picture(Path("output/tofu/00.png")))
    article("tofu")
    found = Path(capsys.readouterr().out.strip()).read_text(encoding="utf-8")

    assert f"{LINES[1]}\n\n![{LINES[1][:-1]}](00.png)\n\n{LINES[2]}" in found


@pytest.fixture
def run(database: Any) -> Any:
    """A run of two pictures, and their place in its content."""
    content = "The kettle sings.\n\nA cat sleeps."
    plan = [
        {"index": 0, "subject": "a kettle", "end": 17, "prompt": "p"},
        {"index": 1, "subject": "a cat", "end": len(content), "prompt": "p"},
    ]
    add_run(database, "tea", content=content, plan=plan, requested=2, title="Tea")
    return database


def test_the_links_lead_to_the_pictures(run, capsys):
    """They are relative to the file, so that both can move together."""
    for index in (0, 1):
        add_image(run, "tea", index, path=picture(Path(f"output/my tea/0{index}.png")))
    article("tea")
    path = Path(capsys.readouterr().out.strip())
    found = path.read_text(encoding="utf-8")
    links = re.findall(r"!\[(.+?)\]\((.+?)\)", found)

    assert Path("output/tea/article.md") == path
    assert ["a kettle", "a cat"] == [words for words, _ in links]
    assert all((path.parent / unquote(link)).is_file() for _, link in links)


def test_the_article_of_a_run_stands_beside_its_pictures(run, capsys):
    """Wherever `--output-dir` has put them, so that the folder can be sent or moved as it is."""
    for index in (0, 1):
        add_image(run, "tea", index, path=picture(Path(f"blog/tea/0{index}.png")))
    article("tea")

    assert "blog/tea/article.md" == Path(capsys.readouterr().out.strip()).as_posix()
    assert "![a kettle](00.png)" in Path("blog/tea/article.md").read_text(encoding="utf-8")


def test_an_uploaded_picture_is_linked_at_its_address(run):
    """It can be pasted anywhere."""
    add_image(run, "tea", 0, path=picture(Path("output/tea/00.png")), url="https://bucket.example/a.jpg")
    article("tea", output=Path("tea.md"))

    assert "![a kettle](https://bucket.example/a.jpg)" in Path("tea.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("shown", "is_relative"),
    [
        ("![old](img/old.png)", True),
        ('![old](<../a b.png> "title")', True),
        ('<p><img width="9" src="old.png"></p>', True),
        ("![old](https://blog.example/old.png)", False),
        ("![old](/img/old.png)", False),
        ("![old](data:image/png;base64,AA==)", False),
        ("<img src='https://blog.example/old.png'>", False),
        ("[old](img/old.png)", False),
    ],
)
def test_pictures_of_its_own_by_relative_paths_are_told(database, capsys, shown, is_relative):
    """They lead nowhere, or to other pictures, where the new file stands; beside the article they are right."""
    content = f"The kettle sings.\n\n{shown}"
    add_run(database, "tea", content=content, plan=[{"index": 0, "subject": "a", "end": 17, "prompt": "p"}])
    add_image(database, "tea", 0, path=picture(Path("output/tea/00.png")))
    article("tea")
    told = (
        f"{Path('output/tea/article.md')} shows pictures by relative paths that are not there"
        " - write it beside them: --output FILE"
    )

    assert is_relative == (told in capsys.readouterr().err)
    article("tea", output=Path("new.md"))
    assert "" == capsys.readouterr().err


def test_a_missing_picture_is_told(run, capsys):
    """With the command that makes it; the others are there."""
    add_image(run, "tea", 0, path=picture(Path("output/tea/00.png")))
    add_image(run, "tea", 1, status="failed", error="refused")
    article("tea")
    told = capsys.readouterr()

    assert "1 of 2 pictures missing - continue with: peitu resume tea" in told.err
    assert 1 == Path(told.out.strip()).read_text(encoding="utf-8").count("![")


def test_a_file_that_is_there_is_kept(run):
    """The user's own article may have that name."""
    add_image(run, "tea", 0, path=picture(Path("output/tea/00.png")))
    Path("tea.md").write_text("mine", encoding="utf-8")

    with pytest.raises(InputError, match="is there already - name another file with --output"):
        article("tea", output=Path("tea.md"))
    assert "mine" == Path("tea.md").read_text(encoding="utf-8")


def test_an_article_that_was_changed_since_is_kept(run, capsys):
    """Somebody may have worked on it; one that is the same is not kept twice."""
    add_image(run, "tea", 0, path=picture(Path("output/tea/00.png")))
    written = Path("output/tea/article.md")
    for words in ("mine", "also mine"):
        article("tea")
        article("tea")
        written.write_text(words, encoding="utf-8")
    capsys.readouterr()
    article("tea")

    assert ["also mine", "mine"] == [Path(f"output/tea/article-{n}.md").read_text(encoding="utf-8") for n in (2, 1)]
    assert not Path("output/tea/article-3.md").exists()
    assert "the earlier one is kept as output/tea/article-2.md" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "told"), [("tee", "There is no run or batch 'tee'"), ("tea", "Run 'tea' has no pictures yet")]
)
def test_what_cannot_be_written_is_told(run, name, told):
    """With what to do."""
    with pytest.raises(InputError, match=told):
        article(name)


def add_batch(connection: Any, *segments: dict[str, Any]) -> None:
    """Add the batch `b` with these segments, each with what was asked for it and its number of pictures."""
    insert(connection, "batches", batch_id="b", source="x", options="{}", requested=len(segments), started_at="2026")
    for number, segment in enumerate(segments):
        row = {"segment_id": str(number), "run_id": f"b-{number}", "first_index": number, "status": "finished"}
        asked = json.dumps({name: segment[name] for name in ("content", "filename")})
        insert(connection, "segments", batch_id="b", number=number, asked=asked, requested=segment["count"], **row)


TEA = "The kettle sings.\n\nA cat sleeps."
PLAN = [
    {"index": 0, "subject": "a kettle", "start": 0, "end": 17},
    {"index": 1, "subject": "a cat", "start": 19, "end": len(TEA)},
]


def test_each_article_of_a_folder_goes_beside_its_pictures(database, capsys):
    """One that has no picture yet is told, and nothing is written for it."""
    articles = [{"content": TEA, "filename": f"{name}/", "count": 2} for name in ("tea", "cup", "pot")]
    add_batch(database, *articles)
    for number, name in enumerate(("tea", "cup")):
        add_run(database, f"b-{number}", content=TEA, plan=PLAN, requested=2)
        for index in (0, 1):
            add_image(database, f"b-{number}", index, path=picture(Path(f"pictures/{name}/0{index}.png")))
    article("b")
    told = capsys.readouterr()

    assert ["pictures/tea/article.md", "pictures/cup/article.md"] == told.out.split()
    expected = "The kettle sings.\n\n![a kettle](00.png)\n\nA cat sleeps.\n\n![a cat](01.png)\n"
    assert [expected] * 2 == [Path(path).read_text(encoding="utf-8") for path in told.out.split()]
    assert "2 of 6 pictures missing - continue with: peitu resume b" in told.err


def test_the_segments_of_a_storyboard_become_one_text(database, capsys):
    """In their order, also those without a picture."""
    texts = ("A cup.\n", "A spoon.", "A plate.")
    add_batch(database, *({"content": text, "filename": f"{n}.jpg", "count": 1} for n, text in enumerate(texts)))
    for number in (2, 0):
        add_run(database, f"b-{number}", content=texts[number], title=texts[number].strip(), requested=1)
        add_image(
            database, f"b-{number}", 0, path=picture(Path(f"output/{number}.png"), color=("red", "", "blue")[number])
        )
    article("b")
    path = Path(capsys.readouterr().out.strip())

    assert Path("output/b/article.md") == path
    expected = "A cup.\n\n![A cup.](../0.png)\n\nA spoon.\n\nA plate.\n\n![A plate.](../2.png)\n"
    assert expected == path.read_text(encoding="utf-8")


def test_pictures_that_existed_stand_where_their_maker_planned_them(database, capsys):
    """A batch that skipped them has no plan of its own; a changed text has no place for them but its end."""
    changed = "Another beginning.\n\nAnother end."
    add_batch(
        database,
        {"content": TEA, "filename": "tea/", "count": 1},
        {"content": changed, "filename": "cup/", "count": 1},
    )
    kettle = picture(Path("output/tea/00.png"))
    add_run(database, "earlier", content=TEA, plan=PLAN, requested=2)
    add_image(database, "earlier", 0, path=kettle)
    for number in (0, 1):
        add_image(database, f"b-{number}", 0, path=kettle, attempts=0)
    article("b", output=Path("all.md"))

    found = Path("all.md").read_text(encoding="utf-8")
    assert found.startswith("The kettle sings.\n\n![a kettle](output/tea/00.png)\n\nA cat sleeps.\n\nAnother")
    assert found.endswith("Another end.\n\n![](output/tea/00.png)\n")


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        ("# Tea\n\nThe kettle sings.\n\nA cat.\n", "The kettle sings.\n\n![a kettle](00.png)\n\nA cat.\n"),
        ("The kettle sings!\n\nA cat sleeps.\n", "The kettle sings!\n\n![a kettle](00.png)\n\nA cat sleeps.\n"),
        ("A cat sleeps.\n\nThe kettle sang.", "A cat sleeps.\n\nThe kettle sang.\n\n![a kettle](00.png)\n"),
    ],
)
def test_pictures_that_existed_follow_their_passage_through_an_edited_article(database, edited, expected):
    """A corrected word, or a paragraph more, does not send every picture to the end."""
    add_batch(database, {"content": edited, "filename": "tea/", "count": 1})
    kettle = picture(Path("output/tea/00.png"))
    add_run(database, "earlier", content=TEA, plan=PLAN, requested=2)
    add_image(database, "earlier", 0, path=kettle)
    add_image(database, "b-0", 0, path=kettle, attempts=0)
    article("b")

    assert Path("output/tea/article.md").read_text(encoding="utf-8").endswith(expected)


def test_a_picture_that_was_redone_since_keeps_its_place(database):
    """The old file is still the one that a later batch finds."""
    add_batch(database, {"content": TEA, "filename": "tea/", "count": 1})
    old, new = picture(Path("output/tea/00.png")), picture(Path("output/tea/00-v2.png"), color="red")
    add_run(database, "earlier", content=TEA, plan=PLAN, requested=2)
    add_image(database, "earlier", 0, path=new)
    add_image(database, "b-0", 0, path=old, attempts=0)
    sha256 = hashlib.sha256(old.read_bytes()).hexdigest()
    insert(database, "versions", run_id="earlier", image_index=0, version=1, status="saved", sha256=sha256)
    article("b")

    assert "sings.\n\n![a kettle](00.png)\n" in Path("output/tea/article.md").read_text(encoding="utf-8")


def test_one_article_of_a_folder_goes_beside_its_pictures_also_when_they_were_skipped(database, capsys):
    """A skipped segment has no run of its own, but the gallery of its batch names it like the others."""
    add_batch(database, *({"content": TEA, "filename": f"{name}/", "count": 1} for name in ("tea", "cup")))
    add_run(database, "b-0", content=TEA, plan=PLAN, requested=1)
    for number, name in enumerate(("tea", "cup")):
        add_image(database, f"b-{number}", 0, path=picture(Path(f"output/{name}/00.png")), attempts=1 - number)
        article(f"b-{number}")

    assert ["output/tea/article.md", "output/cup/article.md"] == capsys.readouterr().out.split()


def test_a_batch_without_pictures_is_told(database):
    """With the command that makes them."""
    add_batch(database, {"content": TEA, "filename": "tea/", "count": 1})
    with pytest.raises(InputError, match="Batch 'b' has no pictures yet - make them with: peitu resume b"):
        article("b")
