"""What a plan's page says: plain values for its template. No queries, no clock, no markup."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from dashboards import phrases
from rubric.definition import Aggregation, Band, Effort, Rubric
from rubric.levels import Level
from rubric.planning import COSTS, Plan, effort_of
from rubric.scoring import DECIMALS, PERCENT, totals
from scores.plan import Position, reasons, warnings
from scores.steps import goal_of, next_band

EFFORTS = {effort.value: effort.word for effort in Effort}
QUARTERS = (25, 50, 75, PERCENT)


@dataclass(frozen=True, slots=True)
class Goal:
    """A target to choose: what it is called, the score in words, and as an address writes it."""

    label: str
    shown: str
    value: str


@dataclass(frozen=True, slots=True)
class Line:
    """A step that can be chosen. `score` and `why` are empty, and `number` is 0, for one that is not in the plan."""

    name: str
    key: str
    title: str
    change: str
    effort: str
    cost: int
    gain: str
    chosen: bool
    number: int = 0
    score: str = ""
    why: str = ""
    leans_on: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The steps of one category that the plan does without."""

    title: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Outlook:
    """The score to come with the chosen steps; `rows` are category, points at present, points to come."""

    score: str
    now: str
    band: Band | None
    steps: int
    cost: int
    rows: Sequence[tuple[str, str, str]]
    warnings: Sequence[str]


def written(score: Fraction) -> str:
    """A score as an address writes it, cut to six decimals: never above what it stands for."""
    million = 10**DECIMALS
    value = Fraction(floor(score * million), million)
    return f"{value.numerator / value.denominator:.6f}".rstrip("0").rstrip(".")


def goals(position: Position, score: Fraction) -> list[Goal]:
    """Targets worth choosing above `score`: the bands above (quarters where there are none) and the system’s own target."""
    rubric = position.rubric
    found: list[tuple[str, Fraction]] = []
    band = next_band(rubric, score)
    first = goal_of(rubric, score, band)
    if band is not None:
        above = rubric.bands[rubric.bands.index(band) :]
        found = [(each.label, goal) for each in above if (goal := goal_of(rubric, score, each)) is not None]
    elif first is not None:
        quarters = [Fraction(share) for share in QUARTERS] if _in_percent(rubric) else []
        found = [("The next step", first), *(("", each) for each in quarters if each > first)]
    target = position.system.target_score
    if target is not None and score < target <= rubric.maximum:
        found.append(("The system’s target", Fraction(target)))
    ascending = sorted(found, key=lambda pair: pair[1])
    return [Goal(label, phrases.score(goal, rubric), written(goal)) for label, goal in ascending]


def lines(position: Position, made: Plan, chosen: Collection[str]) -> list[Line]:
    """The plan's steps, in their order."""
    rubric = position.rubric
    return [
        Line(
            name=step.name,
            key=step.test.key,
            title=step.test.title,
            change=f"{step.start.key} to {step.level.key}",
            effort=EFFORTS[step.effort.value],
            cost=step.cost,
            gain=f"+{phrases.fraction(step.points)}",
            chosen=step.name in chosen,
            number=number,
            score=phrases.score(step.score, rubric),
            why=why,
            leans_on=f"Leans on {' and '.join(step.missing)}, without credit." if step.missing else "",
        )
        for number, (step, why) in enumerate(zip(made.steps, reasons(rubric, made), strict=True), start=1)
    ]


def others(position: Position, made: Plan | None, chosen: Collection[str]) -> list[Group]:
    """Every other step that could be taken, by category."""
    planned = {step.name for step in made.steps} if made else set()
    groups = []
    for category in position.rubric.categories:
        found = [line for test in category.tests for line in _raises(position, test.key, chosen)]
        found = [line for line in found if line.name not in planned]
        if found:
            groups.append(Group(category.title, found))
    return groups


def _raises(position: Position, key: str, chosen: Collection[str]) -> list[Line]:
    """The steps that are left of one test."""
    test, scale = position.rubric.tests[key], position.rubric.scale
    held = position.credited.get(key, Level.NONE)
    effort = effort_of(test, position.efforts)
    return [
        Line(
            name=f"{key}.{level.key}",
            key=key,
            title=test.title,
            change=f"{Level(level - 1).key} to {level.key}",
            effort=EFFORTS[effort.value],
            cost=COSTS[effort],
            gain=f"+{phrases.fraction(scale[level] - scale[Level(level - 1)])}",
            chosen=f"{key}.{level.key}" in chosen,
        )
        for level in Level
        if level > held
    ]


def outlook(position: Position, chosen: Collection[str]) -> Outlook:
    """The score once the chosen steps are done; choosing `automated` of a test includes `manual`.

    Its warnings are those that the steps bring about: the page says above what holds at present.
    """
    rubric, held = position.rubric, position.credited
    present = warnings(rubric, held)
    before = totals(rubric, held)
    cost = steps = 0
    for key, test in rubric.tests.items():
        start = held.get(key, Level.NONE)
        reached = max([start, *(level for level in Level if f"{key}.{level.key}" in chosen)])
        steps += reached - start
        cost += (reached - start) * COSTS[effort_of(test, position.efforts)]
        held[key] = reached
    after = totals(rubric, held)
    return Outlook(
        score=phrases.score(after.score, rubric),
        now=phrases.score(before.score, rubric),
        band=rubric.band(after.score),
        steps=steps,
        cost=cost,
        rows=[
            (
                category.title,
                phrases.points(before.categories[category.key]),
                phrases.points(after.categories[category.key]),
            )
            for category in rubric.categories
        ],
        warnings=[each for each in warnings(rubric, held) if each not in present],
    )


def _in_percent(rubric: Rubric) -> bool:
    return rubric.aggregation is Aggregation.MINIMUM_OF_SHARES
