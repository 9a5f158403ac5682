"""The cheapest way to a score: which tests to raise, level by level, and in which order. Pure and exact, for any rubric.

The final score is the lowest of the categories, so a plan raises every category below the target, each by itself, and no
other. Of all sets of steps that reach the target it is the one that comes first by these, in this order:

1. the fewest steps on tests claimed not applicable;
2. the least cost, by the efforts of the tests (COSTS);
3. the fewest steps that lean on a test without credit;
4. the most steps on the tests of the rubric's starting order, the first of it first;
5. the most steps that automate what is done by hand already;
6. the fewest tests raised by two levels, so that more tests are begun;
7. the rubric's order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from rubric.definition import Aggregation, Category, Effort, Rubric, Test
from rubric.levels import Level
from rubric.scoring import PERCENT, Tally

COSTS: Mapping[Effort, int] = {Effort.SMALL: 1, Effort.MEDIUM: 2, Effort.LARGE: 4}
"""What raising a test by one level costs: each size is twice the one before."""


class Unreachable(ValueError):
    """The target is no score of this rubric: below 0, or above its maximum."""


@dataclass(frozen=True, slots=True)
class Step:
    """Raising one test from `start` to `level`, the next one, which earns `points` in its category.

    `score` is the final score once this and all steps before it are done. `missing` are the tests that this one leans on and
    that still hold no credit then.
    """

    test: Test
    start: Level
    level: Level
    effort: Effort
    points: Fraction
    score: Fraction
    missing: tuple[str, ...]

    @property
    def cost(self) -> int:
        return COSTS[self.effort]

    @property
    def name(self) -> str:
        """What tells the steps of a rubric apart: `data-1.manual`."""
        return f"{self.test.key}.{self.level.key}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps from `score` to at least `target`, in the order to take them; none where it is reached already."""

    target: Fraction
    score: Fraction
    steps: tuple[Step, ...]

    @property
    def reaches(self) -> Fraction:
        """The score at the end."""
        return self.steps[-1].score if self.steps else self.score

    @property
    def cost(self) -> int:
        return sum(step.cost for step in self.steps)


def plan(
    rubric: Rubric,
    levels: Mapping[str, Level],
    target: Fraction,
    *,
    efforts: Mapping[str, Effort] | None = None,
    not_applicable: Collection[str] = (),
) -> Plan:
    """The plan for a system whose tests hold these levels; a test without one holds none.

    `target` is in points, or in percent where the rubric takes the minimum of shares. `efforts` replaces the rubric's own for
    the tests that it names. Raises Unreachable.
    """
    if not 0 <= target <= rubric.maximum:
        raise Unreachable(f"A target lies from 0 to {float(rubric.maximum):g}.")
    chooser = _Chooser(rubric, levels, efforts or {}, not_applicable)
    goals: dict[str, Level] = {}
    for category in rubric.categories:
        goals |= chooser.cheapest(category, _needed(rubric, category, target))
    score = Tally(rubric, levels).score
    return Plan(target, score, tuple(_ordered(rubric, levels, goals, efforts or {})))


def effort_of(test: Test, efforts: Mapping[str, Effort]) -> Effort:
    """The test's effort, or the one that replaces it."""
    return efforts.get(test.key, test.effort)


def missing_for(test: Test, levels: Mapping[str, Level]) -> tuple[str, ...]:
    """The tests that this one leans on and that hold no credit."""
    return tuple(key for key in test.leans_on if not levels.get(key))


def unsupported(rubric: Rubric, levels: Mapping[str, Level]) -> list[tuple[Test, tuple[str, ...]]]:
    """The tests that hold credit while some that they lean on hold none, each with those; in the rubric's order."""
    credited = (test for test in rubric.tests.values() if levels.get(test.key))
    return [(test, missing) for test in credited if (missing := missing_for(test, levels))]


def _needed(rubric: Rubric, category: Category, target: Fraction) -> Fraction:
    """The points that the category needs for the target."""
    if rubric.aggregation is Aggregation.MINIMUM_OF_SHARES:
        return target * rubric.category_maximum(category.key) / PERCENT
    return target


