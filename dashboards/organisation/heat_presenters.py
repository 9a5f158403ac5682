"""What the heat map says, from what was read: plain values for its template. No queries, no clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from assessments.entries import Listed
from dashboards import phrases
from dashboards.organisation.heat_query import Failing, HeatQuery, Shown
from rubric.definition import Category, Rubric, Test
from rubric.once import Once, Same
from scores.crowd import Crowd
from scores.gaps import Gap, Holding, gaps_of, standing_by
from scores.stands import Stand

PAGE_SIZE = 200
FOOT_HEIGHT = 16


class HeatRow(NamedTuple):
    """A system's row, `stand` None without a score; `failing` are the keys of the tests that fail."""

    system: Listed
    stand: Stand | None
    failing: frozenset[str]


@dataclass(frozen=True, slots=True)
class HeatGroup:
    """The rows of one group on this page; `systems` and `median` are of the whole group, median '' without scores."""

    name: str
    systems: int
    median: str
    rows: Sequence[HeatRow]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the address that sorts by it, and how it is sorted: `ascending`, `descending` or ''."""

    name: str
    sorting: str
    address: str


@dataclass(frozen=True, slots=True)
class TestColumn:
    """A test's column, with its foot: the share of systems credited in percent, and their address.

    That is '' where there are none, or where the systems shown are chosen by another test.
    """

    __test__ = False

    test: Test
    first: bool
    column: Column
    share: int
    top: str
    height: str
    behind: str


@dataclass(frozen=True, slots=True)
class CategoryHead:
    """A category above its tests' columns."""

    category: Category
    tests: int
    column: Column


@dataclass(frozen=True, slots=True, eq=False)
class HeatMap:
    """All that the page shows. `widest` is the test that fewest systems hold credit for."""

    rubric: Rubric
    systems: int
    columns: Sequence[Column]
    heads: Sequence[CategoryHead]
    tests: Sequence[TestColumn]
    groups: Sequence[HeatGroup]
    widest: Gap | None
    page: int
    pages: int
    chosen: str


def present_heat(
    rubric: Rubric,
    systems: Once[Listed],
    stands: Once[Sequence[Stand | None]],
    failing: Failing,
    wanted: HeatQuery,
) -> HeatMap:
    """The page's values, of systems that this rubric scores or that have no score yet; `stands` begin with those shown."""
    return _heat(rubric, systems, stands, Same(failing), wanted)


@lru_cache(maxsize=16)
def _heat(
    rubric: Rubric,
    systems: Once[Listed],
    stands: Once[Sequence[Stand | None]],
    same: Same[Failing],
    wanted: HeatQuery,
) -> HeatMap:
    rows = [Shown(system, stand) for system, (stand, *_) in zip(systems, stands, strict=True)]
    failing = same.value
    chosen = [row for row in rows if wanted.takes(row, rubric)]
    scored = standing_by(rubric, [row.stand for row in chosen])
    found = gaps_of(rubric, scored)
    groups = wanted.groups(rubric, chosen, failing)
    count = sum(len(members) for _, members in groups)
    pages = max(1, -(-count // PAGE_SIZE))
    page = min(wanted.page, pages)
    return HeatMap(
        rubric=rubric,
        systems=len(chosen),
        columns=[
            _column(wanted, name, label) for name, label in (("", "System"), ("score", "Score"), ("verified", "Ver."))
        ],
        heads=[
            CategoryHead(category, len(category.tests), _column(wanted, category.key, category.title))
            for category in rubric.categories
        ],
        tests=[_test_column(rubric, wanted, gap) for gap in found],
        groups=_groups(rubric, groups, failing, page),
        widest=min(found, key=lambda gap: gap.counts[Holding.CREDITED]) if scored else None,
        page=page,
        pages=pages,
        chosen=chosen_words(rubric, wanted),
    )


def chosen_words(rubric: Rubric, wanted: HeatQuery) -> str:
    """Which systems are shown, where a test's figure led here: `without credit for “...”`."""
    if wanted.holding is None:
        return ""
    return f"{HOLDING_WORDS[wanted.holding]} “{rubric.tests[wanted.test].title}”"


HOLDING_WORDS = {
    Holding.NONE: "without credit for",
    Holding.CREDITED: "with credit for",
    Holding.VERIFIED: "whose fresh runs prove",
    Holding.CLAIMED: "that claim, without fresh runs,",
    Holding.NOT_APPLICABLE: "that claim not applicable:",
    Holding.WOULD_RISE: "whose score would rise by automating",
}


def _column(wanted: HeatQuery, name: str, label: str) -> Column:
    sorting = ""
    if wanted.sort == name:
        sorting = "descending" if wanted.reverse else "ascending"
    return Column(label, sorting, wanted.sorted_by(name).address)


def _test_column(rubric: Rubric, wanted: HeatQuery, gap: Gap) -> TestColumn:
    share = gap.share(Holding.CREDITED)
    first = rubric.category_by_key[gap.test.category].tests[0] is gap.test
    height = float(share) / 100 * FOOT_HEIGHT
    return TestColumn(
        test=gap.test,
        first=first,
        column=_column(wanted, gap.test.key, gap.test.title),
        share=round(share),
        top=f"{FOOT_HEIGHT - height:.1f}",
        height=f"{height:.1f}",
        behind=behind(wanted, gap.test.key, Holding.CREDITED) if share and wanted.holding is None else "",
    )


def behind(wanted: HeatQuery, test: str, holding: Holding) -> str:
    """The address, on the heat map, of the systems that stand like that to a test."""
    return leading(wanted)(test, holding)


def leading(wanted: HeatQuery) -> Callable[[str, Holding], str]:
    """The same of any test and holding, for pages that lead to many."""
    others = HeatQuery(wanted.narrow, group=wanted.group, rubric=wanted.rubric, at=wanted.at).address
    start = others if others == "?" else f"{others}&"
    return lambda test, holding: f"{start}test={test}&holding={holding.value}"


def in_order(wanted: HeatQuery, sort: str) -> str:
    """The address, on the heat map, of the systems behind a mean or a median: all, in the order of what it is of."""
    return HeatQuery(wanted.narrow, group="none", sort=sort, rubric=wanted.rubric, at=wanted.at).address


def _groups(
    rubric: Rubric, groups: Sequence[tuple[str, Sequence[Shown]]], failing: Failing, page: int
) -> list[HeatGroup]:
    """The groups that lie on this page, each with its rows there."""
    found, passed = [], 0
    start, end = (page - 1) * PAGE_SIZE, page * PAGE_SIZE
    nothing: frozenset[str] = frozenset()
    for name, members in groups:
        shown = members[max(0, start - passed) : max(0, end - passed)]
        passed += len(members)
        if shown:
            rows = [HeatRow(*row, failing.get(row.system.pk, nothing)) for row in shown]
            found.append(HeatGroup(name, len(members), _median(rubric, members), rows))
    return found


def _median(rubric: Rubric, rows: Sequence[Shown]) -> str:
    """The median score of these systems; '' without any."""
    scored = standing_by(rubric, [row.stand for row in rows])
    return phrases.score(Crowd.of(rubric, scored).quantiles("score", Fraction(1, 2))[0], rubric) if scored else ""
