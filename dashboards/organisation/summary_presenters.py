"""What a head of engineering asks first: who needs help, what to build once, what moved, what lapses. Plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from heapq import nsmallest
from itertools import groupby, islice
from operator import attrgetter, itemgetter

from assessments.entries import Listed
from dashboards import phrases
from dashboards.phrases import Phrase
from rubric.definition import Category, Rubric, Test
from rubric.once import Once, Same, once
from scores.gaps import Holding, gaps_of
from scores.lapses import Ahead, Lapse
from scores.overview import Standing

SHOWN = 3
LAPSES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Help:
    """A system that needs help, and why."""

    row: Standing
    limiting: Sequence[Category]
    reasons: Sequence[Phrase]


@dataclass(frozen=True, slots=True)
class Lift:
    """The tests that would raise most scores, each by itself, and how many systems each would raise."""

    tests: Sequence[Test]
    systems: int
    of: int


@dataclass(frozen=True, slots=True)
class Coming:
    """What lapses in one system on one day (UTC): when the first does, and all that do."""

    at: datetime
    system: Listed
    lapses: Sequence[Lapse]


@dataclass(frozen=True, slots=True)
class Summary:
    """`improved` and `slid` count systems; the lists hold the first few. `kept_up` counts lapses that pipelines prevent."""

    rubric: Rubric
    help: Sequence[Help]
    lift: Lift | None
    improved: int
    slid: int
    rises: Sequence[Standing]
    falls: Sequence[Standing]
    lapses: Sequence[Coming]
    lapsing: int
    kept_up: int


def summary(rubric: Rubric, rows: Sequence[Standing]) -> Summary:
    """Of the systems in use that this rubric scores; what lapses, of all in use."""
    return _summary(rubric, once(rows))


@lru_cache(maxsize=16)
def _summary(rubric: Rubric, rows: Once[Standing]) -> Summary:
    in_use = [row for row in rows if row.system.retired_at is None]
    used = [row for row in in_use if row.score is not None and row.score.rubric is rubric]
    rises = [row for row in used if row.direction > 0]
    falls = [row for row in used if row.direction < 0]
    coming = [each for row in in_use if row.ahead.falls for each in _coming(Same(row.ahead))]
    needing = nsmallest(SHOWN, [row for row in used if row.signs], key=attrgetter("attention"))
    return Summary(
        rubric=rubric,
        help=[_help(rubric, row) for row in needing],
        lift=_lift(rubric, used),
        improved=len(rises),
        slid=len(falls),
        rises=nsmallest(SHOWN, rises, key=attrgetter("furthest")),
        falls=nsmallest(SHOWN, falls, key=attrgetter("furthest")),
        lapses=[each for _, each in nsmallest(LAPSES_SHOWN, coming, key=itemgetter(0))],
        lapsing=sum([row.ahead.count for row in in_use]),
        kept_up=sum([row.ahead.kept_up for row in in_use]),
    )


# What lapses in a system is the same object as long as its row stays as it is.
@lru_cache(maxsize=4096)
def _coming(same: Same[Ahead]) -> Sequence[tuple[tuple[object, ...], Coming]]:
    """What lapses in one system, by day, as far as it may be shown: with what sorts it among that of others.

    That is by day, and on each day those with most of it first.
    """
    days = groupby(same.value.lapses, key=lambda lapse: lapse.at.astimezone(UTC).date())
    found = []
    for day, together in islice(days, LAPSES_SHOWN):
        lapses = list(together)
        first = lapses[0]
        place = (day, -len(lapses), first.at, first.system.name.casefold(), first.test.key)
        found.append((place, Coming(first.at, first.system, lapses)))
    return found


def _help(rubric: Rubric, row: Standing) -> Help:
    keys = row.score.score.limiting if row.score else ()
    return Help(row, [rubric.category_by_key[key] for key in keys], list(reasons(row)))


def reasons(row: Standing) -> list[Phrase]:
    """Why a system needs help, one phrase for each sign of trouble."""
    found = []
    change = row.change
    if change is not None and change < 0:
        rubric = row.score.rubric if row.score else None
        text = phrases.score(-change, rubric) if rubric else ""
        found.append(Phrase(f"fell by {text} in 90 days", "fail", "i-down"))
    if row.failing:
        found.append(Phrase(f"{_count(row.failing, 'check')} failing", "fail", "i-cross"))
    if row.lapsed:
        found.append(Phrase(f"evidence of {_count(row.lapsed, 'test')} lapsed", "warn", "i-lapse"))
    if row.lapsing:
        found.append(Phrase(f"evidence of {_count(row.lapsing, 'test')} lapses within a week", "warn", "i-soon"))
    if row.review_due:
        found.append(Phrase("review due", "warn", "i-soon"))
    return found


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def _lift(rubric: Rubric, rows: Sequence[Standing]) -> Lift | None:
    """None where no test would raise any score by itself."""
    found = gaps_of(rubric, [row.state.stand for row in rows if row.state is not None])
    most = max((gap.counts[Holding.WOULD_RISE] for gap in found), default=0)
    if not most:
        return None
    return Lift([gap.test for gap in found if gap.counts[Holding.WOULD_RISE] == most], most, len(rows))
