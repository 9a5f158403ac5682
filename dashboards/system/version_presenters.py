"""What the page of a model version says. No queries, no clock, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scores.versions import Outcome, Readiness, TestOnVersion

SHOWN_VALUES = 3


@dataclass(frozen=True, slots=True)
class Group:
    """Tests of one kind under a heading."""

    title: str
    tests: Sequence[TestOnVersion]


def why(found: Readiness) -> str:
    """Why the version is ready or not, as a sentence."""
    reasons = []
    if found.failing:
        reasons.append(f"{_tests(len(found.failing))} failed on it")
    if found.missing:
        verb = "has" if len(found.missing) == 1 else "have"
        reasons.append(f"{_tests(len(found.missing), 'required ')} {verb} not run on it")
    if reasons:
        return f"{' and '.join(reasons)}."
    if not found.required:
        return "No test holds a level at present, so there is nothing that a version would have to pass."
    return f"{_tests(len(found.required), 'required ')} ran on it, and none failed."


def _tests(count: int, kind: str = "") -> str:
    return f"1 {kind}test" if count == 1 else f"{count} {kind}tests"


def groups(found: Readiness) -> list[Group]:
    """All tests of the rubric by what they mean for the version; empty groups are left out."""
    tests = found.tests
    kinds = [
        Group("Failed", found.failing),
        Group("Not run, and required", found.missing),
        Group("Passed", [test for test in tests if test.outcome is Outcome.PASSED]),
        Group("Not run, and not required", [test for test in tests if not test.results and not test.required]),
    ]
    return [group for group in kinds if group.tests]


def in_short(values: Sequence[str]) -> str:
    """The first few values, and how many more there are."""
    more = len(values) - SHOWN_VALUES
    return ", ".join(values[:SHOWN_VALUES]) + (f" and {more} more" if more > 0 else "")
