"""What the organisation's page says, from what was read: plain values for its template. No queries, no clock, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from dashboards import phrases
from dashboards.figures import organisation_trend
from dashboards.figures.chart import Chart
from rubric.definition import Aggregation, Band, Category, Rubric
from scores.overview import Figure, Figures, Standing, band_is_proved, figures
from scores.steps import LAPSES_SOON
from scores.trends import Interval, Life, bucket_ends, buckets

SPARK = timedelta(days=365)
SPARK_CELL = SPARK / 96
"""What one pixel of a sparkline spans; of several steps within it only the last can be seen."""

SHORT_HISTORY = timedelta(days=60)
"""Histories up to this length are drawn day by day, longer ones week by week."""


@dataclass(frozen=True, slots=True)
class Number:
    """A figure: its label, number, unit, comparison, tone (`fail`, `warn` or '') and the comparison's arrow."""

    label: str
    value: str
    unit: str
    note: str
    tone: str = ""
    arrow: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """One square: a system, and whether evidence proves its band."""

    system: Standing
    proved: bool
    label: str


@dataclass(frozen=True, slots=True)
class BandRow:
    """The systems of one band; `edge` says where the band ends."""

    band: Band
    edge: str
    units: Sequence[Unit]


@dataclass(frozen=True, slots=True)
class LimitRow:
    """How many systems a category limits, and that as a share of the systems, for its bar."""

    category: Category
    systems: int
    width: str


@dataclass(frozen=True, slots=True)
class SystemRow:
    """A row of the table. `spark` are (instant, value) over the last year; `top` is the highest value of its scale."""

    standing: Standing
    rubric: Rubric | None
    limiting: Sequence[Category]
    spark: Sequence[tuple[datetime, Fraction]]
    top: Fraction


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the page shows of the systems asked for."""

    rubric: Rubric
    numbers: Sequence[Number]
    bands: Sequence[BandRow]
    limits: Sequence[LimitRow]
    unassessed: int
    trend: Chart | None
    rows: Sequence[SystemRow]
    others: int
    spark_start: datetime


def present(rubric: Rubric, rows: Sequence[Standing], now: datetime) -> Overview:
    """The page's values. Figures, bands and chart are of the systems that `rubric` scores, the table has all rows."""
    found = figures(rubric, rows)
    tops = _tops(rows)
    return Overview(
        rubric=rubric,
        numbers=numbers(found) if found.systems else (),
        bands=_bands(found),
        limits=_limits(found),
        unassessed=found.unassessed,
        trend=_trend(rubric, [row.life for row in rows if row.life is not None], now),
        rows=[_row(row, tops, now) for row in rows],
        others=sum(row.system.rubric != rubric.key for row in rows),
        spark_start=now - SPARK,
    )


def numbers(found: Figures) -> list[Number]:
    """The row of figures."""
    rubric = found.rubric
    return [
        Number("Median score", *_split(phrases.score(found.median.value or 0, rubric)), *_moved(found.median, rubric)),
        Number(
            "Verified share of points",
            *_split("–" if found.verified_share.value is None else f"{round(found.verified_share.value)} %"),
            *_moved_points(found.verified_share),
        ),
        _above(found),
        Number(
            "Failing checks",
            str(found.failing),
            "",
            f"in {_systems(found.failing_systems)}",
            "fail" if found.failing else "",
        ),
        Number(
            f"Lapse within {LAPSES_SOON.days} days",
            str(found.lapsing),
            "",
            _lapse_note(found),
            "warn" if found.lapsing else "",
        ),
    ]


def _split(text: str) -> tuple[str, str]:
    """Number and unit."""
    number, _, unit = text.partition(" ")
    return number, unit


def _systems(count: int) -> str:
    return "1 system" if count == 1 else f"{count} systems"


def _moved(figure: Figure, rubric: Rubric) -> tuple[str, str, str]:
    """Comparison, tone and arrow of a score."""
    if figure.change is None:
        return "nothing to compare 90 days ago", "", ""
    if figure.change == 0:
        return "as 90 days ago", "", ""
    return f"{phrases.score(abs(figure.change), rubric)} in 90 days", "", _arrow(figure.change)


def _moved_points(figure: Figure) -> tuple[str, str, str]:
    if figure.change is None:
        return "nothing to compare 90 days ago", "", ""
    change = round(figure.change)
    if change == 0:
        return "as 90 days ago", "", ""
    unit = "point" if abs(change) == 1 else "points"
    return f"{abs(change)} {unit} in 90 days", "", _arrow(figure.change)


