"""Draw the graph: as tidy Mermaid text, or as a PNG without network and browser."""

import json
import re

from langchain_core.runnables.graph import Graph

LOOK = {
    "config": {
        "theme": "base",
        "themeVariables": {
            # The font comes with mermaidx, so that the picture is the same on every machine.
            "fontFamily": "DejaVu Sans",
            "fontSize": "16px",
            "primaryColor": "#eef2ff",
            "primaryBorderColor": "#4f5d95",
            "primaryTextColor": "#1f2430",
            "lineColor": "#4f5d95",
            "clusterBkg": "#fbfaf5",
            "clusterBorder": "#c9b88a",
            "titleColor": "#7a6a3a",
            "edgeLabelBackground": "#fbfaf5",
        },
        "themeCSS": ".node rect, .cluster rect { rx: 8px; ry: 8px }",
        "flowchart": {"curve": "basis", "padding": 14, "subGraphTitleMargin": {"top": 6, "bottom": 14}},
    }
}
"""Mermaid's configuration for the PNG; https://mermaid.js.org/config/theming.html, read 2026-11-24."""

_SUBGRAPH = re.compile(r"(^\tsubgraph .*?^\tend\n)", re.MULTILINE | re.DOTALL)
_REWRITES = (
    (re.compile(r"\A---\n.*?\n---\n", re.DOTALL), ""),
    # LangGraph's light fills hide the text in a dark theme.
    (re.compile(r"^\s*classDef .*\n", re.MULTILINE), ""),
    (re.compile(r":::\w+"), ""),
    (re.compile(r"(?<=_)__start__\(.*\)"), "start(( ))"),
    (re.compile(r"(?<=_)__start__"), "start"),
    (re.compile(r"<p>_*(\w+?)_*</p>"), r"\1"),
    (re.compile(r"&nbsp;"), ""),
    (re.compile(r";$", re.MULTILINE), ""),
    (re.compile(r"^graph TD", re.MULTILINE), "flowchart TD"),
    (re.compile(r"^\t", re.MULTILINE), "    "),
)


def tidy(mermaid: str) -> str:
    """Return LangGraph's Mermaid text made readable for people, and for GitHub's light and dark theme.

    Colors are removed, nodes have their plain names, and arrows into and out of a subgraph end at its frame.
    Tidying twice changes nothing.
    """
    parts = _SUBGRAPH.split(mermaid)
    # `\3a` is how LangGraph writes the colon of `generate:choose`.
    outside = [re.sub(r"(\w+?)\\3a[\w\\]+", r"\1", part) for part in parts[::2]]
    inside = [part.replace("\\3a", "_") for part in parts[1::2]]
    mermaid = "".join(text for pair in zip(outside, [*inside, ""], strict=True) for text in pair)
    for pattern, replacement in _REWRITES:
        mermaid = pattern.sub(replacement, mermaid)
    return mermaid.strip() + "\n"


def draw_png(graph: Graph) -> bytes:
    """Return the graph as a PNG, drawn locally by Mermaid itself; takes a few seconds.

    LangGraph's own `draw_mermaid_png` sends the graph to a web service or starts a browser.
    """
    import mermaidx

    text = f"---\n{json.dumps(LOOK)}\n---\n{tidy(graph.draw_mermaid())}"
    return bytes(mermaidx.render(text).png(scale=2, background="#ffffff"))
