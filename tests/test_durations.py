"""When a task is asked for: little is known at first, and then the durations of others tell."""

import itertools
import random
import statistics

import pytest

from tools.money.bounds import Bounds, likely_durations
from tools.money.durations import MOST_PAUSE_S, Durations


def test_at_first_the_pause_grows_with_the_age():
    """Nothing is known: a quarter of the age, within bounds."""
    durations = Durations([5.0, 8.0, 11.0])

    assert [1.0, 1.0, 2.0, MOST_PAUSE_S] == [durations.pause(age, 1.0) for age in (0, 4, 8, 90)]


def test_three_that_are_alike_are_enough():
    """Three tasks of eight seconds tell when the fourth is likely done; three of very different lengths do not."""
    assert 8.05 == pytest.approx(Durations([8.0, 8.02, 8.01]).pause(0.0, 1.0), abs=0.05)
    assert 1.0 == Durations([5.0, 6.0, 8.0]).pause(0.0, 1.0)


def test_tasks_that_take_equally_long_are_asked_for_just_then():
    """Eight seconds each: asked for at eight seconds and a moment, and then closely."""
    durations = Durations([8.0] * 10)
    first = durations.pause(0.0, 1.0)
    second = durations.pause(first, 1.0)

    assert 8.02 == pytest.approx(first)
    assert second < 0.2


def test_nobody_is_asked_before_the_first_may_be_done():
    """Where no task took less than a minute, the first minute has no poll."""
    durations = Durations([60 + number for number in range(60)])

    assert 60 < durations.pause(0.0, 1.0) < 70


def test_an_outlier_is_asked_for_more_and_more_seldom():
    """A task that takes far longer than all others does not use up the query limit."""
    durations = Durations([8.0] * 10)

    assert [0.52, 1.02, MOST_PAUSE_S] == pytest.approx([durations.pause(age, 1.0) for age in (9, 10, 60)])


def test_what_was_long_ago_is_forgotten():
    """A service that became faster is followed."""
    durations = Durations([90.0] * 200)
    for _ in range(200):
        durations.add(10.0)

    assert 11 > durations.pause(0.0, 1.0)


def lateness_and_polls(durations, took_s):
    """Return how late a task is found done, and by how many polls."""
    age_s = polls = 0
    while age_s < took_s:
        age_s += durations.pause(age_s, 1.0)
        polls += 1
    return age_s - took_s, polls


def test_scattered_durations_are_met_closely_with_few_polls():
    """Of tasks of 5 to 20 seconds, the median is found 0.56 s late, by six polls on average."""
    chance = random.Random(4)
    durations = Durations(chance.uniform(5, 20) for _ in range(100))
    found = [lateness_and_polls(durations, chance.uniform(5, 20)) for _ in range(500)]
    late, polls = zip(*found, strict=True)

    assert 0.6 > statistics.median(late)
    assert 6.2 > statistics.mean(polls)


@pytest.mark.parametrize(
    ("draw", "late_s", "most_polls"),
    [
        (lambda chance: chance.lognormvariate(2.3, 0.5), 0.9, 6),
        (lambda chance: chance.choice((4, 30)) + chance.uniform(0, 0.5), 0.3, 3),
    ],
    ids=["a few take far longer", "quick ones and slow ones"],
)
def test_polls_are_spent_whatever_the_spread(draw, late_s, most_polls):
    """Where few tasks end polls are rare, and none falls into a gap where none ends."""
    chance = random.Random(4)
    durations = Durations(draw(chance) for _ in range(100))
    late, polls = zip(*(lateness_and_polls(durations, draw(chance)) for _ in range(500)), strict=True)

    assert late_s > statistics.median(late)
    assert most_polls > statistics.mean(polls)


def test_while_many_wait_together_each_is_asked_for_seldom():
    """The first that is found done tells the others."""
    assert [1.0, 1.5, 2.0, 4.0, 5.0] == [Durations().pause(4.0, 1.0, asked_singly=many) for many in (1, 3, 4, 8, 50)]


def test_the_first_polls_of_many_are_spread():
    """If all were polled within a second, and again four seconds later, quick tasks would be found late."""
    assert [1.0, 1.0, 2.0, 5.0] == [Durations().pause(0.0, 1.0, asked_singly=many) for many in (1, 8, 16, 50)]
    assert MOST_PAUSE_S == Durations().pause(0.0, 13.0, asked_singly=50)


