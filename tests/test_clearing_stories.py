"""Clearing takes notices and private data only: a story that speaks of streets, telephones and calls stays whole."""

import time
from typing import Any

import pytest

from tests.test_prompt import plan
from tools.content.clearing import cleared
from tools.content.reading import read
from tools.content.subjects import subject_of


def squeezed(content: str) -> str:
    return " ".join(cleared(content).split())


@pytest.mark.parametrize(
    "story",
    [
        "南京路100号的老店，守了八十年的味道。",
        "宋庆龄故居在淮海中路1843号，院子里种着香樟。",
        "家里三号房间的灯亮着。",
        "电影院里3号厅坐满了孩子。",
        "高速公路2号收费站下着雪。",
        "道路3号桥上站着一只猫。",
        "她家院子里1号树屋挂着灯笼。",
        "城市的市区马路2号桥上有一只猫。",
        "My grandmother lived at 12 Elm Street, where roses grew.",
        "At 10 Downing Street a cat named Larry sleeps.",
        "The White House, 1600 Pennsylvania Avenue, was burned in 1814.",
        "In 1871 Michigan Avenue burned to the ground.",
        "By 1900 Fifth Avenue was lined with mansions.",
    ],
)
def test_a_street_in_a_story_stays(story: str):
    """An address is private where it is a contact, not where a story happens."""
    assert story == cleared(story)


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ("孩子们在浙江省杭州市文三路27号放风筝。", "孩子们在浙江省杭州市文三路 放风筝。"),
        ("孩子们在文三路27号3单元502室画画。", "孩子们在文三路 画画。"),
        ("翠苑3栋2单元502室的猫在睡觉。", "翠苑 的猫在睡觉。"),
        ("请把信寄到文三路27号，孩子们等着。", "请把信寄到文三路 ，孩子们等着。"),
        ("地址：北京路27号的小院里种着葡萄。", "小院里种着葡萄。"),
        ("Address: 12 Elm Street, Springfield, IL 62704. Children fly kites.", "Children fly kites."),
        ("Kites fly at 12 Elm Street, Springfield, IL 62704, every day.", "Kites fly at , every day."),
        ("Kites fly at 221 Baker Street, London, NW1 6XE in the wind.", "Kites fly at in the wind."),
        ("Kites fly at 12 Elm Street #5 today.", "Kites fly at today."),
    ],
)
def test_of_an_address_only_the_address_goes(content: str, kept: str):
    """No word before or after an address goes with it."""
    assert kept == squeezed(content)


@pytest.mark.parametrize(
    "story",
    [
        "电话1876年由贝尔发明。",
        "电话是1876年由贝尔发明的。",
        "手机2007年迎来了iPhone。",
        "微信2011年上线，孩子们围着屏幕。",
        "手机5G时代来了，老人学会了视频。",
        "热线12345的接线员戴着耳机。",
        "手机：20000元一台的样机摆在柜台。",
        "世界杯在1998 2002 2006 2010年点燃了街头。",
    ],
)
def test_a_thing_before_a_number_stays(story: str):
    """A telephone of 1876 is no telephone number."""
    assert story == cleared(story)


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ("老店的电话是021-63221234，每天早上六点营业。", "老店的电话是 ，每天早上六点营业。"),
        ("孩子们在画画。Tel 6322 1234", "孩子们在画画。"),
        ("Kites fly. Fax 6322 1234", "Kites fly."),
        ("孩子们在画画。传真 63221234", "孩子们在画画。"),
        ("孩子们在画画。☎ 6322 1234", "孩子们在画画。"),
        ("Kites fly. Her phone 6322 1234 rings.", "Kites fly. Her phone rings."),
        ("Kites fly on 6222 0212 3456 7890 123 ropes.", "Kites fly on ropes."),
        ("Kites fly with DE89 3704 0044 0532 0130 00 and wind.", "Kites fly with and wind."),
        ("Kites fly with GB29 NWBK 6016 1331 9268 19 and wind.", "Kites fly with and wind."),
        ("孩子们在画画。QQ群：123456789", "孩子们在画画。"),
        ("孩子们在画画。vx：abc_88", "孩子们在画画。"),
        ("孩子们在画画。V信：abc_88", "孩子们在画画。"),
        ("Kites fly. Call me at (555) 123-4567 or write to ann@example.com.", "Kites fly."),
        ("孩子们在画画，请拨打电话13800138000。", "孩子们在画画， 。"),
    ],
)
def test_of_a_number_only_the_number_goes(content: str, kept: str):
    """The clause stays, unless it does nothing but tell the number."""
    assert kept == squeezed(content)


