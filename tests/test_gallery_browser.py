"""The gallery in a real browser, from the file system: what people see and do, and that nothing leaves the machine.

Without a browser these tests are skipped.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.test_gallery import HOSTILE, add_image, add_run, add_versions, insert, picture
from tools.gallery.page import gallery_page
from tools.sqlite.connection import connect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser - install one: apt-get install chromium")

Page = Any
MANY = 400
VISITS = count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pages: `gallery.html` with a bit of everything, `many.html`, `batch.html`, `empty.html`."""
    folder = tmp_path_factory.mktemp("gallery")
    for name, fill in PAGES.items():
        path = folder / f"{name}.db"
        connection = connect(path)
        fill(connection, folder)
        connection.close()
        page = gallery_page(path, link=lambda picture: os.path.relpath(picture, folder))
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return folder


def fill_gallery(connection: Any, folder: Path) -> None:
    plan = [
        {"index": n, "prompt": f"水墨画，{what}", "subject": what} for n, what in enumerate(("油纸伞", "茶馆", "灯笼"))
    ]
    add_run(connection, "yuxiang", day=5, title="江南的雨巷", options='{"style": "ink"}', plan=plan)
    made = {"provider": "dashscope", "model": "wanx2.1-t2i-plus", "width_px": 96, "height_px": 64}
    for index in (0, 1):
        path = picture(folder / f"yuxiang/0{index}.png")
        add_image(
            connection, "yuxiang", index, path=path, **made | {"prompt": plan[index]["prompt"], "seed": 70 + index}
        )
    connection.execute("UPDATE images SET url = 'https://bucket.example/a.jpg' WHERE image_index = 0")
    task = {"provider": "dashscope", "status": "saved", "intended_at": "2026-11-25T08:00:00", "duration_s": 12.34}
    insert(connection, "tasks", run_id="yuxiang", image_index=0, **task)
    add_image(connection, "yuxiang", 2, status="failed", error="提示词被拒绝 (DataInspectionFailed)", **made)
    add_run(connection, "mountain", day=4, title="A weekend on the Mountain", options='{"style": "photo"}')
    add_image(connection, "mountain", 0, path=picture(folder / "mountain/00.png"), prompt="Two hikers, a waterfall")
    add_image(connection, "mountain", 1, status="unknown", error="the reply was lost", provider="modelscope")
    night = [
        picture(folder / f"mountain/{name}.png", color=color) for name, color in (("02", "red"), ("02-v2", "blue"))
    ]
    add_versions(connection, "mountain", 2, night)
    connection.execute("UPDATE images SET prompt = 'Night' WHERE prompt = 'words 2'")
    add_run(connection, "it's; $(hostile)", day=3, title=HOSTILE)
    add_image(
        connection, "it's; $(hostile)", 0, path=picture(folder / "h/00.png"), prompt=HOSTILE, url="javascript:pwned=1"
    )


