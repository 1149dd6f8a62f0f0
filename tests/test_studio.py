"""LangGraph Studio's server, the real one: offline, without a key, and without a blocking call in its event loop."""

import json
import os
import re
import shlex
import sqlite3
import time
from contextlib import closing
from typing import get_args

import pytest
from langgraph_cli.cli import dev

from graph.events import EventName
from graph.opening.saver import server_name
from graph.studio import threads
from tests import test_readme
from tests.conftest import KEYS
from tests.studio import Studio
from tests.test_cli import peitu  # noqa: F401 - a fixture
from tools.sqlite.connection import connect
from tools.sqlite.lists import list_threads

STATE_BYTES = 20_000
"""What a checkpoint of a run may weigh, however long its content."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A running server without a key; a setting comes from `.env`."""
    for name in [name for name in os.environ if name.startswith(KEYS)]:
        del os.environ[name]
    folder = tmp_path_factory.mktemp("studio")
    (folder / ".env").write_text("PEITU_IMAGES__SIZE=512x512\n")
    with Studio(folder) as running:
        yield running


@pytest.fixture(scope="module")
def made(server):
    """The result document of a run over HTTP."""
    return server.run({"content": "a lighthouse before the storm", "count": 1})


@pytest.fixture(autouse=True)
def no_blocking_call(server):
    """Whatever a test did, nothing held up the server's event loop."""
    yield

    assert "BlockingError" not in server.log


@pytest.fixture
def beside(server, monkeypatch):
    """The command line, in the folder of the server."""
    monkeypatch.chdir(server.folder)
    return server.folder


def assistant_id(server):
    return server.client.assistants.search(graph_id="peitu")[0]["assistant_id"]


def human(text):
    return {"messages": [{"role": "human", "content": text}]}


def test_the_server_makes_pictures_offline(server, made):
    """A run over HTTP gives the result document of the command line, no key more, and whole pictures."""
    keys = ["run_id", "success", "requested", "count", "images", "language_model", "notes"]

    assert keys == list(made)
    assert made["success"]
    assert ["sketch"] == [image["provider"] for image in made["images"]]
    assert all((server.folder / image["path"]).is_file() for image in made["images"])


def test_the_form_describes_every_field(server):
    """Studio shows what each field is, its default, and the choices."""
    fields = server.client.assistants.get_schemas(assistant_id(server))["input_schema"]["properties"]

    assert [] == [name for name, field in fields.items() if not field.get("description")]
    assert {"content", "messages", "review", "seed"} < set(fields)
    defaults = {name: field["default"] for name, field in fields.items() if "default" in field}
    assert {
        "count": 3,
        "style": "clean",
        "provider": "auto",
        "size": "512x512",
        "upload": False,
        "review": False,
        "as_is": False,
    } == defaults
    assert "watercolor" in fields["style"]["enum"]
    assert ["auto", "modelscope", "dashscope", "sketch"] == fields["provider"]["enum"]


def test_the_branches_are_drawn(server):
    """`xray` opens the subgraph of an image."""
    graph = server.client.assistants.get_graph(assistant_id(server), xray=True)
    nodes = {node["id"] for node in graph["nodes"]}

    assert {"analyze", "approve", "answer", "generate:choose", "generate:sketch", "generate:done"} <= nodes


def test_progress_comes_while_it_happens(server):
    """Updates of every node, also inside `generate`, and events by the one schema."""
    stream = server.client.runs.stream(
        None,
        "peitu",
        input={"content": "a boat at the shore", "count": 2},
        stream_mode=["updates", "custom"],
        stream_subgraphs=True,
    )
    parts = [(part.event.partition("|")[0], part.data) for part in stream]
    nodes = [node for kind, data in parts if kind == "updates" for node in data]
    events = [data for kind, data in parts if kind == "custom"]

    assert ["analyze", "prompt", "approve"] == nodes[:3]
    assert ["upload", "record"] == nodes[-2:]
    assert {"choose", "sketch", "check", "done"} < set(nodes)
    assert [("planned", 2)] == [(event["event"], event.get("count")) for event in events[:1]]
    assert ["saved", "saved"] == [event["event"] for event in events[1:]]
    assert all(event["event"] in get_args(EventName) for event in events)


