"""A run that has not ended is told in the form of a result, with an image for every planned one."""

import pytest

from tools.sqlite.records import IMAGE_KEYS
from tools.sqlite.unfinished import with_what_is_missing

PLAN = {"prompts": [{"index": index, "prompt": f"p{index}", "seed": 10 + index} for index in (0, 2, 3)]}


def run(*, plan=None, images=(), tasks=(), requested=None, **options):
    """Return a run as the records have it; each task is an image's index and a status."""
    rows = [{"image_index": index, "status": status} for index, status in tasks]
    return {"plan": plan, "images": list(images), "tasks": rows, "requested": requested, "options": options}


def test_what_is_not_made_yet_stands_in_its_place():
    """The made image stays as it is; each of the others has its prompt and seed, and no picture."""
    made = {"index": 2, "status": "saved"}
    first, second, third = with_what_is_missing(run(plan=PLAN, images=[made]))["images"]

    assert made == second
    assert [(0, "failed", "p0", 10, 0), (3, "failed", "p3", 13, 0)] == [
        tuple(image[name] for name in ("index", "status", "prompt", "seed", "attempts")) for image in (first, third)
    ]
    assert list(IMAGE_KEYS) == list(first)
    assert (None, "not made yet") == (first["path"], first["error"])


@pytest.mark.parametrize(
    ("statuses", "status", "attempts"),
    [
        (["failed", "intent"], "unknown", 2),
        (["unknown", "throttled"], "unknown", 1),
        (["submitted"], "failed", 1),
        (["throttled", "throttled"], "failed", 0),
    ],
)
def test_a_request_without_an_answer_may_be_paid(statuses, status, attempts):
    """Only the image's own requests count, and those that came too fast are no attempts."""
    tasks = [*((2, each) for each in statuses), (0, "unknown"), (3, "failed"), (3, "failed"), (3, "failed")]
    image = with_what_is_missing(run(plan=PLAN, tasks=tasks))["images"][1]

    assert (2, status, attempts) == (image["index"], image["status"], image["attempts"])


@pytest.mark.parametrize(
    ("told", "requested"),
    [
        ({"requested": 7, "plan": PLAN, "count": 5}, 7),
        ({"plan": PLAN, "count": 5}, 3),
        ({"count": 5}, 5),
        ({}, 4),
    ],
)
def test_how_many_are_asked_for_is_in_the_record_the_plan_the_options_or_the_settings(told, requested):
    """In this order: each knows it better than the next."""
    assert requested == with_what_is_missing(run(**told), count=4)["requested"]


def test_a_run_that_asked_for_no_number_has_none_without_the_settings():
    """`peitu show` reads no settings."""
    assert 0 == with_what_is_missing(run())["requested"]