def test_those_that_are_unfinished_count_as_longer():
    """Four of forty were done after six seconds: the others are no outliers, and are asked for at a steady pace."""
    durations = Durations([5.2, 5.4, 5.7, 5.9])
    alone = [durations.pause(age_s, 1.0, [age_s]) for age_s in (6, 12)]
    among_many = [durations.pause(age_s, 1.0, [age_s] * 36) for age_s in (6, 12)]

    assert [1, 2] == pytest.approx(alone)
    assert [0.8, 1.1] == pytest.approx(among_many, abs=0.05)
    assert alone == [durations.pause(age_s, 1.0, [age_s, *[age_s / 2] * 35]) for age_s in (6, 12)]


def test_what_others_showed_counts_while_all_may_be_equal():
    """A task found done at 9 s, another unfinished at 7.9 s: it took 8 to 9 s, not 4 to 9."""
    durations = Durations()

    assert 8.45 == durations.add_between(4.0, 7.9, 9.0)
    assert 8.2 == durations.add_between(8.0, 8.1, 8.3)

    # One of three seconds: they are not alike, and each took any time between its own bounds.
    assert 2.8 < durations.add_between(2.8, 2.9, 3.0) < 3.0


def simulated(seconds, *, at_once, known=()):
    """Return how late each of the tasks is found done, and by how many polls, of which so many run at a time."""
    durations, queue, late, polls = Durations(known), list(seconds), [], []
    running = []  # when it is asked for next, begun at, takes, unfinished at, polls
    now, news = 0.0, durations.news
    while queue or running:
        while queue and len(running) < at_once:
            running.append([now + durations.first_pause(1.0), now, queue.pop(0), 0.0, 0])
        task = min(running)
        now, begun_at, takes = task[:3]
        task[4] += 1
        if now - begun_at >= takes:
            running.remove(task)
            others = max((other[3] for other in running), default=0.0)
            durations.add_between(task[3], others if others < now - begun_at else 0.0, now - begun_at)
            late.append(now - begun_at - takes)
            polls.append(task[4])
        else:
            task[3] = now - begun_at
            task[0] = now + durations.pause(task[3], 1.0, [other[3] for other in running])
        if news is not durations.news:
            news = durations.news
            for other in running:
                other[0] = now + durations.pause(now - other[1], 1.0, [each[3] for each in running])
    return late, polls


@pytest.mark.parametrize("usual", [[60.0] * 128, [57.0 + number % 7 for number in range(128)]])
def test_a_service_that_becomes_faster_is_followed_at_once(usual):
    """A minute each until yesterday, five seconds now: whoever waits as long as ever would never see it."""
    late, polls = simulated([5.0] * 40, at_once=2, known=usual)

    assert 31 > max(late)
    assert 0.2 > max(late[3:])
    assert 1.5 > statistics.mean(polls)


def test_what_was_known_before_a_service_became_faster_is_forgotten():
    """By the next run as well; a single quick one among slow ones changes little."""
    assert 5.02 == pytest.approx(Durations([60.0] * 120 + [5.0] * 3).pause(0.0, 1.0), abs=0.1)
    mixed, later = Durations([60.0] * 50 + [5.0] + [60.0] * 70), Durations([5.0] + [60.0] * 70)
    assert [later.pause(age, 1.0) for age in (0, 6, 30)] == [mixed.pause(age, 1.0) for age in (0, 6, 30)]


def test_one_in_many_is_polled_early():
    """The first, and then one in 32; not where that could save less than the first poll of an unknown task."""
    slow, quick = Durations([60.0] * 10), Durations([1.9] * 10)

    assert [30.0, *[60.02] * 31, 30.0] == pytest.approx([slow.first_pause(1.0) for _ in range(33)])
    assert 1.92 == pytest.approx(quick.first_pause(1.0))


def test_tasks_that_take_no_time_are_asked_for_ever_sooner():
    """Nothing is known of them but that they are done when asked for: no later one waits out the first one's pause."""
    late, polls = simulated([0.0] * 30, at_once=1)

    assert [1.0, 1.0, 1.0, 0.52] == pytest.approx(late[:4])
    assert 0.05 > max(late[10:])
    assert {1} == set(polls)


def test_tasks_of_one_moment_are_found_without_a_second_poll():
    """What was learned between two polls is narrowed down by the next ones."""
    late, polls = simulated([0.5] * 60, at_once=1)

    assert 0.05 > statistics.mean(late[20:])
    assert 2 > statistics.mean(polls[20:])