def fill_many(connection: Any, folder: Path) -> None:
    path = picture(folder / "many.png")
    for number in range(MANY // 4):
        add_run(connection, f"run{number:04d}", day=number % 9)
        for index in range(4):
            add_image(connection, f"run{number:04d}", index, path=path)


def fill_batch(connection: Any, folder: Path) -> None:
    path = picture(folder / "batch.png")
    insert(
        connection, "batches", batch_id="b", source="a/tea.json", requested=3, started_at="2026-11-24T08:00:00+00:00"
    )
    common = {"batch_id": "b", "asked": "{}", "requested": 1, "status": "finished"}
    for number, name in enumerate(("开场", "2")):
        add_run(connection, f"b-{number}", title="prompt 0")
        insert(
            connection, "segments", number=number, segment_id=name, run_id=f"b-{number}", first_index=number, **common
        )
        for index in range(number + 1):
            add_image(connection, f"b-{number}", index, path=path)


PAGES = {"gallery": fill_gallery, "many": fill_many, "batch": fill_batch, "empty": lambda *_: None}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for all tests of this file."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def english(browser: Any) -> Iterator[Page]:
    """A tab as most tests need it; they use it one after the other, since each new one takes a while."""
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()


@pytest.fixture
def show(browser: Any, english: Page, folder: Path) -> Iterator[Any]:
    """Open a page; at the end nothing has gone wrong in it and nothing was asked of another machine."""
    asked: list[str] = []
    wrong: list[str] = []
    listeners = {
        "request": lambda request: asked.append(request.url),
        "pageerror": lambda error: wrong.append(str(error)),
        "console": lambda message: message.type == "error" and wrong.append(message.text),
        "dialog": lambda dialog: (wrong.append(f"dialog {dialog.message}"), dialog.dismiss()),
    }
    tabs: list[Page] = []

    def open_page(name: str = "gallery", fragment: str = "", **options: Any) -> Page:
        if options or not tabs:
            tabs.append(browser.new_page(**options) if options else english)
            tabs[-1].set_default_timeout(5000)
            for event, listener in listeners.items():
                tabs[-1].on(event, listener)
        # Another query each time: a change of the fragment alone would not load the page anew.
        tabs[-1].goto(f"{(folder / f'{name}.html').as_uri()}?{next(VISITS)}{fragment}")
        return tabs[-1]

    yield open_page
    for tab in tabs:
        tab.evaluate("localStorage.clear()")
        for event, listener in listeners.items():
            tab.remove_listener(event, listener)
        if tab is not english:
            tab.close()

    assert asked
    assert [] == [url for url in asked if not url.startswith(("file:///", "data:image/", "blob:"))]
    assert [] == [text for text in wrong if "ERR_FILE_NOT_FOUND" not in text]


def until(page: Page, condition: str) -> None:
    """Wait for something; Playwright's own way is to have it evaluated in the page, which the page's policy refuses."""
    for _ in range(300):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(10)
    raise AssertionError(f"never: {condition}")


def names(page: Page) -> list[str]:
    """Return what stands under the tiles."""
    return page.locator(".tile .label").evaluate_all("all => all.map(one => one.lastChild.textContent)")


def search(page: Page, text: str) -> list[str]:
    """Type into the search, wait until it is carried out, and return what is left."""
    page.fill("#search", text)
    until(page, f"state.q === {json.dumps(text)}")
    return names(page)


def focused(page: Page) -> str:
    """Return the address of the picture that has the focus."""
    return page.evaluate("addressOf(entries[document.activeElement.dataset.entry])")


def test_page_opens_with_pictures_and_counts(show):
    """Newest first, every run with its heading, thumbnails inside the page."""
    page = show()

    assert "Peitu gallery" == page.title()
    assert ["江南的雨巷", "A weekend on the Mountain", HOSTILE] == page.locator(".head h2").all_text_contents()
    assert "7 pictures · 3 runs" == page.locator("#count").text_content()
    assert ["All7", "Saved5", "Failed1", "Held1"] == page.locator("#status button").all_text_contents()
    until(page, "[...document.querySelectorAll('.frame img')].every(one => one.naturalWidth > 0)")
    assert 5 == page.locator(".frame img[src^='data:image/webp']").count()
    assert "1 of 3 missing" == page.locator(".head .short").first.text_content()


def test_pictures_of_a_batch_are_called_by_their_segments(show):
    """Each segment is a run of its own, so that their numbers would all be 1; the batch has its storyboard's name."""
    page = show("batch")

    assert ["开场", "2", "2 2"] == page.locator(".label b").all_text_contents()
    assert ["Batch tea.json"] == page.locator(".head h2").all_text_contents()

    page.focus("#run")

    assert "tea.json" in page.locator("#run").text_content()


def test_search_finds_chinese_and_english_words(show):
    """Every word must be there, whatever its case and width, in prompt, title or id; the address keeps the search."""
    page = show()

    assert ["油纸伞"] == search(page, "雨巷 纸伞")
    assert ["Two hikers, a waterfall"] == search(page, "ＷＡＴＥＲＦＡＬＬ mountain")
    assert ["油纸伞", "茶馆", "灯笼"] == search(page, "yuxiang")

    page.reload()
    page.wait_for_selector(".tile")
    assert "yuxiang" == page.input_value("#search")
    assert ["油纸伞", "茶馆", "灯笼"] == names(page)

    assert [] == search(page, "nothing like this")
    assert "Nothing matches" in page.locator("#empty").text_content()
    page.click("#empty button")
    assert 7 == len(names(page))


def test_filters_narrow_and_count_for_each_other(show):
    """Provider, style, run and status; the numbers beside a status are those that the other filters leave."""
    page = show()
    page.select_option("#provider", "dashscope")

    assert ["All3", "Saved2", "Failed1", "Held0"] == page.locator("#status button").all_text_contents()
    page.click("#status button:has-text('Failed')")
    assert ["灯笼"] == names(page)
    assert "#status=failed&provider=dashscope" == page.evaluate("location.hash")
    assert "failed" == page.evaluate("document.activeElement.dataset.status")
    page.click("#clear")
    page.select_option("#style", "photo")
    assert 3 == len(names(page))
    page.select_option("#sort", "oldest")
    page.select_option("#style", "")
    assert HOSTILE == page.locator(".head h2").first.text_content()
    page.focus("#run")
    page.select_option("#run", "mountain")
    assert "3 pictures · 1 run" == page.locator("#count").text_content()
    page.click("#view")
    assert (3, 0) == (page.locator(".tile").count(), page.locator(".head").count())


def test_large_view_tells_everything(show):
    """The picture from its own file, and all that is recorded of it, to be copied."""
    page = show()
    page.click("[data-entry='0']")
    until(page, "document.getElementById('picture').naturalWidth === 96")
    facts = page.locator("#facts").inner_text()

    assert page.get_attribute("#picture", "src").endswith("yuxiang/00.png")
    assert "油纸伞" == page.locator("#large-title").text_content()
    for told in (
        "水墨画，油纸伞",
        "DashScope",
        "wanx2.1-t2i-plus",
        "ink",
        "70",
        "96 × 64 px",
        "12.3 s",
        "peitu redo yuxiang 0",
    ):
        assert told in facts
    link = page.locator("#facts a[href^='https:']")
    assert ("https://bucket.example/a.jpg", "noopener noreferrer") == (
        link.get_attribute("href"),
        link.get_attribute("rel"),
    )
    for label, expected in (("Copy the prompt", "水墨画，油纸伞"), ("Copy the command", "peitu redo yuxiang 0")):
        page.click(f"#facts [aria-label='{label}']")
        page.wait_for_selector(".toast.on")
        assert expected == page.evaluate("navigator.clipboard.readText()")
    page.click("[aria-label='Copy the path']")
    until(page, "navigator.clipboard.readText().then(text => text.endsWith('yuxiang/00.png'))")


def test_large_view_names_a_run_that_is_called_like_its_picture_by_its_id(show):
    """A segment with a prompt is such a run: its name stands above already."""
    page = show("batch")
    page.click("[data-entry='0']")

    assert "prompt 0" == page.locator("#large-title").text_content()
    assert "b-0" == page.locator("#large-run").text_content()


def test_large_view_shows_older_versions(show):
    """Each has its small picture; who chooses one sees it with its own words, and comes back to the newest."""
    page = show("gallery", "#show=mountain%2F2")
    small = page.locator(".version")

    assert ["Version 2", "Version 1"] == small.all_text_contents()
    assert ["true", "false"] == small.evaluate_all("all => all.map(one => one.getAttribute('aria-pressed'))")
    until(page, "[...document.querySelectorAll('.version img')].every(one => one.naturalWidth > 0)")
    assert 2 == len(set(page.locator(".version img").evaluate_all("all => all.map(one => one.src)")))
    small.nth(1).click()
    until(page, "document.getElementById('picture').src.endsWith('mountain/02.png')")
    assert "words 1" == page.locator(".text").text_content()
    assert "peitu redo mountain 2" == page.locator("#facts code").text_content()
    assert "Version 1" == page.evaluate("document.activeElement.textContent")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    assert "Night" == page.locator(".text").text_content()
    assert page.get_attribute("#picture", "src").endswith("mountain/02-v2.png")


def test_large_view_is_left_by_escape_and_by_going_back(show):
    """The focus returns to the picture that was seen last; a link to a picture opens it."""
    page = show()
    page.click("[data-entry='0']")
    page.keyboard.press("ArrowRight")
    assert "茶馆" == page.locator("#large-title").text_content()
    page.keyboard.press("Escape")
    page.wait_for_selector("#large", state="hidden")
    assert "yuxiang/1" == focused(page)
    page.keyboard.press("Enter")
    page.wait_for_selector("#large[open]")
    page.go_back()
    page.wait_for_selector("#large", state="hidden")

    page = show("gallery", "#show=mountain%2F2")
    assert "Night" == page.locator("#large-title").text_content()
    page.click("#close")
    assert "" == page.evaluate("location.hash")


def test_failed_and_held_pictures_say_why_and_what_to_do(show):
    """The reason, and the command that continues; what is held needs the user's word."""
    page = show("gallery", "#show=yuxiang%2F2")
    problem = page.locator("#problem")

    assert "提示词被拒绝 (DataInspectionFailed)" in problem.inner_text()
    assert "peitu resume yuxiang" == problem.locator("code").text_content()
    assert not page.locator("#picture").is_visible()

    page = show("gallery", "#show=mountain%2F1")
    commands = ["peitu resume mountain", "peitu resume mountain --resubmit"]
    assert commands == page.locator("#problem code").all_text_contents()


def test_hostile_text_stays_text(show):
    """Neither markup nor script of a prompt does anything, in the grid or in the large view."""
    page = show()
    page.locator(".tile").last.locator("button").click()

    assert HOSTILE == page.locator(".text").text_content()
    assert HOSTILE == page.locator("#large-title").text_content()
    assert "undefined" == page.evaluate("typeof pwned")
    assert 0 == page.locator("[onerror], a[href^='javascript']").count()
    assert r"peitu redo 'it'\''s; $(hostile)' 0" == page.locator("#facts code").text_content()


def test_page_runs_nothing_but_its_own_program(browser, folder):
    """The policy of the page refuses a script, a style and a picture that somebody smuggles in."""
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto((folder / "gallery.html").as_uri())
    page.evaluate(
        "for (const [name, text] of [['script', 'pwned = 1'], ['style', 'body {}']])"
        " document.body.append(Object.assign(document.createElement(name), { textContent: text }));"
        "document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/a.png' }))"
    )
    page.wait_for_timeout(50)

    assert "undefined" == page.evaluate("typeof pwned")
    assert 3 == sum("Content Security Policy" in text for text in refused)
    page.close()


def test_keyboard_alone_is_enough(show):
    """`/` searches, Escape leaves, arrows walk along and across rows, Enter opens."""
    page = show()
    page.keyboard.press("/")
    page.keyboard.type("zzz")
    until(page, "state.q === 'zzz'")
    page.keyboard.press("Escape")
    until(page, "state.q === ''")
    page.keyboard.press("Escape")
    steps = [
        ("ArrowRight", "yuxiang/0"),
        ("ArrowRight", "yuxiang/1"),
        ("ArrowDown", "mountain/2"),
        ("ArrowUp", "yuxiang/1"),
    ]
    for key, expected in [*steps, ("End", "it's; $(hostile)/0"), ("Home", "yuxiang/0"), ("ArrowLeft", "yuxiang/0")]:
        page.keyboard.press(key)
        assert expected == focused(page), key
    assert "3px" == page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert 1 == page.locator(".tile [tabindex='0']").count()
    page.keyboard.press("Enter")
    assert page.locator("#large").is_visible()


def test_everything_has_a_name_for_a_screen_reader(show):
    """Buttons, menus and pictures say what they are; the status of a picture is part of its name."""
    page = show()
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, select, input')]"
        ".filter(one => !(one.getAttribute('aria-label') || one.textContent).trim()).map(one => one.id)"
    )

    assert [] == unnamed
    assert "3 / 7: 灯笼 (Failed)" == page.get_attribute("[data-entry='2']", "aria-label")


