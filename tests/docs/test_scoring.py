"""The worked example of docs/explanation/scoring.md, counted again with the product's own code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from rubric.evidence import PROVABLE, FreshnessRule, layers
from rubric.levels import LEVELS, Level
from rubric.loader import DEFAULT, builtin
from rubric.scoring import number, totals, unverified
from rubric.timeline import Claims, EvidenceSpan, Facts, levels_at, timeline
from tests.docs.pages import DOCS, table

PAGE = (DOCS / "explanation/scoring.md").read_text(encoding="utf-8")
RULE = FreshnessRule(window=timedelta(days=30), repeat=timedelta(hours=12))
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ASSESSED = datetime(2026, 11, 1, 9, tzinfo=UTC)
FAR = NOW + timedelta(days=400)
RUBRIC = builtin()[DEFAULT]


@pytest.fixture
def rows() -> list[list[str]]:
    return table(PAGE, "test", "claimed", "runs", "verified", "level", "points")


@pytest.fixture
def facts(rows: list[list[str]]) -> Facts:
    """The facts that the first table gives: its claims and its runs."""
    spans = [
        EvidenceSpan(test, level, start, end)
        for test, _, runs, *_ in rows
        for level in PROVABLE
        for start, end in layers([instant(run) for run in runs.split(", ") if run], RULE)[level]
    ]
    claims = Claims(ASSESSED, {test: LEVELS[claimed] for test, claimed, *_ in rows})
    return Facts(editions=[(None, RUBRIC)], claims=[claims], spans=spans)


def instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def plain(points: Fraction) -> str:
    return f"{number(points):g}"


def test_each_test_holds_the_level_that_the_table_says(rows: list[list[str]], facts: Facts) -> None:
    levels = levels_at(facts, NOW)
    assert len(rows) >= 10
    for test, _, _, verified, level, points in rows:
        credited = levels.credited[test]
        assert verified == levels.verified.get(test, Level.NONE).key, test
        assert (level, points) == (credited.key, plain(RUBRIC.scale[credited])), test


def test_the_categories_sum_as_the_table_says(facts: Facts) -> None:
    levels = levels_at(facts, NOW)
    score, verified = totals(RUBRIC, levels.credited), totals(RUBRIC, levels.verified)
    claimed = totals(RUBRIC, levels.claimed)
    missing = unverified(score, verified)
    counted = [
        [key, *map(plain, (claimed.categories[key], verified.categories[key], score.categories[key], missing[key]))]
        for key in score.categories
    ]
    assert table(PAGE, "category", "claimed", "verified", "score", "unverified") == counted
    band = RUBRIC.band(score.score)
    assert band is not None
    final = [
        ["final", *map(plain, (claimed.score, verified.score, score.score)), band.label, ", ".join(score.limiting)]
    ]
    assert table(PAGE, "", "claimed", "verified", "score", "band", "limiting") == final


def test_the_score_falls_when_the_table_says(facts: Facts) -> None:
    finals = [(p.at, plain(p.score), plain(p.claimed), plain(p.verified)) for p in timeline(facts, NOW, FAR)]
    steps = [point for index, point in enumerate(finals) if index == 0 or point[1:] != finals[index - 1][1:]]
    assert table(PAGE, "from", "score", "claimed", "verified") == [
        [f"{at:%Y-%m-%d %H:%M}", *numbers] for at, *numbers in steps
    ]


def test_what_the_text_says_of_the_two_falls(facts: Facts) -> None:
    minute = levels_at(facts, NOW + timedelta(minutes=1))
    assert minute.verified["monitor-2"] is Level.MANUAL
    later = levels_at(facts, instant("2026-12-20 02:00"))
    assert {"model-6", "monitor-5"}.isdisjoint(later.verified)
