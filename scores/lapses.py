"""What lapses next: the evidence whose level falls if nothing more arrives, test by test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from assessments.entries import Entry, Listed, models_of
from assessments.models import Lifecycle, System
from rubric.definition import Rubric, Test
from rubric.levels import Level
from rubric.loader import builtin
from rubric.states import NOTHING, State, falls, of_digits
from rubric.timeline import Facts, levels_at
from scores.facts import load_facts
from scores.kept import Course, ahead_of
from scores.stands import tests_of

HORIZON = timedelta(days=30)
"""How far ahead an organisation looks."""


class Lapse(NamedTuple):
    """At `at` (aware), the verified level of a test falls from `before` to `after` if nothing more arrives.

    `kept_up` says that a pipeline sees to it: the test is proved automated and ran within the last half of its window.
    """

    at: datetime
    system: Listed
    test: Test
    before: Level
    after: Level
    claimed: Level
    kept_up: bool

    @property
    def loses_credit(self) -> bool:
        """Whether the score counts less for the test from then on; else the claim stands in."""
        return max(self.before, self.claimed) > max(self.after, self.claimed)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What lapses by some instant, by instant: what nothing sees to, or all. `kept_up` counts what pipelines see to."""

    lapses: Sequence[Lapse]
    kept_up: int


def lapses(systems: Sequence[Listed], now: datetime, until: datetime, *, every: bool = False) -> Ahead:
    """Every fall of a verified level in (now, until], in one query where all states are kept, else in four.

    Models must have their organisation loaded. Retired systems, and tests that the edition in force lacks, are left out.
    """
    used = [system for system in systems if system.lifecycle != Lifecycle.RETIRED]
    kept = ahead_of(used, now)
    held = [holding_of(system, course) for system in used if (course := kept.get(system.pk))]
    models = models_of([system for system in used if system.pk not in kept])
    if models:
        facts = load_facts(models, now, now)
        held += [holding(model, facts[model.pk], now) for model in models]
    found: list[Lapse] = []
    seen_to = 0
    for each in held:
        own, count = _lapses(each, now, until, every)
        found += own
        seen_to += count
    return Ahead(in_order(found), seen_to)


def in_order(found: Sequence[Lapse]) -> list[Lapse]:
    """The same by instant, then by system and test."""
    return sorted(found, key=lambda lapse: (lapse.at, lapse.system.name.casefold(), lapse.test.key))


