"""Every sentence gets its picture before one gets two, and a poem is read by its lines."""

from typing import Any

import pytest

from nodes.first_look import MAX_SCENES, first_look
from tests.test_prompt import plan
from tools.content.reading import read
from tools.content.scenes import Choice, Place, choose
from tools.content.subjects import subjects_of

NEWS = (
    "今年春运40天，全国铁路发送旅客5.13亿人次，同比增长6.1%，创历史新高。"
    "铁路部门加开夜间高铁列车，为老年旅客设置爱心候车区，志愿者为旅客提供热水和姜茶。\n"
    "2月28日下午，最后一趟返程专列从贵阳北站驶出，车厢里有农民工带着家乡的腊肉和辣椒，也有大学生抱着吉他。"
)
POEM = "枫桥夜泊\n张继\n\n月落乌啼霜满天，\n江枫渔火对愁眠。\n姑苏城外寒山寺，\n夜半钟声到客船。\n"
ROAD = """The Road Not Taken

Two roads diverged in a yellow wood,
And sorry I could not travel both
And be one traveler, long I stood
And looked down one as far as I could
To where it bent in the undergrowth;
"""


def subjects(state: Any) -> list[str]:
    return [one["subject"] for one in state["prompts"]]


@pytest.mark.parametrize(("content", "different"), [(NEWS, 4), (ROAD, 3)])
async def test_another_sentence_before_a_repeat(content: str, different: int):
    """Six pictures of a few sentences are of different ones as long as there are any."""
    planned = subjects(await plan(content, count=6))

    assert len(set(planned)) >= different
    assert max(planned.count(subject) for subject in planned) <= 2


async def test_a_poem_is_pictured_couplet_by_couplet():
    """Its title and author are no picture; each couplet is one before any is two."""
    state = await plan(POEM, count=2)
    pictured = subjects(state)

    assert "枫桥夜泊" == state["analysis"]["title"]
    assert "月落乌啼" in pictured[0]
    assert "寒山寺" in pictured[1]
    assert not any("张继" in subject for subject in subjects(await plan(POEM, count=8)))


def test_lines_of_a_poem_without_punctuation_stay_apart():
    """Two lines are one passage, with a comma between."""
    reading = read("山居秋暝\n\n明月松间照\n清泉石上流\n竹喧归浣女\n莲动下渔舟")

    assert ["明月松间照，清泉石上流", "竹喧归浣女，莲动下渔舟"] == [passage.text for passage in reading.passages]


def test_stanzas_of_two_lines_stay_apart():
    """New poems in Chinese often have such; their lines are not glued together."""
    poem = "从明天起，做一个早起的人\n买菜，给薄荷浇水\n\n火车经过的时候\n碗里的汤轻轻地晃"

    assert ["从明天起，做一个早起的人，买菜，给薄荷浇水", "火车经过的时候，碗里的汤轻轻地晃"] == [
        passage.text.replace(" ", "") for passage in read(poem).passages
    ]


def test_a_line_in_lower_case_goes_on():
    """A comma would part what is one sentence."""
    poem = "we folded the letters\ninto paper boats\nand let them go\n\nThe heron stands\nOne leg is folded\nIt waits"

    assert "we folded the letters into paper boats" == read(poem).passages[0].text
    assert "The heron stands, One leg is folded" == read(poem).passages[2].text


def test_a_title_in_the_first_lines_of_a_poem_is_no_couplet():
    """Also where no blank line stands below the author."""
    reading = read("静夜思\n李白\n床前明月光，疑是地上霜。\n举头望明月，低头思故乡。")

    assert "静夜思" == reading.title
    assert ["床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"] == [passage.text for passage in reading.passages]


@pytest.mark.parametrize("content", ["lighthouse", "春天", "a red\nkite", "春天\n\n夏天\n\n秋天"])
def test_a_word_is_no_mere_title(content: str):
    """A title is what a longer text stands below."""
    assert read(content).passages


def test_wrapped_prose_is_no_poem():
    """Long lines, each going on where the last ends, are one paragraph."""
    line = "the keeper of the lighthouse climbed the long stairs every evening and\n"

    assert 1 == len(read(line * 3).passages)


def test_a_sentence_may_hold_several_moments():
    """Clauses that show different things are different pictures, in their order; none overlap."""
    phrases = [subject.phrase for subject in subjects_of("老人提着灯笼走过石桥，孩子们在岸边放风筝。猫在睡觉。", "zh")]

    assert "猫在睡觉" == phrases[-1]
    assert len(phrases) == len(set(phrases)) >= 2


def test_each_passage_before_a_second_moment_of_one():
    """A passage with three moments gets its second when every other passage has one."""
    places = [Place("a", 3, 0), Place("a", 2, 0), Place("a", 1, 0), Place("a", 1, 9), Place("b", 1, 20)]

    assert [Choice(0, 0), Choice(3, 0), Choice(4, 0)] == choose(places, 3)
    assert {0, 3, 4} < {choice.place for choice in choose(places, 4)}


def test_as_many_scenes_as_pictures():
    """Twenty pictures of thirty paragraphs are of twenty paragraphs."""
    content = "\n\n".join(f"A cat sleeps on roof {'x' * number}." for number in range(1, 31))

    assert MAX_SCENES == len(first_look(content)[1]["scenes"])
    assert 20 == len(first_look(content, most=20)[1]["scenes"])


def test_a_sentence_that_comes_again_keeps_the_order():
    """The pictures of a story with a refrain are in the order of the text; the refrain gets one, where it first is."""
    refrain = "The old cat sleeps on the red roof."
    others = ["A fisherman mends his net.", "Two children fly a kite.", "A baker carries bread to the market."]
    content = "\n\n".join(f"{other}\n\n{refrain}" for other in others)
    scenes = first_look(content)[1]["scenes"]

    assert [others[0], refrain, *others[1:]] == [f"{scene['subject']}." for scene in scenes]
    assert sorted(scene["start"] for scene in scenes) == [scene["start"] for scene in scenes]


async def test_twenty_pictures_of_thirty_paragraphs():
    """The wish for many is known when the scenes are chosen."""
    animals = ["cat", "dog", "cow", "horse", "sheep", "goat", "pig", "duck", "hen", "goose", "fox", "wolf", "bear"]
    animals += ["owl", "swan", "deer", "rabbit", "mouse"]
    content = "\n\n".join(f"A {animal} stands at the gate." for animal in animals)

    assert len(animals) == len(set(subjects(await plan(content, count=len(animals)))))


def test_the_last_train_stays_the_last():
    """`最后` joins a sentence on only where it is not part of what is last."""
    phrases = [
        subject.phrase for subject in subjects_of("最后一趟列车驶出车站，也有大学生抱着吉他。最后，猫睡着了。", "zh")
    ]

    assert phrases[0].startswith("最后一趟列车")
    assert any(phrase.startswith("猫") for phrase in phrases)
