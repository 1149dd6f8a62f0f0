"""What notebooks show: grids, tables and a live table, small, escaped, with words for those who do not see."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from graph.display import MOST_CHARS, compare, grid, runs_table, table, tasks_table
from graph.live import Live
from graph.wiring import open_workflow
from tests.sandbox import Sandbox

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


class Page(HTMLParser):
    """The tags of a page with their attributes, the cells of its tables row by row, and its text."""

    def __init__(self, shown: Any) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.inside = False
        self.feed(shown._repr_html_())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        self.inside = self.inside or tag in {"td", "th"}
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data

    @property
    def images(self) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == "img"]


def picture(file: Path, **more: Any) -> dict[str, Any]:
    """An image of a result document, with its file."""
    if not file.exists():
        Image.effect_noise((800, 600), 90).convert("RGB").save(file)
    named = {"index": 0, "status": "saved", "path": str(file), "prompt": "a kettle", "provider": "sketch", "seed": 7}
    return {**named, **more}


def test_a_grid_has_rows_alternative_texts_and_captions(tmp_path: Path):
    """The pictures of a result document, three in a row; the prompt is the alternative text."""
    images = [picture(tmp_path / f"{index}.jpg", index=index, prompt=f"kettle {index}") for index in range(4)]
    page = Page(grid({"images": images}))

    assert [3, 1] == [len(row) for row in page.rows]
    assert [f"kettle {index}" for index in range(4)] == [image["alt"] for image in page.images]
    assert "1 · sketch · seed 7" == page.rows[0][0]
    assert "4 pictures" == repr(grid({"images": images}))


def test_a_single_picture_needs_no_list(tmp_path: Path):
    """One image of a result document, or one path, is a grid of one."""
    image = picture(tmp_path / "one.jpg")

    for one in (image, tmp_path / "one.jpg", str(tmp_path / "one.jpg")):
        assert "1 picture" == repr(grid(one))
        assert 1 == len(Page(grid(one)).images)
        assert 1 == len(Page(compare({"only": one})).images)


def test_pictures_in_a_grid_are_small_copies(tmp_path: Path):
    """A few KB each, whatever the file; nothing of the machine's paths goes into the page."""
    html = grid([picture(tmp_path / "a.jpg"), tmp_path / "a.jpg"], side_px=120)._repr_html_()

    assert 2 == html.count("data:image/webp;base64,")
    assert len(html) < 2 * 12_000 < (tmp_path / "a.jpg").stat().st_size
    assert str(tmp_path) not in html


def test_a_failed_picture_is_its_reason(tmp_path: Path):
    """Who looks at the grid sees what is missing, and why; a lost file is told as well."""
    failed = picture(tmp_path / "x.jpg", status="failed", path=None, error="the prompt was <refused>")
    (tmp_path / "x.jpg").unlink()
    page = Page(grid([failed, tmp_path / "gone.jpg"], captions=["first"]))

    assert [["failed: the prompt was <refused>first", "the file is missing or damaged"]] == page.rows


def test_compared_rows_have_labels(tmp_path: Path):
    """A row for every label; captions stand above the columns."""
    shown = compare(
        {"ink": {"images": [picture(tmp_path / "a.jpg")]}, "neon": [tmp_path / "a.jpg"]}, captions=["seed 1"]
    )

    assert [["", "seed 1"], ["ink", ""], ["neon", ""]] == Page(shown).rows
    assert [["ink", "1 · sketch · seed 7"]] == Page(compare({"ink": [picture(tmp_path / "a.jpg")]})).rows


def test_hostile_words_stay_text(tmp_path: Path):
    """No prompt, caption, label, reason, key or value becomes markup."""
    bad = picture(tmp_path / "a.jpg", prompt=HOSTILE, provider=HOSTILE)
    lost = picture(tmp_path / "a.jpg", status=HOSTILE, path=None, error=HOSTILE)
    live = Live()
    live({"event": "failed", "run_id": HOSTILE, "index": 0, "provider": HOSTILE, "error": HOSTILE})
    shown = (grid([bad, lost]), compare({HOSTILE: [bad]}, captions=[HOSTILE]), table([{HOSTILE: HOSTILE}]), live)
    for each in shown:
        page = Page(each)

        assert {"table", "tr", "td", "th", "img", "br", "em", "p"} >= {tag for tag, _ in page.tags}
        assert {"style", "src", "alt", "title"} >= {name for _, attributes in page.tags for name in attributes}
        assert all((image["src"] or "").startswith("data:image/webp") for image in page.images)


