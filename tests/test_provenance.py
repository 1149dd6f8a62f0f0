"""What the records know about pictures that a batch did not make itself."""

import json
from pathlib import Path

import pytest

from tests.test_gallery import add_image, add_run, database, insert
from tools.sqlite.provenance import asked_sizes, newer_versions, other_prompts, subjects_of

__all__ = ["database"]
RECORDS = Path("data/peitu.db")


def planned(index, *, subject="a kite", size=(512, 768)):
    return {"index": index, "subject": subject, "width_px": size[0], "height_px": size[1]}


def add_segment(database, number, content, *, as_is=True, **columns):
    """Add a segment of batch `b`, with a picture that was there before."""
    asked = json.dumps({"content": content, **({"as_is": True} if as_is else {})})
    segment = {"segment_id": f"s{number}", "asked": asked, "first_index": number, "requested": 1, "status": "skipped"}
    insert(database, "segments", batch_id="b", number=number, run_id=f"b-{number}", **segment)
    add_image(database, f"b-{number}", 0, **{"attempts": 0, "sha256": f"h{number}", **columns})


def test_the_size_that_was_asked_for_is_that_of_the_run_that_made_the_picture(database):
    """Not that of a batch that skipped it, of a failed attempt, of another picture, or of a run without a plan."""
    add_run(database, "made", plan=[planned(0, size=(64, 64)), planned(1)])
    add_image(database, "made", 1, sha256="h")
    for name, columns in {
        "skipped": {"attempts": 0},
        "failed": {"status": "failed"},
        "other": {"sha256": "i"},
    }.items():
        add_run(database, name, plan=[planned(0, size=(8, 8))])
        add_image(database, name, 0, **{"sha256": "h", **columns})
    add_run(database, "lost")
    add_run(database, "changed", plan=[planned(3, size=(8, 8))])
    for name in ("lost", "changed"):
        add_image(database, name, 0, sha256="h")

    assert {(512, 768)} == asked_sizes(RECORDS, "h")


def test_each_earlier_version_leads_to_the_newest_one_that_is_saved(database):
    """Failed and waiting ones are none, and every picture has its own versions."""
    rows = [
        ("a", 0, 3, "3.jpg", "saved", "h3"),
        ("a", 0, 1, "1.jpg", "saved", "h1"),
        ("a", 0, 2, "2.jpg", "saved", "h2"),
        ("a", 0, 4, "4.jpg", "failed", "h4"),
        ("a", 0, 5, None, "waiting", None),
        ("a", 0, 6, "6.jpg", "saved", None),
        ("a", 1, 1, "b1.jpg", "saved", "h5"),
        ("a", 1, 2, "b2.jpg", "saved", "h6"),
        ("b", 0, 1, "c1.jpg", "saved", "h7"),
    ]
    for run_id, index, version, path, status, sha256 in rows:
        row = {"path": path, "status": status, "sha256": sha256}
        insert(database, "versions", run_id=run_id, image_index=index, version=version, **row)

    assert {
        ("1.jpg", "h1"): Path("3.jpg"),
        ("2.jpg", "h2"): Path("3.jpg"),
        ("b1.jpg", "h5"): Path("b2.jpg"),
    } == newer_versions(RECORDS)


def test_a_skipped_picture_that_says_another_prompt_is_named(database):
    """White space is no difference; a text, a picture without a prompt, a made and a failed one are not compared."""
    add_segment(database, 7, "a red kite", prompt="a boat")
    add_segment(database, 2, "a red kite", prompt="a cat")
    add_segment(database, 0, "a red  kite", prompt="a red\nkite")
    add_segment(database, 1, "a red kite", prompt="")
    add_segment(database, 3, "a red kite", prompt="a boat", as_is=False)
    add_segment(database, 4, "a red kite", prompt="a boat", attempts=1)
    add_segment(database, 5, "a red kite", prompt="a boat", status="failed")

    assert ["s2", "s7"] == other_prompts(RECORDS, "b")
    assert [] == other_prompts(RECORDS, "c")


@pytest.mark.parametrize(
    ("content", "columns", "named"),
    [
        ("a red\n kite", {}, []),
        ("another kite", {}, ["s0"]),
        ("a red kite", {"attempts": 0}, ["s0"]),
        ("a red kite", {"status": "failed"}, ["s0"]),
        ("a red kite", {"sha256": "i"}, ["s0"]),
    ],
)
def test_a_prompt_that_its_provider_got_reworded_is_the_one_that_was_asked_for(database, content, columns, named):
    """The records of the run that made the picture know what it was asked for."""
    add_segment(database, 0, "a red kite", prompt="a softer kite")
    add_run(database, "made", content=content)
    add_image(database, "made", 0, **{"sha256": "h0", **columns})

    assert named == other_prompts(RECORDS, "b")


def test_subjects_are_those_of_the_plans_of_the_runs_that_made_the_pictures(database):
    """Of a run its place in it counts, of a skipped picture the run that made it last."""
    add_run(database, "a", plan=[planned(0, subject="a cup"), planned(1, subject="")])
    add_run(database, "new", day=3, plan=[planned(4, subject="a new boat")])
    add_run(database, "old", day=2, plan=[planned(4, subject="an old boat")])
    add_run(database, "skips", day=4, plan=[planned(0, subject="a batch that skips")])
    add_image(database, "new", 4, sha256="h")
    add_image(database, "old", 4, sha256="h")
    add_image(database, "skips", 0, sha256="h", attempts=0)
    add_image(database, "new", 5, sha256="unplanned")
    images = [
        {"index": 5, "run_id": "a", "sha256": "x"},
        {"index": 6, "run_id": "a", "sha256": "y"},
        {"index": 7, "run_id": None, "sha256": "h"},
        {"index": 8, "run_id": None, "sha256": "unplanned"},
        {"index": 9, "run_id": None, "sha256": None},
        {"index": 10, "run_id": "gone", "sha256": "z"},
    ]

    assert {5: "a cup", 7: "a new boat"} == subjects_of(RECORDS, images)
