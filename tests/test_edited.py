"""A passage is found again in a text that was edited."""

import pytest

from tests.test_web_page import WECHAT
from tools.content.edited import end_of_passage
from tools.content.reading import read

TEXT = "The kettle sings.\n\nA cat sleeps.\n\nA letter lies on\nthe table by the lamp.\r\n\r\nThe end.\n"


@pytest.mark.parametrize(
    ("passage", "end"),
    [
        ("A cat sleeps.", "A cat sleeps."),
        ("The kettle", "The kettle"),
        ("A cat sleeps!", "A cat sleeps."),
        ("A letter lay on\nthe table by the lamp.", "by the lamp."),
        ("An end.", "The end."),
        ("Snow on the mountains", None),
        ("", None),
    ],
)
def test_a_passage_is_the_same_or_resembles_it(passage, end):
    """What resembles nothing is gone."""
    assert end_of_passage(passage, TEXT) == (end and TEXT.index(end) + len(end))


def test_a_passage_of_a_web_page_ends_with_its_paragraph():
    """The tags behind it belong to the next one."""
    passages = read(WECHAT).passages
    for passage in passages:
        words = WECHAT[passage.start : passage.end]
        edited = WECHAT.replace(words, f"{words[:-2]}呀{words[-2:]}")

        assert passage.end + 1 == end_of_passage(words, edited)
