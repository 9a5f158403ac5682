"""The plan for one system: the cheapest steps from where it stands to a score, and why each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from assessments.models import System
from rubric.definition import Effort, Rubric, Test
from rubric.levels import Level
from rubric.planning import Plan, Step, plan, unsupported
from rubric.timeline import Levels, levels_at
from scores.facts import load_facts


class NoTarget(Exception):
    """No target was named and the system has none (400)."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a plan starts: a system's rubric, levels and efforts at an instant."""

    system: System
    rubric: Rubric
    at: datetime
    levels: Levels
    efforts: Mapping[str, Effort]

    @property
    def credited(self) -> dict[str, Level]:
        """The level of each test that holds one."""
        return self.levels.credited

    def plan(self, target: Fraction) -> Plan:
        """The cheapest way to `target`. Raises rubric.planning.Unreachable."""
        return plan(self.rubric, self.credited, target, efforts=self.efforts, not_applicable=self.levels.left_out)

    def after(self, made: Plan) -> dict[str, Level]:
        """The level of each test that holds one, once the plan is done."""
        return self.credited | {step.test.key: step.level for step in made.steps}


def position_of(system: System, at: datetime) -> Position:
    """Where the system stands at `at`, in two queries; its organisation must be loaded."""
    facts = load_facts([system], at, at)[system.pk]
    return Position(system, facts.rubric_at(at), at, levels_at(facts, at), efforts_of(system))


def efforts_of(system: System) -> dict[str, Effort]:
    """The efforts that replace the rubric's: the system's own, else its organisation's, which must be loaded."""
    return {test: Effort(effort) for test, effort in {**system.organisation.efforts, **system.efforts}.items()}


def target_of(system: System, asked: Fraction | None) -> Fraction:
    """The target asked for, else the system's own. Raises NoTarget."""
    if asked is not None:
        return asked
    if system.target_score is None:
        raise NoTarget
    return Fraction(system.target_score)


def reasons(rubric: Rubric, made: Plan) -> list[str]:
    """Why the plan takes each step at its place, in sentences."""
    before = [made.score, *(step.score for step in made.steps)]
    return [_reason(rubric, step, score) for step, score in zip(made.steps, before, strict=False)]


def _reason(rubric: Rubric, step: Step, score_before: Fraction) -> str:
    category = rubric.category_by_key[step.test.category].title
    raises = step.score > score_before
    said = [f"{category} is below the target{', and this raises the score' if raises else ''}."]
    if step.test.key in rubric.starting_order:
        said.append("A good place to start.")
    if step.start is Level.MANUAL:
        said.append("Automates what is done by hand.")
    if step.effort is Effort.SMALL:
        said.append("Little work.")
    return " ".join(said)


def warning(rubric: Rubric, test: Test, missing: tuple[str, ...]) -> str:
    """That a test leans on others without credit, as a sentence."""
    names = " and ".join(f"“{rubric.tests[key].title}” ({key})" for key in missing)
    verb = "holds" if len(missing) == 1 else "hold"
    return f"“{test.title}” ({test.key}) leans on {names}, which {verb} no credit."


def warnings(rubric: Rubric, levels: Mapping[str, Level]) -> list[str]:
    """The tests that hold credit at these levels while some that they lean on hold none, a sentence each."""
    return [warning(rubric, test, missing) for test, missing in unsupported(rubric, levels)]
