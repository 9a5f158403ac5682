"""The row of figures of the organisation's page: plain values for its template. No queries, no clock, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from dashboards import phrases
from dashboards.organisation.choosing import address
from dashboards.organisation.filters import Filter
from rubric.definition import Rubric
from scores.overview import Figure, Figures
from scores.steps import LAPSES_SOON


@dataclass(frozen=True, slots=True)
class Number:
    """A figure: its label, number, unit, comparison, tone (`fail`, `warn` or '') and the comparison's arrow.

    `behind` is the address of the systems that it counts, from the organisation's page.
    """

    label: str
    value: str
    unit: str
    note: str
    behind: str
    tone: str = ""
    arrow: str = ""


def numbers(found: Figures, wanted: Filter) -> Sequence[Number]:
    """The row of figures; each leads to its systems among those that the reader asked for."""
    return [
        _median(found, wanted),
        _verified(found, wanted),
        _above(found, wanted),
        Number(
            "Failing checks",
            str(found.failing),
            "",
            f"in {_systems(found.failing_systems)}",
            address(wanted, "failing"),
            "fail" if found.failing else "",
        ),
        Number(
            f"Lapse within {LAPSES_SOON.days} days",
            str(found.lapsing),
            "",
            _lapse_note(found),
            address(wanted, "lapsing"),
            "warn" if found.lapsing else "",
        ),
    ]


def _median(found: Figures, wanted: Filter) -> Number:
    number, unit = _split(phrases.score(found.median.value or 0, found.rubric))
    note, tone, arrow = _moved(found.median, found.rubric)
    return Number("Median score", number, unit, note, address(wanted, "assessed"), tone, arrow)


def _verified(found: Figures, wanted: Filter) -> Number:
    share = found.verified_share
    number, unit = _split("–" if share.value is None else f"{round(share.value)} %")
    note, tone, arrow = _moved_points(share)
    return Number("Verified share of points", number, unit, note, address(wanted, "assessed"), tone, arrow)


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


def _above(found: Figures, wanted: Filter) -> Number:
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
    return Number(label, str(int(found.above.value or 0)), f"of {found.systems}", note, address(wanted, "reaching"))


def _lapse_note(found: Figures) -> str:
    would = f"would lower {found.lowering} verified score{'' if found.lowering == 1 else 's'}"
    lapsed = f"{found.lapsed} lapsed already"
    notes = [would] if found.lowering else []
    return "; ".join([*notes, lapsed] if found.lapsed else notes) or "all other evidence is fresh"
