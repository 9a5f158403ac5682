"""What the page of comparisons says, from what was read: plain values for its template. No queries, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from assessments.entries import Listed
from rubric.definition import Category, Rubric, Test
from rubric.levels import Level
from rubric.loader import builtin
from scores.changes import Changes, TestChange
from scores.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class LevelCell:
    """A test of one system or date; `known` says whether its rubric has the test."""

    snapshot: Snapshot
    claimed: Level
    verified: Level
    not_applicable: bool
    known: bool

    @property
    def level(self) -> Level:
        return max(self.claimed, self.verified)


@dataclass(frozen=True, slots=True)
class TestRow:
    """A test beside itself; `differs` says whether levels or proofs do, of the systems that are scored by it."""

    __test__ = False

    test: Test
    cells: Sequence[LevelCell]
    differs: bool


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category's points by system, None where the rubric lacks it, and its tests below it."""

    rubric: Rubric
    category: Category
    points: Sequence[tuple[Listed, Fraction | None]]
    tests: Sequence[TestRow]


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


@dataclass(frozen=True, slots=True)
class ChangePage:
    """One system at two dates. `delta` is None where there is nothing to compare, or on another scale."""

    before: Snapshot
    after: Snapshot
    rubric: Rubric
    delta: Fraction | None
    categories: Sequence[CategoryChange]
    tests: Sequence[ChangeRow]
    editions: Sequence[tuple[datetime, Rubric]]


def beside(rows: Sequence[Snapshot], at: datetime, only_differences: bool) -> list[CategoryRow]:
    """The categories and tests of all rubrics that score these systems, each once, in the rubrics' order."""
    found: dict[str, CategoryRow] = {}
    rubrics = [_rubric(row, at) for row in rows]
    for rubric in dict.fromkeys(rubrics):
        for category in rubric.categories:
            if category.key in found:
                continue
            tests = [_test_row(test, rows, rubrics) for test in category.tests]
            shown = [test for test in tests if test.differs or not only_differences]
            points = [(row.system, _points(row, category.key)) for row in rows]
            found[category.key] = CategoryRow(rubric, category, points, shown)
    return list(found.values())


def _rubric(row: Snapshot, at: datetime) -> Rubric:
    return row.score.rubric if row.score else builtin()[row.system.edition_at(at)]


def _points(row: Snapshot, category: str) -> Fraction | None:
    return row.score.score.categories.get(category) if row.score else None


def _test_row(test: Test, rows: Sequence[Snapshot], rubrics: Sequence[Rubric]) -> TestRow:
    cells = [_cell(row, test.key, test.key in rubric.tests) for row, rubric in zip(rows, rubrics, strict=True)]
    known = {(cell.claimed, cell.verified) for cell in cells if cell.known and cell.snapshot.score}
    return TestRow(test, cells, len(known) > 1)


def _cell(row: Snapshot, test: str, known: bool) -> LevelCell:
    return LevelCell(row, row.claimed(test), row.verified(test), test in row.levels.not_applicable, known)


def present_changes(found: Changes, rubric: Rubric) -> ChangePage:
    """The page's values; `rubric` is the one in force at the later date."""
    before, after = found.before, found.after
    same = before.score is not None and before.score.rubric is rubric
    return ChangePage(
        before=before,
        after=after,
        rubric=rubric,
        delta=after.score.score.score - before.score.score.score if same and after.score and before.score else None,
        categories=[
            CategoryChange(category, _points(before, category.key) if same else None, _points(after, category.key))
            for category in rubric.categories
        ],
        tests=[
            ChangeRow(test, _cell(before, test.test.key, True), _cell(after, test.test.key, True))
            for test in found.tests
        ],
        editions=found.editions,
    )