def _arrow(change: Fraction) -> str:
    return "i-up" if change > 0 else "i-down"


def _above(found: Figures) -> Number:
    rubric, edge = found.rubric, found.edge
    if edge is None:
        label = f"Systems at {phrases.score(rubric.maximum / 2, rubric)} or above"
    else:
        where = phrases.score(edge.edge, rubric).removesuffix(".0")
        label = f"Systems {'from' if edge.inclusive else 'above'} {where}"
    change = found.above.change
    if change is None:
        note = "nothing to compare 90 days ago"
    elif change == 0:
        note = "as 90 days ago"
    else:
        note = f"{abs(int(change))} {'more' if change > 0 else 'fewer'} than 90 days ago"
    return Number(label, str(int(found.above.value or 0)), f"of {found.systems}", note)


def _lapse_note(found: Figures) -> str:
    would = f"would lower {found.lowering} verified score{'' if found.lowering == 1 else 's'}"
    lapsed = f"{found.lapsed} lapsed already"
    notes = [would] if found.lowering else []
    return "; ".join([*notes, lapsed] if found.lapsed else notes) or "all other evidence is fresh"


def _bands(found: Figures) -> list[BandRow]:
    rubric = found.rubric
    ends = [*(band.edge for band in rubric.bands[1:]), rubric.maximum]
    rows = []
    for band, end in zip(rubric.bands, ends, strict=True):
        units = [Unit(row, band_is_proved(row), _unit_label(row)) for row in found.by_band[band.key]]
        edge = phrases.score(end, rubric).removesuffix(".0")
        rows.append(BandRow(band, edge if end == band.edge else f"to {edge}", units))
    return rows


def _unit_label(row: Standing) -> str:
    if row.score is None:
        return row.system.name
    score = phrases.score(row.score.score.score, row.score.rubric)
    return f"{row.system.name}, {score}, verified {phrases.score(row.score.verified.score, row.score.rubric)}"


def _limits(found: Figures) -> list[LimitRow]:
    categories = found.rubric.category_by_key
    return [
        LimitRow(categories[key], count, f"{100 * count / found.systems:.1f}%" if found.systems else "0%")
        for key, count in found.limiting.items()
    ]


def _trend(rubric: Rubric, lives: Sequence[Life], now: datetime) -> Chart | None:
    """The chart from the first instant at which this rubric scored any of them; None without any."""
    starts = [point.at for life in lives for point in life.points if point.rubric == rubric.key]
    if not starts:
        return None
    start = min(starts)
    interval = Interval.DAY if now - start <= SHORT_HISTORY else Interval.WEEK
    return organisation_trend(rubric, buckets(rubric, bucket_ends(start, now, interval), lives), now)


def _tops(rows: Sequence[Standing]) -> dict[str, Fraction]:
    """The top of each rubric's sparklines: one scale for all, which the highest score of the year fits."""
    tops: dict[str, Fraction] = {}
    for row in rows:
        if row.score is None or row.life is None:
            continue
        rubric = row.score.rubric
        least = rubric.maximum if rubric.aggregation is Aggregation.MINIMUM_OF_SHARES else rubric.maximum * 4 / 7
        own = max((point.score for point in row.life.points if point.rubric == rubric.key), default=Fraction(0))
        tops[rubric.key] = max(tops.get(rubric.key, least), own)
    return tops


def _row(row: Standing, tops: dict[str, Fraction], now: datetime) -> SystemRow:
    if row.score is None or row.life is None:
        return SystemRow(row, None, (), (), Fraction(1))
    rubric = row.score.rubric
    limiting = [rubric.category_by_key[key] for key in row.score.score.limiting]
    return SystemRow(row, rubric, limiting, _spark(row.life, rubric, now - SPARK), tops[rubric.key])


def _spark(life: Life, rubric: Rubric, start: datetime) -> list[tuple[datetime, Fraction]]:
    """The last year's steps on this rubric's scale, the state at its start included: the last of each few days."""
    own = [point for point in life.points if point.rubric == rubric.key]
    before = [point for point in own if point.at <= start][-1:]
    steps = [(max(point.at, start), point.score) for point in [*before, *(point for point in own if point.at > start)]]
    cells = {(at - start) // SPARK_CELL: (at, value) for at, value in steps}
    kept = steps[:1] + list(cells.values())
    return [step for index, step in enumerate(kept) if index == 0 or step[1] != kept[index - 1][1]]
