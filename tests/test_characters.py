"""Who is introduced by name is told wherever only the name stands: no image model knows the fox of a story."""

import re

import pytest

from nodes.first_look import first_look
from tools.content.characters import characters, introduced
from tools.content.told import teller
from tools.content.words import language_of

FOX_ZH = """# 小狐狸和星星

森林边上住着一只叫阿橘的小狐狸。阿橘有一条蓬松的大尾巴，脖子上系着一条蓝色的围巾。

一颗星星落进了池塘。阿橘捧起星星，用围巾擦干。
"""
FOX_EN = """# The fox and the star

Once there was a small orange fox named Rusty. Rusty wore a blue scarf around his neck.

A star fell into the pond. Rusty carried the star up the mountain in his scarf.
"""


@pytest.mark.parametrize(
    ("text", "cast"),
    [
        ("森林边上住着一只叫阿橘的小狐狸。", {"阿橘": "小狐狸"}),
        ("一头叫大力的灰色大象喜欢洗澡。", {"大力": "灰色大象"}),
        ("从前有一只小兔子，名叫跳跳。", {"跳跳": "小兔子"}),
        ("有一位老船长名叫海伯。", {"海伯": "老船长"}),
        ("森林邊上住著一隻叫阿橘的小狐狸。", {"阿橘": "小狐狸"}),
        ("我们到了一个叫喜洲的地方。", {}),
        ("这是一种叫敏捷的方法。", {}),
        ("一个孩子叫妈妈，没有人答应。", {}),
        ("Once there was a small orange fox named Rusty.", {"Rusty": "small orange fox"}),
        ("My dog, called Bo, sleeps.", {"Bo": "dog"}),
        ("A method called Scrum helps.", {}),
        ("She called Anna, and the phone rang.", {}),
    ],
)
def test_names_are_introduced(text: str, cast: dict[str, str]):
    """Only with something that can be drawn."""
    assert cast == characters(text, language_of(text))


@pytest.mark.parametrize(
    ("phrase", "shown"),
    [
        ("Rusty's scarf is blue", "the small fox Rusty's scarf is blue"),
        ("Rusty hides Rusty's scarf", "the small fox Rusty hides Rusty's scarf"),
        ("the fox Rusty sleeps", "the fox Rusty sleeps"),
        ("a Rustyville street", "a Rustyville street"),
    ],
)
def test_a_name_is_explained_once(phrase: str, shown: str):
    """And not where the phrase says it already."""
    assert shown == introduced(phrase, {"Rusty": "small fox"}, "en")


@pytest.mark.parametrize(("content", "kind"), [(FOX_ZH, "小狐狸阿橘"), (FOX_EN, "the small orange fox Rusty")])
def test_every_scene_tells_who_it_shows(content: str, kind: str):
    """The sentences after the first have the name alone."""
    subjects = [scene["subject"] for scene in first_look(content)[1]["scenes"]]
    later = [subject for subject in subjects if re.search("Rusty|阿橘", subject) and not re.search("named|叫", subject)]

    assert 2 <= len(later)
    assert [] == [subject for subject in later if kind not in subject]


def test_the_author_needs_no_introduction():
    """Beside a picture stand the author's own words, without what was added for the image model."""
    told = teller(FOX_ZH)
    scenes = first_look(FOX_ZH)[1]["scenes"]
    words = [
        told(scene["subject"], scene["end"]).words for scene in scenes if scene["subject"].startswith("小狐狸阿橘")
    ]

    assert 2 <= len(words)
    assert ["阿橘"] * len(words) == [each[:2] for each in words]
