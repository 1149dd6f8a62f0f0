"""Which parts of a content get a picture, and how what they show is told."""

import time

import pytest

from nodes.first_look import first_look
from tests.test_prompt import plan
from tools.content.matching import match_topic
from tools.content.persons import of_others
from tools.content.reading import read
from tools.content.scenes import Choice, Place, choose
from tools.content.speech import without_speech
from tools.content.subjects import subject_of
from tools.content.words import language_of, mood_of, picturable
from tools.content.worth import worth


def test_what_shows_nothing_gets_no_picture():
    """A section of opinions is left out where the others have enough; it is used where they have not."""
    places = [Place("a", 5), Place("a", 4), Place("b", 0.2), Place("c", 6)]

    assert [Choice(0, 0), Choice(1, 0), Choice(3, 0)] == choose(places, 3)
    assert [Choice(0, 0), Choice(2, 0)] == choose([Place("a", 5), Place("a", 0.1), Place("b", 0.3)], 2)


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ("You put the lamp on the table.", "a person put the lamp on the table"),
        ("I knock on trees.", "a person knocks on trees"),
        ("I carry my bag.", "a person carries their bag"),
        ("I once abandoned a cart.", "a person once abandoned a cart"),
        ("My grandmother kept a plum tree.", "the grandmother kept a plum tree"),
        ("A dog follows you.", "A dog follows them"),
        ("A roof from which you see the river.", "A roof from which a person sees the river"),
        ("I have a boat.", "a person has a boat"),
    ],
)
def test_who_is_told_is_seen(told: str, seen: str):
    """`You` and `my` belong to nobody in a picture; verbs agree."""
    assert seen == of_others(told, "en").rstrip(".")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('"You will be back by spring," said the deckhand, coiling a rope.', "the deckhand, coiling a rope"),
        ("“明天是他的生日，你能来吗？”男孩趴在柜台上，看着手表。", "男孩趴在柜台上，看着手表"),
        ('他管它叫"铁牛"。小男孩骑在"铁牛"的背上。', "小男孩骑在铁牛的背上"),
        ("定投不是存钱罐，它更像种一棵果树。", "种一棵果树"),
        ("A garden is not a factory, it is a pond with two frogs.", "a pond with two frogs"),
        ("记者在中山路看到，消防员划着橡皮艇接下一家人。", "消防员划着橡皮艇接下一家人"),
        ("同学们，想象你走进小卖部，买了一瓶冰可乐。", "一个人走进小卖部，买了一瓶冰可乐"),
        ("Um, so we drag the cedar out with a horse.", "people drag the cedar out with a horse"),
    ],
)
def test_only_what_is_seen_is_told(text: str, shown: str):
    """Speech, what is not, who reports it and the words of a talk stay out of the subject."""
    assert shown == subject_of(text, language_of(text)).phrase


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("包装盒里没有充电头，只有一根编织线和一本种出向日葵的说明书。", "只有一根编织线和一本种出向日葵的说明书"),
        ("穿过公园走回家，看看银杏黄了没有。", "穿过公园走回家，看看银杏黄了没有"),
        ("那个不幸的小姑娘，蹲在树下捡花。", "那个不幸的小姑娘，蹲在树下捡花"),
        ("The rent is not low, but a cat sits in the window.", "a cat sits in the window"),
        (
            "A kettle, and a stack of letters to a woman she never met.",
            "A kettle, and a stack of letters to a woman she never met",
        ),
        ("钻石没有用处。", "钻石没有用处"),
    ],
)
def test_what_is_denied_is_not_told(text: str, shown: str):
    """A model draws what it reads: `no charger` is a charger."""
    assert shown == subject_of(text, language_of(text)).phrase


def test_an_actor_is_not_cut_off():
    """A clause without who acts is worth less than the sentence from its beginning."""
    text = "Retired schoolteacher Edna spotted the animals, walking her terrier at dawn."

    assert text.rstrip(".") == subject_of(text, "en").phrase


def test_a_phrase_does_not_begin_with_the_end_of_another():
    """A country after its town is no subject of what follows."""
    text = "Covers are woven by fishermen in Galicia, Spain, and come in four colors: Moss, Clay, Fog and Ink."

    assert subject_of(text, "en").phrase.startswith("Covers are woven by fishermen")


