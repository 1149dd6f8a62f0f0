"""What is no part of an article stays out of its prompts: calls to subscribe, bylines, and what is private."""

import time
from typing import Any

import pytest

from tests.test_prompt import plan
from tools.content.clearing import cleared
from tools.content.reading import read
from tools.content.subjects import subject_of

STORY_ZH = "老人提着灯笼走过石桥，孩子们在岸边放风筝。"
STORY_EN = "The keeper lights the lamp above the harbor."


async def prompts(content: str, count: int = 8) -> str:
    state: Any = await plan(content, count=count)
    return "\n".join(one["prompt"] + one["subject"] for one in state["prompts"])


@pytest.mark.parametrize(
    "line",
    [
        "👇 觉得不错，点个“在看”，转发给你的朋友吧！",
        "点击上方蓝字关注“慢生活研究所”，每天陪你好好生活💛",
        "*图文 | 小满  编辑 | 阿禾  排版 | 135编辑器*",
        "来源：慢生活研究所",
        "作者：张三丰",
        "文/王小明 摄影/李雷",
        "长按识别二维码，加入读者群",
        "扫码添加小助手，领取资料",
        "欢迎在评论区留言～",
        "点击阅读原文，查看更多",
        "大家好，我是小满👋。",
        "版权所有，未经授权不得转载",
        "往期推荐",
        "图：小满 / 摄",
        "图片来源：视觉中国",
        "广告",
        "— 全文完 —",
        "当前位置：首页 > 城市人物 > 正文",
        "各位居民：",
        "关注我，每天学做一道家常菜。",
        "> 免责声明：本文不构成投资建议。",
    ],
)
async def test_wechat_phrases_are_no_pictures(line: str):
    """What a public account says of itself is no scene, before the text or after it."""
    for content in (f"{line}\n\n{STORY_ZH}", f"{STORY_ZH}\n\n{line}\n"):
        (passage,) = read(content).passages

        assert STORY_ZH == passage.text
        assert STORY_ZH == content[passage.start : passage.end]
    assert line.strip("👇*> ")[:5] not in await prompts(f"{STORY_ZH}\n\n{line}\n")


@pytest.mark.parametrize(
    "line",
    [
        "Subscribe to our newsletter for more stories.",
        "Don't forget to subscribe!",
        "Share this article with your friends.",
        "© 2024 Harbor Press. All rights reserved.",
        "Read more",
        "Read more: The last keeper",
        "We use cookies to improve your experience.",
        "Accept all cookies",
        "Follow us on Facebook.",
        "Click here to sign up.",
        "Table 1: Tickets per month",
        "Page 1 of 4\t\t\tConfidential",
        "July\t3,990\t91%",
        "By John Smith | Photo: Ann Lee",
        "Skip to main content",
        "If you enjoyed this post, subscribe to my newsletter and share it with a friend.",
        "You can follow me on Mastodon @jane.",
        "Photo by Ann Lee on Unsplash",
        "*Posted on March 3, 2025 by Jane Doe · 6 min read*",
        "Filed under: bread, butter",
        "Comments (12)",
        "Jump to Recipe · Print",
        "Disclosure: We earn a commission on all lanterns.",
        "Dear neighbors,",
        "Call 555-123-4567 or write to jane@bikes.example.",
    ],
)
async def test_calls_and_notices_are_no_pictures(line: str):
    """What a site says of itself is no scene."""
    for content in (f"{line}\n\n{STORY_EN}", f"{STORY_EN}\n\n{line}\n"):
        assert [STORY_EN] == [passage.text for passage in read(content).passages]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("图：一位老人在桥上钓鱼", "一位老人在桥上钓鱼"),
        ("图1：枫桥的老照片", "枫桥的老照片"),
        ("图 2：洪水过后，人们划着木船转移", "洪水过后，人们划着木船转移"),
        ("Figure 3. The heron stands in the reeds", "The heron stands in the reeds"),
        ("Photo: a fisherman mends his nets", "a fisherman mends his nets"),
    ],
)
def test_a_caption_stays_without_its_label(line: str, shown: str):
    """Nothing tells better what is to be seen."""
    passage = read(f"{STORY_ZH}\n\n{line}\n\n{STORY_EN}").passages[1]

    assert shown == subject_of(passage.text, "zh" if line[0] == "图" else "en").phrase


