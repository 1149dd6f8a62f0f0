"""A message in a chat becomes a content, and the pictures become its answer."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from graph.wiring import open_workflow
from nodes.chat import heard, text_of, without_long

CONFIG = {"configurable": {"thread_id": "chat"}}
SMALL = {"count": 1, "size": "512x512"}


class Records:
    """Knows one content."""

    def __init__(self, content="the earlier one"):
        self.content = content

    async def content_of(self, run_id):
        return self.content


MESSAGES = [HumanMessage("first"), AIMessage("done"), HumanMessage("a red boat")]


@pytest.mark.parametrize(
    ("state", "content"),
    [
        ({"messages": MESSAGES}, "a red boat"),
        ({"messages": MESSAGES, "content": None}, "a red boat"),
        ({"messages": MESSAGES, "content": "given with it"}, "given with it"),
        ({"messages": MESSAGES, "content": "the earlier one", "run_id": "chat"}, "a red boat"),
        ({"messages": MESSAGES, "content": "a new one", "run_id": "chat"}, "a new one"),
        ({"messages": MESSAGES[:2], "content": "a new one", "run_id": "chat"}, "a new one"),
        ({"messages": MESSAGES[:2]}, None),
        ({"content": "no chat"}, "no chat"),
    ],
)
async def test_the_last_message_is_the_content_unless_one_is_given(state, content):
    """What the thread remembers of its earlier run was not given."""
    assert content == (await heard(state, Records())).get("content")


async def test_a_long_content_that_is_remembered_is_known_by_its_beginning():
    """The state has only that much of it."""
    long = "word " * 1000
    state = {"messages": MESSAGES, "content": long[:2000], "run_id": "chat"}

    assert "a red boat" == (await heard(state, Records(long)))["content"]


def test_blocks_are_paragraphs():
    """Text in blocks is read, pictures are passed over."""
    image = {"type": "image", "url": "http://127.0.0.1/1.png"}
    blocks = ["One.", {"type": "text", "text": "Two."}, image, {"type": "text", "text": None}]

    assert "One.\n\nTwo." == text_of(HumanMessage(blocks))


def test_long_messages_and_files_leave_the_state():
    """What stays is the beginning of the text, under the same id."""
    data = {"type": "image", "base64": "A" * 100_000, "mime_type": "image/png"}
    long = HumanMessage("word " * 10_000, id="1")
    attached = HumanMessage([{"type": "text", "text": "a boat"}, data], id="2")
    state = {"messages": [long, attached, HumanMessage("short", id="3"), AIMessage("x" * 5_000, id="4")]}
    kept = without_long(state)["messages"]

    assert [("1", 2_001), ("2", 6)] == [(message.id, len(message.content)) for message in kept]
    assert {} == without_long({"messages": kept})
    assert {} == without_long({})


async def test_without_a_server_the_answer_names_the_files(workplace):
    """The pictures are there as addresses of files; a wish beside the message counts."""
    async with open_workflow() as workflow:
        document = await workflow.ainvoke({"messages": [("human", "A boat [1] <b>at</b> dawn.")], **SMALL}, CONFIG)
    text, picture = document["messages"][-1].content

    assert (True, 1, 1) == (document["success"], document["requested"], document["count"])
    assert (workplace / "output/chat/00.jpg").as_uri() == picture["url"]
    assert f"]({picture['url']})" in text["text"]
    assert "<b>" not in text["text"].replace("\\<b\\>", "")


async def test_a_run_without_a_message_has_none(workplace):
    """Its result has the keys that it always had."""
    async with open_workflow() as workflow:
        document = await workflow.ainvoke({"content": "a boat", **SMALL}, CONFIG)
        state = await workflow.aget_state(CONFIG)

    assert "messages" not in document
    assert "messages" not in state.values


async def test_what_failed_is_said_with_the_way_on(sandbox, workplace, monkeypatch):
    """The reason, and the command that continues."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PEITU_LLM__PROVIDER", "none")
    sandbox.fault("dashscope", "submit", kind="status", status=401, code="InvalidApiKey", message="no", every=1)
    asked = {"messages": [("human", "一只白鹭站在芦苇里。")], **SMALL, "provider": "dashscope", "upload": False}
    async with open_workflow() as workflow:
        document = await workflow.ainvoke(asked, CONFIG)
    (text,) = document["messages"][-1].content

    assert "已完成 0 张" in text["text"]
    assert "peitu resume chat" in text["text"]
    assert "没有图片" in text["text"]
