"""The words that pages use for points, levels, freshness, health and disagreement. No clock, no markup."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from rubric.definition import Aggregation, Rubric
from rubric.levels import Level
from scores.score import Health, TestScore
from scores.steps import LAPSES_SOON

_WORDS = {Level.NONE: "None", Level.MANUAL: "Manual", Level.AUTOMATED: "Automated"}


class Phrase(NamedTuple):
    """A short text, its tone (`""`, `quiet`, `warn` or `fail`) and the glyph before it (`""` for none)."""

    text: str
    tone: str = ""
    glyph: str = ""


def points(value: Fraction | float) -> str:
    """Points with one decimal, `1.5`; more only where they are needed, `0.25`, and never more than two."""
    text = f"{float(value):.2f}"
    return text.removesuffix("0")


def fraction(value: Fraction) -> str:
    """Points as people write them: `½`, `1`, else decimals."""
    return "½" if value == Fraction(1, 2) else f"{float(value):g}"


def percent(value: Fraction | float) -> str:
    """A share out of 100, rounded to one decimal: `50 %`, `33.3 %`."""
    return f"{float(value):.1f}".removesuffix(".0") + " %"


def score(value: Fraction | float, rubric: Rubric) -> str:
    """A final score as its rubric counts it: points, or percent where the aggregation is the minimum of shares."""
    return percent(value) if rubric.aggregation is Aggregation.MINIMUM_OF_SHARES else points(value)


def level_word(level: Level, *, not_applicable: bool = False) -> str:
    """`None`, `Manual`, `Automated`; `n/a` where the test is claimed not applicable and nothing is verified."""
    return "n/a" if not_applicable and level is Level.NONE else _WORDS[level]


def disc(claimed: Level, verified: Level, *, not_applicable: bool = False) -> tuple[str, str]:
    """The glyph of a level disc and its meaning in words. Each half is half a point, and proof fills first."""
    if verified is Level.AUTOMATED:
        return "l-vv", "automated, verified"
    if verified is Level.MANUAL:
        return ("l-vc", "automated claimed, manual verified") if claimed > verified else ("l-v0", "manual, verified")
    if not_applicable:
        return "l-na", "not applicable"
    if claimed is Level.AUTOMATED:
        return "l-cc", "automated, claimed only"
    return ("l-c0", "manual, claimed only") if claimed is Level.MANUAL else ("l-00", "none")


def date(at: datetime, now: datetime) -> str:
    """A day in UTC, `12 Dec`, with the year where it is not that of `now`."""
    return _date(at, now.astimezone(UTC).year)


@lru_cache(maxsize=4096)
def _date(at: datetime, year: int) -> str:
    day = at.astimezone(UTC)
    text = f"{day.day} {day:%b}"
    return text if day.year == year else f"{text} {day.year}"


def days(length: timedelta) -> str:
    """A length of time in whole days, rounded down: `under a day`, `1 day`, `11 days`."""
    whole = length // timedelta(days=1)
    return "under a day" if whole < 1 else "1 day" if whole == 1 else f"{whole} days"


def freshness(test: TestScore, now: datetime, window: timedelta | None = None) -> Phrase:
    """How long a test's evidence holds, or since when it doesn't.

    `window` is the test's freshness window; with it a lapse is dated by the instant it happened, without it by the last
    run.
    """
    if test.fresh_until is not None:
        return _fresh(test.runs, test.fresh_until, now)
    if test.last_run_at is None:
        return Phrase("no runs reported", "quiet")
    if window is None:
        return Phrase(f"lapsed, last run {days(now - test.last_run_at)} ago", "warn", "i-lapse")
    return Phrase(f"lapsed {days(now - test.last_run_at - window)} ago", "warn", "i-lapse")


def _fresh(runs: int, until: datetime, now: datetime) -> Phrase:
    if until - now <= LAPSES_SOON:
        left = "1 run left, lapses" if runs == 1 else "lapses"
        return Phrase(f"{left} in {days(until - now)}", "warn", "i-soon")
    lead = "1 run, fresh until" if runs == 1 else "fresh until"
    return Phrase(f"{lead} {date(until, now)}")


def health(value: Health) -> Phrase:
    """`passing`, `failing` or a dash."""
    match value:
        case Health.PASSING:
            return Phrase("passing", "", "i-check")
        case Health.FAILING:
            return Phrase("failing", "fail", "i-cross")
        case Health.NONE:
            return Phrase("–", "quiet")


def disagreement(test: TestScore, now: datetime) -> Phrase:
    """What evidence says beside the claim: less (a warning), more (good news is quiet), nothing, or the same."""
    claimed = test.claimed.key
    if test.evidence_says_less and test.last_run_at is not None:
        last = f"last run {days(now - test.last_run_at)} ago"
        if test.verified is Level.NONE:
            return Phrase(f"Evidence says less: claimed {claimed}; {last}.", "warn", "i-differ")
        return Phrase(
            f"Evidence says less: claimed {claimed}, {test.verified.key} verified; {last}.", "warn", "i-differ"
        )
    if test.evidence_says_more:
        return Phrase(f"Evidence says more: {test.verified.key} verified, {claimed} claimed.", "", "i-differ")
    if test.verified is Level.NONE:
        return Phrase(_unproved(test, now), "quiet")
    return Phrase("Evidence agrees.", "quiet", "i-check")


def _unproved(test: TestScore, now: datetime) -> str:
    if test.claimed is not Level.NONE:
        return "No run reported; this rests on the claim."
    if test.last_run_at is None:
        return "Nothing claimed, and no run reported."
    return f"Nothing claimed; last run {days(now - test.last_run_at)} ago."
