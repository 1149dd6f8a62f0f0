"""The gallery without a browser: what is read from the database, thumbnails, the page's text, the command."""

import asyncio
import hashlib
import io
import json
import re
import sqlite3
import webbrowser
from pathlib import Path
from typing import Any

import pytest
from loguru import logger
from PIL import Image

from graph.commands.gallery import gallery
from graph.studio import gallery_app
from tools.errors import InputError, StorageError
from tools.gallery import thumbnails as small
from tools.gallery.entries import read_entries
from tools.gallery.page import gallery_page
from tools.sqlite.connection import connect

HOSTILE = '</script><img src=x onerror="pwned=1"><!-- \' " \u2028 {{script}} &lt;b&gt; ${1}'
STARTED = "2026-11-2{0}T08:00:00+00:00"


def picture(path: Path, *, color: str = "teal", size: tuple[int, int] = (96, 64)) -> Path:
    """Make a picture file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.linear_gradient("L").resize(size).convert("RGB").save(path)
    with Image.open(path) as image:
        Image.blend(image, Image.new("RGB", size, color), 0.6).save(path)
    return path


def insert(connection: sqlite3.Connection, table: str, **row: Any) -> None:
    """Add a row to a table."""
    names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", row)  # noqa: S608 - our own names


def add_run(connection: sqlite3.Connection, run_id: str, *, day: int = 1, plan: Any = None, **columns: Any) -> None:
    """Add a run that began on a day of November."""
    row = {"status": "finished", "title": run_id, "content": run_id, "options": "{}", "started_at": STARTED.format(day)}
    insert(connection, "runs", run_id=run_id, **{**row, "plan": plan and json.dumps({"prompts": plan}), **columns})


def add_image(connection: sqlite3.Connection, run_id: str, index: int, **columns: Any) -> None:
    """Add an image; it is saved unless the columns say otherwise."""
    row = {"status": "saved", "prompt": f"prompt {index}", "provider": "sketch", "seed": index, "attempts": 1}
    if path := columns.get("path"):
        columns = {"sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest(), **columns, "path": str(path)}
    insert(connection, "images", run_id=run_id, image_index=index, **{**row, **columns})


def embedded(page: str) -> Any:
    """Return the data in a page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)

    assert found
    return json.loads(found[1])


@pytest.fixture
def database(workplace: Path) -> sqlite3.Connection:
    """The database of the working directory, at its usual place."""
    connection = connect(Path("data/peitu.db"))
    yield connection
    connection.close()


def test_without_a_database_there_are_no_entries(workplace):
    """Looking makes nothing."""
    assert ([], []) == read_entries(Path("data/peitu.db"))
    assert [] == list(workplace.iterdir())


def test_newest_run_comes_first_and_a_batch_stays_together(database):
    """Segments that began at different times stand side by side, in the order of the storyboard."""
    for run_id, day in (("second", 4), ("alone", 3), ("first", 2), ("new", 5)):
        add_run(database, run_id, day=day)
    insert(database, "batches", batch_id="b", source="boards/tea.json", requested=2, started_at=STARTED.format(2))
    for number, run_id in enumerate(("first", "second")):
        segment = {"segment_id": f"s{number}", "asked": "{}", "first_index": 0, "requested": 1, "status": "finished"}
        insert(database, "segments", batch_id="b", number=number, run_id=run_id, **segment)
    runs, _ = read_entries(Path("data/peitu.db"))

    assert ["new", "first", "second", "alone"] == [run["id"] for run in runs]
    assert [("new", None), ("b", "s0"), ("b", "s1"), ("alone", None)] == [
        (run["group"], run["segment"]) for run in runs
    ]
    assert [None, "tea.json", "tea.json", None] == [run["batch"] for run in runs]

    database.execute("""UPDATE batches SET options = '{"title": "Tea"}'""")

    assert "Tea" == read_entries(Path("data/peitu.db"))[0][1]["batch"]


def test_planned_images_without_a_record_wait(database):
    """A run that was killed shows what is still to come; one without a plan shows that it is there."""
    plan = [{"index": n, "prompt": f"p{n}", "subject": f"s{n}", "width_px": 8, "height_px": 4} for n in range(2)]
    add_run(database, "killed", day=2, plan=plan, status="running")
    add_image(database, "killed", 1, status="failed", error="refused")
    add_run(database, "begun", day=1, status="running", title=None, content="# 雨巷\n\n雨落下来")
    runs, entries = read_entries(Path("data/peitu.db"))
    told = [(runs[entry["run"]]["id"], entry["index"], entry["status"], entry["subject"]) for entry in entries]

    assert [("killed", 0, "waiting", "s0"), ("killed", 1, "failed", "s1"), ("begun", 0, "waiting", "")] == told
    assert "雨巷" == runs[1]["title"]
    assert (8, 4) == (entries[0]["width"], entries[0]["height"])


