"""The chart of one system in words: its summary, its table, and what of it was not reported yet."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from dashboards.figures.chart import Row, Table, day, last_of_each_day
from dashboards.figures.marks import Mark
from dashboards.figures.scale import shown_categories
from dashboards.phrases import score as score_text
from rubric.definition import Rubric
from rubric.reported import Reported
from rubric.timeline import Point

NOT_REPORTED = "not reported"
VERIFIED = "Verified"

Silence = Mapping[str, datetime | None]
"""By the name of a line, the instant from which it is reported (None: never); names that are missing always were."""


def silence_of(rubric: Rubric, reported: Reported | None) -> Silence:
    """From when on the verified score and each category are reported; without `reported` all of them always were."""
    if reported is None:
        return {}
    categories = {category.title: reported.categories.get(category.key) for category in rubric.categories}
    return {VERIFIED: reported.verified, **categories}


def is_silent(silence: Silence, name: str, at: datetime) -> bool:
    """Whether the line of this name is not reported at `at` (aware)."""
    since = silence.get(name, at)
    return since is None or at < since


def told_of_silence(silence: Silence, start: datetime) -> str:
    """A sentence on the lines that were not reported after `start` (aware), led by a space; nothing where all were."""
    told = [
        name + ("" if since is None else f" until {day(since)}")
        for name, since in silence.items()
        if since is None or since > start
    ]
    return f" Not reported: {', '.join(told)}." if told else ""


def silent_instants(since: datetime | None, instants: Sequence[datetime]) -> int:
    """At how many of these ascending instants a line is not reported that is so from `since` on."""
    return len(instants) if since is None else bisect_left(instants, since)


class Drawn(NamedTuple):
    """The score, the verified score and each category of a point, on the final score's scale: as numbers and in words.

    There are no numbers of a point on another rubric's scale, and no words of its categories.
    """

    numbers: tuple[float | None, ...]
    words: tuple[str, ...]


@lru_cache(maxsize=8192)
def drawn(rubric: Rubric, point: Point) -> Drawn:
    """What is drawn of a point, which depends on nothing but the point and the rubric."""
    own = point.rubric == rubric.key
    values = shown_categories(rubric, point.categories) if own else {}
    told = [point.score, point.verified, *(values.get(category.key) for category in rubric.categories)]
    return Drawn(
        numbers=tuple(None if value is None or not own else round(float(value), 6) for value in told),
        words=tuple("–" if value is None else score_text(value, rubric) for value in told),
    )


def summary_of(rubric: Rubric, points: Sequence[Point], marks: Sequence[Mark], now: datetime) -> str:
    """From where to where the score went until `now` (aware), and how often evidence lapsed; `points` hold at least one."""
    own = [point for point in points if point.rubric == rubric.key] or [points[-1]]
    first, last = own[0], own[-1]
    moved = (
        f"stayed at {score_text(last.score, rubric)}"
        if first.score == last.score
        else f"{'rose' if last.score > first.score else 'fell'} from {score_text(first.score, rubric)} to "
        f"{score_text(last.score, rubric)}"
    )
    peak = max(own, key=lambda point: drawn(rubric, point).numbers[1] or 0).verified
    verified = f"the verified score is {score_text(last.verified, rubric)}"
    if peak > last.verified:
        verified += f", down from {score_text(peak, rubric)}"
    lapses = sum(mark.kind == "lapse" for mark in marks)
    lapsed = f" Evidence lapsed {lapses} time{'' if lapses == 1 else 's'}." if lapses else ""
    return (
        f"Step lines of the score and its {len(rubric.categories)} categories from {day(first.at)} to {day(now)}. "
        f"The score {moved}; {verified}.{lapsed}"
    )


def table_of(rubric: Rubric, points: Sequence[Point], silence: Silence) -> Table:
    """All numbers of the chart, of other editions too, by the day; `points` ascend and hold at least one."""
    several = len({point.rubric for point in points}) > 1
    columns = ["Score", VERIFIED, *(category.title for category in rubric.categories)]
    instants = [point.at for point in points]
    counts = [silent_instants(silence.get(name, instants[0]), instants) for name in columns]
    rows = []
    for index in last_of_each_day(instants):
        silent = tuple([place for place, count in enumerate(counts) if index < count])
        rows.append(_row(rubric, points[index], silent, several))
    return Table(
        caption="The state at the end of each day on which something changed, newest first",
        columns=("From", *columns, "Rubric") if several else ("From", *columns),
        rows=tuple(rows),
    )


@lru_cache(maxsize=8192)
def _row(rubric: Rubric, point: Point, silent: tuple[int, ...], several: bool) -> Row:
    """A point's row, but for the columns of these places, which were not reported; `several` adds the point's rubric."""
    cells = list(drawn(rubric, point).words)
    for place in silent:
        cells[place] = NOT_REPORTED
    return Row(point.at, day(point.at), (*cells, point.rubric) if several else tuple(cells))
