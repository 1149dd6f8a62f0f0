"""Templates and styles are files, in both languages, that fit each other and every length limit."""

from pathlib import Path

import pytest

from tools.errors import ConfigError, InputError
from tools.matching import match_topic
from tools.templates import FOLDER, Language, common, instructions, style, style_lines, style_names, styles, topics
from tools.wording import compose, negative, picture, room

LANGUAGES: tuple[Language, ...] = ("zh", "en")
CONSTRAINTS = {"zh": ("无文字", "无水印", "无签名"), "en": ("no text", "no watermark", "no signature")}


def copy_folder(target: Path) -> Path:
    """A folder with the default template and all that is common, for a test to add to."""
    (target / "styles").mkdir()
    for name in ("default.yaml", "styles/clean.yaml"):
        (target / name).write_text((FOLDER / name).read_text(encoding="utf-8"), encoding="utf-8")
    return target


def test_enough_topics_and_styles():
    """Articles are about at least 18 things; the styles include the default and the line drawing."""
    assert len(topics()) >= 18
    assert len(style_names()) >= 10
    assert {"clean", "line"} <= set(style_names())


@pytest.mark.parametrize("name", sorted(topics()))
def test_topic_is_complete(name: str):
    """A topic has choices enough for different pictures, in Chinese and in English alike."""
    topic = topics()[name]

    for choices, least in ((topic.settings, 5), (topic.shots, 4), (topic.symbols, 5), (topic.keywords, 3)):
        assert least <= len(choices.zh) == len(set(choices.zh))
        assert least <= len(choices.en) == len(set(choices.en))
    assert len(topic.settings.zh) == len(topic.settings.en)
    assert all("\u4e00" <= word[0] <= "\u9fff" for word in (*topic.settings.zh, *topic.symbols.zh, *topic.shots.zh))
    assert all(word.isascii() for word in (*topic.settings.en, *topic.symbols.en, *topic.shots.en))


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("大语言模型如何改变算法工程", "artificial-intelligence"),
        ("How large language models learn", "artificial-intelligence"),
        ("用 Python 重构一个后端接口", "programming"),
        ("Refactoring a legacy database", "programming"),
        ("显微镜下的细胞", "science"),
        ("黑洞与银河系", "space"),
        ("Wetlands and the climate", "nature"),
        ("海岛徒步攻略", "travel"),
        ("A recipe for sourdough bread", "food"),
        ("糖尿病患者的饮食", "health"),
        ("失眠的夜晚", "sleep"),
        ("马拉松训练计划", "fitness"),
        ("How students learn in the classroom", "education"),
        ("和孩子一起读绘本", "family"),
        ("远程办公的团队沟通", "work"),
        ("A founder looks for her first customers", "startup"),
        ("通货膨胀与存款利率", "finance"),
        ("唐朝的丝绸之路", "history"),
        ("中秋节的月饼", "festival"),
        ("地铁与城市街道", "city"),
        ("钢琴与旋律", "art"),
        ("my cat", "pets"),
        ("Decluttering the living room", "home"),
        ("数据泄露与密码安全", "law"),
        ("一家旧书店", "books"),
        ("异地恋的情侣", "love"),
        ("A vintage dress and its fabric", "fashion"),
        ("电动车的续航和充电桩", "automotive"),
        ("lighthouse", "default"),
        ("春天", "default"),
        ("", "default"),
    ],
)
def test_topic_is_matched_by_keyword(text: str, topic: str):
    """Chinese anywhere, English as whole words; what fits nowhere gets the default."""
    assert topic == match_topic(text, title=text).id


def test_keywords_are_whole_words():
    """`cat` is no part of `education`, and one stray word in a long text is no topic."""
    assert "default" == match_topic("concatenated", title="concatenated").id
    assert "default" == match_topic("Something else altogether. " * 20 + "cat").id


