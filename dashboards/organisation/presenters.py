"""What the organisation's page says, from what was read: plain values for its template. No queries, no clock, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache

from dashboards import phrases
from dashboards.organisation.choosing import BAND, LIMIT, Listed, Page, address
from dashboards.organisation.figure_presenters import Number, numbers
from dashboards.organisation.filters import Filter
from dashboards.organisation.heat_presenters import in_order
from dashboards.organisation.heat_query import HeatQuery
from dashboards.organisation.summary_presenters import Summary, summary
from rubric.definition import Aggregation, Band, Category, Rubric
from rubric.loader import builtin
from rubric.once import Once, Same, SameEach, once
from scores.overview import Figures, Standing, band_is_proved, figures
from scores.past import Past
from scores.trends import Life

SPARK = timedelta(days=365)
SPARK_CELL = SPARK / 96
"""What one pixel of a sparkline spans; of several steps within it only the last can be seen."""

MOST_UNITS = 120
"""Up to so many systems each has a square of its own; more are a bar for each band."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One square: a system, and whether evidence proves its band."""

    system: Standing
    proved: bool
    label: str


@dataclass(frozen=True, slots=True)
class BandRow:
    """The systems of one band; `edge` says where the band ends.

    `units` are empty where they are too many; `proved` counts those whose band evidence proves.
    """

    band: Band
    edge: str
    units: Sequence[Unit]
    systems: int
    proved: int
    behind: str


@dataclass(frozen=True, slots=True)
class LimitRow:
    """How many systems a category limits, and that as a share of the systems, for its bar."""

    category: Category
    systems: int
    width: str
    behind: str


@dataclass(frozen=True, slots=True)
class SystemRow:
    """A row of the table. `spark` are (instant, value) over the last year; `top` is the highest value of its scale."""

    standing: Standing
    rubric: Rubric | None
    limiting: Sequence[Category]
    spark: Sequence[tuple[datetime, Fraction]]
    top: Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """All that the page shows of the systems asked for, but for the chart.

    `chosen` says which of them the table has, where a figure led there; `widest` is how many systems the fullest band has.
    `trend_behind` is the query part by which the heat map shows the systems of the chart, empty where there is none.
    """

    rubric: Rubric
    numbers: Sequence[Number]
    bands: Sequence[BandRow]
    widest: int
    limits: Sequence[LimitRow]
    unassessed: int
    unassessed_behind: str
    trend_behind: str
    summary: Summary | None
    chosen: str
    page: Page[Standing]
    rows: Sequence[SystemRow]
    others: int
    spark_start: datetime
    spark_end: datetime


def present(
    rubric: Rubric, rows: Sequence[Standing], now: datetime, wanted: Filter, listed: Listed, past: Past
) -> Overview:
    """The page's values. Figures and bands are of the systems that `rubric` scores; `listed` are the table's rows."""
    end = _end_of_hour(now)
    table = _table(listed.page.rows, past, end)
    return _overview(rubric, once(rows), wanted, Same(listed), Same(table), end, bool(past.buckets))


# What was read is the same object as long as nothing in it changes.
@lru_cache(maxsize=16)
def _overview(
    rubric: Rubric,
    rows: Once[Standing],
    wanted: Filter,
    same: Same[Listed],
    table: Same[Sequence[SystemRow]],
    end: datetime,
    charted: bool,
) -> Overview:
    found, listed = figures(rubric, rows), same.value
    bands = _bands(found, wanted)
    return Overview(
        rubric=rubric,
        numbers=numbers(found, wanted) if found.systems else (),
        bands=bands,
        widest=max((row.systems for row in bands), default=0),
        limits=_limits(found, wanted),
        unassessed=found.unassessed,
        unassessed_behind=address(wanted, "unassessed"),
        trend_behind=in_order(HeatQuery(wanted, rubric=rubric.key), "score") if charted else "",
        summary=summary(rubric, rows) if found.systems else None,
        chosen=listed.chosen.words if listed.chosen else "",
        page=listed.page,
        rows=table.value,
        others=sum([row.system.rubric != rubric.key for row in rows]),
        spark_start=end - SPARK,
        spark_end=end,
    )