def add_versions(connection: sqlite3.Connection, run_id: str, index: int, paths: list[Path]) -> None:
    """Add an image that was made anew, the last picture being the one that is shown; its last redo failed."""
    for number, path in enumerate(paths, start=1):
        row = {"prompt": f"words {number}", "provider": "sketch", "seed": number, "path": str(path), "status": "saved"}
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        insert(connection, "versions", run_id=run_id, image_index=index, version=number, sha256=digest, **row)
    failed = {"status": "failed", "error": "refused"}
    insert(connection, "versions", run_id=run_id, image_index=index, version=len(paths) + 1, **failed)
    add_image(connection, run_id, index, path=paths[-1], prompt=f"words {len(paths)}")


def test_older_versions_stand_behind_the_one_that_is_shown(database):
    """The newest first, with address and size of their own; their thumbnails come after those of all images."""
    add_run(database, "a")
    files = [picture(Path(f"output/a/{name}.png"), color=color) for name, color in (("00", "red"), ("00-v2", "blue"))]
    add_versions(database, "a", 0, [*files, picture(Path("output/a/00-v3.png"))])
    add_image(database, "a", 1, path=picture(Path("output/a/01.png"), color="green"))
    page = gallery_page(Path("data/peitu.db"), link=lambda path: path.name)
    first, second = embedded(page)["entries"]
    older = [(one["version"], one["link"], one["bytes"], one["prompt"]) for one in first["older"]]
    sizes = [path.stat().st_size for path in files]

    assert (3, "00-v3.png") == (first["version"], first["link"])
    assert [(2, "00-v2.png", sizes[1], "words 2"), (1, "00.png", sizes[0], "words 1")] == older
    assert not {"older", "version"} & second.keys()
    block = re.search(r'id="thumbnails-0">(.*?)</script>', page, re.DOTALL)
    assert block
    assert 4 == len(set(block[1].split("\n")))


@pytest.mark.parametrize(("kept", "expected"), [(None, 2.5), (7.04, 7.0)])
def test_duration_is_that_of_the_task_which_made_the_picture(database, kept, expected):
    """The duration on record counts; an older database has only the times."""
    add_run(database, "a")
    add_image(database, "a", 0)
    times = {"intended_at": "t", "submitted_at": STARTED.format(1), "succeeded_at": "2026-11-21T08:00:02.500000+00:00"}
    for status, duration in (("failed", 99.0), ("saved", kept)):
        insert(
            database,
            "tasks",
            run_id="a",
            image_index=0,
            provider="dashscope",
            status=status,
            duration_s=duration,
            **times,
        )
    _, entries = read_entries(Path("data/peitu.db"))

    assert expected == entries[0]["duration"]


def test_no_secret_gets_into_the_page(database):
    """An error that quotes a key or a signed address is shown without it."""
    add_run(database, "a")
    add_image(database, "a", 0, status="failed", error="refused sk-abcdefghijklmnop at https://h/x?Signature=secret")
    page = gallery_page(Path("data/peitu.db"), link=str)

    assert "refused sk-…" in page
    assert "abcdefghijkl" not in page
    assert "Signature" not in page


def test_whatever_a_prompt_says_is_data(database):
    """No text of a run can end the block in which it stands, and the templates' places are filled once."""
    add_run(database, "hostile", title=HOSTILE, plan=[{"index": 0, "subject": HOSTILE, "heading": "\ud800"}])
    add_image(database, "hostile", 0, prompt=HOSTILE, error=HOSTILE, status="failed")
    page = gallery_page(Path("data/peitu.db"), link=str)

    assert HOSTILE == embedded(page)["entries"][0]["prompt"]
    assert "<img src=x" not in page
    assert 3 == page.count("</script>")
    page.encode()


def test_page_names_nothing_outside(database):
    """No address of another machine stands in the page itself."""
    add_run(database, "a")
    page = gallery_page(Path("data/peitu.db"), link=str)

    assert [] == re.findall(r"(?:https?:)?//[a-z0-9][\w.-]*\.[a-z]{2,}", page)


def test_addresses_come_from_the_caller_and_sizes_from_the_disk(database):
    """A server serves the same page with addresses of its own; a missing file has no size."""
    add_run(database, "a")
    add_image(database, "a", 0, path=picture(Path("output/a/00.png")))
    add_image(database, "a", 1, sha256="gone")
    database.execute("UPDATE images SET path = 'output/a/01.png' WHERE image_index = 1")
    first, second = embedded(gallery_page(Path("data/peitu.db"), link=lambda path: f"/pictures/{path.name}"))["entries"]

    assert ("/pictures/00.png", Path("output/a/00.png").stat().st_size) == (first["link"], first["bytes"])
    assert ("/pictures/01.png", None) == (second["link"], second["bytes"])


