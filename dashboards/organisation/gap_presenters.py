"""What the page of common gaps says, from what was read: plain values for its template. No queries, no clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from dashboards.figures.palette import colour_name
from dashboards.organisation.heat_presenters import in_order, leading
from dashboards.organisation.heat_query import HeatQuery
from rubric.definition import Category, Rubric
from rubric.once import Once
from scores.gaps import Gap, Holding, category_means, gaps_of
from scores.stands import Stand

STUDIED = "ml-test-score-2017"
"""The edition whose authors report on 36 teams; its means are on the scale of that study."""


class Count(NamedTuple):
    """A number of systems, what they have in common in a word, its share in percent ('' where that isn't shown).

    `behind` is the address of these systems, '' where there is none.
    """

    systems: int
    label: str
    share: str
    behind: str


class GapRow(NamedTuple):
    """A test of the table, and how many systems are credited, proved, claim only, lack it, leave it out, or would gain."""

    gap: Gap
    category: Category
    colour: str
    counts: Sequence[Count]


@dataclass(frozen=True, slots=True, eq=False)
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

    @property
    def rise(self) -> Count | None:
        """How many systems the first of `lifting` would raise."""
        return next((count for row in self.lifting[:1] for count in row.counts[-1:]), None)


# Stands that were read before are the same object, and so are the page's values.
@lru_cache(maxsize=16)
def present_gaps(rubric: Rubric, stands: Once[Stand], wanted: HeatQuery) -> GapPage:
    """The page's values, of systems that stand by this rubric."""
    found = [_row(rubric, gap, leading(wanted)) for gap in gaps_of(rubric, stands)]
    rises = {row.gap.test.key: row.gap.counts[Holding.WOULD_RISE] for row in found}
    most = max(rises.values(), default=0)
    means = category_means(rubric, stands)
    return GapPage(
        rubric=rubric,
        systems=len(stands),
        rows=sorted(found, key=lambda row: (row.gap.counts[Holding.CREDITED], row.gap.counts[Holding.VERIFIED])),
        lifting=[row for row in found if most and rises[row.gap.test.key] == most],
        means=[(rubric.category_by_key[key], mean, in_order(wanted, key)) for key, mean in means.items()],
        studied=rubric.key == STUDIED,
    )


LABELS = {
    Holding.CREDITED: "credited",
    Holding.VERIFIED: "verified",
    Holding.CLAIMED: "claimed only",
    Holding.NONE: "without credit",
    Holding.NOT_APPLICABLE: "not applicable",
    Holding.WOULD_RISE: "would rise",
}
SHARED = (Holding.CREDITED, Holding.VERIFIED)


def _row(rubric: Rubric, gap: Gap, leads: Callable[[str, Holding], str]) -> GapRow:
    counts = [
        Count(
            systems=(systems := gap.counts[holding]),
            label=label,
            share=f"{round(gap.share(holding))} %" if holding in SHARED else "",
            behind=leads(gap.test.key, holding) if systems else "",
        )
        for holding, label in LABELS.items()
    ]
    category = rubric.category_by_key[gap.test.category]
    return GapRow(gap, category, colour_name(rubric, category.key), counts)
