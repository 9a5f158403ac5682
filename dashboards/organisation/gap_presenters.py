"""What the page of common gaps says, from what was read: plain values for its template. No queries, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from dashboards.organisation.heat_presenters import behind, in_order
from dashboards.organisation.heat_query import HeatQuery
from rubric.definition import Category, Rubric
from scores.gaps import Gap, Holding, category_means, gaps, scored_by
from scores.snapshots import Snapshot

STUDIED = "ml-test-score-2017"
"""The edition whose authors report on 36 teams; its means are on the scale of that study."""


@dataclass(frozen=True, slots=True)
class Count:
    """A number of systems, its share in percent, and the address of the systems behind it ('' where there is none)."""

    systems: int
    share: int
    behind: str


@dataclass(frozen=True, slots=True)
class GapRow:
    """A test of the table: how many systems are credited, proved, claim only, leave it out, or would gain by it."""

    gap: Gap
    category: Category
    credited: Count
    verified: Count
    claimed: Count
    missing: Count
    not_applicable: Count
    would_rise: Count


@dataclass(frozen=True, slots=True)
class GapPage:
    """All that the page shows.

    `rows` begin with the test that fewest hold; `lifting` are those that raise most scores; `means` are each category's,
    with the address of the systems behind it.
    """

    rubric: Rubric
    systems: int
    rows: Sequence[GapRow]
    lifting: Sequence[GapRow]
    means: Sequence[tuple[Category, Fraction, str]]
    studied: bool


def present_gaps(rubric: Rubric, rows: Sequence[Snapshot], wanted: HeatQuery) -> GapPage:
    """The page's values, of the systems that this rubric scores."""
    found = [_row(rubric, gap, wanted) for gap in gaps(rubric, rows)]
    most = max((row.would_rise.systems for row in found), default=0)
    means = category_means(rubric, rows)
    return GapPage(
        rubric=rubric,
        systems=len(scored_by(rubric, rows)),
        rows=sorted(found, key=lambda row: (row.credited.systems, row.verified.systems)),
        lifting=[row for row in found if most and row.would_rise.systems == most],
        means=[(rubric.category_by_key[key], mean, in_order(wanted, key)) for key, mean in means.items()],
        studied=rubric.key == STUDIED,
    )


def _row(rubric: Rubric, gap: Gap, wanted: HeatQuery) -> GapRow:
    def count(holding: Holding) -> Count:
        systems = gap.counts[holding]
        return Count(systems, round(gap.share(holding)), behind(wanted, gap.test.key, holding) if systems else "")

    return GapRow(
        gap=gap,
        category=rubric.category_by_key[gap.test.category],
        credited=count(Holding.CREDITED),
        verified=count(Holding.VERIFIED),
        claimed=count(Holding.CLAIMED),
        missing=count(Holding.NONE),
        not_applicable=count(Holding.NOT_APPLICABLE),
        would_rise=count(Holding.WOULD_RISE),
    )