def test_secrets_do_not_get_into_a_page():
    """A key in an error of a provider is not shown."""
    key = "sk-0123456789abcdef0123456789abcdef"

    assert key not in table([{"error": f"wrong key {key}"}])._repr_html_()
    assert key not in grid([{"status": "failed", "error": f"wrong key {key}"}], captions=[""])._repr_html_()


def test_a_table_reads_well():
    """Keys above, nothing for nothing, long texts cut, numbers on the right."""
    page = Page(table([{"name": "茶", "seconds": 1.5}, {"name": "tea " * 300, "more": None}]))

    assert [
        ["name", "seconds", "more"],
        ["茶", "1.5", ""],
        [("tea " * 300)[: MOST_CHARS - 1] + "…", "", ""],
    ] == page.rows
    assert 1 == sum("text-align:right" in str(attributes.get("style")) for _, attributes in page.tags)
    assert "0 rows" == table([])._repr_html_() == repr(table([]))


def test_live_follows_the_events_of_a_run():
    """Each image has a line that changes; a reason stays only as long as it holds."""
    live = Live()

    assert "reading" in live._repr_html_()

    events: list[Any] = [
        {"event": "planned", "count": 3},
        {"event": "queued", "index": 0, "provider": "dashscope"},
        {"event": "waiting", "index": 1, "provider": "dashscope", "reason": "the limit"},
        {"event": "polled", "index": 0, "provider": "dashscope", "status": "RUNNING", "age_s": 1.25},
        {"event": "saved", "index": 0, "provider": "dashscope", "path": "/secret/place/00.jpg"},
    ]
    for event in events:
        live({"run_id": "tea", **event})

    assert ["1", "●", "saved", "dashscope", "1.2", ""] == Page(live).rows[1]
    assert ["2", "○", "waits", "dashscope", "", "the limit"] == Page(live).rows[2]
    assert "1 of 3 pictures saved" == repr(live)
    assert "/secret" not in live._repr_html_()


@pytest.fixture
def looked_back(workplace: Path, sandbox: Sandbox) -> Path:
    """A database with a run that is complete and one whose picture failed."""
    quick = {"images.dashscope.first_poll_s": 0.02, "images.dashscope.rate_per_s": 50, "images.dashscope.attempts": 1}
    overrides = {"llm.provider": "none", "images.dashscope.base_url": sandbox.dashscope_url, **quick}
    with open_workflow(overrides=overrides, keys={"DASHSCOPE_API_KEY": sandbox.keys.dashscope}) as workflow:
        for run_id in ("tea", "rain"):
            asked = {"content": f"{run_id} & cake", "count": 1, "size": "512x512", "style": "ink", "upload": False}
            workflow.invoke({**asked, "provider": "dashscope"}, {"configurable": {"thread_id": run_id}})
            sandbox.fault("dashscope", "submit", kind="failed")
    return Path("data/peitu.db")


def test_tables_of_runs_and_tasks(looked_back: Path):
    """The newest first: what was asked for, what there is, what it took, and why it failed."""
    rows = Page(runs_table(looked_back)).rows
    runs = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]

    assert ["rain", "tea"] == [run["run"] for run in runs]
    assert ["0 of 1", "1 of 1"] == [run["pictures"] for run in runs]
    assert ["incomplete", "complete"] == [run["state"] for run in runs]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", run["began (UTC)"]) for run in runs)
    assert {"ink"} == {run["style"] for run in runs}
    assert "rain & cake" == runs[0]["title"]

    rows = Page(tasks_table(looked_back)).rows
    tasks = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]

    assert ["failed", "saved"] == [task["status"] for task in tasks]
    assert tasks[0]["error"]
    assert 0 <= float(tasks[1]["seconds"]) < 30
    assert 1 == len(Page(tasks_table(looked_back, "tea")).rows) - 1
    assert 1 == len(Page(runs_table(looked_back, limit=1)).rows) - 1


def test_without_a_database_tables_are_empty(tmp_path: Path):
    """Nothing is made by looking."""
    for look in (runs_table, tasks_table):
        assert "0 rows" == repr(look(tmp_path / "none.db")) == repr(look(str(tmp_path / "none.db")))

    assert [] == list(tmp_path.iterdir())
