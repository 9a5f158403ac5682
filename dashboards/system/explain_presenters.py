"""What the page behind a score says, from what was read: plain values for its template. No queries, no clock, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from dashboards import phrases
from rubric.definition import Aggregation, Rubric
from rubric.levels import Level
from scores.score import CategoryScore, TestScore
from scores.why import Why


@dataclass(frozen=True, slots=True)
class TestLine:
    """A test with its points and what they rest on. `run` is the id of its newest run, '' where there is none."""

    __test__ = False

    score: TestScore
    points: Fraction
    window: timedelta
    own_window: bool
    run: str

    @property
    def rests_on(self) -> str:
        """Which of claim and evidence makes the level."""
        if self.score.level is Level.NONE:
            return ""
        if self.score.claimed == self.score.verified:
            return "claim and evidence"
        return "evidence" if self.score.verified > self.score.claimed else "claim"


@dataclass(frozen=True, slots=True)
class Group:
    """A category and its tests."""

    row: CategoryScore
    lines: Sequence[TestLine]


@dataclass(frozen=True, slots=True)
class ExplainedScore:
    """All that the page shows. `aggregation` says in words how the score follows from its categories."""

    rubric: Rubric
    aggregation: str
    rules: Sequence[str]
    groups: Sequence[Group]


def present(found: Why) -> ExplainedScore:
    """The page's values."""
    rubric, rules = found.full.total.rubric, found.rules
    by_category: dict[str, list[TestLine]] = {category.key: [] for category in rubric.categories}
    for test in found.full.tests:
        key = test.test.key
        by_category[test.test.category].append(
            TestLine(
                test,
                rubric.scale[test.level],
                rules.freshness(key).window,
                key in rules.windows,
                found.newest_runs.get(key, ""),
            )
        )
    return ExplainedScore(
        rubric=rubric,
        aggregation=_aggregation(rubric),
        rules=_rules(found),
        groups=[Group(row, by_category[row.category.key]) for row in found.full.categories],
    )


def _aggregation(rubric: Rubric) -> str:
    manual, automated = (phrases.fraction(rubric.scale[level]) for level in (Level.MANUAL, Level.AUTOMATED))
    each = f"A manual test earns {manual} and an automated one {automated}."
    if rubric.aggregation is Aggregation.MINIMUM_OF_SHARES:
        return f"{each} A category’s points are taken as a share of its full ones, and the lowest share is the score."
    return f"{each} A category’s points are their sum, and the lowest sum is the score."


def _rules(found: Why) -> list[str]:
    """The rules by which evidence is read, as sentences."""
    rules = found.rules
    told = [
        f"A run in the freshness window, {rules.window_days} days unless a test has its own, verifies manual; two at least"
        f" {rules.repeat_hours} hours apart verify automated. The higher of claim and evidence counts."
    ]
    if rules.credit == "passed":
        told.append("Only passed results count.")
    if rules.counted_branch is not None:
        told.append(f"Only results of the branch {rules.counted_branch} count.")
    return told
