"""Templates and styles are files, in both languages, that fit each other and every length limit."""

import os
from pathlib import Path

import pytest
import yaml

from graph.wiring import open_workflow
from tests import test_cli
from tools.content.matching import match_topic
from tools.content.templates import (
    FOLDER,
    Language,
    common,
    instructions,
    keep,
    style,
    style_lines,
    style_names,
    styles,
    topics,
)
from tools.content.wording import compose, negative, picture, room
from tools.errors import ConfigError, InputError

LANGUAGES: tuple[Language, ...] = ("zh", "en")
CONSTRAINTS = {"zh": ("无文字", "无水印", "无签名"), "en": ("no text", "no watermark", "no signature")}

peitu = test_cli.peitu


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A user's folder with a topic and a style."""
    (tmp_path / "styles").mkdir()
    for name, id_ in (("pets.yaml", "my-parrot"), ("styles/clean.yaml", "my-own")):
        text = (FOLDER / name).read_text(encoding="utf-8")
        head, _, rest = text.partition("\n")
        assert head.startswith("id: ")
        (tmp_path / name).write_text(f"id: {id_}\n{rest}", encoding="utf-8")
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    """Edit a file as a person does."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_enough_topics_and_styles():
    """Articles are about at least 18 things; the styles include the default and the line drawing."""
    assert len(topics()) >= 18
    assert len(style_names()) >= 10
    assert {"clean", "line"} <= set(style_names())


@pytest.mark.parametrize("name", sorted(topics()))
def test_a_prompt_speaks_of_what_is_seen_alone(name: str):
    """What a picture is for is no part of it: models that write Chinese well paint such words into it."""
    frame, shots = topics()[name].frame, [*topics()[name].shots.zh, *topics()[name].shots.en, *common().shots.en]
    said = " ".join([frame.zh, frame.en.lower(), *shots, *common().shots.zh])

    assert [] == [word for word in ("配图", "主题", "主体", "picture", "article", "the subject") if word in said]


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


def test_own_templates_lie_over_the_built_in_ones(own: Path):
    """A user's files are topics and styles like the others, which stay."""
    assert {"my-parrot"} == set(topics(own)) - set(topics())
    assert {"my-own"} == set(styles(own)) - set(styles())
    assert "my-own" == style("my-own", own=own).id
    assert "my-own" in dict(style_lines(own=own))
    assert set(topics()) == set(topics(own / "missing"))


def test_own_template_replaces_the_built_in_one_of_its_id(own: Path):
    """Who does not like a built-in style writes another one with its id."""
    change(own / "styles" / "clean.yaml", "id: my-own", "id: clean")
    change(own / "styles" / "clean.yaml", "Modern flat", "Cubist")

    assert style("clean", own=own).prefix.en.startswith("Cubist")
    assert style("clean").prefix.en.startswith("Modern flat")


def test_own_topic_is_matched(own: Path):
    """A text about it gets it, by its keywords."""
    change(own / "pets.yaml", "  en: [", "  en: [parakeet, ")

    assert "my-parrot" == match_topic("A parakeet", title="A parakeet", own=own).id


def test_edited_file_counts_at_once(own: Path):
    """No restart: the next call has the new words, in a topic and in a style, also those of the same length."""
    topics(own), styles(own)
    change(own / "styles" / "clean.yaml", "Modern flat", "Ancient flat")
    change(own / "pets.yaml", "moods: [", "moods: [solemn, ")

    assert style("my-own", own=own).prefix.en.startswith("Ancient")
    assert "solemn" == topics(own)["my-parrot"].moods[0]

    path = own / "styles" / "clean.yaml"
    before = path.stat()
    change(path, "Ancient", "Antique")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))

    assert style("my-own", own=own).prefix.en.startswith("Antique")


def test_unedited_file_is_not_read_again(own: Path, monkeypatch: pytest.MonkeyPatch):
    """A scan tells that nothing changed; a file that comes or goes is noticed."""
    topics(own)
    read: list[str] = []
    real = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda path, **options: read.append(path.name) or real(path, **options))
    topics(own)

    assert [] == read

    (own / "second.yaml").write_text(real(own / "pets.yaml", encoding="utf-8").replace("my-parrot", "second"))

    assert "second" in topics(own)
    assert ["second.yaml"] == read

    (own / "second.yaml").unlink()

    assert "second" not in topics(own)


@pytest.mark.parametrize(
    ("name", "edit", "told"),
    [
        ("pets.yaml", ("moods:", "mood:"), "mood: there is no such key|moods: is missing"),
        ("pets.yaml", ("{mood}", "{weather}"), "frame: a frame needs exactly"),
        ("pets.yaml", ("moods: [", "moods: [sleepy, "), r"moods\.0: "),
        ("pets.yaml", ("id: my-parrot", "id: My Parrot"), "id: should be small letters"),
        ("pets.yaml", ("id: my-parrot", "- id"), r"line \d+: this is not YAML"),
        ("styles/clean.yaml", ("suffix:", "sufix:"), "suffix: is missing|sufix: there is no such key"),
        ("styles/clean.yaml", ("  en: ", "  fr: "), r"description\.(en: is missing|fr: there is no such key)"),
    ],
)
def test_broken_template_is_named(own: Path, name: str, edit: tuple[str, str], told: str):
    """One line: the file, the key, what is wrong with it."""
    change(own / name, *edit)
    with pytest.raises(ConfigError, match=told) as caught:
        styles(own) if name.startswith("styles") else topics(own)

    assert str(own / name) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_of_something_else_names_the_setting(tmp_path: Path):
    """A project has a folder `templates` of its own: the error says how to keep Peitu out of it."""
    (tmp_path / "values.yaml").write_text("image: nginx\n")
    with pytest.raises(ConfigError, match=r"values\.yaml: .* something else, set `templates` to another folder"):
        topics(tmp_path)


