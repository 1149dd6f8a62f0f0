"""Web pages as content: what a reader sees of them comes out block by block, and knows its place."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import test_cli
from tools.content.reading import read
from tools.content.web_page import is_web_page

peitu = test_cli.peitu

PAGES = Path(__file__).parent / "pages"
WECHAT = (PAGES / "wechat.html").read_text(encoding="utf-8")
BLOG = (PAGES / "blog.html").read_text(encoding="utf-8")


def test_a_wechat_article_is_read():
    """Its text is hidden until a script has run, its title stands elsewhere, and much around it is not for readers."""
    reading = read(WECHAT)

    assert ("老街茶馆的清晨", "zh") == (reading.title, reading.language)
    assert ("老街茶馆的清晨", "一、第一壶水", "二、价目") == reading.headings
    assert [
        ("老街茶馆的清晨", "天还没亮，老周已经把铜壶放上煤炉。"),
        ("老街茶馆的清晨", "蒸汽慢慢爬上木窗，街上只有一盏路灯。"),
        ("一、第一壶水", "老人们挎着鸟笼进门，坐在靠河的竹椅上，“早啊” 地打招呼。"),
        ("一、第一壶水", "盖碗里的茶叶慢慢舒开 & 沉下去。"),
        ("一、第一壶水", "水要滚三滚，茶才肯醒。"),
        ("二、价目", "茶, 价钱; 茉莉花茶, 八元; 老鹰茶, 五元"),
        ("二、价目", "门口的石阶长着青苔; 灶台上挂着一排铜壶"),
    ] == [(passage.heading, passage.text) for passage in reading.passages]


def test_a_blog_page_is_read():
    """Menus, code, hidden things and the names of pictures go; signs that mean something to Markdown stay."""
    reading = read(BLOG)

    assert ("The keeper’s last winter", "en") == (reading.title, reading.language)
    assert ("The keeper’s last winter", "A storm at five o’clock") == reading.headings
    assert [
        "The keeper climbs the spiral stairs with a brass lamp. Snow lies on the rail, and gulls sleep in the gallery.",
        "The tower seen from the pier",
        "A fishing boat fights the waves; 3 * 4 * 5 sailors <all of them wet> pull the ropes.",
        "The lamp turns.",
        "Tool, What for; Wick | oil, light; Bell, fog",
        "Trim the wick. Wind the clock.",
        "In spring the island is green, and a white goat stands on the path",
    ] == [passage.text for passage in reading.passages]


@pytest.mark.parametrize("page", [WECHAT, BLOG], ids=["wechat", "blog"])
def test_passages_of_a_page_know_their_place(page: str):
    """`start` and `end` point at the words in the source, among its tags."""
    places = [(passage.start, passage.end) for passage in read(page).passages]
    first, last = (page[start:end] for start, end in (places[0], places[-1]))

    assert sorted(places) == places
    assert all(start < end for start, end in places)
    assert (first[:4], last[-4:]) in {("天还没亮", "一排铜壶"), ("The ", "path")}


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("<p>One cat.</p><p>Two dogs.</p>", ["One cat.", "Two dogs."]),
        ("<div>A boat<div>A pier</div>A gull</div>", ["A boat", "A pier", "A gull"]),
        ("<p>红<b>灯</b>笼<br/>白墙</p>", ["红灯笼", "白墙"]),
        ("\n<section>茶</section>\n<section>水</section>\n", ["茶", "水"]),
        ("<table><tr><td><h2>Head</h2><p>In a layout.</p></td><td>Side</td></tr></table>", ["In a layout.", "Side"]),
        ("<p>A cat &amp; a dog &#8211; &lt;b&gt;both&lt;/b&gt;</p>", ["A cat & a dog – <b>both</b>"]),
        ("<html><body>Just words", ["Just words"]),
        (
            "<div><form><p>Inside a form</p><button>Send</button></form></div>",
            ["Inside a form"],
        ),
    ],
)
def test_blocks_are_split(content: str, texts: list[str]):
    """Every block is a passage of its own; words are joined across inline tags."""
    assert texts == [passage.text for passage in read(content).passages]


def test_menus_are_no_text():
    """Links alone lead elsewhere, and so does what a page calls the parts around its text."""
    page = """<div><a href=1>首页</a> | <a href=2>猫</a></div><div class="crumb">首页 - 狗</div>
        <p>老郑在灯下<a href=3>修表</a>。</p><p><a href=4>猫在<b>睡觉</b></a></p>
        <p class="share">分享：一条鱼</p><div id="footer"><p>关于我们</p></div>"""

    assert ["老郑在灯下修表。", "猫在睡觉"] == [passage.text for passage in read(page).passages]


@pytest.mark.parametrize(
    "content",
    [
        "# A title\n\nA <b>red</b> boat.<br>\n\n<p align='center'>A line</p>",
        '<p align="center"><img src="logo.png"></p>\n\n# A title\n\nA boat.\n\n<div>end</div>',
        "<h1>A title</h1>\n\n- a boat\n- a pier\n\n<p>end</p>",
        '<div align="center">\n\nA [link](https://a.example)\n\n</div>',
        "<b>Bold words</b>",
        "a < b and c > d",
        "<https://a.example>",
        "Use the <p> tag",
        "",
    ],
)
def test_markdown_with_some_html_is_markdown(content: str):
    """A reader of Markdown knows what to do with it."""
    assert not is_web_page(content)


def test_a_long_paragraph_of_a_page_becomes_several_passages():
    """As one of Markdown does; all of them are where the paragraph is."""
    text = "The keeper climbs the stairs. " * 40
    content = f"<div>menu</div><p>{text}</p><p>End.</p>"
    passages = read(content).passages

    assert len(passages) > 4
    assert {(18, 18 + len(text) - 1)} == {(passage.start, passage.end) for passage in passages[1:-1]}


HOSTILE = {
    "comments": "<!--" * 50_000,
    "tags": "<a " * 60_000,
    "divs": "<div>" * 200_000 + "x",
    "closed divs": "<div>" * 60_000 + "x" + "</div>" * 60_000,
    "styles": "<p>" + "<style>" * 20_000 + "</script>",
    "tables": "<table>" * 20_000 + "x",
    "cells": "<table>" + "<tr><td>a<td>b" * 10_000,
    "bold": "<b>" * 60_000 + "x",
    "paragraphs": "<p>a" * 40_000,
    "spaces": "<p>" + "a" + " " * 200_000 + "b",
    "runs": "<p>" + ("a" + " " * 400) * 500,
    "entities": "<p>" + "&amp;" * 40_000,
    "unclosed": "<p>" + "<script>" * 20_000,
    "hidden": "<div hidden>" * 20_000 + "x",
    "surrogates": "<p>\ud800a",
    "letters": "<p>" + "a" * 200_000,
    "quotes": '<p title="' * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_is_read(name: str):
    """Nothing crashes or takes quadratic time."""
    content = "<html>" + HOSTILE[name]
    start = time.process_time()
    reading = read(content)

    assert reading.title
    assert time.process_time() - start < 5
    for passage in reading.passages[:50]:
        assert 0 <= passage.start <= passage.end <= len(content)


MARKS = (
    "<p> </p> <div> </div> <br> <h1> </h1> <li> <table> <tr> <td> </table> <b> </b> <script> </script> &amp; a 灯 # * |"
)
PIECES = st.sampled_from([*MARKS.split(), " ", "\n"])


@given(st.lists(PIECES, max_size=40).map("".join))
@settings(deadline=None, max_examples=150)
def test_any_page_is_read(content: str):
    """Whatever the tags, there is a title, and every place is inside of the content."""
    content = f"<html>{content}"
    reading = read(content)

    assert reading.title
    for passage in reading.passages:
        assert 0 <= passage.start <= passage.end <= len(content)


def test_the_programs_of_a_large_page_do_not_count(peitu, workplace):
    """A saved WeChat article is some megabytes of scripts around a few KB of words; a folder may hold it, too."""
    Path("pages").mkdir()
    Path("pages/tea.html").write_text(WECHAT.replace("</head>", f"<script>{'x = 1;' * 500_000}</script></head>"))

    assert 0 == peitu("run", "pages/tea.html", "--run-id", "tea", "--count", "1", "--size", "256x256")[0]
    assert 0 == peitu("batch", "pages", "--count", "1", "--provider", "sketch")[0]
    assert "老街茶馆的清晨" in peitu("show", "tea")[1]

    Path("long.html").write_text("<p>" + "words " * 500_000 + "</p>")
    code, _, err = peitu("run", "long.html")

    assert (2, "peitu: 'long.html' is larger than 1000 KB - split it into articles\n") == (code, err)


def test_the_parser_is_imported_for_pages_alone():
    """Whoever illustrates Markdown does not wait for it."""
    code = (
        "import sys; from tools.content.reading import read; read('# A <b>boat</b>');"
        " print('selectolax' in sys.modules); read('<p>a boat</p>'); print('selectolax' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "False\nTrue\n" == done.stdout