def test_homework_is_no_scene():
    """Nor are objectives and references, as long as there is something else."""
    content = "# Lecture\n\n## Homework\n\nDraw a frog, a fish and a bird.\n\n## Ponds\n\nA heron waits in the reeds."

    assert ["A heron waits in the reeds"] == [scene["subject"] for scene in first_look(content)[1]["scenes"]]


def test_two_speakers_stay_two():
    """Who was left out before is nobody's self."""
    assert "小学那年，一个人吼了别人" == of_others("你小学那年，我吼了你", "zh")


def test_straight_quotes_hold_speech_in_chinese_too():
    """Keyboards without curly ones write them; a name in quotes is no speech."""
    said = '"扑通！"青蛙跳了。"你家在哪儿？"星星小声说："在北斗七星的勺子里。"'

    assert "青蛙跳了。 星星小声说：" == " ".join(without_speech(said).split())
    assert '小男孩骑在"铁牛"的背上。' == without_speech('小男孩骑在"铁牛"的背上。')


def test_speech_alone_stays():
    """Something must be pictured."""
    assert "“你还会回到这个小镇吗？”" == without_speech("“你还会回到这个小镇吗？”")
    assert 'A so-called "anti-wave," as it were.' == without_speech('A so-called "anti-wave," as it were.')


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("她站在门口", "她改变了想法"),
        ("An old man sits by the fire", "An old man by the fire"),
        ("清晨的海滩，几个孩子", "海滩上的尸体，几个孩子"),
        ("The metro leaves the airport", "The metro from the airport costs €2.25"),
        ("船工在桥上", "船工在桥上吗"),
        ("教科书上说，飞机穿过云", "很多教科书说"),
        ("爸爸在厨房", "爸爸"),
    ],
)
def test_worth(better: str, worse: str):
    """A posture can be seen; what a service refuses, a price and a question make no picture."""
    assert worth(better, language_of(better)) > worth(worse, language_of(worse))


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("阿婆站在村口的樟树下", ["阿婆", "樟树下"]),
        ("船工撑篙，脚夫挑着担子", ["船工", "脚夫", "担子"]),
        ("镊子和裙子", ["镊子", "裙子"]),
        ("粒子、因子和日子，平台与机制，危机与时机，浏览器", []),
        ("A goat stands in the courtyard of the mosque", ["goat", "courtyard", "mosque"]),
    ],
)
def test_things_by_their_endings(text: str, things: list[str]):
    """Chinese nouns tell by their last character what they name; ideas with the same one are known."""
    assert things == picturable(text, language_of(text))


@pytest.mark.parametrize(
    "line",
    [
        "**课程**：微观经济学　**学时**：2　**教室**：教三 204",
        "**Instructor:** Dr. M. Abara  **Reading:** Ch. 10",
        "*采访/撰文：阿宽　摄影：木子*",
        "Home > Destinations > Europe > Portugal",
        "**FOR IMMEDIATE RELEASE**",
        "Media contact: Ann Lee",
        "INT. KITCHEN - NIGHT",
        "Drink responsibly.",
        "Download it now from the App Store.",
        "LOCAL NEWS",
        "About Loom & Larch",
        "**关于作者**：老唐，前总监，著有《带人》",
        "本文由骨科主治医师审核，仅供科普。",
        "扫码预约，立减一百！",
        "风险提示：基金有风险，投资需谨慎。",
        "*This is not investment advice.*",
        "**Nutrition per slice:** 310 kcal",
        "00:00:01,000 --> 00:00:04,000",
        "尊敬的各位客户、合作伙伴：",
        "Which one will you try? Tell us in the comments!",
    ],
)
def test_lines_about_a_content_are_no_scenes(line: str):
    """They are data about it, or speak to the reader."""
    story = (
        "老人提着灯笼走过石桥。" if language_of(line) == "zh" else "An old man walks over the bridge with a lantern."
    )
    texts = [passage.text for passage in read(f"{line}\n\n{story}").passages]

    assert story == texts[-1]
    assert [] == [text for text in texts[:-1] if "try" not in text]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("[00:21] 老韩：企鹅排着队走过去。", "企鹅排着队走过去。"),
        ("01:15 年轻人躺在平车上唱歌。", "年轻人躺在平车上唱歌。"),
        ("HOST: A cedar falls in the snow.", "A cedar falls in the snow."),
        ("MILLBROOK — Five beavers build a dam.", "Five beavers build a dam."),
        ("PORTLAND, Ore., May 6, 2026 — A sofa arrives in two boxes.", "A sofa arrives in two boxes."),
        ("**问：你怎么来到山里？**", "一个人怎么来到山里？"),
    ],
)
def test_what_stands_before_a_story_is_no_part_of_it(line: str, text: str):
    """A time stamp, who speaks, and where a report was written."""
    assert text in subject_of(read(line).passages[0].text, language_of(line)).phrase + text[-1]