def test_a_scatter_of_milliseconds_does_not_hide_that_tasks_are_alike():
    """No duration fits all, for 20 ms: the next are asked for just then all the same, as if they were equal."""
    chance = random.Random(4)
    late, polls = simulated([chance.gauss(8, 0.02) for _ in range(200)], at_once=8)

    assert 0.1 > statistics.mean(late[40:])
    assert 1.6 > statistics.mean(polls[40:])


def test_tasks_asked_for_at_the_same_ages_do_not_seem_to_end_at_them():
    """Scattered durations that are only known within bounds place the polls as well as exact ones do."""
    chance = random.Random(4)
    late, polls = simulated([chance.uniform(5, 20) for _ in range(1000)], at_once=40)

    assert 0.7 > statistics.median(late[300:])
    assert 5.7 > statistics.mean(polls[300:])


def ages_when_asked(durations, until_s):
    """Return the ages at which one task is asked for that is not done until then."""
    ages = [durations.pause(0.0, 1.0)]
    while ages[-1] < until_s:
        ages.append(ages[-1] + durations.pause(ages[-1], 1.0))
    return ages


@pytest.mark.parametrize("outlier_s", [60.0, 1200.0, 26_000.0])
def test_one_that_took_far_longer_tells_nothing_of_others(outlier_s):
    """A task that stood in a queue, among many of 5 to 20 seconds: the next ones are asked for as before."""
    durations = Durations([*(5 + number % 60 / 4 for number in range(127)), outlier_s])
    ages = ages_when_asked(durations, 120.0)

    assert 7 > ages[0]
    assert 10 < sum(age < 25 for age in ages)
    assert MOST_PAUSE_S + 0.001 > max(later - age for age, later in itertools.pairwise(ages))


def test_among_a_few_it_costs_no_long_silence():
    """One of four may be no outlier: who is unfinished behind the others is asked for, ever more seldom."""
    ages = ages_when_asked(Durations([3.0, 3.5, 4.0, 3600.0]), 60.0)

    assert 6 > ages[0]
    assert all(later - age <= max(10, 5 + age / 4) for age, later in itertools.pairwise(ages))


def test_a_task_is_not_taken_to_end_much_sooner_than_it_was_found_done():
    """Unfinished at one second and done at ten: it took nine, say, and not five, or the next is asked for in vain."""
    durations = Durations()

    assert 9.0 == durations.add_between(1.0, 1.0, 10.0)


def test_where_no_task_was_ever_unfinished_the_next_is_asked_for_much_sooner():
    """Done when first asked for tells only the most that it can have taken."""
    durations = Durations()

    assert 5.0 == durations.add_between(0.0, 0.0, 10.0)


def test_a_task_keeps_its_duration_when_older_ones_are_forgotten():
    """Its place between its bounds is its own: another one each time would be noise in all pauses."""
    known = [Bounds(least_s, least_s, 2 * least_s) for least_s in (1.0, 4.0, 9.0, 3.0)]

    assert likely_durations(known, first=0)[1:] == likely_durations(known[1:], first=1)


def test_one_in_twenty_that_took_far_longer_tells_nothing():
    """It stood in a queue, say: the next is not expected to."""
    assert 10.0 == Durations([10.0] * 19 + [25.0]).usual_s(0.0)
    assert 10.5 < Durations([10.0] * 18 + [25.0]).usual_s(0.0)


def test_those_that_are_late_together_are_asked_for_more_often():
    """Alone beyond all known durations, a task is asked for by its age; two of them show that tasks take longer now."""
    durations = Durations([5.0, 6.0, 8.0, 11.0])

    assert 20 / 6 == pytest.approx(durations.pause(20.0, 1.0, [20.0]))
    assert 1.0 < durations.pause(20.0, 1.0, [20.0, 20.0]) < 2.0


def test_a_task_is_no_other_to_itself():
    """That it is unfinished at its age was known without asking."""
    durations = Durations([5.0, 6.0, 8.0, 11.0])

    assert durations.pause(7.0, 1.0) == durations.pause(7.0, 1.0, [7.0])
    assert durations.pause(7.0, 1.0) < durations.pause(7.0, 1.0, [7.0, 7.0])


