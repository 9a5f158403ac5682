"""What the page of comparisons says, from what was read: plain values for its template. No queries, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from django.template.defaultfilters import pluralize

from assessments.entries import Listed
from dashboards import phrases
from rubric.definition import Category, Rubric, Test
from rubric.levels import Level
from rubric.loader import builtin
from scores.changes import Changes, TestChange, cell
from scores.kept import known
from scores.score import Score
from scores.stands import Stand, tests_of
from scores.tallied import Tallied


class Form(NamedTuple):
    """The form that chooses: a field for each system, and those to offer, each slug and name.

    Dates are days, empty for the present. `dates` tells that there are two of them, `beside` that there are several systems.
    """

    fields: tuple[str, ...]
    offered: tuple[tuple[str, str], ...]
    since: str
    day: str
    dates: bool
    beside: bool
    only: bool


class LevelCell(NamedTuple):
    """A test of one system or date."""

    claimed: Level
    verified: Level
    not_applicable: bool


class Column(NamedTuple):
    """A system beside others: the rubric that scores it, and how it stands; None where nothing was recorded."""

    slug: str
    name: str
    rubric: str
    stand: Stand | None

    @property
    def state(self) -> Tallied | None:
        """Its levels and its score."""
        stand = self.stand
        return None if stand is None else known(stand.rubric, stand.tests, tests_of(stand.editions))


@dataclass(frozen=True, slots=True)
class TestRow:
    """A test by system, None where the rubric lacks it; `differs`: levels or proofs do, of those systems with a score."""

    __test__ = False

    test: Test
    cells: Sequence[LevelCell | None]
    differs: bool


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category's points by system, None where the rubric lacks it, and its tests below it."""

    rubric: Rubric
    category: Category
    points: Sequence[Fraction | None]
    tests: Sequence[TestRow]


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Systems beside each other, the scores of those that have one, and the categories of all their rubrics, each once.

    It equals itself alone.
    """

    columns: Sequence[Column]
    scores: Sequence[Score | None]
    categories: Sequence[CategoryRow]


class Table(NamedTuple):
    """The table of systems beside each other; `past` tells that it says nothing of what fails."""

    organisation: str
    beside: Beside
    past: bool = True


@dataclass(frozen=True, slots=True)
class CategoryChange:
    """A category's points at two dates; None where nothing was recorded, or the rubric then lacked it."""

    category: Category
    before: Fraction | None
    after: Fraction | None

    @property
    def change(self) -> Fraction | None:
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A test that differs between two dates, with the facts that changed it."""

    change: TestChange
    before: LevelCell
    after: LevelCell


@dataclass(frozen=True, slots=True, eq=False)
class ChangePage:
    """One system at two dates: what became of its score, in words, and how many tests differ.

    `delta` is None where there is nothing to compare, or on another scale. It equals itself alone.
    """

    before: Score | None
    after: Score | None
    rubric: Rubric
    delta: Fraction | None
    says: str
    counts: str
    categories: Sequence[CategoryChange]
    tests: Sequence[ChangeRow]
    editions: Sequence[tuple[datetime, Rubric]]


def columns_of(systems: Sequence[Listed], stands: Sequence[Sequence[Stand | None]], at: datetime) -> tuple[Column, ...]:
    """These systems as of an instant, at which they stand like this."""
    return tuple(
        [
            Column(system.slug, system.name, stand.rubric if stand else system.edition_at(at), stand)
            for system, (stand,) in zip(systems, stands, strict=True)
        ]
    )


# The same systems stand the same from one reading to the next, most of the time.
@lru_cache(maxsize=64)
def beside(columns: tuple[Column, ...], only_differences: bool) -> Beside:
    """The systems with the categories and tests of all rubrics that score them, in the rubrics' order."""
    states = [column.state for column in columns]
    rubrics = [builtin()[column.rubric] for column in columns]
    found: dict[str, CategoryRow] = {}
    for rubric in dict.fromkeys(rubrics):
        for category in rubric.categories:
            if category.key in found:
                continue
            tests = [_test_row(test, states, rubrics) for test in category.tests]
            shown = [test for test in tests if test.differs or not only_differences]
            points = [_points(state, category.key) for state in states]
            found[category.key] = CategoryRow(rubric, category, points, shown)
    return Beside(columns, [_score(state) for state in states], list(found.values()))


def _score(state: Tallied | None) -> Score | None:
    return None if state is None else state.score


def _points(state: Tallied | None, category: str) -> Fraction | None:
    return state.score.score.categories.get(category) if state else None


def _test_row(test: Test, states: Sequence[Tallied | None], rubrics: Sequence[Rubric]) -> TestRow:
    cells = [
        _cell(state, test.key) if test.key in rubric.tests else None
        for state, rubric in zip(states, rubrics, strict=True)
    ]
    told = {each[:2] for each, state in zip(cells, states, strict=True) if each and state}
    return TestRow(test, cells, len(told) > 1)


def _cell(state: Tallied | None, test: str) -> LevelCell:
    return LevelCell(*cell(state, test), state is not None and test in state.levels.not_applicable)


@lru_cache(maxsize=64)
def present_changes(found: Changes) -> ChangePage:
    """The page's values."""
    before, after, rubric = found.before, found.after, found.rubric
    same = before is not None and before.score.rubric is rubric
    delta = after.score.score.score - before.score.score.score if same and after and before else None
    return ChangePage(
        before=_score(before),
        after=_score(after),
        rubric=rubric,
        delta=delta,
        says=_says(delta, rubric),
        counts=f"{len(found.tests)} test{pluralize(len(found.tests))} changed",
        categories=[
            CategoryChange(category, _points(before, category.key) if same else None, _points(after, category.key))
            for category in rubric.categories
        ],
        tests=[ChangeRow(test, _cell(before, test.test.key), _cell(after, test.test.key)) for test in found.tests],
        editions=found.editions,
    )


def _says(delta: Fraction | None, rubric: Rubric) -> str:
    """What became of the score."""
    if delta is None:
        return "Nothing to compare the score with"
    if delta == 0:
        return "The score stands as it did"
    return f"The score rose by {phrases.score(delta, rubric)}" if delta > 0 else "The score fell"
