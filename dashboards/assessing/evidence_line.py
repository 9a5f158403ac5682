"""The line beside a claim: what evidence says, in one sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from dashboards import phrases
from dashboards.phrases import Phrase
from rubric.levels import Level
from scores.score import Health, TestScore


def lines_by_choice(test: TestScore, now: datetime, window: timedelta) -> list[tuple[str, Phrase]]:
    """The line for each choice that the form offers, so that the page shows the right one at once."""
    claims = [(level.key, replace(test, claimed=level, not_applicable=False)) for level in Level]
    claims.append(("na", replace(test, claimed=Level.NONE, not_applicable=True)))
    return [(choice, evidence_line(claimed, now, window)) for choice, claimed in claims]


def evidence_line(test: TestScore, now: datetime, window: timedelta) -> Phrase:
    """What evidence says of a claim at `now`. `window` is the test's freshness window."""
    if test.last_run_at is None:
        return Phrase("No runs reported.", "quiet")
    fresh = phrases.freshness(test, now, window)
    if test.evidence_says_less:
        return _less(test, fresh, now)
    if test.verified is Level.NONE:
        return Phrase(f"No fresh runs: {fresh.text}.", "quiet")
    if test.health is Health.FAILING:
        return _failing(test, window)
    if test.evidence_says_more:
        said = "not applicable" if test.not_applicable else test.claimed.key
        return Phrase(
            f"Evidence says more: {test.verified.key} verified, {said} claimed; {fresh.text}.", "", "i-differ"
        )
    return Phrase(f"Evidence agrees: {fresh.text}.", fresh.tone, fresh.glyph or "i-check")


def _less(test: TestScore, fresh: Phrase, now: datetime) -> Phrase:
    said = f"Evidence says less: claimed {test.claimed.key}"
    if test.verified is not Level.NONE:
        return Phrase(f"{said}, {test.verified.key} verified; {fresh.text}.", "warn", "i-differ")
    last = phrases.days(now - test.last_run_at) if test.last_run_at else ""
    lapsed = fresh.text if fresh.text.startswith("lapsed") else "no fresh run"
    return Phrase(f"{said}; last run {last} ago, {lapsed}.", "warn", "i-differ")


def _failing(test: TestScore, window: timedelta) -> Phrase:
    runs = "1 run" if test.runs == 1 else f"{test.runs} runs"
    prove = "proves" if test.runs == 1 else "prove"
    lead = "Says more, but failing" if test.evidence_says_more else "Agrees, but failing"
    days = "1 day" if window.days == 1 else f"{window.days} days"
    return Phrase(f"{lead}: {runs} in {days} {prove} {test.verified.key}; the newest failed.", "fail", "i-cross")