def test_every_step_has_its_state(server):
    """The history goes back to the input, and into the subgraph of an image."""
    thread_id = server.client.threads.create()["thread_id"]
    server.run({"content": "a boat", "count": 1}, thread_id)
    history = server.client.threads.get_history(thread_id, limit=20)
    planned = next(state for state in history if state["next"] == ["approve"])

    assert [[], ["record"], ["upload"], ["generate"], ["approve"]] == [state["next"] for state in history[:5]]
    assert "a boat" in planned["values"]["prompts"][0]["prompt"]
    assert "a boat" == history[-2]["values"]["content"]


def test_a_wrong_input_says_what_is_wrong(server):
    """The run ends with the line that the command line prints."""
    answer = server.client.runs.wait(None, "peitu", input={"content": "x", "style": "none"}, raise_error=False)

    assert "InputError" in str(answer)
    assert "'none'" in str(answer)


def test_prompts_are_reviewed_over_the_sdk(server):
    """The run stops before anything is made; a wrong answer is asked again; then what was approved is made."""
    thread_id = server.client.threads.create()["thread_id"]
    asked = server.run({"content": "A storm comes. Gulls on the rocks.", "count": 2, "review": True}, thread_id)
    (question,) = asked["__interrupt__"]

    assert [0, 1] == [prompt["index"] for prompt in question["value"]["prompts"]]
    assert "interrupted" == server.client.threads.get(thread_id)["status"]

    again = server.run(None, thread_id, command={"resume": {"drop": [7]}})

    assert "There is no index 7" in again["__interrupt__"][0]["value"]["problem"]

    answer = {"edit": {"0": "a red boat"}, "drop": [1], "add": ["three gulls"]}
    document = server.run(None, thread_id, command={"resume": answer})

    assert ["a red boat", "three gulls"] == [image["prompt"] for image in document["images"]]
    assert (True, 2) == (document["success"], document["count"])


def test_a_run_of_the_command_line_is_approved_on_the_server(server, beside, peitu):  # noqa: F811
    """It stands among the threads of the server, waits with its question, and ends there."""
    peitu("run", "--text", "a kettle on the stove", "--count", "1", "--review", "--run-id", "kettle", "--json")
    thread_id = server_name("kettle")
    thread = wait_for(lambda: server.client.threads.search(ids=[thread_id]))[0]
    waiting = server.client.threads.get_state(thread_id)

    assert ("kettle", "a kettle on the stove") == (thread["metadata"]["run"], thread["metadata"]["title"])
    assert ["approve"] == waiting["next"]
    assert "kettle" in waiting["tasks"][0]["interrupts"][0]["value"]["prompts"][0]["prompt"]

    document = server.run(None, thread_id, command={"resume": {"edit": {"0": "a copper kettle"}}})
    _, out, _ = peitu("show", "kettle", "--json")

    assert ("kettle", True, 1) == (document["run_id"], document["success"], document["count"])
    assert "a copper kettle" == json.loads(out)["images"][0]["prompt"]
    assert 0 == peitu("resume", "kettle")[0]


def test_a_run_of_the_server_is_continued_on_the_command_line(server, beside, peitu):  # noqa: F811
    """`peitu runs` lists it, and `peitu resume` asks its question."""
    thread_id = server.client.threads.create()["thread_id"]
    server.run({"content": "a lamp in the window", "count": 1, "review": True}, thread_id)
    listed = json.loads(peitu("runs", "--json")[1])
    status, _, err = peitu("resume", thread_id)

    assert thread_id in json.dumps(listed)
    assert 1 == status
    assert "a lamp in the window" in err

    server.run(None, thread_id, command={"resume": True})

    assert 0 == peitu("resume", thread_id)[0]