def test_a_title_begins_with_a_word():
    """What is cleared at the beginning leaves no comma in front of the title."""
    assert "孩子们在岸边放风筝" == read("电话：021-63221234，孩子们在岸边放风筝。").title


@pytest.mark.parametrize(
    "story",
    [
        "她在菜市场扫码付款，提着一篮青菜回家。",
        "老人学会了扫码乘车，笑着坐在窗边。",
        "欢迎大家在树下留言，把心愿挂在枝头。",
        "孩子们点个赞就能换一张书签。",
        "大家好，我是一只流浪猫，住在桥洞里。",
        "长按门铃，二维码亮了。",
        "她把老照片转发给朋友。",
        "未经允许，孩子们溜进了花园。",
        "机器人扫描墙上的二维码，门开了。",
        '"Call the number 555-1234," says the detective in the novel.',
        '"Subscribe now!" shouted the newsboy on the corner.',
        "老人说：“扫码关注我吧！”孩子们都笑了。",
        "Subscribe and a newspaper lands on the porch every morning.",
        "Share this bread with the ducks.",
        "Sign up for the marathon and run along the river.",
        "Follow us through the forest.",
        "Follow us on the path to the lake.",
        "Reach the summit at 3000 3500 m before noon.",
        "Call the number 555-1234 and a parrot answers.",
        "He read the terms of service aloud to his parrot.",
        "By Lake Geneva, the swans sleep at noon.",
        "The children accept cookies from their grandmother.",
        "她在评论区留言说想看海。",
        "分享到朋友圈的照片里，雪山很白。",
        "银河里有100000000000颗星星。",
        "Subscribe to the theory that cats rule the world.",
        "We use cookies to lure the dog home.",
        "Leave a comment in the book under the tree.",
        "往期节目里，老人在桥上拉琴。",
        "当前位置是一座灯塔。",
        "Jump to the other bank, said the frog.",
        "Published in 1925, the novel shows a green light across the bay.",
        "Next post office to the left, a cat sleeps on the letters.",
        "Photos by the bed show a boy with a kite.",
        "Related stories of the sea were told by the fire.",
    ],
)
def test_a_story_that_sounds_like_a_notice_stays(story: str):
    """A line is a notice only when it can be nothing else."""
    assert story == cleared(story)
    assert story in cleared(f"一只猫在睡觉。\n\n{story}\n\nA cat sleeps.")


@pytest.mark.parametrize(
    "line",
    [
        "原创 小林 城市漫步 2026-03-05 08:00 上海",
        "By Jane Doe · March 5, 2026 · 6 min read",
        "By Jane Doe, March 5, 2026",
        "By Jane Doe, 12 January",
        "本报记者 李明 摄",
        "阅读 10万+",
        "转载请注明出处",
        "喜欢的话一键三连！",
        "Join our mailing list",
        "We use cookies to enhance browsing.",
        "Subscribe to our newsletter.",
        "Privacy Policy | Terms of Service",
        "By continuing you agree to our Privacy Policy.",
        "Sign up for our newsletter!",
        "Follow us on Instagram @harbor",
        "Share this with your friends.",
        "欢迎大家留言讨论！",
        "扫码关注我们的小店",
        "扫描下方二维码进群",
        "分享到朋友圈",
    ],
)
def test_a_notice_goes(line: str):
    """Bylines, counters and calls leave only the story."""
    assert ["一只猫在窗边睡觉。"] == [one.text for one in read(f"{line}\n\n一只猫在窗边睡觉。\n\n{line}\n").passages]


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("地址：北京路的小院里种着葡萄，老人在藤下打盹。", "葡萄"),
        ("南京路100号", "南京路"),
        ("地址：南京路100号", "南京路"),
        ("上海市南京路100号", "南京路"),
        ("住址：南京路100号的", "南京路"),
        ("Contact: a hand touches a hand through the glass of the spaceship.", "a hand touches a hand"),
        ("12 Elm Street, Springfield, IL 62704", "Elm Street"),
        ("At 12 Elm Street, Springfield, IL 62704", "Elm Street"),
    ],
)
async def test_a_content_of_a_place_shows_that_place(content: str, shown: str):
    """Where nothing else is told, an address is the subject."""
    state: Any = await plan(content, count=2)

    assert all(shown in one["prompt"] for one in state["prompts"])