def test_own_template_is_found(tmp_path: Path):
    """A user's file in the folder is a topic like the others."""
    folder = copy_folder(tmp_path)
    own = (FOLDER / "pets.yaml").read_text(encoding="utf-8").replace("id: pets", "id: my-parrot")
    (folder / "mine.yml").write_text(own, encoding="utf-8")

    assert {"default", "my-parrot"} == set(topics(folder))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("moods:", "mood:"), "mood"),
        (("{mood}", "{weather}"), "frame"),
        (("calm", "sleepy"), "moods"),
        (("id: default", "id: default\nextra: 1"), "extra"),
        (("id: default", "- id"), "YAML"),
    ],
)
def test_broken_template_is_named(tmp_path: Path, change: tuple[str, str], told: str):
    """The message names the file and what is wrong in it."""
    folder = copy_folder(tmp_path)
    path = folder / "default.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(ConfigError, match=told) as caught:
        topics(folder)

    assert "default.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_id_is_taken_once(tmp_path: Path):
    """Two files with one id are an error that names the second."""
    folder = copy_folder(tmp_path)
    (folder / "mine.yaml").write_text((folder / "default.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine\.yaml has the id 'default'"):
        topics(folder)


def test_unknown_style_lists_the_styles():
    """Whoever mistypes a style is told which there are."""
    with pytest.raises(InputError, match=r"no style 'cubist' - choose one of: .*clean.*line") as caught:
        style("cubist")

    assert all(name in str(caught.value) for name in style_names())


def test_default_is_an_alias():
    """`default` is the configured style; case and spaces do not matter."""
    assert "clean" == style("default").id
    assert "line" == style("default", default="line").id
    assert "ink" == style(" Ink ").id


def test_style_lines_describe():
    """Each style has one line for people."""
    assert style_names() == [name for name, _ in style_lines()]
    assert all(text and "\n" not in text for _, text in style_lines("zh"))


@pytest.mark.parametrize("name", style_names())
@pytest.mark.parametrize("language", LANGUAGES)
def test_prompt_keeps_inside_the_limit(name: str, language: Language):
    """The body is cut, never the prefix, the suffix or the constraints, in 500 characters and in fewer."""
    chosen = styles()[name]
    body = "老人提着灯笼，" * 200 if language == "zh" else "an old man with a lantern, " * 100
    for limit in (500, 300):
        prompt = compose(body, style=chosen, language=language, limit=limit)

        assert limit >= len(prompt) > limit - 60
        for part in (chosen.prefix, chosen.suffix):
            assert part.of(language).lower() in prompt.lower()
        assert all(constraint in prompt.lower() for constraint in CONSTRAINTS[language])
    assert len(negative(chosen, language)) <= 500
    assert room(chosen, language, 500) >= 200


def test_no_room_is_said():
    """A limit that the style alone fills is an error, not an empty prompt."""
    with pytest.raises(ConfigError, match="'clean' leaves"):
        compose("a lighthouse", style=style("clean"), language="en", limit=100)


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_subject_gives_many_pictures(language: Language):
    """The same word 50 times is 50 different pictures, and each holds it."""
    word = "灯塔" if language == "zh" else "lighthouse"
    bodies = [
        picture(word, topic=topics()["default"], language=language, mood="calm", position=turn, turn=turn).body
        for turn in range(50)
    ]

    assert 50 == len(set(bodies))
    assert all(word in body and "{" not in body for body in bodies)


def test_idea_gets_a_symbol():
    """What cannot be drawn is put beside what can, unless it is known to be concrete."""
    idea = "Slowness gives something back to those who wait"
    options = {"topic": topics()["travel"], "language": "en", "mood": "calm", "position": 0, "turn": 0}

    assert picture(idea, **options).subject.startswith("a suitcase, a visual metaphor for: slowness")  # type: ignore[arg-type]
    assert idea == picture(idea, concrete=True, **options).subject  # type: ignore[arg-type]


def test_scene_gets_no_other_place():
    """A subject that says where it is does not get a second setting."""
    shown = picture(
        "a boy flies a kite above the harbor", topic=topics()["sleep"], language="en", mood="calm", position=0, turn=0
    )

    assert not any(setting in shown.body for setting in topics()["sleep"].settings.en)
    assert ", ," not in shown.body


def test_instructions_and_moods_exist():
    """The language model's instructions are files, and every mood has words in both languages."""
    assert "never" in instructions("analyze")
    assert '"prompts"' in instructions("prompt")
    assert 9 == len(common().moods)