def test_titles_of_other_articles_are_no_pictures():
    """They stand below their notice, up to the next sentence or the end."""
    for notice in ("往期推荐", "Related posts:", "延伸阅读", "### 相关新闻"):
        others = f"{notice}\n《猫的一天》\n\n- 老街的灯笼\n- How to draw a horse"

        assert [STORY_ZH, STORY_EN] == [one.text for one in read(f"{STORY_ZH}\n\n{others}\n\n{STORY_EN}").passages]


@pytest.mark.parametrize(
    "chat",
    [
        "2025-01-25 19:02:11 老王\n猫在雪橇上睡着了。\n\n2025-01-25 19:03:30 小美\n[图片]\n",
        "2025年1月25日 19:02 老王\n猫在雪橇上睡着了。[表情]\n",
        "[25/01/2025, 19:02:11] Anna Kim: 猫在雪橇上睡着了。\n[25/01/2025, 19:03:30] Tom: <Media omitted>\n",
        "1/25/25, 7:02 PM - Anna: 猫在雪橇上睡着了。\n",
    ],
)
def test_of_a_chat_only_what_is_said_is_read(chat: str):
    """Neither names nor hours are told to a service."""
    reading = read(chat)

    assert ["猫在雪橇上睡着了。"] == [passage.text for passage in reading.passages]
    assert "猫在雪橇上睡着了" == reading.title


def test_messages_of_a_chat_are_not_one_sentence():
    """Whoever writes one seldom ends it with a mark."""
    chat = "[12/06/2024, 18:04] Ann: The dog waits in the canoe\n[12/06/2024, 18:05] Tom: My brother caught a pike\n"

    assert ["The dog waits in the canoe; My brother caught a pike"] == [one.text for one in read(chat).passages]


@pytest.mark.parametrize(
    "sentence",
    [
        "她关注河边的柳树，也转发了一封信。",
        "来源不明的一盏灯亮着。",
        "妈妈给老师留言，说孩子今天发烧。",
        "He wants to read more books by the fire.",
        "Readers subscribe to the newspaper at the kiosk.",
        "Grandmother bakes cookies in the kitchen.",
        "Share the bread with the children.",
        "The contact lens lies on the table.",
        "In 2024, 12345 people came to the harbor.",
        "五一期间，景区接待游客1234567人次。",
    ],
)
def test_a_story_about_such_things_stays(sentence: str):
    """The words alone are no notice."""
    assert [sentence] == [passage.text for passage in read(sentence).passages]


@pytest.mark.parametrize(
    ("private", "content"),
    [
        ("13800138000", "报名请找王老师 13800138000，孩子们在岸边放风筝。"),
        ("138-0013-8000", "报名请打138-0013-8000。孩子们在岸边放风筝。"),
        ("王老师", "孩子们在岸边放风筝。\n\n联系人：王老师 13800138000"),
        ("王老师", "孩子们在岸边放风筝。联系人：王老师，电话：010-88886666，地址：中关村大街27号。"),
        ("8886666", "咨询电话 (0512) 8886666，孩子们在岸边放风筝。"),
        ("8886666", "电话0512-8886666；孩子们在岸边放风筝。"),
        ("ann", "写信到 ann.lee@example.com，孩子们在岸边放风筝。"),
        ("11010519491231002X", "老人的身份证号是11010519491231002X，孩子们在岸边放风筝。"),
        ("27号", "北京市海淀区中关村大街27号院3号楼502室的孩子们在岸边放风筝。"),
        ("27号", "孩子们在岸边放风筝。\n地址：苏州市姑苏区寒山寺弄27号"),
        ("wang_ls", "孩子们在岸边放风筝。微信号：wang_ls"),
        ("6222021234567890123", "转账到6222021234567890123，孩子们在岸边放风筝。"),
        ("555", "Children fly kites, call +1 (555) 123-4567 to join."),
        ("555", "Children fly kites. Tel. 555-123-4567"),
        ("Miller", "Children fly kites on the shore.\n\nContact: Ann Miller, +44 20 7946 0958"),
        ("12 Elm", "Children fly kites at 12 Elm Street, Apt 4, Springfield."),
        ("12 Elm", "Children fly kites. Address: 12 Elm Street, Springfield."),
        ("078-05-1120", "His number is 078-05-1120; children fly kites on the shore."),
    ],
)
async def test_private_data_never_reach_a_prompt(private: str, content: str):
    """No telephone number, address or identity, whoever would have sent it; nor in what a language model reads."""
    reading = read(content)
    shown = await prompts(content)

    assert private not in shown
    assert "风筝" in shown or "kites" in shown
    assert private not in reading.text + reading.title


