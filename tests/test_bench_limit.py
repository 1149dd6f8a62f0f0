"""The benchmark at the limit: its service and its books, its floor, and one small run of Peitu."""

import dataclasses
import json
import sys

import pytest

from bench import limit_report
from bench.contestants import contestants
from bench.measuring import Command, Outcome, RunningService, measure
from bench.tasks import Book, Rules, busiest_second, floor_s


def test_a_submit_beyond_the_limit_of_any_second_is_refused():
    """Two in any span of a second, wherever the span begins; a refused one does not count."""
    book = Book(Rules(submits_per_s=2))
    times = (0.0, 0.9, 0.95, 1.0, 1.05, 1.89, 1.95)
    accepted = [book.submit(number, (512, 512), at) is not None for number, at in enumerate(times)]

    assert [True, True, False, True, False, False, True] == accepted
    assert [0.95, 1.05, 1.89] == book.refused_at


def test_tasks_beyond_the_places_wait_in_their_order():
    """With two places and tasks of eight seconds, the third begins when the first ends."""
    book = Book(Rules(seconds=(8.0, 8.0), running=2))
    ready = [book.submit(number, (512, 512), at).ready_at for number, at in enumerate((0.0, 1.0, 2.0, 20.0))]

    assert [8.0, 9.0, 16.0, 28.0] == ready


def test_the_same_picture_has_the_same_fate_whoever_asks():
    """Time and failure hang on the picture's number and the attempt, so that every program gets the same."""
    rules, same = (Rules(seconds=(5.0, 20.0), failing=0.05, seed=28) for _ in range(2))

    assert [rules.fate(n, 1) for n in range(50)] == [same.fate(n, 1) for n in reversed(range(50))][::-1]
    assert 5 == sum(rules.fate(number, 1)[1] for number in range(100))


@pytest.mark.parametrize(
    ("rules", "images", "at_once", "seconds"),
    [
        (Rules(seconds=(8.0, 8.0), running=50), 200, 50, 32.0),
        (Rules(seconds=(8.0, 8.0)), 200, 25, 64.0),
        (Rules(seconds=(3.0, 3.0), submits_per_s=2), 100, 100, 99 / 2 + 3),
    ],
)
def test_the_floor_is_what_no_client_can_save(rules, images, at_once, seconds):
    """As many tasks at once as are allowed, submits at the limit, and the last task."""
    assert seconds == pytest.approx(floor_s(rules, images=images, at_once=at_once))


def test_the_busiest_second_counts_any_span():
    """Three within a second, though no second of the clock has more than two."""
    assert 3 == busiest_second([0.5, 0.8, 1.2, 1.6, 3.0])


def test_peitu_makes_three_pictures_and_the_books_say_so(clean_environment):
    """The real command against the real service, measured and written as the table is."""
    (peitu,) = (peer for peer in contestants() if peer.key == "peitu-modelscope")
    rules = Rules(seconds=(0.2, 0.2), latency_s=0.0)
    outcome = Outcome(scenario="1", title="three pictures", peer=peitu.name, images=3, floor_s=0.2)
    measure(outcome, peitu.prepare, {"images": 3, "at_once": 3}, rules, patience_s=30)
    measured = limit_report.summarize([outcome], size="512x512")

    assert (3, 3, 0, 0, {}) == (outcome.made, outcome.tasks, outcome.refused, outcome.exit_status, outcome.reasons)
    assert outcome.polls >= 3
    assert outcome.database_bytes > 0
    assert measured["runs"] == [dataclasses.asdict(outcome)] == json.loads(json.dumps(measured))["runs"]
    assert "| Peitu, ModelScope | 3 of 3 |" in limit_report.markdown(measured)


def test_the_rows_of_the_readme_are_made_of_the_results():
    """A row for each program that took part in the first two scenarios, with the ratio behind the seconds."""
    runs = [
        Outcome(scenario=key, title="", peer=peer, images=2, floor_s=4.0, made=2, wall_s=5.0, polls=3, refused=1)
        for peer, keys in (("Peitu", "12"), ("half", "1"))
        for key in keys
    ]
    measured = limit_report.summarize(runs, size="512x512")
    row = ["Peitu", "5.0 (1.25 x)", "0", "2 of 2", "5.0 (1.25 x)", "1"]

    assert [row] == limit_report.readme_rows(measured)


def test_what_was_not_measured_keeps_its_figures():
    """One scenario again replaces its own runs and no others; figures of other versions are not kept."""
    first, second, again = (
        Outcome(scenario=key, title="", peer="Peitu", images=2, floor_s=4.0, wall_s=wall_s)
        for key, wall_s in (("1", 5.0), ("2", 6.0), ("1", 7.0))
    )
    before = limit_report.summarize([first, second], size="512x512", overhead={"starts": {}})
    measured = limit_report.summarize([again], size="512x512")
    found = limit_report.kept(measured, before)
    other = {**before, "machine": {**before["machine"], "python": "2.7"}}

    assert [("1", 7.0), ("2", 6.0)] == [(run["scenario"], run["wall_s"]) for run in found["runs"]]
    assert (13, {"starts": {}}) == (found["wall_s"], found["overhead"])
    assert measured == limit_report.kept(measured, other)


def test_who_takes_too_long_is_stopped(clean_environment):
    """A program that hangs ends with the time it is given, and its pictures count as missing."""
    outcome = Outcome(scenario="1", title="a program that hangs", peer="nobody", images=1, floor_s=0.1)
    hang = Command(words=[sys.executable, "-c", "import time; time.sleep(60)"])
    measure(outcome, lambda *_: hang, {"images": 1, "at_once": 1}, Rules(), patience_s=0.3)

    assert (0, -9) == (outcome.made, outcome.exit_status)


def test_the_service_ends_with_its_user():
    """No process is left over."""
    with RunningService(Rules()) as service:
        process = service.process

        assert [] == service.books()["tasks"]

    assert process.poll() is not None
