"""What `peitu show BATCH_ID` prints of its pictures: each of a few, and of many only what is not there."""

import pytest

from graph.terminal.batch_lines import MOST_LINES, print_segments


def image(number, **changes):
    saved = {"id": f"s{number}", "run_id": f"b-{number:05d}", "status": "saved", "path": f"output/s{number}.jpg"}
    return saved | {"provider": "dashscope", "attempts": 1, "error": None} | changes


def failed(number, error="dashscope gave it up", **changes):
    return image(number, status="failed", path=None, error=error, **changes)


def waiting(number):
    return failed(number, "not made yet", attempts=0, provider=None)


def printed(capsys, images):
    print_segments({"batch_id": "b", "images": images})
    return capsys.readouterr().out.splitlines()


def test_each_picture_of_a_few_has_a_line(capsys):
    """So that its run can be copied."""
    lines = printed(capsys, [image(0), failed(1), *map(image, range(2, MOST_LINES))])

    assert MOST_LINES == len(lines)
    assert ["s0  output/s0.jpg  (b-00000)", "s1  failed: dashscope gave it up  (b-00001)"] == lines[:2]


def test_of_many_only_what_failed_or_is_missing_has_a_line(capsys):
    """The pictures that are there are counted, and a command shows one."""
    upload = image(9, error="it could not be uploaded")
    held = image(8, status="unknown", path=None, error="dashscope may have taken it")
    images = [waiting(0), *map(image, range(1, 8)), held, upload, failed(10), *map(image, range(11, 3000))]
    lines = printed(capsys, images)

    assert [
        "s8  held: dashscope may have taken it  (b-00008)",
        "s9  output/s9.jpg, but: it could not be uploaded  (b-00009)",
        "s10  failed: dashscope gave it up  (b-00010)",
        "s0  not made yet  (b-00000)",
        "2996 pictures are there - show one with: peitu show b-00001",
    ] == lines


def test_of_many_that_failed_the_first_have_a_line(capsys):
    """What nobody has tried yet takes no line from what failed."""
    lines = printed(capsys, [*map(waiting, range(100)), *map(failed, range(100, 200)), image(200)])

    assert [f"s{number}" for number in range(100, 100 + MOST_LINES)] == [line.split()[0] for line in lines[:MOST_LINES]]
    assert [
        "150 more failed or are missing - all of them: peitu show b --json",
        "1 picture is there - show it with: peitu show b-00200",
    ] == lines[MOST_LINES:]


@pytest.mark.parametrize("run_id", [None, "b-00000"])
def test_skipped_pictures_have_no_run_to_show(capsys, run_id):
    """A command is named only where there is something to show."""
    lines = printed(capsys, [image(number, run_id=run_id, attempts=0) for number in range(100)])

    assert ["100 pictures are there" + (" - show one with: peitu show b-00000" if run_id else "")] == lines