async def test_private_data_alone_are_not_kept():
    """A content that is nothing else gets pictures of its topic."""
    assert "13800138000" not in await prompts("13800138000")
    assert "王老师" not in await prompts("联系人：王老师 13800138000")


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("祝大家新年快乐！关注我们，获取更多故事。", "祝大家新年快乐！"),
        ("我们去看海。关注我，不迷路！海很蓝。", "我们去看海。 海很蓝。"),
        ("Nobody came. Follow me! We left.", "Nobody came. We left."),
        ("It was late. Share on Facebook.", "It was late."),
        ("He wanted to share on Monday what he had.", "He wanted to share on Monday what he had."),
    ],
)
def test_a_notice_amid_other_sentences_goes(line: str, kept: str):
    """Where it stands in its paragraph makes no difference."""
    assert kept == " ".join(cleared(line).split())


def test_places_stay_as_they_are():
    """What is cleared leaves spaces, so that offsets in the content hold; a text of notices alone stays."""
    content = f"点击上方蓝字关注我们\r\n\r\n{STORY_ZH}"

    assert len(content) == len(cleared(content))
    assert content.index("老人") == cleared(content).index("老人")
    assert "往期推荐" == cleared("往期推荐")


def test_tags_part_what_is_cleared():
    """In HTML on one line a notice ends where its tag does."""
    html = "<p>来源：慢生活</p><p>点击上方蓝字关注我们</p><p>孩子们在放风筝</p><p>联系人：王老师</p><p>猫在睡觉</p>"

    assert "<p></p><p></p><p>孩子们在放风筝</p><p></p><p>猫在睡觉</p>" == cleared(html).replace(" ", "")


@pytest.mark.parametrize("letter", "1 ，<.\n\t|a图:")
def test_clearing_is_quick(letter: str):
    """No pattern takes seconds on a long line, as any would that takes quadratic time."""
    start = time.process_time()

    assert len(cleared(letter * 200_000)) == 200_000
    assert time.process_time() - start < 8


def test_a_numbered_line_above_bullets_is_a_heading():
    """A report pasted out of an office program: its headings are not glued to the sentence below."""
    content = (
        "1.  Introduction\nWe answered all letters.\n\n2.  Findings\n•\tMost customers write on Monday mornings.\n"
    )
    reading = read(content)

    assert ("Introduction", "Findings") == reading.headings
    assert ["We answered all letters.", "Most customers write on Monday mornings."] == [
        passage.text for passage in reading.passages
    ]


def test_steps_stay_a_list():
    """Numbered lines one after another are steps, not headings."""
    assert () == read("1. Heat the oven\n2. Beat the eggs\n3. Bake the cake").headings


async def test_rows_of_a_table_are_no_pictures():
    """`pandas, high, fast` shows nothing; a table alone still gets pictures."""
    table = "| way | memory |\n|---|---|\n| pandas | high |\n"

    assert "pandas, high" not in await prompts(f"{STORY_EN}\n\n{table}")
    assert "pandas" in await prompts(table)


def test_ingredients_are_pictured_together():
    """Not `225 g caster sugar`: amounts cannot be seen."""
    english = "225 g butter, softened;\n225 g caster sugar;\n4 eggs;\n225 g self-raising flour;\n2 lemons"
    chinese = "面粉 200克；\n鸡蛋 3个；\n白糖50g；\n牛奶 100毫升"

    assert "butter, caster sugar, eggs, self-raising flour and lemons on a table" == subject_of(english, "en").phrase
    assert "面粉、鸡蛋、白糖和牛奶摆在桌上" == subject_of(chinese, "zh").phrase
    features = "20 hours of light on a single charge; IP65: rain is no problem; 390 g: lighter than a bottle of water"
    assert "on a table" not in subject_of(features, "en").phrase


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("你的朋友在门口等着。", "朋友在门口等着"),
        ("我妈妈在厨房包饺子。", "妈妈在厨房包饺子"),
        ("我们的老师站在黑板前。", "老师站在黑板前"),
        ("我抱着我的猫坐在窗边。", "一个人抱着自己的猫坐在窗边"),
    ],
)
def test_what_belongs_to_a_speaker_is_shown_alone(text: str, phrase: str):
    """Nobody draws `一个人的朋友`."""
    assert phrase == subject_of(text, "zh").phrase


def test_keycaps_leave_nothing():
    """`1️⃣` is a number in a box, of which no box stays behind."""
    reading = read("**2️⃣ 给阳台换一盆花**\n\n我买了三盆月季和一盆薄荷。")

    assert ("给阳台换一盆花",) == reading.headings
    assert "the cat sleeps" == read("3⃣ the cat sleeps").passages[0].text