def test_a_message_is_illustrated_in_the_chat(server):
    """The answer has the pictures as Markdown and as content blocks; the next message gets its own."""
    thread_id = server.client.threads.create()["thread_id"]
    server.run(human("清晨的茶园，雾气弥漫。") | {"count": 1}, thread_id)
    blocks = [{"type": "text", "text": "A red bicycle."}, {"type": "text", "text": "It stands on a bridge."}]
    document = server.run(human(blocks) | {"count": 2}, thread_id)
    first, second = [message for message in document["messages"] if message["type"] == "ai"]

    assert ["human", "ai", "human", "ai"] == [message["type"] for message in document["messages"]]
    assert (f"{thread_id}.2", 2) == (document["run_id"], document["count"])
    assert "共 1 张图片，已完成 1 张" in first["content"][0]["text"]
    assert second["content"][0]["text"].startswith("2 of 2 pictures made")
    pictures = [block for block in second["content"] if block["type"] == "image"]
    assert 2 == len(pictures)
    for block in pictures:
        assert f"]({block['url']})" in second["content"][0]["text"]
        shown = server.get(block["url"].removeprefix(server.url))
        assert (200, "image/jpeg", b"\xff\xd8") == (shown.status_code, shown.headers["content-type"], shown.content[:2])


def test_a_long_message_is_not_in_every_checkpoint(server):
    """An article of 200 KB is in the records whole, and in the state with its beginning."""
    article = "The gulls follow the old boat home. " * 5_600
    thread_id = server.client.threads.create()["thread_id"]
    document = server.run(human(article) | {"count": 1}, thread_id)
    with closing(sqlite3.connect(server.folder / "data/checkpoints.db")) as connection:
        rows = connection.execute(
            "SELECT length(checkpoint) FROM checkpoints WHERE thread_id = ? ORDER BY checkpoint_id", (thread_id,)
        ).fetchall()
    with closing(sqlite3.connect(server.folder / "data/peitu.db")) as connection:
        ((kept,),) = connection.execute("SELECT content FROM runs WHERE run_id = ?", (thread_id,)).fetchall()

    assert document["success"]
    assert article == kept
    assert 2 == sum(size > STATE_BYTES for (size,) in rows)  # the input, and the state before `analyze`
    assert len(rows) > 10
    assert len(document["messages"][0]["content"]) < 2_100


def test_an_agent_finds_and_calls_the_tool(server):
    """MCP lists the graph with what to give and what comes back, and a call makes a picture."""
    (tool,) = server.call("/mcp", "tools/list")["tools"]
    answer = server.call("/mcp", "tools/call", name="peitu", arguments={"content": "a red kite", "count": 1})

    assert "peitu" == tool["name"]
    assert all(word in tool["description"] for word in ("`content`", "illustrations", "`images`", "`path`", "paid"))
    assert all(field["description"] for field in tool["inputSchema"]["properties"].values())
    assert "'success': True" in answer["content"][0]["text"]

    # The server passes on the class of an error only, as the page says.
    refused = server.call("/mcp", "tools/call", name="peitu", arguments={"content": "a red kite", "count": 0})

    assert {"isError": True, "content": [{"type": "text", "text": "InputError"}]} == refused


def test_an_a2a_client_gets_the_pictures(server):
    """A text part comes in, text and files by address go out."""
    part = {"kind": "text", "text": "An old bridge at dawn."}
    message = {"role": "user", "messageId": "1", "parts": [part]}
    task = server.call(f"/a2a/{assistant_id(server)}", "message/send", message=message)
    parts = task["artifacts"][0]["parts"]

    assert "completed" == task["status"]["state"]
    assert "3 of 3 pictures made" in parts[0]["text"]
    assert 3 == len(parts[1:])
    for part in parts[1:]:
        assert "image/jpeg" == part["file"]["mimeType"]
        assert 200 == server.get(part["file"]["uri"].removeprefix(server.url)).status_code


def test_the_gallery_shows_the_runs(server, made):
    """One page, whose pictures the server has."""
    page = server.get("/gallery")
    address = made["images"][0]["path"].replace("output/", "pictures/")

    assert (200, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])
    assert address in page.text
    assert 200 == server.get(f"/{address}").status_code


def test_a_picture_is_sent_once(server, made):
    """A page that has it already is told so."""
    address = made["images"][0]["path"].replace("output/", "/pictures/")
    first = server.get(address)
    again = server.get(address, headers={"If-None-Match": first.headers["etag"]})

    assert "no-cache" == first.headers["cache-control"]
    assert (304, b"") == (again.status_code, again.content)


