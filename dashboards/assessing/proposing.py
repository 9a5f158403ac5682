"""The level that evidence proposes in place of a claim, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from assessments.models import Answer
from dashboards import phrases
from rubric.levels import Level
from scores.score import TestScore


@dataclass(frozen=True, slots=True)
class Proposal:
    """`level` is what the form would choose if it were accepted; `reason` is a sentence."""

    level: str
    word: str
    reason: str


def proposal_for(
    test: TestScore, answer: Answer | None, now: datetime, window: timedelta, repeat: timedelta
) -> Proposal | None:
    """What evidence verifies at `now`, where that is not what is claimed and nobody declined it."""
    claimed = Level.from_key(answer.level) if answer else Level.NONE
    if test.last_run_at is None or test.verified is claimed or (answer and answer.declined == test.verified.key):
        return None
    return Proposal(test.verified.key, phrases.level_word(test.verified), _reason(test, now, window, repeat))


def _reason(test: TestScore, now: datetime, window: timedelta, repeat: timedelta) -> str:
    runs = "1 run" if test.runs == 1 else f"{test.runs} runs"
    if test.verified is Level.AUTOMATED:
        return f"{runs} in the last {phrases.days(window)}, two of them at least {_hours(repeat)} apart."
    if test.verified is Level.MANUAL:
        apart = "" if test.runs == 1 else f", none of them {_hours(repeat)} apart"
        return f"{runs} in the last {phrases.days(window)}{apart}."
    last = phrases.days(now - test.last_run_at) if test.last_run_at else ""
    return f"No run in the last {phrases.days(window)}; the newest was {last} ago."


def _hours(span: timedelta) -> str:
    hours = span // timedelta(hours=1)
    return "1 hour" if hours == 1 else f"{hours} hours"