def test_phone_needs_no_scrolling_sideways(show):
    """360 pixels are enough for the grid, the large view and the empty page."""
    page = show(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    check_narrow(page)
    page.tap("[data-entry='0']")
    check_narrow(page)
    assert page.evaluate("large.scrollWidth <= 360")
    page.tap("#close")
    page.wait_for_selector("#large", state="hidden")
    search(page, "zzz")
    check_narrow(page)


def check_narrow(page: Page) -> None:
    """See that nothing reaches beyond the window."""
    assert 360 == page.evaluate("document.documentElement.scrollWidth")
    assert [] == page.evaluate(
        "[...document.querySelectorAll('.tile, .panel, .stage, .search, .empty')].filter(one => one.offsetParent)"
        ".map(one => [one.className, one.getBoundingClientRect()])"
        ".filter(([, box]) => box.right > 360.5 || box.left < 0)"
    )


def test_dark_mode_follows_the_system_until_somebody_chooses(show):
    """The choice is remembered."""
    background = "getComputedStyle(document.body).backgroundColor"
    page = show(color_scheme="dark")

    assert "rgb(21, 24, 26)" == page.evaluate(background)
    page.click("#theme")
    assert "rgb(244, 245, 243)" == page.evaluate(background)
    # A busy browser may hand the page its storage as it was before the click; it never turns light by itself.
    for _ in range(20):
        page.reload()
        if "rgb(244, 245, 243)" == page.evaluate(background):
            return
    raise AssertionError("forgotten")


def test_a_batch_counts_once(show):
    """Its segments are no runs of their own for whoever looks."""
    assert "3 pictures · 1 batch" == show("batch").locator("#count").text_content()
    assert "0 pictures · 0 runs" == show("empty").locator("#count").text_content()
    assert "3 张图片 · 1 个批次" == show("batch", locale="zh-CN").locator("#count").text_content()


def test_words_follow_the_language_until_somebody_chooses(show):
    """Chinese for a Chinese browser, English for any other, and a switch."""
    page = show(locale="zh-CN")

    assert ("zh-Hans", "配图画廊") == (page.get_attribute("html", "lang"), page.title())
    assert "7 张图片 · 3 次配图" == page.locator("#count").text_content()
    page.click("#language")
    until(page, "document.title === 'Peitu gallery' && localStorage.getItem('peitu-language') === 'en'")
    page.reload()
    until(page, "document.title === 'Peitu gallery'")
    assert page.evaluate("Object.keys(WORDS.en).sort().join() === Object.keys(WORDS.zh).sort().join()")


def test_only_what_is_near_the_window_is_in_the_page(show):
    """Hundreds of pictures cost no more than a screen of them; the last is a key away."""
    page = show("many")

    assert f"{MANY} pictures · {MANY // 4} runs" == page.locator("#count").text_content()
    assert 10 < page.locator(".tile").count() < 60
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    last = page.evaluate("addressOf(shown.order[shown.order.length - 1])")
    assert last == focused(page)
    until(page, "[...document.querySelectorAll('.tile img')].at(-1).naturalWidth > 0")
    assert page.locator(".tile").count() < 60


def test_all_of_it_is_printed(show):
    """Paper has no window: every picture that matches is put into the page."""
    page = show("many", "#run=run0003")
    page.evaluate("state.run = ''; render(); dispatchEvent(new Event('beforeprint'))")

    assert MANY == page.locator(".tile").count()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".tile").count() < 60


def test_page_that_was_moved_shows_the_small_copy(show, folder, tmp_path):
    """Without the picture's file the large view says so, and shows what it has."""
    page = show()
    shutil.copy(folder / "gallery.html", tmp_path / "gallery.html")
    page.goto((tmp_path / "gallery.html").as_uri() + "#show=yuxiang%2F0")
    until(page, "document.getElementById('picture').src.startsWith('data:image/webp')")

    assert "the file is not where it was" in page.locator("#problem").inner_text()


def test_empty_page_says_what_to_do(show):
    """Somebody who has made nothing yet gets the command that makes something."""
    page = show("empty")

    assert re.search(r"No pictures yet.*peitu run examples/coffee.md", page.locator("#empty").inner_text(), re.DOTALL)
