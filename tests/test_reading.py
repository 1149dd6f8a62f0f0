"""A content of any kind becomes a title, a language and passages that know their place."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_prompt import plan
from tools.content.markup import plain, without_unseen
from tools.content.reading import read
from tools.content.scenes import Choice, Place, choose
from tools.content.subjects import LIMIT_CHARS, shortened, subject_of
from tools.content.templates import words_of
from tools.content.words import keywords, language_of, mood_of, picturable, singular
from tools.sketch.vocabulary import load_vocabulary

ARTICLE = """---
title: "Bread, slowly"
tags: [baking, patience]
---

# Bread, slowly

<!-- a note for the editor -->
Anna gets up at four and lights the oven. Her [bakery](https://bakery.example/?a=1) smells of **rye** and smoke.

![A loaf](loaf.png)

## What you need

- flour and salt
- a bowl of water
- time

```python
print("never a scene")
```

| tool | why |
|---|---|
| scale | to weigh |

## The end

Write to anna@bakery.example or see https://bakery.example.
"""


def test_article_is_read():
    """Front matter, headings, paragraphs, lists and tables are found; code, pictures and comments are not."""
    reading = read(ARTICLE)
    everything = reading.text

    assert "Bread, slowly" == reading.title
    assert ("baking", "patience") == reading.tags
    assert ("Bread, slowly", "What you need", "The end") == reading.headings
    assert "en" == reading.language
    assert "flour and salt; a bowl of water; time" == reading.passages[1].text
    assert "tool, why; scale, to weigh" == reading.passages[2].text
    for hidden in ("never a scene", "loaf.png", "editor", "http", "@", "**", "patience"):
        assert hidden not in everything


def test_passages_know_their_place():
    """`start` and `end` point at the passage in the content as it came."""
    first, listed = read(ARTICLE).passages[:2]

    assert ARTICLE[first.start : first.end].startswith("Anna gets up at four")
    assert ARTICLE[first.start : first.end].endswith("smoke.")
    assert "Bread, slowly" == first.heading
    assert ARTICLE[listed.start : listed.end] == "- flour and salt\n- a bowl of water\n- time"
    assert "What you need" == listed.heading


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_places_hold_for_every_line_ending(newline: str):
    """A file from Windows has the same passages, at its own offsets."""
    content = newline.join(["# Title", "", "First sentence here.", "", "灯塔 stands here."])

    assert ["First sentence here.", "灯塔 stands here."] == [
        content[passage.start : passage.end] for passage in read(content).passages
    ]


def test_long_paragraph_becomes_several_passages():
    """One line of 200 KB has many parts, cut after sentences, that together are the whole."""
    content = "The keeper lights the lamp. A ship turns toward the harbor! " * 3000
    passages = read(content).passages

    assert len(passages) > 100
    assert all(content[passage.end - 1] in ".!" for passage in passages)
    assert content.split() == " ".join(content[passage.start : passage.end] for passage in passages).split()


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("lighthouse", "lighthouse"),
        ("春天", "春天"),
        ("My Title\n\nText that follows.", "My Title"),
        ("My Title\n====\n\nText.", "My Title"),
        ("Only a sentence. And one more.", "Only a sentence"),
        ("第一句话。第二句话。", "第一句话"),
        ('+++\ntitle = "From TOML"\n+++\nText.', "From TOML"),
        ("---\ntitle: [broken\n---\n# Heading", "Heading"),
        ("---\n\nA rule, no front matter.", "A rule, no front matter"),
        ("\ufeff# With a mark", "With a mark"),
        ("🎂🎉", "birthday cake, party popper"),
        ("***", "untitled"),
    ],
)
def test_title(content: str, title: str):
    """The title is of the front matter, else the first heading, else how the text begins."""
    assert title == read(content).title


def test_title_is_short():
    """A first sentence without an end is cut."""
    assert len(read("word " * 5000).title) <= 80


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("**Bold** and _soft_ and ~~gone~~", "Bold and soft and gone"),
        ("snake_case stays", "snake_case stays"),
        ("a [link](http://x.example/a_(b)) here", "a link here"),
        ("see <https://x.example> or www.x.example/y now", "see or now"),
        ("![alt](a.png) text", "text"),
        ("x <b>bold</b> &amp; y", "x bold & y"),
        ("- [x] done", "done"),
        ("> quoted", "quoted"),
        ("zero\u200bwidth \u202eright", "zerowidth right"),
        ("`code` word", "code word"),
        ("note[^1] here", "note here"),
        ("请看 https://x.example/路径。然后", "请看。然后"),
        ("party 🎉 time", "party time"),
        ("🎂", "birthday cake"),
        ("a \\* b", "a * b"),
    ],
)
def test_plain(raw: str, seen: str):
    """What a reader sees of Markdown and HTML, no more."""
    assert seen == plain(raw)


def test_unseen_is_nothing():
    """A text of invisible characters only is blank."""
    assert "" == without_unseen("\u200b\u200e \ufeff\x00\n")


HOSTILE = {
    "brackets": "[" * 200_000,
    "pictures": "![" * 100_000,
    "quotes": "> " * 100_000 + "x",
    "lists": "- " * 100_000 + "x",
    "stars": "*" * 200_000,
    "angles": "<a " * 60_000,
    "comments": "<!--" * 50_000,
    "fences": "```\n" * 2_000,
    "table": "|a|b|\n|-|-|\n" + "|x|y|\n" * 2_000,
    "code": "```py\nx = 1\n```",
    "letters": "a" * 200_000,
    "digits": "1" * 200_000,
    "commas": "a," * 100_000,
    "emoji": "🎉" * 50_000,
    "right to left": "\u202e" + "שלום עולם " * 5_000,
    "zero": "\x00" * 1_000,
    "yaml bomb": "---\na: &a [x,x,x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]\n---\nhello",
    "yaml object": "---\n!!python/object/apply:os.system ['true']\n---\nhello",
    "question marks": "？" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_content_is_read(name: str):
    """Nothing crashes or takes quadratic time."""
    start = time.process_time()
    reading = read(HOSTILE[name])

    assert reading.title
    assert time.process_time() - start < 5
    for passage in reading.passages[:50]:
        assert 0 <= passage.start <= passage.end <= len(HOSTILE[name])


@given(st.text(max_size=300))
@settings(max_examples=150)
def test_any_text_is_read(content: str):
    """Whatever the characters, there is a title, and every place is inside of the content."""
    reading = read(content)

    assert reading.title
    for passage in reading.passages:
        assert 0 <= passage.start <= passage.end <= len(content)
        assert passage.text == passage.text.strip()
        subject = subject_of(passage.text, reading.language)
        assert len(subject.phrase) <= LIMIT_CHARS[reading.language]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The lamp is lit", "en"),
        ("灯亮了", "zh"),
        ("用 Python 和 Redis 写一个缓存服务", "zh"),
        ("He said 你好 to everyone in the room and left", "en"),
        ("", "en"),
        ("Свет", "en"),
    ],
)
def test_language(text: str, language: str):
    """The share of Chinese characters decides."""
    assert language == language_of(text)


def test_chinese_keywords_are_nouns_that_recur():
    """Stop words, verbs and numbers are none."""
    text = "灯塔的灯光照着海面。老人守着灯塔，船长感谢灯塔。我们因为时间问题没有看到海面。"

    assert ["灯塔", "海面"] == keywords(text, language="zh", limit=2)


def test_english_keywords_count_plurals_and_pairs():
    """`boat` and `boats` are one word; a pair that recurs is one as well."""
    text = "Machine learning is fun. We like machine learning. Boats and a boat. Machine learning again, boats."

    assert ["machine learning", "boat"] == keywords(text, language="en", limit=2)


def test_mood():
    """The words decide, or else the default."""
    assert "joyful" == mood_of("A party! They laugh, smile and celebrate.", "calm")
    assert "melancholic" == mood_of("离别的车站，思念和眼泪，说不完的告别。", "calm")
    assert "solemn" == mood_of("The tax form has nine fields.", "solemn")


def test_picturable_things():
    """Concrete nouns are found in both languages, abstract ones are not."""
    assert ["boy", "kite", "church"] == picturable("A boy with two kites runs past the churches of reason", "en")
    assert ["老人", "竹椅", "油纸伞"] == picturable("老人坐在竹椅上思考问题，旁边有油纸伞", "zh")
    assert ["茶农", "竹篓", "白鹭"] == picturable("茶农背着竹篓务农，看见一只白鹭", "zh")


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("小青蛙把番茄送给雪人", ["青蛙", "番茄", "雪人"]),
        ("刺猬在池塘边吃香蕉", ["刺猬", "池塘", "香蕉"]),
        ("她学习历史知识，提升能力", []),
        ("A hedgehog and a snowman share a cookie", ["hedgehog", "snowman", "cookie"]),
        ("Leadership and success take knowledge", []),
    ],
)
def test_what_the_sketch_draws_is_a_thing(text, things):
    """The words after a `;` have a sign, but nothing to be seen."""
    assert things == picturable(text, language_of(text))


def test_picturable_words_have_one_list():
    """What the sketch draws is not told again beside it."""
    more = words_of("picturable")

    assert set() == set(map(singular, load_vocabulary().things)) & (more["zh"] | more["en"])


def test_subject_is_the_most_picturable_clause():
    """Openings, opinions and connectives stay out."""
    text = "However, this is a difficult question. But in the evening a boy flies a kite above the harbor, as always."
    subject = subject_of(text, "en")

    assert "in the evening a boy flies a kite above the harbor" == subject.phrase


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        # A sentence tells who does what, a piece of it that is crammed with things does not.
        (
            "Within a year they had built eleven dams out of mud, stones and alder branches.",
            "Within a year they had built eleven dams out of mud, stones and alder branches",
        ),
        (
            "笋只露一点点尖，外婆却老远就看得见。她蹲下身，锄头一撬，春笋就滚了出来。",
            "笋只露一点点尖，外婆却老远就看得见",
        ),
        # Who only speaks is no picture, and what is not there must not be drawn.
        ("“你好呀，”雪人说。小青蛙趴在冰窟窿边，冻得直发抖。", "小青蛙趴在冰窟窿边"),
        ("不一定要去健身房，绕着小区快走半小时。", "绕着小区快走半小时"),
        ("There was no boat at the pier. A heron stood in the reeds.", "A heron stood in the reeds"),
        # Half a sentence does not tell who does what, or what happens then.
        ("太阳从苍山对面跳出来的时候。渔夫撑着小船。", "渔夫撑着小船"),
        ('"In 2014, 2015 and 2016 we had 9," said the farmer with the tractor.', "the farmer with the tractor"),
        ("图为老人在灯笼下修表。", "老人在灯笼下修表"),
        (
            "它像一个坐在图书馆里、读过很多书却从没出过门的孩子。词很多。",
            "它像一个坐在图书馆里、读过很多书却从没出过门的孩子",
        ),
        # A label is nothing to be seen, nor is who speaks.
        ("记者：您的工作台上为什么放着一碗糨糊？", "工作台上为什么放着一碗糨糊"),
        ("张老师：二十二岁。一本书被虫子蛀了。", "一本书被虫子蛀了"),
        ("小贴士：砂锅里加半碗热水。", "砂锅里加半碗热水"),
        ("Lunch: a bowl of soup and fresh bread.", "a bowl of soup and fresh bread"),
        # Whoever is told of beside the speaker is somebody else.
        ("您推着自行车，把我送到老槐树下。", "一个人推着自行车，把别人送到老槐树下"),
    ],
)
def test_subject_is_what_is_to_be_seen(text: str, phrase: str):
    """The best part of a passage is a whole statement about things that are there."""
    assert phrase == subject_of(text, language_of(text)).phrase


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("雨衣盖在猫身上🐱🌧️ 他就走了。#这座城市很温柔# @人民日报", "雨衣盖在猫身上，他就走了。"),
        ("收到👌 等你们回来", "收到，等你们回来"),
        ("我❤️你", "我你"),
        ("A boat🛶 on the lake #summer #lake2024 @anna.kim", "A boat on the lake"),
        ("C# is at #1, see page#top and a@b", "C# is at #1, see page#top and a@b"),
    ],
)
def test_signs_of_social_media(marked: str, text: str):
    """Hashtags and mentions go; an emoji before a space ends a clause in Chinese."""
    assert text == plain(marked)


@pytest.mark.parametrize(
    ("wish", "story"),
    [
        ("祝您身体健康，院子里的花常开！", "老人在灯下写信。"),
        ("愿你有一屋子的书和一只猫。", "老人在灯下写信。"),
        ("Wishing you good health and lots of sunshine in your garden.", "The boat waits."),
        ("Happy birthday, dear cat and dog!", "The boat waits."),
        ("Thank you for the cat, the boat and the lantern!", "The boat waits."),
    ],
)
async def test_a_wish_is_no_scene(wish: str, story: str):
    """What is said to the reader gets a picture only where there is nothing else."""
    letter = (await plan(f"{story}\n\n{wish}", count=2))["prompts"]
    card = (await plan(wish, count=1))["prompts"]

    assert all(story.strip("。.") in one["prompt"] for one in letter)
    assert any(seen in card[0]["prompt"] for seen in ("花", "猫", "garden", "dog", "lantern"))


@pytest.mark.parametrize(
    "scene",
    [
        *(
            f"{name}在桥上和灯笼之间"
            for name in ("祝英台", "愿望树", "欢迎的人群", "感谢信", "祝福的红纸", "再见到的故人")
        ),
        "Happy birthday balloons float over the garden and the cake",
        "Lots of love letters lay in a box by the window",
        "Thanks to the rain the garden is full of frogs",
    ],
)
def test_a_scene_is_no_wish(scene: str):
    """It only begins like one."""
    subject = subject_of(f"{scene}.", language_of(scene))

    assert (scene, True) == (subject.phrase, subject.score > 0)


def test_subject_speaks_of_others():
    """A picture shows no `I` and no 你."""
    assert "a person put their phone on the table" == subject_of("I put my phone on the table.", "en").phrase
    assert "Soldiers sing of War One in Act One" == subject_of("Soldiers sing of War I in Act I.", "en").phrase
    assert "一个人把手机放到客厅" == subject_of("你把手机放到客厅。", "zh").phrase
    assert "自我介绍时拿着一本书" == subject_of("自我介绍时拿着一本书。", "zh").phrase


def test_shortened_ends_at_a_clause_or_word():
    """Never in the middle of a word, never at a small one."""
    assert "The lamp is lit" == shortened("The lamp is lit, and the ship turns", 20, "en")
    assert "Lighthouse keepers walk" == shortened("Lighthouse keepers walk to the harbor", 30, "en")
    assert "老人提着灯笼" == shortened("老人提着灯笼，走过石桥", 8, "zh")


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("您好！好久没有给您写信了。\n\n院子里的柿子红了。", "好久没有给您写信了"),
        (
            "Why do leaves turn red?\n\n" + "Every autumn, maples and oaks put on a show. " * 3,
            "Why do leaves turn red?",
        ),
        (
            "长江禁渔五年 江豚数量回升至1426头\n\n" + "清晨的江面上，几头江豚跃出水面。" * 4,
            "长江禁渔五年江豚数量回升至1426头",
        ),
    ],
)
def test_titles(content: str, title: str):
    """A greeting is none; a question is one, and a line of news; and neither is a scene."""
    reading = read(content)

    assert title == reading.title
    assert title not in [passage.text for passage in reading.passages]


def test_every_place_is_used_before_one_is_used_twice():
    """More pictures than places: all of them, and the best ones again."""
    places = [Place("a", 1), Place("b", 3), Place("c", 2)]

    assert [Choice(0, 0), Choice(1, 0), Choice(1, 1), Choice(2, 0)] == choose(places, 4)
    assert [2, 3, 2] == [sum(choice.place == place for choice in choose(places, 7)) for place in range(3)]


def test_few_pictures_are_spread_over_the_sections():
    """Fewer pictures than places: one of each stretch, the most picturable of it."""
    places = [Place(heading, score) for heading, score in [("a", 1), ("a", 5), ("b", 2), ("b", 1), ("c", 0), ("c", 9)]]

    assert [1, 2, 5] == [choice.place for choice in choose(places, 3)]
    assert [5] == [choice.place for choice in choose(places, 1)]
    assert [0, 1, 2, 5] == [choice.place for choice in choose(places, 4)]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 9)), min_size=1, max_size=15), st.integers(1, 40))
def test_choice_is_complete(raw: list[tuple[str, float]], count: int):
    """As many as asked for, no place twice in the same turn, in the order of the content."""
    chosen = choose([Place(heading, score) for heading, score in raw], count)

    assert count == len(chosen) == len({(choice.place, choice.turn) for choice in chosen})
    assert [choice.place for choice in chosen] == sorted(choice.place for choice in chosen)
    assert min(count, len(raw)) == len({choice.place for choice in chosen})


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("    mkdir -p templates && cp a.yaml b", False),
        ("    for name in names:\n        print(name)", False),
        ("\tuv run peitu run --count 3", False),
        ("    The keeper climbs the stairs; a lamp burns.", True),
        ("    a lighthouse in the fog\n    and nobody there", True),
        ("    清晨，老周把铜壶放上煤炉。", True),
        ("    the keeper climbs the stairs;\nhe lights the lamp", True),
    ],
)
def test_indented_code_is_no_passage_and_an_indented_text_is(block, expected):
    """As in Markdown; in plain text an indent begins a paragraph, and poems have one."""
    passages = read(f"A title\n\nThe first paragraph is here.\n\n{block}\n\nThe last one.").passages

    assert expected == (len(passages) == 3)