@pytest.mark.parametrize(
    "story",
    [
        "时间：他看着墙上的钟，慢慢地笑了。她把信放下：什么也没说。",
        "Two rules: walk slowly. One wish: to see the sea again before winter comes to the village.",
        "他说：走吧。",
        "3 > 2, and the cat knows it.",
    ],
)
def test_a_story_with_colons_stays(story: str):
    """Not every colon is a label."""
    assert read(story).passages


def test_a_numbered_line_above_its_text_is_a_heading():
    """`01 早睡早起` is one, as in many lists of WeChat."""
    reading = read("01 早睡早起\n把手机放在客厅充电。\n\n02 每天走路\n穿过公园走回家。")

    assert ("早睡早起", "每天走路") == reading.headings
    assert ["把手机放在客厅充电。", "穿过公园走回家。"] == [passage.text for passage in reading.passages]


def test_a_tag_of_the_author_decides_on_the_topic():
    """Who tags a text with a keyword says what it is about."""
    assert "travel" == match_topic("半城烟火", title="泉州", tags=["旅行", "泉州"]).id
    assert "default" == match_topic("半城烟火", title="泉州", tags=["泉州"]).id


def test_a_flood_is_not_calm():
    """Disasters have their mood, and a word that only comes again has none."""
    news = "台风过境，城区多处积水，消防员划着橡皮艇救援被困居民，学校开放为避难场所。" * 3

    assert "tense" == mood_of(news, "calm")
    assert "calm" == mood_of("The rice failed three years running. " + "He built a running machine. " * 2, "calm")


def test_a_solar_term_is_a_season():
    """One word, a topic of a whole year of posts."""
    assert "seasons" == first_look("霜降")[1]["topic"]
    assert "work" == first_look("内卷")[1]["topic"]


async def test_prompts_of_a_talk_have_no_labels():
    """Neither stamps nor speakers reach a service."""
    talk = "[00:05] HOST: Welcome back to the show.\n[00:12] PETE: I knock on a cedar in the snow with my daughter.\n"
    prompts = (await plan(talk, count=1))["prompts"]

    assert "a person knocks on a cedar in the snow with their daughter" == prompts[0]["subject"]


def test_numbered_lines_are_a_list():
    """`一、` and `1、` part lines that would run together, as no Markdown does; `【食材】` is a heading."""
    content = "【做法】\n1、牛肉切成方块。\n2、番茄撕掉皮。\n\n安排如下：\n一、集合在广场\n二、演练灭火器"
    reading = read(content)

    assert ("做法",) == reading.headings
    assert [] == [passage for passage in reading.passages if "、" in passage.text]
    assert all(content[passage.start : passage.end].strip() for passage in reading.passages)


def test_ingredients_in_one_line():
    """Most recipes in Chinese write them so."""
    listed = "牛腩 1000克、番茄 5个、土豆 2个、洋葱 半个、姜 5片、八角 2颗"

    assert "牛腩、番茄、土豆、洋葱和姜摆在桌上" == subject_of(listed, "zh").phrase
    assert "摆在桌上" not in subject_of("老人、孩子和狗，3个人走过石桥", "zh").phrase


def test_a_question_to_the_reader_is_no_scene():
    """Whatever it names."""
    scenes = first_look("老人把牛腩切成方块。\n\n你家的番茄牛腩有什么秘诀？")[1]["scenes"]

    assert ["老人把牛腩切成方块"] == [scene["subject"] for scene in scenes]


def test_hostile_lines_are_read_in_time():
    """Patterns with many ways to match would take seconds on a file of crumbs."""
    for line in ("a > b, c " * 44, "课程：a " * 40, '"A a, ' * 60, "AAAA BBBB " * 40):
        begin = time.process_time()
        read(f"{line}\n" * 100)

        assert time.process_time() - begin < 1.5
