"""What the pages of moves, lapses and roll-ups say: plain values for their templates. No queries, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlencode

from assessments.entries import Listed
from dashboards import phrases
from dashboards.figures.palette import colour_name
from dashboards.filling import mark
from dashboards.organisation.choosing import Page, page_of
from dashboards.organisation.filters import WITHOUT, Filter
from dashboards.organisation.heat_presenters import in_order
from dashboards.organisation.heat_query import HeatQuery
from rubric.definition import Rubric
from rubric.once import Once, Same
from rubric.scoring import units_of
from scores.lapses import Ahead, Lapse
from scores.moves import Between, Direction, Move, Moved
from scores.roll_ups import By, Group, RollUp

TESTS_SHOWN = 6
LISTED = 50
LAPSES_A_PAGE = 200

TITLES = {
    Direction.IMPROVED: "Improved",
    Direction.SLID: "Slid",
    Direction.OTHERWISE: "Same score, other tests moved",
}


class MoveRow(NamedTuple):
    """A system that moved, as texts, and the first tests that did, those of the category that holds the score first.

    `before` and `verified_before` are empty where nothing changed.
    """

    system: Listed
    before: str
    after: str
    change: Fraction
    verified_before: str
    verified_after: str
    tests: Sequence[Moved]
    more: int


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one direction on this page; `systems` counts all of that direction."""

    title: str
    anchor: str
    systems: int
    rows: Sequence[MoveRow]


@dataclass(frozen=True, slots=True)
class Behind:
    """Where the heat map shows the systems behind a figure at the earlier instant, and at present."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CategoryMove:
    """A category's mean at both instants; None where nothing was recorded."""

    title: str
    key: str
    before: Fraction | None
    after: Fraction | None
    behind: Behind

    @property
    def change(self) -> Fraction | None:
        return None if self.before is None or self.after is None else self.after - self.before


SINCE = "since_at"
"""The mark of the earlier instant in the addresses of `MovesPage`."""


@dataclass(frozen=True, slots=True, eq=False)
class MovesPage:
    """All that the page of moves shows but for the instants; `counts` are the systems of each direction, by its anchor.

    `begun` are the first of those that this rubric began to score, with their scores; `still` of those that did not move.
    """

    rubric: Rubric
    moves: Between
    counts: Mapping[str, int]
    median: Fraction | None
    share: Fraction | None
    scored: Behind
    verified: Behind
    categories: Sequence[CategoryMove]
    parts: Sequence[Part]
    begun: Sequence[tuple[Listed, str]]
    begun_more: int
    still: Sequence[Listed]
    still_more: int
    page: Page[Move]

    @property
    def verdict(self) -> str:
        """Whether the effort shows, in a sentence."""
        improved, slid = self.counts[Direction.IMPROVED], self.counts[Direction.SLID]
        median = "stands as it did" if not self.median else "rose" if self.median > 0 else "fell"
        return (
            f"{improved} {'system' if improved == 1 else 'systems'} improved and {slid} slid; the median {median}. "
            f"Tests gained credit {_times(self.moves.gained)} and lost it {_times(self.moves.lost)}."
        )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


# What moved is the same object from one reading to the next, and so are the page's values.
@lru_cache(maxsize=16)
def present_moves(rubric: Rubric, found: Between, wanted: Filter, page: str) -> MovesPage:
    """The page's values; `wanted` narrows the systems, `page` is the page of rows that the address asks for."""

    def behind(sort: str) -> Behind:
        query = HeatQuery(wanted, rubric=rubric.key)
        return Behind(in_order(replace(query, at=mark(SINCE)), sort), in_order(query, sort))

    going = found.by_direction()
    ordered = [move for moves in going.values() for move in moves]
    shown = page_of(ordered, page)
    before, after = found.before, found.after
    then, now = before.categories, after.categories
    return MovesPage(
        rubric=rubric,
        moves=found,
        counts={direction.value: len(moves) for direction, moves in going.items()},
        median=_change(before.median, after.median),
        share=_change(before.verified_share, after.verified_share),
        scored=behind("score"),
        verified=behind("verified"),
        categories=[
            CategoryMove(each.title, each.key, then.get(each.key), now.get(each.key), behind(each.key))
            for each in rubric.categories
        ],
        parts=[
            Part(TITLES[direction], direction.value, len(going[direction]), [_row(rubric, Same(move)) for move in rows])
            for direction, rows in groupby(shown.rows, key=lambda move: move.direction)
        ],
        begun=[(system, _text(rubric, stand.score)) for system, stand in found.begun[:LISTED]],
        begun_more=max(0, len(found.begun) - LISTED),
        still=found.still[:LISTED],
        still_more=max(0, len(found.still) - LISTED),
        page=shown,
    )