@pytest.mark.parametrize(
    "name",
    [
        "..%2fserver.log",
        "%2e%2e/outside.jpg",
        "..%2foutside.jpg",
        "link.jpg",
        "folder/outside.jpg",
        "gallery.html",
        ".hidden.jpg",
        "nothing.jpg",
        "%00.jpg",
        "",
        ".",
    ],
)
def test_nothing_else_is_served(server, name):
    """Only pictures of the output folder; the answer is one line."""
    output = server.folder / "output"
    output.mkdir(exist_ok=True)
    for path in (server.folder / "outside.jpg", output / "gallery.html", output / ".hidden.jpg"):
        path.write_bytes(b"\xff\xd8 a secret")
    for link, target in ((output / "link.jpg", "../outside.jpg"), (output / "folder", "..")):
        if not link.is_symlink():
            link.symlink_to(target)
    answer = server.get(f"/pictures/{name}")

    assert 404 == answer.status_code
    assert b"secret" not in answer.content
    assert 1 == len(answer.text.splitlines())


PAGES = ("docs/studio.md", "docs/studio.zh-CN.md")
ADDRESS = "http://127.0.0.1:2024"


def test_the_server_looks_for_runs_only_when_something_was_written(workplace):
    """A look every second would make and remove files, and `langgraph dev` would tell of it every second."""
    path = workplace / "peitu.db"
    before = threads._written_at(path)
    connect(path).close()
    made = threads._written_at(path)

    assert before != made
    assert [] == list_threads(path, limit=9)
    assert made == threads._written_at(path)

    connection = connect(path)
    connection.execute("INSERT INTO runs (run_id, status, content, started_at) VALUES ('a', 'running', 'b', 'c')")

    assert made != threads._written_at(path)
    connection.close()


def test_both_pages_have_the_same_commands_and_events():
    """Who reads one knows what who reads the other knows."""
    english, chinese = ([test_readme.blocks(page, language) for language in ("", "python")] for page in PAGES)
    tables = [[(row[0], row[2]) for row in test_readme.rows(page)[2:]] for page in PAGES]

    assert english == chinese
    assert tables[0] == tables[1]
    assert [f"`{name}`" for name in get_args(EventName)] == [name for name, _ in tables[0]]


def test_the_programs_of_the_page_run(server, capsys):
    """As they stand, one after the other; only the port is another."""
    known = {}
    for program in test_readme.blocks(PAGES[0], "python"):
        exec(compile(program.replace(ADDRESS, server.url), PAGES[0], "exec"), known)  # noqa: S102
    printed = capsys.readouterr().out.splitlines()

    assert ["planned ", "2 of 2"] == [printed[0], printed[3]]
    assert all(line.startswith("saved output/") for line in printed[1:3])
    assert ["2 of 2", "True"] == printed[-2:]


def test_the_commands_of_the_page_work(server, beside, peitu):  # noqa: F811
    """`langgraph dev` has the options, `curl` gets pictures, and `peitu` knows its command."""
    options = [option for command in dev.params for option in command.opts]
    told = []
    for line in "".join(test_readme.blocks(PAGES[0], "")).replace(ADDRESS, server.url).splitlines():
        program, *arguments = shlex.split(re.sub(r"^([A-Z_]+=\S+ )?(uv run )?", "", line))
        if program == "curl":
            told.append(server.send(*arguments))
        elif program == "peitu":
            assert 0 == peitu(*arguments)[0]
        else:
            assert ["langgraph", "dev"] == [program, *arguments[:1]]
            assert set(arguments[1:]) <= set(options)

    assert [True, True] == [document["success"] for document in told[:2]]
    assert "'success': True" in told[2]["result"]["content"][0]["text"]
    assert "peitu" == told[3][0]["name"]


def wait_for(look):
    """Look again until there is something."""
    give_up_at = time.monotonic() + 20
    while not (found := look()):
        assert time.monotonic() < give_up_at
        time.sleep(0.1)
    return found