@pytest.mark.parametrize("content", ["联系人：王老师 13800138000", "电话：13800138000", "加微信号：wang_ls88"])
async def test_the_language_is_that_of_the_whole_content(content: str):
    """Chinese stays Chinese where all of it was private."""
    state: Any = await plan(content, count=1)

    assert "zh" == read(content).language
    assert [] == [word for word in state["analysis"]["keywords"] if "王" in word or "wang" in word]
    assert all(private not in state["prompts"][0]["prompt"] for private in ("138", "王老师", "wang_ls"))


@pytest.mark.parametrize(
    ("content", "headings"),
    [
        ("一、准备面团\n先把面粉倒进碗里。\n二、烤面包\n放进烤箱里。", ("准备面团", "烤面包")),
        ("一、准备面团\n\n先把面粉倒进碗里。", ("准备面团",)),
        ("第一章 雨夜\n雨落在屋顶上。\n\n第二章 清晨\n鸟儿在唱歌。", ("雨夜", "清晨")),
        ("1.1 The garden\nRoses bloom.\n\n1.2 The pond\n\nFrogs sing.", ("The garden", "The pond")),
        ("第一章 山里\n一、雨夜\n雨落在屋顶上。", ("山里", "雨夜")),
        ("一、苹果\n二、梨\n三、桃子\n放在桌上。", ()),
        ("3.5 kilometers of beach\nWaves roll in.", ()),
        ("3.5 公里的海滩\n海浪涌来。", ()),
        ("一、二、三，孩子们跑了起来。\n风筝飞上天。", ()),
    ],
)
def test_numbered_lines_above_text_are_headings(content: str, headings: tuple[str, ...]):
    """They are not glued to the sentence below, and lists and sums stay what they are."""
    assert headings == read(content).headings


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("我们三个孩子在河边放风筝。", "三个孩子在河边放风筝"),
        ("我们两人坐在窗边。", "两人坐在窗边"),
        ("我们在河边放风筝。", "人们在河边放风筝"),
        ("I know a secret garden.", "a person knows a secret garden"),
        ("I watch the moon over the river.", "a person watches the moon over the river"),
        ("I put a lamp on the table.", "a person put a lamp on the table"),
        ("I walked along the river.", "a person walked along the river"),
    ],
)
def test_a_speaker_is_told_of_in_good_words(text: str, phrase: str):
    """Of `我们三个孩子` the children are seen, and one person knows."""
    assert phrase == subject_of(text, "zh" if text[0] == "我" else "en").phrase


@pytest.mark.parametrize("content", ["狗", "鱼", "雪", "茶", "鼎"])
async def test_a_content_of_one_character_is_its_subject(content: str):
    """The dog is shown, not the topic's name."""
    state: Any = await plan(content, count=4)

    assert all(content in one["prompt"] for one in state["prompts"])


@pytest.mark.parametrize(
    "piece",
    [
        "市路",
        "路1号",
        "地址：",
        "1 2",
        "12 Elm ",
        "电话：",
        "“说",
        "by Ann Lee, ",
        "扫码",
        "市区镇路",
        "a@",
        "Call 1",
        "一、",
        "1.1 ",
    ],
)
def test_no_pattern_is_slow(piece: str):
    """Repeated beginnings of a notice or an address take no seconds."""
    content = piece * (100_000 // len(piece))
    begun = time.process_time()

    assert len(content) == len(cleared(content))
    assert time.process_time() - begun < 5
