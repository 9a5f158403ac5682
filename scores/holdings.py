"""What evidence holds of a system, and until when if nothing more arrives: from kept states, or from facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from assessments.entries import Listed
from rubric.definition import Rubric
from rubric.levels import Level
from rubric.loader import builtin
from rubric.states import NOTHING, State, falls, of_digits
from rubric.timeline import Facts, levels_at
from scores.kept import Course
from scores.stands import tests_of

Step = tuple[Level, Level, int]
"""A level, the one that it falls to, and the place of the instant at which it does."""


class Group(NamedTuple):
    """Tests whose evidence ends alike, and that are claimed alike, by their keys; instants are places in `Holding.ends`.

    `first` and `last` are where the first and the last of the levels that they hold ends. `in_force` counts those of
    the tests that the edition in force has.
    """

    steps: Sequence[Step]
    first: int
    last: int
    automated: bool
    claimed: Level
    tests: tuple[str, ...]
    in_force: int


class Outlook(NamedTuple):
    """What ends when, of all tests: `falls` counts the steps of those that are in force.

    `automated` says whether all of them are; `soonest` is the earliest of the groups' last places, `latest` the last one.
    """

    groups: Sequence[Group]
    falls: int
    automated: bool
    soonest: int
    latest: int


class Holding(NamedTuple):
    """What evidence holds of a system at an instant: tests, and when each level that they hold ends if nothing arrives.

    The last of them lies a window after the newest run. `ends` ascend.
    """

    system: Listed
    rubric: Rubric
    outlook: Outlook
    ends: Sequence[datetime]

    def falling(self, until: datetime) -> int:
        """How many tests in force hold less by then."""
        return sum([group.in_force for group in self.outlook.groups if self.ends[group.first] <= until])

    @property
    def falls_at(self) -> datetime | None:
        """When some test in force holds less first; None where none holds anything."""
        return min([self.ends[group.first] for group in self.outlook.groups if group.in_force], default=None)


def holding(system: Listed, facts: Facts, now: datetime) -> Holding:
    """From facts that hold all spans around `now`."""
    by_test: dict[str, dict[Level, datetime]] = defaultdict(dict)
    for span in facts.spans:
        if span.starts_at <= now < span.ends_at:
            by_test[span.test][span.level] = span.ends_at
    ends = sorted({at for own in by_test.values() for at in own.values()})
    places = {at: place for place, at in enumerate(ends)}
    held = {test: tuple(sorted((level, places[at]) for level, at in own.items())) for test, own in by_test.items()}
    rubric = facts.rubric_at(now)
    return Holding(system, rubric, _outlook(rubric, held, levels_at(facts, now).claimed), ends)


def holding_by_states(system: Listed, states: Sequence[State], now: datetime) -> Holding:
    """From the state that holds at `now` and all that follow; nothing was recorded by then where the first is later."""
    if not states or states[0].at > now:
        return Holding(system, builtin()[system.edition_at(now)], NOTHING_HELD, ())
    digits, ends = ",".join([state.tests for state in states]), [state.at for state in states[1:]]
    return holding_of(system, Course(states[0].rubric, digits, ends))


def holding_of(system: Listed, course: Course) -> Holding:
    """From the state that holds at present and all that follow."""
    rubric = builtin()[course.rubric]
    return Holding(system, rubric, _ahead(rubric, tuple(system.edition_keys), course.tests), course.ends)


# What systems hold, and in which order it ends, changes seldom; when it ends does so nightly.
@lru_cache(maxsize=4096)
def _ahead(rubric: Rubric, editions: tuple[str, ...], digits: str) -> Outlook:
    """From the digits of states that follow each other."""
    tests, states = tests_of(editions), digits.split(",")
    columns = zip(*(state.ljust(len(tests), NOTHING) for state in states), strict=True)
    held = {
        test: tuple([(level, place - 1) for level, place in ends])
        for test, column in zip(tests, columns, strict=True)
        if (ends := falls(column))
    }
    return _outlook(rubric, held, of_digits(states[0], tests).levels.claimed)


def _outlook(
    rubric: Rubric, held: Mapping[str, tuple[tuple[Level, int], ...]], claimed: Mapping[str, Level]
) -> Outlook:
    """From tests with the levels that each holds and the places where these end; those that are alike stand together."""
    alike: dict[tuple[tuple[tuple[Level, int], ...], Level], list[str]] = {}
    for test in sorted(held):
        alike.setdefault((held[test], claimed.get(test, Level.NONE)), []).append(test)
    groups = [_group(rubric, ends, claims, tests) for (ends, claims), tests in alike.items()]
    return Outlook(
        groups=groups,
        falls=sum(len(group.steps) for group in groups for test in group.tests if test in rubric.tests),
        automated=all(group.automated for group in groups),
        soonest=min((group.last for group in groups), default=0),
        latest=max((group.last for group in groups), default=0),
    )


NOTHING_HELD = Outlook((), 0, False, 0, 0)


def _group(rubric: Rubric, ends: Sequence[tuple[Level, int]], claimed: Level, tests: Sequence[str]) -> Group:
    places = [place for _, place in ends]
    automated = any(level is Level.AUTOMATED for level, _ in ends)
    in_force = sum([test in rubric.tests for test in tests])
    return Group(_steps(dict(ends)), min(places), max(places), automated, claimed, tuple(tests), in_force)


def _steps(ends: Mapping[Level, int]) -> list[Step]:
    """The steps down, each with its place; a level reaches as far as each higher one at least."""
    manual, automated = ends.get(Level.MANUAL), ends.get(Level.AUTOMATED)
    if automated is None:
        return [] if manual is None else [(Level.MANUAL, Level.NONE, manual)]
    if manual is None or manual <= automated:
        return [(Level.AUTOMATED, Level.NONE, automated)]
    return [(Level.AUTOMATED, Level.MANUAL, automated), (Level.MANUAL, Level.NONE, manual)]