def test_where_all_take_equally_long_those_that_are_late_tell_nothing():
    """They are done within a moment, and each is asked for by its own age."""
    durations = Durations([8.0] * 10)

    assert durations.pause(9.0, 1.0) == durations.pause(9.0, 1.0, [9.0] * 5)


def test_all_are_within_the_longest_known_duration():
    """From that age on, not before it, and not while too little is known."""
    durations = Durations([5.0, 6.0, 8.0, 11.0])

    assert [False, True, True] == [durations.are_all_within(age_s) for age_s in (10.9, 11.0, 12.0)]
    assert not Durations([5.0]).are_all_within(99.0)


def test_where_little_is_known_tasks_are_taken_to_need_as_long_again():
    """Twice the age of the one that is asked about."""
    assert 6.0 == Durations([5.0]).usual_s(3.0)


def test_where_durations_scatter_the_next_of_them_is_not_waited_for():
    """Of four known, two are longer: the next may end before the third did."""
    assert Durations([5.0, 6.0, 8.0, 11.0]).pause(7.0, 1.0) < 0.9


def test_what_is_added_changes_nothing_about_those_before():
    """Each task's place between its bounds is settled when it comes."""
    durations = Durations()
    for least_s in (1.0, 4.0, 9.0, 3.0):
        durations.add_between(least_s, least_s, 2 * least_s)
    before_s = durations.usual_s(0.0)
    added_s = durations.add_between(10.0, 10.0, 20.0)

    assert (4 * before_s + added_s) / 5 == pytest.approx(durations.usual_s(0.0))


def test_enough_are_known_once_a_few_are_alike_by_a_twentieth_of_the_longest():
    """Three are enough then; else there must be four."""
    assert [True, False, True] == [
        Durations(seconds).is_known for seconds in ([8.0, 8.2, 8.41], [8.0, 8.2, 8.43], [8.0, 8.2, 8.43, 9.0])
    ]


def test_it_is_news_when_enough_become_known_and_when_they_are_forgotten():
    """Whoever waits for a task computes the pause anew, once each time."""
    durations, told = Durations([8.0, 8.0]), []
    for seconds in (8.0, 8.0, 4.8, 2.0):
        news = durations.news
        durations.add(seconds)
        told.append(news.is_set())

    assert [True, False, True, False] == told
    assert not durations.is_known


def test_a_service_is_no_faster_before_it_is_so_by_two_fifths():
    """Less may be scatter: what was known is not forgotten for it."""
    durations = Durations([8.0] * 4)
    durations.add(4.9)

    assert durations.is_known


def test_only_what_came_after_the_last_time_that_a_service_became_faster_is_known():
    """It did so twice."""
    assert Durations([10.0] * 4 + [5.0] * 4 + [2.0] * 4).are_all_within(2.0)


def test_a_task_beyond_all_that_are_alike_is_asked_for_by_how_far_it_is_beyond():
    """Half as long as it is over the longest of them."""
    assert 0.42 == pytest.approx(Durations([8.0, 8.1, 8.2, 8.2]).pause(9.0, 1.0))


def test_a_task_beyond_all_but_one_waits_for_that_one():
    """Until the one took so long, none was done."""
    assert 3.02 == pytest.approx(Durations([8.0, 8.0, 8.0, 12.0]).pause(9.0, 1.0))


def test_a_gap_is_waited_for_as_a_whole_only_while_many_took_longer():
    """Where few did, the task may well end before: seconds, or a quarter of its age."""
    rare = Durations([10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 100.0, 110.0])

    assert 5 == pytest.approx(rare.pause(40.0, 1.0) - rare.pause(16.0, 1.0))
    assert 5 < rare.pause(16.0, 1.0) <= 10
    assert 5 < Durations([10.0, 11.0, 12.0, 100.0, 110.0]).pause(16.0, 1.0) <= 10
    assert 76 < Durations([10.0, 11.0, 100.0, 110.0]).pause(16.0, 1.0) < 84


def test_tasks_that_are_nearly_as_old_and_unfinished_make_the_pause_longer():
    """Those take longer than this age; of younger ones nobody knows that."""
    durations = Durations([5.0, 6.0, 8.0, 10.5, 11.0, 12.0])
    alone, with_younger, with_as_old = (
        durations.pause(10.0, 1.0, unfinished) for unfinished in ([10.0], [10.0, 8.9, 8.9, 1.0, 0.2], [10.0, 9.0])
    )

    assert alone == with_younger < with_as_old
