from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from rubric.definition import Effort, Rubric
from rubric.levels import Level
from rubric.loader import builtin
from rubric.timeline import Levels
from scores.reading import category_scores, score_of
from scores.score import FullScore, Health, TestScore
from scores.steps import goal_of, next_band, next_goal, next_steps, unit, unproved

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
DAY = timedelta(days=1)
EARLIER, DEFAULT, PRACTICES = (builtin()[key] for key in ("ml-test-score-2016", "ml-test-score-2017", "key-principles"))


def full(
    rubric: Rubric, claimed: dict[str, Level], verified: dict[str, Level] | None = None, **evidence: Any
) -> FullScore:
    levels = Levels(claimed, verified or {})
    total = score_of(rubric, levels, NOW)
    tests = tuple(
        TestScore(
            test=test,
            level=levels.credited.get(key, Level.NONE),
            claimed=claimed.get(key, Level.NONE),
            verified=levels.verified.get(key, Level.NONE),
            not_applicable=key in evidence.get("not_applicable", ()),
            runs=0,
            last_run_at=evidence.get("last", {}).get(key),
            fresh_until=evidence.get("until", {}).get(key),
            health=Health.NONE,
        )
        for key, test in rubric.tests.items()
    )
    return FullScore(total, None, category_scores(total), tests)


@pytest.mark.parametrize(
    ("rubric", "score", "expected"),
    [
        (DEFAULT, "0", "1/2"),
        (DEFAULT, "1/2", "3/2"),
        (DEFAULT, "1", "3/2"),
        (DEFAULT, "2", "5/2"),
        (DEFAULT, "5", "11/2"),
        (DEFAULT, "11/2", "7"),
        (DEFAULT, "7", None),
        (EARLIER, "0", "1"),
        (EARLIER, "4", "5"),
        (EARLIER, "11", "12"),
        (PRACTICES, "0", "25/2"),
        (PRACTICES, "50", "125/2"),
        (PRACTICES, "100", None),
    ],
)
def test_the_goal_is_the_lowest_score_of_the_next_band(rubric: Rubric, score: str, expected: str | None) -> None:
    value = Fraction(score)
    goal = goal_of(rubric, value, next_band(rubric, value))
    assert goal == (None if expected is None else Fraction(expected))
    if goal is not None and rubric.bands and rubric.band(value) is not rubric.bands[-1]:
        assert rubric.band(goal) is next_band(rubric, value)
        assert rubric.band(goal - unit(rubric)) is not next_band(rubric, value)


@pytest.mark.parametrize(
    ("rubric", "score", "target", "expected"),
    [
        (DEFAULT, "1", "2", "2"),
        (DEFAULT, "1", "6.25", "6.25"),
        (DEFAULT, "1", "20", "7"),
        (DEFAULT, "2", "2", "5/2"),
        (DEFAULT, "3", "2", "7/2"),
        (DEFAULT, "7", "20", None),
        (PRACTICES, "25", "40", "40"),
    ],
)
def test_a_target_ahead_comes_before_the_next_band(
    rubric: Rubric, score: str, target: str, expected: str | None
) -> None:
    assert next_goal(rubric, Fraction(score), Fraction(target)) == (None if expected is None else Fraction(expected))


def test_gaps_name_the_categories_below_the_goal_and_the_plan_s_steps_in_them() -> None:
    claimed = {test.key: Level.MANUAL for test in DEFAULT.tests.values() if test.category != "monitor"}
    dear = dict.fromkeys((test.key for test in DEFAULT.tests.values()), Effort.LARGE)
    steps = next_steps(full(DEFAULT, claimed), None, dear)
    (gap,) = steps.gaps
    assert (gap.row.category.key, gap.missing, steps.goal) == ("monitor", Fraction(1, 2), Fraction(1, 2))
    assert [step.name for step in gap.steps] == ["monitor-1.manual"]
    without = next_steps(full(DEFAULT, claimed, not_applicable={"monitor-1"}), None, dear)
    assert [step.name for step in without.gaps[0].steps] == ["monitor-2.manual"]
    own = next_steps(full(DEFAULT, claimed), None, {})
    assert [step.effort for step in own.gaps[0].steps] == [Effort.SMALL]


def test_shares_lack_points_of_their_own_maximum() -> None:
    claimed = dict.fromkeys(PRACTICES.tests, Level.MANUAL)
    lacking = {gap.row.category.key: gap.missing for gap in next_steps(full(PRACTICES, claimed), None, {}).gaps}
    sizes = {category.key: len(category.tests) for category in PRACTICES.categories}
    assert lacking == {key: Fraction(size, 8) for key, size in sizes.items()}


def test_nothing_is_left_to_do_at_the_top() -> None:
    steps = next_steps(full(DEFAULT, dict.fromkeys(DEFAULT.tests, Level.AUTOMATED)), None, {})
    assert (steps.goal, steps.gaps) == (None, ())


def test_lapsed_evidence_comes_before_what_lapses_soon() -> None:
    claimed = dict.fromkeys(("data-1", "data-2", "data-3", "data-4"), Level.AUTOMATED)
    verified = {"data-2": Level.MANUAL, "data-3": Level.AUTOMATED, "data-4": Level.AUTOMATED}
    last = {"data-1": NOW - 40 * DAY}
    until = {"data-2": NOW + 7 * DAY, "data-3": NOW + 2 * DAY, "data-4": NOW + 8 * DAY}
    tests = unproved(full(DEFAULT, claimed, verified, last=last, until=until).tests, NOW)
    assert [test.test.key for test in tests] == ["data-1", "data-3", "data-2"]
