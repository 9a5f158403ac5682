"""The words on the pages behind a system's numbers. No queries, no clock, no markup."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from evidence.models import Result
from evidence.rules_of import Rules
from rubric.definition import Rubric
from rubric.levels import Level
from scores.explain import Explanation, Wanted

LATE = timedelta(days=1)
"""Results received longer than this after they were observed are marked so."""


def read_wanted(values: Mapping[str, str]) -> Wanted:
    """The filter of a results list from an address; NUL characters, which no stored text holds, are taken out."""

    def text(name: str) -> str:
        return values.get(name, "").replace("\0", "").strip()

    return Wanted(test=text("test"), check=text("check"), run_id=text("run_id"), status=text("status"))


def why_verified(explanation: Explanation) -> str:
    """Why evidence holds the level that it holds, as a sentence."""
    score, window = explanation.score, days(explanation.window)
    hours = explanation.rules.repeat_hours
    runs = "1 run" if score.runs == 1 else f"{score.runs} runs"
    if score.runs == 0:
        last = "" if score.last_run_at is None else " The last one is older."
        return f"No run in the last {window}, so evidence verifies none.{last}"
    if score.verified is Level.AUTOMATED:
        return f"{runs} in the last {window}, two of them at least {hours} hours apart, so evidence verifies automated."
    apart = "" if score.runs == 1 else f", but no two of them at least {hours} hours apart"
    more = f" A second one, {hours} hours or more away, would verify automated." if score.runs == 1 else ""
    return f"{runs} in the last {window}{apart}, so evidence verifies manual.{more}"


def days(length: timedelta) -> str:
    """A freshness window in words."""
    return "1 day" if length.days == 1 else f"{length.days} days"


def counts_as(result: Result, rules: Rules) -> str:
    """What the result counts for under the rules in force, as a sentence."""
    if result.voided_at is not None:
        return "It is voided and counts nothing, at any time."
    if result.status in ("error", "skipped"):
        return f"A result with the status {result.status} is kept and shown, and earns nothing."
    if rules.counted_branch is not None and result.branch != rules.counted_branch:
        return f"Only results of the branch {rules.counted_branch} count for this system."
    if rules.credit == "passed" and result.status != "passed":
        return "In this organisation only passed results earn credit."
    return "It was executed, so its run counts as evidence, whether it passed or failed."


def received_late(result: Result) -> bool:
    """Whether it arrived more than a day after it was observed."""
    return result.received_at - result.observed_at > LATE


def check_title(result: Result, rubric: Rubric) -> str:
    """What to call the result's check: its name, or the test's title where the name is just the test's key."""
    return title_of(result.check_of.name, result.check_of.test, rubric)


def title_of(name: str, test: str, rubric: Rubric) -> str:
    """The same of a check's name and test."""
    return rubric.tests[name].title if name == test and name in rubric.tests else name
