"""The graph as a drawing: tidy Mermaid text, and a PNG that needs no network and no browser."""

import json
import re

from langchain_core.runnables.graph import Graph

from tools.errors import ConfigError

LOOK = {
    "config": {
        "theme": "base",
        "themeVariables": {
            "fontFamily": "DejaVu Sans",  # comes with mermaidx, so the picture is the same on every machine
            "fontSize": "16px",
            "primaryColor": "#eef2ff",
            "primaryBorderColor": "#4f5d95",
            "primaryTextColor": "#1f2430",
            "lineColor": "#4f5d95",
            "clusterBkg": "#fbfaf5",
            "clusterBorder": "#c9b88a",
            "titleColor": "#7a6a3a",
            "edgeLabelBackground": "#ffffff",
        },
        "flowchart": {
            "curve": "basis",
            "padding": 14,
            "nodeSpacing": 46,
            "rankSpacing": 46,
            "subGraphTitleMargin": {"top": 6, "bottom": 22},
        },
    }
}
"""The configuration of Mermaid for the PNG; https://mermaid.js.org/config/theming.html, read 2026-11-24."""

_REWRITES = (
    (re.compile(r"\A---\n.*?\n---\n", re.DOTALL), ""),  # curves are the reader's business
    (re.compile(r"^\s*classDef .*\n", re.MULTILINE), ""),  # LangGraph's light fills hide the text in a dark theme
    (re.compile(r":::\w+"), ""),
    (re.compile(r"\\3a"), "_"),  # how LangGraph writes the colon of `generate:choose`
    (re.compile(r"<p>_*(\w+?)_*</p>"), r"\1"),
    (re.compile(r"&nbsp;"), ""),
    (re.compile(r";$", re.MULTILINE), ""),
    (re.compile(r"^graph TD", re.MULTILINE), "flowchart TD"),
    (re.compile(r"^\t", re.MULTILINE), "    "),
)
_INNER_START = re.compile(r"^ *(\w+___start__) --> (\w+)\n", re.MULTILINE)


def tidy(mermaid: str) -> str:
    """Return LangGraph's Mermaid text as people read it, and as GitHub draws it in its light and its dark theme.

    Without colors and marks, names as in the program; an arrow to a subgraph points at its first node. Tidy text stays as it is.
    """
    for pattern, replacement in _REWRITES:
        mermaid = pattern.sub(replacement, mermaid)
    for start, first in _INNER_START.findall(mermaid):
        mermaid = re.sub(rf"^ *{start}(\(.*\)| --> .*)\n", "", mermaid, flags=re.MULTILINE)
        mermaid = mermaid.replace(start, first)
    return mermaid.strip() + "\n"


def draw_png(graph: Graph) -> bytes:
    """Return the graph as a PNG, drawn on this machine by Mermaid itself; takes a few seconds.

    LangGraph's own `draw_mermaid_png` sends the graph to a web service, or starts a browser.

    Raises:
        ConfigError: Mermaid does not understand the graph, or its engine does not run here; `--mermaid` works all the same.
    """
    import mermaidx  # noqa: PLC0415
    from mermaidx.engines._common import MermaidRenderError  # noqa: PLC0415

    text = f"---\n{json.dumps(LOOK)}\n---\n{tidy(graph.draw_mermaid())}"
    try:
        return bytes(mermaidx.render(text).png(scale=2, background="#ffffff"))
    except MermaidRenderError as error:
        raise ConfigError(f"Mermaid did not draw the graph ({error}) - `peitu graph --mermaid` prints it as text") from error
