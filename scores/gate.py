"""The gate: may this system pass? Conditions that a pipeline names, or the system's target as the standing policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from assessments.models import System
from evidence.rules_of import Rules
from rubric.scoring import number
from rubric.timeline import point_at
from scores.evidence_of import health
from scores.facts import load_facts
from scores.score import Health


class NoCondition(Exception):
    """No condition was named and the system has no target (400)."""


@dataclass(frozen=True, slots=True)
class GateRequest:
    """The conditions as asked for; None leaves one out. `since` is the instant that a drop is measured from."""

    min_score: Fraction | None
    max_drop: Fraction | None
    since: datetime
    no_failing: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition and how it came out; equality passes."""

    name: str
    passed: bool
    actual: Fraction
    required: Fraction

    @property
    def figures(self) -> tuple[str, str]:
        """What is and what is required, as they are put out, without zeros at the end."""
        actual, required = (f"{number(value):.6f}".rstrip("0").rstrip(".") for value in (self.actual, self.required))
        return actual, required


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether all conditions passed, and each of them."""

    system: System
    conditions: tuple[Condition, ...]

    @property
    def passed(self) -> bool:
        return all(condition.passed for condition in self.conditions)

    @property
    def markdown(self) -> str:
        """The verdict as a table for a pull request."""
        lines = [
            f"**MLScore gate {'passed' if self.passed else 'failed'}** for {_escaped(self.system.name)}",
            "",
            "| condition | | actual | required |",
            "| --- | --- | --- | --- |",
        ]
        lines += [
            f"| {condition.name} | {'passed' if condition.passed else 'failed'} | {' | '.join(condition.figures)} |"
            for condition in self.conditions
        ]
        return "\n".join(lines) + "\n"


def gate(system: System, request: GateRequest, now: datetime) -> Verdict:
    """Judge the system as of `now`; its organisation must be loaded. Raises NoCondition."""
    conditions = tuple(_conditions(system, request, now))
    if not conditions:
        raise NoCondition
    return Verdict(system, conditions)


def _conditions(system: System, request: GateRequest, now: datetime) -> Iterator[Condition]:
    facts = load_facts([system], min(request.since, now), max(request.since, now))[system.pk]
    score = point_at(facts, now).score
    if request.min_score is not None:
        yield _at_least(score, request.min_score)
    elif request.max_drop is None and not request.no_failing:
        policy = target_condition(system, score)
        if policy is not None:
            yield policy
    if request.max_drop is not None:
        drop = point_at(facts, request.since).score - score
        yield Condition("max_drop", number(drop) <= number(request.max_drop), drop, request.max_drop)
    if request.no_failing:
        tests = facts.rubric_at(now).tests
        healths = health(system, Rules.of(system), now)
        failing = sum(1 for test, found in healths.items() if found is Health.FAILING and test in tests)
        yield Condition("no_failing", failing == 0, Fraction(failing), Fraction(0))


def target_condition(system: System, score: Fraction) -> Condition | None:
    """The policy that holds where a pipeline names no condition: to reach the target. None without a target."""
    return None if system.target_score is None else _at_least(score, Fraction(system.target_score))


def _at_least(score: Fraction, minimum: Fraction) -> Condition:
    """Numbers compare as they are put out, so that a score which was read and sent back passes."""
    return Condition("min_score", number(score) >= number(minimum), score, minimum)


def _escaped(text: str) -> str:
    """Text that Markdown and a table row leave as it is."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]()<>#+-.!|~&" else sign for sign in " ".join(text.split()))