def _end_of_hour(now: datetime) -> datetime:
    """Where sparklines end. An hour is a hundredth of a pixel, and within it a row stays as it is."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _bands(found: Figures, wanted: Filter) -> list[BandRow]:
    rubric = found.rubric
    ends = [*(band.edge for band in rubric.bands[1:]), rubric.maximum]
    rows = []
    for band, end in zip(rubric.bands, ends, strict=True):
        members = found.by_band[band.key]
        proved = [band_is_proved(row) for row in members]
        few = found.systems <= MOST_UNITS
        row = BandRow(
            band=band,
            edge=_edge(rubric, band, end),
            units=[Unit(row, of_row, _unit_label(row)) for row, of_row in zip(members, proved, strict=True) if few],
            systems=len(members),
            proved=sum(proved),
            behind=address(wanted, BAND + band.key),
        )
        rows.append(row)
    return rows


def _edge(rubric: Rubric, band: Band, end: Fraction) -> str:
    edge = phrases.score(end, rubric).removesuffix(".0")
    return edge if end == band.edge else f"to {edge}"


def _unit_label(row: Standing) -> str:
    if row.score is None:
        return row.system.name
    score = phrases.score(row.score.score.score, row.score.rubric)
    return f"{row.system.name}, {score}, verified {phrases.score(row.score.verified.score, row.score.rubric)}"


def _limits(found: Figures, wanted: Filter) -> list[LimitRow]:
    categories = found.rubric.category_by_key
    return [
        LimitRow(
            category=categories[key],
            systems=count,
            width=f"{100 * count / found.systems:.1f}%" if found.systems else "0%",
            behind=address(wanted, LIMIT + key),
        )
        for key, count in found.limiting.items()
    ]


def _top(rubric: Rubric, highest: Fraction) -> Fraction:
    """The top of a rubric's sparklines: one scale for all, which the highest score fits."""
    least = rubric.maximum if rubric.aggregation is Aggregation.MINIMUM_OF_SHARES else rubric.maximum * 4 / 7
    return max(least, highest)


def _table(rows: Sequence[Standing], past: Past, end: datetime) -> Sequence[SystemRow]:
    lives = [past.lives.get(row.system.pk) for row in rows]
    return _drawn_rows(SameEach(rows), SameEach(lives), tuple(past.highest.items()), end)


@lru_cache(maxsize=64)
def _drawn_rows(
    rows: SameEach[Standing], lives: SameEach[Life | None], highest: tuple[tuple[str, Fraction], ...], end: datetime
) -> Sequence[SystemRow]:
    tops = {key: _top(builtin()[key], value) for key, value in highest}
    return [_row(row, life, tops, end) for row, life in zip(rows.values, lives.values, strict=True)]


def _row(row: Standing, life: Life | None, tops: dict[str, Fraction], end: datetime) -> SystemRow:
    if row.score is None or life is None:
        return SystemRow(row, None, (), (), Fraction(1))
    return _drawn(Same(row), row.score.rubric, Same(life), tops[row.score.rubric.key], end)


# What was read alike is the same row for an hour.
@lru_cache(maxsize=1024)
def _drawn(same: Same[Standing], rubric: Rubric, life: Same[Life], top: Fraction, end: datetime) -> SystemRow:
    row = same.value
    limiting = [rubric.category_by_key[key] for key in row.score.score.limiting] if row.score else []
    return SystemRow(row, rubric, limiting, _spark(life.value, rubric, end - SPARK), top)


def _spark(life: Life, rubric: Rubric, start: datetime) -> list[tuple[datetime, Fraction]]:
    """The last year's steps on this rubric's scale, the state at its start included: the last of each few days."""
    own = [point for point in life.points if point.rubric == rubric.key]
    before = [point for point in own if point.at <= start][-1:]
    steps = [(max(point.at, start), point.score) for point in [*before, *(point for point in own if point.at > start)]]
    cells = {(at - start) // SPARK_CELL: (at, value) for at, value in steps}
    kept = steps[:1] + list(cells.values())
    return [step for index, step in enumerate(kept) if index == 0 or step[1] != kept[index - 1][1]]