class _Chooser:
    """Chooses each category's cheapest levels, by the whole preference written as one number.

    The preference is a list of whole numbers to compare one after another, and what a set is worth is the sum over its
    tests. So each list becomes the digits of one number, to a base that no sum of digits can reach: sums of numbers compare
    as sums of lists do.
    """

    def __init__(
        self,
        rubric: Rubric,
        levels: Mapping[str, Level],
        efforts: Mapping[str, Effort],
        not_applicable: Collection[str],
    ) -> None:
        self.levels, self.efforts, self.not_applicable = levels, efforts, not_applicable
        self.starting = rubric.starting_order
        self.denominator = lcm(*(points.denominator for points in rubric.scale.values()))
        self.units = {level: int(rubric.scale[level] * self.denominator) for level in Level}
        highest = 2 * max(COSTS.values()) * len(rubric.tests)
        self.shift = (2 * highest).bit_length()

    def cheapest(self, category: Category, needed: Fraction) -> dict[str, Level]:
        """The levels to raise this category's tests to, so that it has at least these points.

        By the number of points reached, the best way there with the tests seen so far; points beyond the need are not told
        apart.
        """
        scaled = needed * self.denominator
        wanted = -(-scaled.numerator // scaled.denominator)
        best: dict[int, tuple[int, tuple[tuple[str, Level], ...]]] = {0: (0, ())}
        for place, test in enumerate(category.tests):
            options = self._options(test, place, len(category.tests))
            found: dict[int, tuple[int, tuple[tuple[str, Level], ...]]] = {}
            for points, (weight, chosen) in best.items():
                for level, earned, more in options:
                    reached = min(wanted, points + earned)
                    if reached not in found or weight + more < found[reached][0]:
                        raised = level > self.levels.get(test.key, Level.NONE)
                        found[reached] = (weight + more, (*chosen, (test.key, level)) if raised else chosen)
            best = found
        return dict(best[wanted][1])

    def _options(self, test: Test, place: int, tests: int) -> list[tuple[Level, int, int]]:
        """The levels that the test can end at: with its points then, in units, and what raising it weighs."""
        start = self.levels.get(test.key, Level.NONE)
        return [
            (level, self.units[level], self._weight(test, start, level - start, place, tests))
            for level in Level
            if level >= start
        ]

    def _weight(self, test: Test, start: Level, steps: int, place: int, tests: int) -> int:
        digits = [
            steps if test.key in self.not_applicable else 0,
            steps * COSTS[effort_of(test, self.efforts)],
            steps if missing_for(test, self.levels) else 0,
            *(-steps if key == test.key else 0 for key in self.starting),
            -steps if start is Level.MANUAL else 0,
            1 if steps > 1 else 0,
            *(-steps if other == place else 0 for other in range(tests)),
        ]
        weight = 0
        for digit in digits:
            weight = (weight << self.shift) + digit
        return weight


@dataclass(frozen=True, slots=True)
class _Raise:
    """A chosen step that has no place in the order yet; `waits_for` are the tests that have to be done before.

    `rank` is what decides between steps of equally low categories that lean on equally little.
    """

    test: Test
    start: Level
    effort: Effort
    category: int
    waits_for: tuple[str, ...]
    rank: tuple[int, bool, int, int, int]


def _ordered(
    rubric: Rubric, levels: Mapping[str, Level], goals: Mapping[str, Level], efforts: Mapping[str, Effort]
) -> Iterator[Step]:
    """The steps to these levels, in order.

    What leans on a test without credit waits until all steps of that test are done. Of the rest, the lowest category comes
    first, so that the score rises early; then as the module says.
    """
    held = dict(levels)
    tally = Tally(rubric, levels)
    waiting = _raises(rubric, levels, goals, efforts)
    left = Counter(item.test.key for item in waiting)
    while waiting:
        values = tally.values
        ready = [item for item in waiting if not any(left[key] for key in item.waits_for)]
        item = min(ready, key=lambda item: (values[item.category], bool(missing_for(item.test, held)), item.rank))
        waiting.remove(item)
        left[item.test.key] -= 1
        level = Level(item.start + 1)
        missing = missing_for(item.test, held)
        held[item.test.key] = level
        tally.change(item.test.key, level)
        yield Step(
            test=item.test,
            start=item.start,
            level=level,
            effort=item.effort,
            points=rubric.scale[level] - rubric.scale[item.start],
            score=tally.score,
            missing=missing,
        )


def _raises(
    rubric: Rubric, levels: Mapping[str, Level], goals: Mapping[str, Level], efforts: Mapping[str, Effort]
) -> list[_Raise]:
    """The steps in no order. Of one test's, the lower level ranks first, as nothing before it in the rank differs."""
    places = {category.key: place for place, category in enumerate(rubric.categories)}
    order = rubric.starting_order
    found = []
    for position, (key, test) in enumerate(rubric.tests.items()):
        held = levels.get(key, Level.NONE)
        start_rank = order.index(key) if key in order else len(order)
        effort = effort_of(test, efforts)
        found += [
            _Raise(
                test=test,
                start=start,
                effort=effort,
                category=places[test.category],
                waits_for=missing_for(test, levels),
                rank=(start_rank, held is not Level.MANUAL, COSTS[effort], start, position),
            )
            for start in Level
            if held <= start < goals.get(key, Level.NONE)
        ]
    return found