def _change(before: Fraction | None, after: Fraction | None) -> Fraction | None:
    return None if before is None or after is None else after - before


# What moved between the same stands is the same rows, and so are their texts.
@lru_cache(maxsize=1024)
def _row(rubric: Rubric, same: Same[Move]) -> MoveRow:
    move = same.value
    before, after, change = move.before, move.after, move.change
    rose = after.score > before.score
    # What held the score before it rose, or holds it since it fell, explains the change.
    limits = (before if rose else after).limits
    limiting = {category.key for place, category in enumerate(rubric.categories) if limits >> place & 1}
    ordered = sorted(move.tests, key=lambda each: (each.test.category not in limiting, each.gained != rose))
    return MoveRow(
        system=move.system,
        before=_text(rubric, before.score) if change else "",
        after=_text(rubric, after.score),
        change=change,
        verified_before=_text(rubric, before.verified) if before.verified != after.verified else "",
        verified_after=_text(rubric, after.verified),
        tests=ordered[:TESTS_SHOWN],
        more=max(0, len(ordered) - TESTS_SHOWN),
    )


def _text(rubric: Rubric, score: int) -> str:
    return phrases.score(Fraction(score, units_of(rubric).score), rubric)


@dataclass(frozen=True, slots=True, eq=False)
class LapsesPage:
    """The lapses on this page by their UTC day, and how many there are of each kind in all."""

    days: Sequence[tuple[date, Sequence[Lapse]]]
    coming: int
    kept_up: int
    losing: int
    systems: int
    every: bool
    page: Page[int]


def present_lapses(found: Ahead, every: bool, page: str) -> LapsesPage:
    """The page's values; with `every` what was found holds also what pipelines keep up."""
    return _lapses(Same(found), every, page)


@lru_cache(maxsize=16)
def _lapses(same: Same[Ahead], every: bool, page: str) -> LapsesPage:
    found = same.value
    coming = [fall for fall in found.falls if not fall.kept_up]
    shown = page_of(range(found.count), page, LAPSES_A_PAGE)
    lapses = found.between(shown.rows[0], shown.rows[-1] + 1) if shown.rows else ()
    return LapsesPage(
        days=[(day, list(own)) for day, own in groupby(lapses, key=lambda lapse: lapse.at.astimezone(UTC).date())],
        coming=sum([len(fall.tests) for fall in coming]),
        kept_up=found.kept_up,
        losing=sum([len(fall.tests) for fall in coming if fall.loses_credit]),
        systems=len({fall.system.pk for fall in coming}),
        every=every,
        page=shown,
    )


class RollUpRow(NamedTuple):
    """One group as texts, and the query part of its systems' address on any page of the organisation."""

    found: RollUp
    behind: str
    median: str
    quartiles: str
    weakest: Sequence[tuple[str, str]]
    verified_share: str
    credited: str


@dataclass(frozen=True, slots=True)
class RollUpTable:
    """One grouping."""

    by: str
    title: str
    rows: Sequence[RollUpRow]


def present_roll_ups(rubric: Rubric, found: Mapping[By, Sequence[RollUp]]) -> Once[RollUpTable]:
    """A table for each grouping that parts the systems at all."""
    return _tables(rubric, Same(found))


@lru_cache(maxsize=16)
def _tables(rubric: Rubric, same: Same[Mapping[By, Sequence[RollUp]]]) -> Once[RollUpTable]:
    titles = {By.TEAM: "Teams", By.TAG: "Tags", By.LIFECYCLE: "Lifecycles"}
    return Once(
        RollUpTable(by.value, titles[by], [_roll_up_row(rubric, by, Same(row)) for row in rows])
        for by, rows in same.value.items()
        if any(row.group.key for row in rows)
    )


@lru_cache(maxsize=1024)
def _roll_up_row(rubric: Rubric, by: By, same: Same[RollUp]) -> RollUpRow:
    row = same.value
    q1, median, q3 = ("" if value is None else phrases.score(value, rubric) for value in (row.q1, row.median, row.q3))
    return RollUpRow(
        found=row,
        behind=_behind(by, row.group),
        median=median,
        quartiles=f"{q1} to {q3}",
        weakest=[(colour_name(rubric, category.key), category.title) for category in row.weakest],
        verified_share="" if row.verified_share is None else phrases.percent(row.verified_share),
        credited="" if row.credited is None else phrases.percent(row.credited),
    )


def _behind(by: By, group: Group) -> str:
    return "?" + urlencode({by.value: group.key or WITHOUT})
