from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from pytest_django import DjangoAssertNumQueries

from rubric.loader import builtin
from rubric.timeline import Point
from scores.keeping import keep_for
from scores.trends import Bucket, Interval, Life, bucket_ends, buckets, quantile, total, trend
from tests.factories import DAY, assess, make_organisation, make_system, post

RUBRIC = builtin()["ml-test-score-2017"]
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("interval", "start", "end", "expected"),
    [
        (Interval.DAY, "2026-11-01T12:00", "2026-11-03T06:00", ["2026-11-02", "2026-11-03", "2026-11-03T06:00"]),
        (Interval.WEEK, "2026-11-02", "2026-11-16", ["2026-11-09", "2026-11-16", "2026-11-16"]),
        (Interval.WEEK, "2026-11-08T23:59", "2026-11-18", ["2026-11-09", "2026-11-16", "2026-11-18"]),
        (Interval.MONTH, "2025-12-31", "2026-03-01", ["2026-01-01", "2026-02-01", "2026-03-01", "2026-03-01"]),
        (Interval.MONTH, "2026-11-03", "2026-11-03", ["2026-11-03"]),
    ],
)
def test_buckets_end_a_moment_before_the_next_begins_and_the_last_is_cut(
    interval: Interval, start: str, end: str, expected: list[str]
) -> None:
    *whole, last = [day(each) for each in expected]
    assert bucket_ends(day(start), day(end), interval) == [*(at - MOMENT for at in whole), last]


def test_a_week_ends_on_sunday() -> None:
    ends = bucket_ends(day("2026-10-01"), day("2026-11-21"), Interval.WEEK)
    assert {at.strftime("%A") for at in ends[:-1]} == {"Sunday"}


def test_an_end_on_the_last_moment_of_a_bucket_adds_none() -> None:
    last = day("2026-11-09") - MOMENT
    assert bucket_ends(day("2026-11-02"), last, Interval.WEEK) == [last]


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ("1", "1/2", "1"),
        ("1 2", "1/2", "3/2"),
        ("0 1/2 1 4", "1/4", "3/8"),
        ("0 1/2 1 4", "3/4", "7/4"),
        ("0 1/2 1 4", "1", "4"),
        ("0 1/2 1 4", "0", "0"),
    ],
)
def test_quantiles_interpolate_exactly(values: str, share: str, expected: str) -> None:
    assert quantile([Fraction(each) for each in values.split()], Fraction(share)) == Fraction(expected)


def test_totals_are_exact_over_denominators() -> None:
    assert total([Fraction(1, 3), Fraction(1, 2), Fraction(1, 6), Fraction(1, 3)]) == Fraction(4, 3)
    assert total([]) == 0


def point(at: datetime, *categories: str, verified: str = "0", rubric: str = RUBRIC.key) -> Point:
    values = dict(zip(RUBRIC.category_by_key, (Fraction(each) for each in categories), strict=True))
    score = min(values.values())
    return Point(at, rubric, score, score, Fraction(verified), values)


def test_a_bucket_reads_each_system_from_its_first_fact_until_it_is_retired() -> None:
    first = Life([point(NOW - 9 * DAY, "1", "2", "3", "4", verified="1")], NOW - 9 * DAY, until=NOW - 2 * DAY)
    second = Life([point(NOW - 5 * DAY, "2", "2", "4", "6"), point(NOW - DAY, "6", "4", "4", "5")], NOW - 5 * DAY)
    ends = [NOW - 10 * DAY, NOW - 9 * DAY, NOW - 3 * DAY, NOW - 2 * DAY, NOW]
    none, one, both, second_then, second_now = buckets(RUBRIC, ends, [first, second])
    assert none == Bucket(NOW - 10 * DAY)
    assert (one.systems, one.median, one.verified_median) == (1, Fraction(1), Fraction(1))
    assert both == Bucket(
        at=NOW - 3 * DAY,
        systems=2,
        median=Fraction(3, 2),
        mean=Fraction(3, 2),
        q1=Fraction(5, 4),
        q3=Fraction(7, 4),
        verified_median=Fraction(1, 2),
        categories=dict(zip(RUBRIC.category_by_key, map(Fraction, ("3/2", "2", "7/2", "5")), strict=True)),
        limiting={"data": 2, "model": 1, "infra": 0, "monitor": 0},
    )
    assert (second_then.systems, second_then.median) == (1, Fraction(2))
    assert second_now.limiting == {"data": 0, "model": 1, "infra": 1, "monitor": 0}


def test_times_under_another_edition_are_left_out() -> None:
    life = Life(
        [point(NOW - 2 * DAY, "1", "1", "1", "1", rubric="other"), point(NOW, "2", "2", "2", "2")], NOW - 2 * DAY
    )
    assert [bucket.systems for bucket in buckets(RUBRIC, [NOW - DAY, NOW], [life])] == [0, 1]


@pytest.mark.django_db
def test_a_trend_counts_from_the_first_skipped_result_or_assessment(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    organisation = make_organisation()
    claimed = make_system(organisation, NOW - 20 * DAY, name="Claimed")
    assess(claimed, NOW - 9 * DAY, dict.fromkeys(RUBRIC.tests, "manual"))
    posted = make_system(organisation, NOW - 20 * DAY, name="Posted")
    post(posted, ["data-1"], [NOW - 5 * DAY], NOW, status="skipped")
    silent = make_system(organisation, NOW - 20 * DAY, name="Silent")
    ends = [NOW - 10 * DAY, NOW - 9 * DAY, NOW - 5 * DAY, NOW]
    with django_assert_num_queries(5):
        found = trend([claimed, posted, silent], ends, RUBRIC)
    assert keep_for(60.0)
    with django_assert_num_queries(1):
        assert trend([claimed, posted, silent], ends, RUBRIC) == found
    assert [bucket.systems for bucket in found] == [0, 1, 2, 2]
    assert [bucket.median for bucket in found] == [None, Fraction(7, 2), Fraction(7, 4), Fraction(7, 4)]
