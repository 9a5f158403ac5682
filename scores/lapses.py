"""What lapses next: the evidence whose level falls if nothing more arrives, test by test. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assessments.models import System
from evidence.rules_of import Rules
from rubric.definition import Test
from rubric.levels import Level
from rubric.timeline import Facts, levels_at
from scores.facts import load_facts

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


def lapses(systems: Sequence[System], now: datetime, until: datetime) -> list[Lapse]:
    """Every fall of a verified level in (now, until], by instant, in two queries.

    Systems must have their organisation loaded. Retired ones, and tests that the edition in force lacks, are left out.
    """
    used = [system for system in systems if system.retired_at is None]
    facts = load_facts(used, now, now)
    return in_order([lapse for system in used for lapse in lapses_of(system, facts[system.pk], now, until)])


def in_order(found: Sequence[Lapse]) -> list[Lapse]:
    """The same by instant, then by system and test."""
    return sorted(found, key=lambda lapse: (lapse.at, lapse.system.name.casefold(), lapse.test.key))


def lapses_of(system: System, facts: Facts, now: datetime, until: datetime) -> list[Lapse]:
    """The same of one system, retired or not, from facts that hold all spans around `now`."""
    rules, rubric = Rules.of(system), facts.rubric_at(now)
    claimed = levels_at(facts, now).claimed
    found = []
    for key, ends in _ends(facts, now).items():
        test = rubric.tests.get(key)
        if test is None or min(ends.values()) > until:
            continue
        kept_up = Level.AUTOMATED in ends and 2 * (max(ends.values()) - now) > rules.freshness(key).window
        for before, after, at in _falls(ends):
            if at <= until:
                found.append(Lapse(at, system, test, before, after, claimed.get(key, Level.NONE), kept_up))
    return in_order(found)


def _ends(facts: Facts, now: datetime) -> Mapping[str, dict[Level, datetime]]:
    """When each level that evidence holds at an instant ends, by test; the last of them a window after the newest run."""
    ends: dict[str, dict[Level, datetime]] = defaultdict(dict)
    for span in facts.spans:
        if span.starts_at <= now < span.ends_at:
            ends[span.test][span.level] = span.ends_at
    return ends


def _falls(ends: Mapping[Level, datetime]) -> list[tuple[Level, Level, datetime]]:
    """The steps down, each with its instant; a level reaches as far as each higher one at least."""
    manual, automated = ends.get(Level.MANUAL), ends.get(Level.AUTOMATED)
    if automated is None:
        return [(Level.MANUAL, Level.NONE, manual)] if manual else []
    if manual is None or manual <= automated:
        return [(Level.AUTOMATED, Level.NONE, automated)]
    return [(Level.AUTOMATED, Level.MANUAL, automated), (Level.MANUAL, Level.NONE, manual)]