def test_thumbnails_are_made_once(workplace):
    """The second time they come from the cache, even when the picture is gone; what is not wanted is forgotten."""
    cache = small.cache_path(Path("data/peitu.db"))
    files = {name: picture(workplace / f"{name}.png") for name in ("a", "b")}
    told: list[tuple[int, int]] = []
    first = small.thumbnails(cache, files, side_px=32, watch=lambda done, total: told.append((done, total)))
    files["a"].unlink()

    assert [(1, 2), (2, 2)] == told
    assert {"a": first["a"]} == small.thumbnails(cache, {"a": files["a"]}, side_px=32)
    assert {"b"} == set(small.thumbnails(cache, files, side_px=16))
    with Image.open(files["b"]) as whole, Image.open(io.BytesIO(first["b"])) as copy:
        assert ("WEBP", (32, 21)) == (copy.format, copy.size)
        assert (96, 64) == whole.size


@pytest.mark.parametrize("data", [b"", b"<html>", b"\x89PNG\r\n\x1a\n" + bytes(40), None])
def test_pictures_that_cannot_be_read_have_no_thumbnail(workplace, data):
    """Half a picture, an error page, nothing: the others are shown all the same."""
    if data is not None:
        Path("bad.jpg").write_bytes(data)
    files = {"bad": Path("bad.jpg"), "good": picture(workplace / "good.png")}

    assert ["good"] == list(small.thumbnails(Path("cache.db"), files, side_px=32))


def test_a_picture_that_cannot_be_read_is_tried_once_until_it_changes(workplace, monkeypatch):
    """It is not decoded again each time, and the bar comes to its end."""
    told: list[tuple[int, int]] = []
    bad = Path("bad.jpg")
    bad.write_bytes(b"<html>")
    files = {"bad": bad, "gone": Path("gone.jpg"), "good": picture(workplace / "good.png")}

    def look() -> list[str]:
        told.clear()
        return list(small.thumbnails(Path("cache.db"), files, side_px=32, watch=lambda *counts: told.append(counts)))

    assert ["good"] == look()
    assert [(1, 2), (2, 2)] == told
    assert (["good"], []) == (look(), told)

    picture(workplace / "other.png").replace(bad)

    assert {"bad", "good"} == set(look())
    assert [(1, 1)] == told


async def test_a_list_of_runs_that_is_kept_no_more_is_told(workplace, monkeypatch):
    """What nobody expected ends the telling, not the server, and stands in its log."""

    async def break_off(_: Any) -> None:
        raise KeyError("thread")

    monkeypatch.setattr(gallery_app, "keep_known", break_off)
    found: list[str] = []
    sink = logger.add(found.append, level="ERROR", format="{message}")
    try:
        async with gallery_app.lifespan(gallery_app.make_app()):
            await asyncio.sleep(0.01)
    finally:
        logger.remove(sink)

    assert "runs of others are not shown in Studio any more: KeyError('thread')" in found[0]
    assert 1 == len(found)


def test_damaged_cache_begins_anew(workplace):
    """It holds nothing that cannot be made again."""
    Path("cache.db").write_bytes(b"not a database at all" * 100)

    assert ["a"] == list(small.thumbnails(Path("cache.db"), {"a": picture(workplace / "a.png")}, side_px=32))


def test_cache_that_cannot_be_written_is_told(workplace):
    """One line says which file it is."""
    Path("cache.db").mkdir()

    with pytest.raises(StorageError, match=r"cache\.db"):
        small.thumbnails(Path("cache.db"), {}, side_px=32)


def test_command_writes_the_page_and_prints_its_path(database, capsys, monkeypatch):
    """Addresses are relative to the page, so that the folder can be moved; `--open` opens it."""
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: bool(opened.append(address)) or True)
    add_run(database, "雨 巷#1")
    add_image(database, "雨 巷#1", 0, path=picture(Path("output/雨 巷#1/00.png")))
    gallery()

    assert "output/gallery.html\n" == capsys.readouterr().out
    assert [] == opened

    gallery(show=True, output=Path("elsewhere/deep/g.html"))
    entries = [embedded(Path(f).read_text())["entries"][0] for f in ("output/gallery.html", "elsewhere/deep/g.html")]

    assert "%E9%9B%A8%20%E5%B7%B7%231/00.png" == entries[0]["link"]
    assert f"../../output/{entries[0]['link']}" == entries[1]["link"]
    assert [Path("elsewhere/deep/g.html").resolve().as_uri()] == opened


def test_command_never_writes_over_a_picture(database):
    """A mistyped `--output` destroys nothing."""
    add_run(database, "a")
    add_image(database, "a", 0, path=picture(Path("output/a/00.png")))
    before = Path("output/a/00.png").read_bytes()

    with pytest.raises(InputError, match="is a picture of a run"):
        gallery(output=Path("output/../output/a/00.png"))
    assert before == Path("output/a/00.png").read_bytes()
    add_versions(database, "a", 1, [picture(Path(f"output/a/{name}.png")) for name in ("01", "01-v2")])
    with pytest.raises(InputError, match="is a picture of a run"):
        gallery(output=Path("output/a/01.png"))
