"""Traditional Chinese is read like Simplified: the same topic, the same scenes, the same icons."""

import re
from pathlib import Path

import pytest
from opencc import OpenCC

from nodes.first_look import first_look
from tests.conftest import ROOT
from tools.content.matching import match_topic
from tools.content.reading import read
from tools.content.words import picturable
from tools.simplified import simplified

EARLY_RISING = (ROOT / "examples" / "early-rising.zh.md").read_text(encoding="utf-8")


def traditional(text: str) -> str:
    return OpenCC("s2tw").convert(text)


def test_an_article_in_traditional_characters_gets_the_same_scenes() -> None:
    article = traditional(EARLY_RISING)
    assert article != EARLY_RISING

    reading, analysis = first_look(article)
    _, same = first_look(EARLY_RISING)

    assert (analysis["topic"], analysis["mood"]) == (same["topic"], same["mood"])
    assert [scene["subject"] for scene in analysis["scenes"]] == [scene["subject"] for scene in same["scenes"]]
    assert analysis["keywords"] == same["keywords"]
    # What stands in the article is shown as it stands there.
    assert analysis["title"] == traditional(same["title"]) != same["title"]
    for scene in analysis["scenes"]:
        assert scene["excerpt"] in reading.text
        assert scene["excerpt"][:4] in article[scene["start"] : scene["end"]]


@pytest.mark.parametrize(
    "notice",
    [
        "歡迎關注我們的公眾號，點贊並轉發給更多朋友。",
        "記得按讚、留言、分享！",
        "歡迎追蹤我們的粉絲專頁。",
        "聯絡電話：0912-345-678",
    ],
)
def test_notices_in_traditional_characters_are_no_scenes(notice: str) -> None:
    story = "老漁夫在燈塔下補漁網，海鷗圍著他飛。"

    reading = read(f"{story}\n\n{notice}\n")

    assert [passage.text for passage in reading.passages] == [story]


def test_own_topics_may_have_traditional_keywords(tmp_path: Path) -> None:
    topic = (ROOT / "nodes" / "templates" / "pets.yaml").read_text(encoding="utf-8").replace("id: pets", "id: reptiles")
    topic = re.sub(r"(?m)^keywords:\n(?:  .*\n)*", 'keywords: {zh: ["烏龜"], en: [tortoise]}\n', topic)
    (tmp_path / "reptiles.yaml").write_text(topic, encoding="utf-8")

    assert match_topic("烏龜慢慢爬", own=tmp_path).id == "reptiles"


def test_a_vague_subject_in_traditional_characters_shows_things() -> None:
    assert picturable("飛機飛過雪山和燈塔", "zh") == picturable("飞机飞过雪山和灯塔", "zh") != []


@pytest.mark.parametrize(
    "text", ["電車が駅に着く", "東京タワー", "A kite", "", "乾坤", "瞭望台", "土著居民编著的名著", "🙂 猫"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert simplified(text) == text


def test_a_borrowed_kana_makes_no_text_japanese() -> None:
    assert simplified("老街的紅豆の家門口，貓頭鷹坐在屋頂上") == "老街的红豆の家门口，猫头鹰坐在屋顶上"


def test_all_words_that_we_know_are_simplified() -> None:
    lists = [*(ROOT / "tools").rglob("*.txt"), *(ROOT / "nodes" / "templates").rglob("*.yaml")]
    assert lists
    for path in lists:
        text = path.read_text(encoding="utf-8")
        assert OpenCC("t2s").convert(text) == text, path


def test_places_do_not_move() -> None:
    every = "".join(map(chr, [*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000)]))

    assert len(simplified(every)) == len(every)


def test_rare_characters_stay():
    """蟳 is written so in Simplified texts, too: its own Simplified form is in no font."""
    assert "坐公交去蟳埔村看土著" == simplified("坐公交去蟳埔村看土著")
    assert "蟳埔的妇女看着渔船" == simplified("蟳埔的婦女看著漁船")
