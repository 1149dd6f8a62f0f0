"""Topic, mood and light fit the text: a stray word decides nothing, and a night stays one."""

import pytest

from nodes.first_look import first_look
from tests.test_prompt import plan
from tests.test_variety import NEWS, POEM, ROAD
from tools.content.matching import match_topic
from tools.content.words import picturable


def about(content: str) -> tuple[str, str]:
    analysis = first_look(content)[1]
    return analysis["topic"], analysis["mood"]


def test_code_tells_what_a_text_is_about():
    """A queue that is like one at a hospital is not about health, when its use is shown in JavaScript."""
    queue = "The queue is like the waiting room of a hospital: the patient who needs a doctor most goes first."

    assert "programming" == about(f"# tinyqueue\n\n{queue}\n\n```js\nqueue.push(1)\n```\n")[0]
    assert "health" == about(queue)[0]


def test_one_stray_word_is_no_topic():
    """A poem of two roads is not about cars, and a record not about history."""
    assert "default" == about(ROAD)[0]
    assert "travel" == about(NEWS)[0]
    assert "solemn" != about(NEWS)[1]
    assert "default" == match_topic("The old house at the corner was sold. Nobody knows to whom, and nobody asks.").id


@pytest.mark.parametrize(
    "content",
    [
        "3月12日植树节，社区组织居民在河边种下两百棵树苗，孩子们给小树浇水。大家说，十年以后这里会有一片森林。",
        "Volunteers planted four hundred saplings along the river on Saturday. Each family took home a small tree.",
    ],
)
def test_trees_are_nature(content: str):
    """Planting trees is no life at home."""
    assert "nature" == about(content)[0]


@pytest.mark.parametrize(
    ("content", "topic"),
    [
        # Two or three words that stand in any long text are no topic.
        (
            "Why I stopped\n\nFor years I woke with a coffee in one hand and the phone in the other. "
            + "I sit at the desk by the window, and a robin lands on the railing. Nobody calls me away. " * 16
            + "After lunch I sort the spice jars in the kitchen.",
            "default",
        ),
        (
            "牛顿运动定律\n\n公交车突然刹车，乘客向前倾倒，因为身体要保持原来的运动状态，这叫惯性。加速度与合力成正比。",
            "science",
        ),
        (
            """Reading files line by line

            In this chapter you read a file and write a short review of it. A file is like a book: open it, read it
            page by page and close it again. Use the standard library; never read a whole file when you need its
            first lines. Then open a second file for writing.""",
            "programming",
        ),
    ],
)
def test_words_of_every_day_are_no_topic(content: str, topic: str):
    """They fit a topic by chance; a text about something says so again and again."""
    assert topic == about(content)[0]


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (POEM, "晨光 清晨 午后 夕阳 傍晚 日光 阴天"),
        ("夜里，老人提着灯笼走过石桥。", "晨光 清晨 午后 夕阳 傍晚 日光 阴天"),
        ("Night falls. The cat walks over the roof.", "morning afternoon sunset evening overcast"),
        ("清晨", "夜色 夜晚 夕阳 傍晚 午后"),
        ("sunrise", "night evening afternoon"),
        ("暴雨", "清澈 雾 阳光"),
        ("snow", "clear reflections"),
        ("夜里下着大雨，老人提着灯笼走过石桥。", "星光 星空 繁星 夕阳 斜阳"),
        ("太阳跳出来，照着石桥。", "夜色 夜晚 雨"),
        ("傍晚暴雨，孩子们跑过石桥。", "星光 星空 繁星 夕阳 斜阳"),
        ("雾里的石桥", "星光 星空 繁星 夕阳 斜阳"),
        ("A storm at night shakes the lighthouse.", "stars starry sun sunlight"),
        ("Rain falls on the harbor in the evening.", "stars starry sun sunlight"),
    ],
)
async def test_light_keeps_the_hour_of_the_text(content: str, wrong: str):
    """No morning light on a night, in twenty pictures of it; nor a clear sky in the rain."""
    prompts = [one["prompt"].lower() for one in (await plan(content, count=20))["prompts"]]

    assert 20 == len(set(prompts))
    body = "\n".join(prompts)
    for setting in ("clear composition", "clear outline", "clear shapes"):
        body = body.replace(setting, "")
    assert [] == [word for word in wrong.split() if word in body]


def test_pandas_may_be_a_library():
    """With a verb in the singular it is no animal."""
    assert [] == picturable("pandas loads and keeps", "en")
    assert ["panda"] == picturable("two pandas sleep", "en")
