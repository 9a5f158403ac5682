"""Plain rows to draw from: the same for the tests of figures, of components and of the component sheet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from rubric.definition import Rubric
from rubric.levels import Level
from rubric.timeline import Point
from scores.score import CategoryScore, Health, TestScore
from scores.trends import Bucket

NOW = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def test_score(
    rubric: Rubric,
    claimed: Level = Level.NONE,
    verified: Level = Level.NONE,
    *,
    not_applicable: bool = False,
    runs: int = 0,
    last_run_at: datetime | None = None,
    fresh_until: datetime | None = None,
    health: Health = Health.NONE,
) -> TestScore:
    """A test's score with the levels and evidence that a test is about."""
    return TestScore(
        test=next(iter(rubric.tests.values())),
        level=max(claimed, verified),
        claimed=claimed,
        verified=verified,
        not_applicable=not_applicable,
        runs=runs,
        last_run_at=last_run_at,
        fresh_until=fresh_until,
        health=health,
    )


test_score.__test__ = False  # type: ignore[attr-defined]  # pytest would otherwise collect it


def category_scores(rubric: Rubric, *rows: tuple[str, str]) -> list[CategoryScore]:
    """Category scores from (score, verified) as decimal text, in the rubric's order."""
    scores = [(Fraction(score), Fraction(verified)) for score, verified in rows]
    shares = [
        score / rubric.category_maximum(category.key)
        for category, (score, _) in zip(rubric.categories, scores, strict=True)
    ]
    return [
        CategoryScore(
            category=category,
            maximum=rubric.category_maximum(category.key),
            score=score,
            claimed=score,
            verified=verified,
            limits=share == min(shares),
        )
        for category, (score, verified), share in zip(rubric.categories, scores, shares, strict=True)
    ]


def point(rubric: Rubric, days_ago: float, verified: str, *categories: str) -> Point:
    """A step of a history: category points as decimal text; the score is their minimum."""
    values = [Fraction(value) for value in categories]
    return Point(
        at=NOW - days_ago * DAY,
        rubric=rubric.key,
        score=min(values),
        claimed=min(values),
        verified=Fraction(verified),
        categories={category.key: value for category, value in zip(rubric.categories, values, strict=True)},
    )


def buckets(rubric: Rubric, weeks: int = 60) -> list[Bucket]:
    """Weekly buckets of an organisation that slowly improves and grows."""
    return [_bucket(rubric, week, weeks) for week in range(weeks + 1)]


def _bucket(rubric: Rubric, week: int, weeks: int) -> Bucket:
    median = Fraction(week * 6 // weeks, 28) * rubric.maximum
    return Bucket(
        at=NOW - (weeks - week) * 7 * DAY,
        systems=4 + week * 8 // weeks,
        median=median,
        mean=median * Fraction(5, 4),
        q1=median / 2,
        verified_median=median * Fraction(2, 3),
        q3=median * Fraction(3, 2),
        categories={
            category.key: rubric.category_maximum(category.key) * Fraction(week * (index + 2), weeks * 8)
            for index, category in enumerate(rubric.categories)
        },
        limiting={category.key: index for index, category in enumerate(rubric.categories)},
    )


def story(rubric: Rubric) -> list[Point]:
    """A year and a half of one system with four categories: it climbs, then its evidence lapses."""
    return [
        point(rubric, 540, "0", "0", "0", "0.5", "0"),
        point(rubric, 365, "0", "1.5", "1", "2", "0"),
        point(rubric, 311, "0", "2", "1", "3", "0"),
        point(rubric, 274, "0", "2", "1.5", "3", "0.5"),
        point(rubric, 193, "0.5", "3", "2", "4", "1"),
        point(rubric, 95, "1.5", "3.5", "3", "5", "1.5"),
        point(rubric, 50, "1", "3.5", "3.5", "5", "1.5"),
        point(rubric, 11, "0.5", "4", "3.5", "5.5", "1.5"),
    ]
