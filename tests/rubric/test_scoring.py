"""Scores are the contract's, counted exactly, whatever the rubric."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric.definition import Aggregation, Category, Effort, Rubric, Test
from rubric.levels import Level
from rubric.loader import builtin
from rubric.scoring import Totals, adjusted, number, totals, unverified

NEW, OLD, PRINCIPLES = (builtin()[key] for key in ("ml-test-score-2017", "ml-test-score-2016", "key-principles"))


def every(rubric: Rubric, level: Level) -> dict[str, Level]:
    return dict.fromkeys(rubric.tests, level)


def count(**done: str) -> dict[str, Level]:
    """Levels by category from strings such as ``data="AAm"``: the first tests automated (A), manual (m), none (-)."""
    letters = {"A": Level.AUTOMATED, "m": Level.MANUAL, "-": Level.NONE}
    return {
        f"{category.replace('_', '-')}-{place}": letters[letter]
        for category, word in done.items()
        for place, letter in enumerate(word, start=1)
    }


@pytest.mark.parametrize(
    ("rubric", "levels", "score", "limiting", "band"),
    [
        (NEW, {}, "0", ("data", "model", "infra", "monitor"), "research"),
        (NEW, every(NEW, Level.MANUAL), "3.5", ("data", "model", "infra", "monitor"), "strong"),
        (NEW, every(NEW, Level.AUTOMATED), "7", ("data", "model", "infra", "monitor"), "exceptional"),
        (NEW, count(data="mmm", model="AAm", infra="AAAA", monitor="Am"), "1.5", ("data", "monitor"), "first-pass"),
        (NEW, count(data="m", model="A", infra="A", monitor="A"), "0.5", ("data",), "serious-holes"),
        (NEW, count(data="A", model="mm", infra="AA", monitor="AA"), "1", ("data", "model"), "serious-holes"),
        (NEW, count(data="AA", model="AA", infra="AAA", monitor="AAm"), "2", ("data", "model"), "first-pass"),
        (NEW, count(data="AAm", model="AAA", infra="AAA", monitor="AAA"), "2.5", ("data",), "reasonably-tested"),
        (NEW, count(data="AAA", model="AAAA", infra="AAAA", monitor="AAAA"), "3", ("data",), "reasonably-tested"),
        (NEW, count(data="A" * 5, model="A" * 6, infra="A" * 6, monitor="A" * 6), "5", ("data",), "strong"),
        (
            NEW,
            count(data="A" * 5 + "m", model="A" * 6, infra="A" * 7, monitor="A" * 6),
            "5.5",
            ("data",),
            "exceptional",
        ),
        (OLD, {}, "0", ("data", "model", "infra", "monitor"), "research"),
        (OLD, count(data="m", model="A", infra="A", monitor="A"), "1", ("data",), "serious-holes"),
        (OLD, count(data="mm", model="AA", infra="AA", monitor="A"), "2", ("data", "monitor"), "serious-holes"),
        (OLD, count(data="mmm", model="AA", infra="AA", monitor="AA"), "3", ("data",), "first-pass"),
        (OLD, count(data="AAm", model="AAA", infra="AAA", monitor="AAA"), "5", ("data",), "reasonably-tested"),
        (OLD, every(OLD, Level.MANUAL), "7", ("data", "model", "infra", "monitor"), "strong"),
        (OLD, every(OLD, Level.AUTOMATED) | count(data="AAAAAm-"), "11", ("data",), "strong"),
        (OLD, every(OLD, Level.AUTOMATED) | count(data="AAAAAA-"), "12", ("data",), "exceptional"),
        (PRINCIPLES, every(PRINCIPLES, Level.AUTOMATED), "100", tuple(PRINCIPLES.category_by_key), None),
        (PRINCIPLES, every(PRINCIPLES, Level.MANUAL), "50", tuple(PRINCIPLES.category_by_key), None),
        (
            PRINCIPLES,
            every(PRINCIPLES, Level.AUTOMATED) | count(reproducibility="A--", versioning="mm"),
            "100/3",
            ("reproducibility",),
            None,
        ),
        (
            PRINCIPLES,
            every(PRINCIPLES, Level.AUTOMATED) | count(end_to_end="m", versioning="A-", testing="AA--"),
            "50",
            ("end-to-end", "versioning", "testing"),
            None,
        ),
    ],
)
def test_score_limiting_categories_and_band(
    rubric: Rubric, levels: dict[str, Level], score: str, limiting: tuple[str, ...], band: str | None
) -> None:
    result = totals(rubric, levels)
    assert result.score == Fraction(score)
    assert result.limiting == limiting
    reached = rubric.band(result.score)
    assert (reached.key if reached else None) == band


def test_category_scores_are_points_even_where_the_score_is_a_share() -> None:
    levels = count(end_to_end="m", reproducibility="AAm", testing="Amm")
    assert totals(PRINCIPLES, levels).categories == {
        "end-to-end": Fraction("0.5"),
        "reproducibility": Fraction("2.5"),
        "versioning": 0,
        "testing": 2,
        "infrastructure": 0,
    }


def test_keys_that_the_rubric_lacks_count_nothing() -> None:
    assert totals(NEW, {"data-8": Level.AUTOMATED, "": Level.MANUAL}) == totals(NEW, {})


@pytest.mark.parametrize(
    ("rubric", "levels", "left_out", "expected"),
    [
        (NEW, every(NEW, Level.AUTOMATED), (), "7"),
        (NEW, every(NEW, Level.AUTOMATED), ("model-7",), "7"),
        (NEW, every(NEW, Level.MANUAL) | count(data="AAA----"), ("data-7",), "3.5"),
        (NEW, every(NEW, Level.AUTOMATED) | count(data="AAAA---"), ("data-7",), "14/3"),
        (NEW, every(NEW, Level.AUTOMATED) | count(data="-------"), tuple(f"data-{n}" for n in range(1, 8)), "7"),
        (NEW, every(NEW, Level.MANUAL), tuple(NEW.tests), None),
        (NEW, every(NEW, Level.MANUAL), ("data-9", "unknown"), "3.5"),
        (OLD, every(OLD, Level.AUTOMATED) | count(infra="AAAAA--"), ("infra-7",), "35/3"),
        (PRINCIPLES, every(PRINCIPLES, Level.MANUAL) | count(testing="A---"), ("testing-4",), "100/3"),
        (PRINCIPLES, every(PRINCIPLES, Level.AUTOMATED) | count(end_to_end="-"), ("end-to-end-1",), "100"),
        (PRINCIPLES, {}, tuple(PRINCIPLES.tests), None),
    ],
)
def test_adjusted_score(
    rubric: Rubric, levels: dict[str, Level], left_out: tuple[str, ...], expected: str | None
) -> None:
    assert adjusted(rubric, levels, left_out) == (None if expected is None else Fraction(expected))


def test_unverified_points_are_the_score_minus_the_verified_score() -> None:
    score = totals(NEW, count(data="AAm", model="Am", infra="A"))
    verified = totals(NEW, count(data="Am", model="Am"))
    assert unverified(score, verified) == {"data": 1, "model": 0, "infra": 1, "monitor": 0}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Fraction(3, 2), 1.5),
        (Fraction(0), 0.0),
        (Fraction(100, 3), 33.333333),
        (Fraction(14, 3), 4.666667),
        (Fraction(1, 10**6), 0.000001),
        (Fraction(5, 10**7), 0.0),
        (Fraction(15, 10**7), 0.000002),
        (Fraction(-1, 3), -0.333333),
    ],
)
def test_numbers_are_put_out_with_six_decimals(value: Fraction, expected: float) -> None:
    assert number(value) == expected
    assert isinstance(number(value), float)


@given(st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=10**9))
def test_a_number_is_the_nearest_with_six_decimals(value: Fraction) -> None:
    assert abs(Fraction(repr(number(value))) - value) <= Fraction(1, 2 * 10**6)
    assert number(value) == round(number(value), 6)


STEPS = st.integers(1, 3_000_000).map(lambda millionths: Fraction(millionths, 10**6))


@st.composite
def rubrics(draw: st.DrawFn) -> Rubric:
    """Rubrics of any small size and scale. Each has its own key, as published ones have."""
    manual = draw(STEPS)
    sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    scale = {Level.NONE: Fraction(0), Level.MANUAL: manual, Level.AUTOMATED: manual + draw(STEPS)}
    aggregation = draw(st.sampled_from(Aggregation))
    categories = tuple(
        Category(f"c{place}", "C", tuple(a_test(f"c{place}", f"c{place}-{n}") for n in range(size)))
        for place, size in enumerate(sizes)
    )
    key = f"{sizes}{scale}{aggregation}"
    return Rubric(key, "Any", "Any", "Any", scale, aggregation, categories, bands=(), starting_order=(), notes=())


def a_test(category: str, key: str) -> Test:
    return Test(key, "T", category, Effort.SMALL, (), "a", "w", "h", "m", ("e",), ("t",))


@st.composite
def assessed(draw: st.DrawFn) -> tuple[Rubric, dict[str, Level]]:
    rubric = draw(st.one_of(st.sampled_from([NEW, OLD, PRINCIPLES]), rubrics()))
    some = draw(st.lists(st.sampled_from(list(rubric.tests)), unique=True))
    return rubric, {key: draw(st.sampled_from(Level)) for key in some}


def aggregated(rubric: Rubric, points: dict[str, Fraction]) -> dict[str, Fraction]:
    """The contract read word by word: what of each category is compared."""
    if rubric.aggregation is Aggregation.MINIMUM_OF_SUMS:
        return points
    return {key: 100 * value / rubric.category_maximum(key) for key, value in points.items()}


@given(assessed())
def test_totals_are_what_the_contract_says(case: tuple[Rubric, dict[str, Level]]) -> None:
    rubric, levels = case
    points = {category.key: Fraction(0) for category in rubric.categories}
    for key, test in rubric.tests.items():
        points[test.category] += rubric.scale[levels.get(key, Level.NONE)]
    values = aggregated(rubric, points)
    score = min(values.values())
    assert totals(rubric, levels) == Totals(score, points, tuple(k for k, value in values.items() if value == score))
    assert 0 <= score <= rubric.maximum
    assert all(Fraction(repr(number(value))) == value for value in points.values()), "sums are put out exactly"


@given(assessed(), st.data())
def test_adjusted_is_what_the_contract_says(case: tuple[Rubric, dict[str, Level]], data: st.DataObject) -> None:
    rubric, levels = case
    left_out = data.draw(st.sets(st.sampled_from(list(rubric.tests))))
    points = {}
    for category in rubric.categories:
        earned = [rubric.scale[levels.get(t.key, Level.NONE)] for t in category.tests if t.key not in left_out]
        if earned:
            full, rest = rubric.category_maximum(category.key), rubric.scale[Level.AUTOMATED] * len(earned)
            points[category.key] = sum(earned) * full / rest
    expected = min(aggregated(rubric, points).values()) if points else None
    assert adjusted(rubric, levels, left_out) == expected


@given(assessed())
def test_leaving_nothing_out_changes_nothing(case: tuple[Rubric, dict[str, Level]]) -> None:
    rubric, levels = case
    assert adjusted(rubric, levels, ()) == totals(rubric, levels).score


@given(assessed(), st.data())
def test_raising_a_test_never_lowers_anything(case: tuple[Rubric, dict[str, Level]], data: st.DataObject) -> None:
    rubric, levels = case
    key = data.draw(st.sampled_from(list(rubric.tests)))
    before, after = totals(rubric, levels), totals(rubric, levels | {key: Level.AUTOMATED})
    assert after.score >= before.score
    assert all(gain >= 0 for gain in unverified(after, before).values())