Ends = Mapping[Level, datetime]
Group = tuple[Sequence[tuple[Level, int]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Holding:
    """What evidence holds of a system at an instant: tests, and when each level that they hold ends if nothing arrives.

    The last of them lies a window after the newest run. Tests whose levels end alike stand together.
    """

    system: Listed
    rubric: Rubric
    claimed: Mapping[str, Level]
    groups: Sequence[tuple[Ends, Sequence[str]]]

    def falling(self, until: datetime) -> int:
        """How many tests hold less by then."""
        return sum([len(tests) for ends, tests in self.groups if min(ends.values()) <= until])


def holding(system: System, facts: Facts, now: datetime) -> Holding:
    """From facts that hold all spans around `now`."""
    ends: dict[str, dict[Level, datetime]] = defaultdict(dict)
    for span in facts.spans:
        if span.starts_at <= now < span.ends_at:
            ends[span.test][span.level] = span.ends_at
    groups = [(own, (test,)) for test, own in ends.items()]
    return Holding(system, facts.rubric_at(now), levels_at(facts, now).claimed, groups)


def holding_by_states(system: Listed, states: Sequence[State], now: datetime) -> Holding:
    """From the state that holds at `now` and all that follow; nothing was recorded by then where the first is later."""
    if not states or states[0].at > now:
        return Holding(system, builtin()[system.edition_at(now)], {}, ())
    digits, ends = ",".join([state.tests for state in states]), [state.at for state in states[1:]]
    return holding_of(system, Course(states[0].rubric, digits, ends))


def holding_of(system: Listed, course: Course) -> Holding:
    """From the state that holds at present and all that follow."""
    claimed, groups = _ahead(tuple(system.edition_keys), course.tests)
    ends = course.ends
    held = [({level: ends[place - 1] for level, place in levels}, tests) for levels, tests in groups]
    return Holding(system, builtin()[course.rubric], claimed, held)


# What systems hold, and in which order it ends, changes seldom; when it ends does so nightly.
@lru_cache(maxsize=4096)
def _ahead(editions: tuple[str, ...], digits: str) -> tuple[Mapping[str, Level], Sequence[Group]]:
    """From the digits of states that follow each other: what the first claims, and for each test what ends when.

    Each level that it holds comes with the place of the first state that no longer does.
    """
    tests, states = tests_of(editions), digits.split(",")
    padded = [state.ljust(len(tests), NOTHING) for state in states]
    alike: dict[tuple[str, ...], list[str]] = {}
    for test, column in zip(tests, zip(*padded, strict=True), strict=True):
        alike.setdefault(column, []).append(test)
    groups = [(ends, tuple(own)) for column, own in alike.items() if (ends := falls(column))]
    return of_digits(states[0], tests).levels.claimed, groups


def lapses_of(held: Holding, now: datetime, until: datetime, *, every: bool = False) -> Ahead:
    """The lapses of one system, retired or not."""
    found, seen_to = _lapses(held, now, until, every)
    return Ahead(in_order(found) if found else (), seen_to)


def _lapses(held: Holding, now: datetime, until: datetime, every: bool) -> tuple[list[Lapse], int]:
    """The same in no order, and how many pipelines see to."""
    found: list[Lapse] = []
    seen_to = 0
    for ends, tests in held.groups:
        steps = [step for step in _falls(ends) if step[2] <= until]
        if not steps:
            continue
        twice = 2 * (max(ends.values()) - now) if Level.AUTOMATED in ends else timedelta(0)
        for window, own in _by_window(held, tests):
            kept_up = twice > window
            if kept_up:
                seen_to += len(steps) * len(own)
            if every or not kept_up:
                found += [
                    Lapse(at, held.system, test, before, after, held.claimed.get(test.key, Level.NONE), kept_up)
                    for test in own
                    for before, after, at in steps
                ]
    return found, seen_to


def _by_window(held: Holding, tests: Sequence[str]) -> Iterable[tuple[timedelta, Sequence[Test]]]:
    """Those of these tests that are in force, by their windows."""
    system, in_force = held.system, _in_force(held.rubric, tuple(tests))
    usual = system.window_days if isinstance(system, Entry) else system.organisation.window_days
    if not system.windows:
        return [(_days(usual), in_force)]
    found: dict[int, list[Test]] = {}
    for test in in_force:
        found.setdefault(system.windows.get(test.key, usual), []).append(test)
    return [(_days(window), own) for window, own in found.items()]


@lru_cache(maxsize=4096)
def _in_force(rubric: Rubric, tests: tuple[str, ...]) -> tuple[Test, ...]:
    return tuple(rubric.tests[test] for test in tests if test in rubric.tests)


@lru_cache(maxsize=1024)
def _days(days: int) -> timedelta:
    return timedelta(days=days)


def _falls(ends: Ends) -> list[tuple[Level, Level, datetime]]:
    """The steps down, each with its instant; a level reaches as far as each higher one at least."""
    manual, automated = ends.get(Level.MANUAL), ends.get(Level.AUTOMATED)
    if automated is None:
        return [(Level.MANUAL, Level.NONE, manual)] if manual else []
    if manual is None or manual <= automated:
        return [(Level.AUTOMATED, Level.NONE, automated)]
    return [(Level.AUTOMATED, Level.MANUAL, automated), (Level.MANUAL, Level.NONE, manual)]