def test_a_copied_style_that_kept_its_id_is_named(own: Path):
    """Whoever asks for it by the name of its file hears what id it holds."""
    (own / "styles" / "clean.yaml").rename(own / "styles" / "mine.yaml")
    change(own / "styles" / "mine.yaml", "id: my-own", "id: ink")

    with pytest.raises(InputError, match=r"no style 'mine' - .*styles/mine\.yaml holds the id 'ink': write 'id: mine'"):
        style("mine", own=own)


def test_style_beside_the_topics_is_told_its_place(own: Path):
    """The mistake that everybody makes."""
    (own / "styles" / "clean.yaml").rename(own / "mine.yaml")
    with pytest.raises(ConfigError, match=r"mine\.yaml: .* a style belongs in the folder 'styles'"):
        topics(own)


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path):
    """One line that names the setting."""
    (tmp_path / "templates").write_text("no folder")
    with pytest.raises(ConfigError, match="set `templates` to a folder"):
        topics(tmp_path / "templates")


def test_id_is_taken_once(own: Path):
    """Two files with one id are an error that names the second."""
    (own / "twin.yaml").write_text((own / "pets.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"twin\.yaml has the id 'my-parrot'"):
        topics(own)


def test_winner_is_kept_and_used_by_its_name(tmp_path: Path):
    """A changed style is written as YAML that people can read, and is there for the next run."""
    winner = style("ink").altered(id="tea-house", suffix={"zh": "茶馆的灯光", "en": "the light of a tea house"})
    path = keep(winner, tmp_path)

    assert tmp_path / "styles" / "tea-house.yaml" == path
    assert winner == style("tea-house", own=tmp_path)
    assert "茶馆的灯光" in path.read_text(encoding="utf-8")
    assert ["id", "name"] == list(yaml.safe_load(path.read_text(encoding="utf-8")))[:2]

    topic = topics()["food"].altered(id="dim-sum")

    assert tmp_path / "dim-sum.yaml" == keep(topic, tmp_path)
    assert topic == topics(tmp_path)["dim-sum"]


def test_another_template_is_not_written_over(tmp_path: Path):
    """The same one again is no problem, another one only when asked for."""
    keep(style("ink").altered(id="mine"), tmp_path)
    keep(style("ink").altered(id="mine"), tmp_path)
    other = style("neon").altered(id="mine")
    with pytest.raises(InputError, match=r"mine\.yaml holds another template .* replace=True"):
        keep(other, tmp_path)

    keep(other, tmp_path, replace=True)

    assert other == style("mine", own=tmp_path)


def test_altered_template_is_checked():
    """A wrong key or value is told at once, not by the file later."""
    with pytest.raises(InputError, match="'mine': sufix: there is no such key"):
        style("ink").altered(id="mine", sufix={"zh": "好", "en": "good"})
    with pytest.raises(InputError, match=r"suffix\.zh: is missing"):
        style("ink").altered(suffix={"en": "good"})
    with pytest.raises(InputError, match="suffix: should have the keys zh and en"):
        style("ink").altered(suffix="good")


def test_unknown_style_lists_the_styles():
    """Whoever mistypes a style is told which there are."""
    with pytest.raises(InputError, match=r"no style 'cubist' - choose one of: .*clean.*line") as caught:
        style("cubist")

    assert all(name in str(caught.value) for name in style_names())
    with pytest.raises(InputError, match=r"put your own styles in 'mine.styles'"):
        style("cubist", own=Path("mine"))


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


def test_edited_style_counts_in_the_next_run_of_an_open_workflow(workplace: Path):
    """A notebook keeps the workflow open: the style of the folder `templates` is used by name, and so is its edit."""
    asked = {"content": "A lighthouse", "style": "mine", "count": 1, "review": True}
    prompts = []
    with open_workflow() as workflow:
        for run_id, new in (("first", "Charcoal"), ("second", "Crayon")):
            prefix = {"zh": "画", "en": f"{new} on gray paper"}
            keep(style("ink").altered(id="mine", prefix=prefix), Path("templates"), replace=True)
            workflow.invoke(asked, {"configurable": {"thread_id": run_id}})
            prompts.append(workflow.get_state({"configurable": {"thread_id": run_id}}).values["prompts"][0]["prompt"])

    assert ["Charcoal", "Crayon"] == [prompt.split()[0] for prompt in prompts]


def test_own_style_works_on_the_command_line(peitu, workplace: Path):
    """It is listed and used by its name; a broken topic is one line, and nothing starts."""
    keep(style("ink").altered(id="mine"), Path("templates"))
    words = ("run", "--text", "A lighthouse", "--style", "mine", "--count", "1", "--size", "256x256")

    assert "\nmine  " in peitu("run", "--style", "list")[1]
    assert 0 == peitu(*words)[0]

    Path("templates/broken.yaml").write_text("id: broken")
    status, _, err = peitu(*words)

    assert 2 == status
    assert "templates/broken.yaml: name: is missing" in err
    assert 1 == len(err.splitlines())
