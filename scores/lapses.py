"""What lapses next: the evidence whose level falls if nothing more arrives, test by test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assessments.models import System
from evidence.rules_of import Rules
from rubric.definition import Rubric, Test
from rubric.levels import Level
from rubric.loader import builtin
from rubric.states import NOTHING, State, falls
from rubric.timeline import Facts, levels_at
from scores.facts import load_facts
from scores.kept import known, order_of, states_over

HORIZON = timedelta(days=30)
"""How far ahead an organisation looks."""


@dataclass(frozen=True, slots=True)
class Lapse:
    """At `at` (aware), the verified level of a test falls from `before` to `after` if nothing more arrives.

    `kept_up` says that a pipeline sees to it: the test is proved automated and ran within the last half of its window.
    """

    at: datetime
    system: System
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


def lapses(systems: Sequence[System], now: datetime, until: datetime, *, every: bool = False) -> Ahead:
    """Every fall of a verified level in (now, until], in three queries: one where all states are kept.

    Systems must have their organisation loaded. Retired ones, and tests that the edition in force lacks, are left out.
    """
    used = [system for system in systems if system.retired_at is None]
    kept = states_over(used, now)
    others = [system for system in used if system.pk not in kept]
    facts = load_facts(others, now, now) if others else {}
    found = [
        lapses_of(holding_by_states(system, kept[system.pk], now), now, until, every=every)
        if system.pk in kept
        else lapses_of(holding(system, facts[system.pk], now), now, until, every=every)
        for system in used
    ]
    return Ahead(in_order([lapse for each in found for lapse in each.lapses]), sum(each.kept_up for each in found))


def in_order(found: Sequence[Lapse]) -> list[Lapse]:
    """The same by instant, then by system and test."""
    return sorted(found, key=lambda lapse: (lapse.at, lapse.system.name.casefold(), lapse.test.key))


Ends = Mapping[Level, datetime]


@dataclass(frozen=True, slots=True)
class Holding:
    """What evidence holds of a system at an instant: tests, and when each level that they hold ends if nothing arrives.

    The last of them lies a window after the newest run. Tests whose levels end alike stand together.
    """

    system: System
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


def holding_by_states(system: System, states: Sequence[State], now: datetime) -> Holding:
    """From the state that holds at `now` and all that follow; nothing was recorded by then where the first is later."""
    if not states or states[0].at > now:
        return Holding(system, builtin()[system.edition_at(now)], {}, ())
    tests, first = order_of(system), states[0]
    read = known(first.rubric, first.tests, tests)
    alike: dict[tuple[str, ...], list[str]] = {}
    digits = [state.tests.ljust(len(tests), NOTHING) for state in states]
    for test, column in zip(tests, zip(*digits, strict=True), strict=False):
        alike.setdefault(column, []).append(test)
    groups = [
        ({level: states[place].at for level, place in ends}, own)
        for column, own in alike.items()
        if (ends := falls(column))
    ]
    return Holding(system, read.score.rubric, read.levels.claimed, groups)


def lapses_of(held: Holding, now: datetime, until: datetime, *, every: bool = False) -> Ahead:
    """The lapses of one system, retired or not."""
    rules, in_force, windows = Rules.of(held.system), held.rubric.tests, held.system.windows
    usual = timedelta(days=rules.window_days)
    found, seen_to = [], 0
    for ends, tests in held.groups:
        if min(ends.values()) > until:
            continue
        steps = [step for step in _falls(ends) if step[2] <= until]
        twice = 2 * (max(ends.values()) - now) if Level.AUTOMATED in ends else timedelta(0)
        for key in tests:
            test = in_force.get(key)
            if test is None:
                continue
            kept_up = twice > (rules.freshness(key).window if key in windows else usual)
            if kept_up:
                seen_to += len(steps)
            if every or not kept_up:
                claimed = held.claimed.get(key, Level.NONE)
                found += [Lapse(at, held.system, test, before, after, claimed, kept_up) for before, after, at in steps]
    return Ahead(in_order(found) if found else (), seen_to)


def _falls(ends: Ends) -> list[tuple[Level, Level, datetime]]:
    """The steps down, each with its instant; a level reaches as far as each higher one at least."""
    manual, automated = ends.get(Level.MANUAL), ends.get(Level.AUTOMATED)
    if automated is None:
        return [(Level.MANUAL, Level.NONE, manual)] if manual else []
    if manual is None or manual <= automated:
        return [(Level.AUTOMATED, Level.NONE, automated)]
    return [(Level.AUTOMATED, Level.MANUAL, automated), (Level.MANUAL, Level.NONE, manual)]
