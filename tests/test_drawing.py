"""The graph as tidy Mermaid text and as a PNG, both made offline.

Pictures are drawn in processes of their own: at the end of one that has other things loaded, too, the SVG library of
mermaidx prints a page about leaks.
"""

import io
import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from langchain_core.runnables.graph import Edge, Graph, Node
from PIL import Image

from graph.terminal.drawing import draw_png, tidy
from graph.wiring import drawing
from tools.setup.settings import load_settings

pytestmark = pytest.mark.usefixtures("workplace")

BOX, FRAME, INK = (0xEE, 0xF2, 0xFF), (0xFB, 0xFA, 0xF5), (0x1F, 0x24, 0x30)


@pytest.fixture
async def graph():
    """The graph of the program, with the inside of `generate`."""
    return await drawing(load_settings())


def small_graph(*, inner: bool) -> Graph:
    """A graph of two nodes, the second one inside a subgraph or not."""
    second = "frame:work" if inner else "work"
    names = {"first": "first", second: "work"}
    nodes = {key: Node(key, name, None, None) for key, name in names.items()}
    return Graph(nodes=nodes, edges=[Edge("first", second)])


async def test_tidy_text_has_the_names_and_labels_of_the_program(graph):
    """What the drawing says is what the program does."""
    lines = {line.strip() for line in tidy(graph.draw_mermaid()).splitlines()}

    assert {
        "flowchart TD",
        "analyze --> prompt",
        "prompt --> approve",
        "approve -.-> generate",
        "subgraph generate",
        "generate_start --> generate_choose",
        "generate_choose -.-> generate_modelscope",
        "generate_modelscope -. made .-> generate_check",
        "generate_dashscope -. failed .-> generate_choose",
        "generate_check -. refused .-> generate_choose",
        "generate_check -. passed .-> generate_done",
        "generate --> upload",
        "upload --> record",
    } <= lines


async def test_tidy_text_has_no_marks_and_colors(graph):
    """Colors of a light theme hide the text in a dark one; escapes and HTML are hard to read."""
    text = tidy(graph.draw_mermaid())

    assert [] == re.findall(r"\\3a|&nbsp;|<p>|classDef|:::|;$|config:|\t", text, re.MULTILINE)


async def test_tidying_loses_no_node_and_no_edge(graph):
    """Every node and edge of the graph is still there."""
    text = tidy(graph.draw_mermaid())
    nodes = re.findall(r"^ *\w+\(.*\)$", text, re.MULTILINE)
    edges = re.findall(r"^ *\w+ (?:-->|-\.->|-\. \w+ \.->) \w+$", text, re.MULTILINE)

    assert (len(graph.nodes), len(graph.edges)) == (len(nodes), len(edges))


async def test_tidying_twice_changes_nothing(graph):
    """Tidy text stays as it is."""
    text = tidy(graph.draw_mermaid())

    assert text == tidy(text)


def test_the_picture_shows_boxes_a_frame_and_text():
    """A PNG, drawn without a network, large enough to read."""
    subprocess.run([sys.executable, "-m", "graph.cli", "graph", "--png", "graph.png"], check=True, timeout=60)
    with Image.open("graph.png") as picture:
        pixels = picture.convert("RGB")
    colors = {color for _, color in pixels.getcolors(maxcolors=pixels.width * pixels.height)}

    assert "PNG" == picture.format
    assert {BOX, FRAME, INK} <= colors
    assert min(picture.size) > 1000


def test_the_picture_shows_the_graph_that_is_given():
    """A subgraph gets a frame, a plain node none."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as another:
        framed, plain = another.map(draw_png, [small_graph(inner=True), small_graph(inner=False)])

    assert framed != plain
    for data, expected in ((framed, True), (plain, False)):
        with Image.open(io.BytesIO(data)) as picture:
            colors = {color for _, color in picture.convert("RGB").getcolors(maxcolors=1 << 24)}

        assert expected == (FRAME in colors)
