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
from rubric.timeline import EvidenceSpan, Facts, levels_at
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
    for key, spans in _held(facts, now).items():
        if key not in rubric.tests or min(span.ends_at for span in spans) > until:
            continue
        window = rules.freshness(key).window
        for before, after, at in _falls(spans):
            if at <= until:
                lapse = Lapse(
                    at=at,
                    system=system,
                    test=rubric.tests[key],
                    before=before,
                    after=after,
                    claimed=claimed.get(key, Level.NONE),
                    kept_up=_kept_up(spans, now, window),
                )
                found.append(lapse)
    return in_order(found)


def _held(facts: Facts, now: datetime) -> Mapping[str, list[EvidenceSpan]]:
    """The spans around an instant, by test."""
    held: dict[str, list[EvidenceSpan]] = defaultdict(list)
    for span in facts.spans:
        if span.starts_at <= now < span.ends_at:
            held[span.test].append(span)
    return held


def _falls(spans: Sequence[EvidenceSpan]) -> list[tuple[Level, Level, datetime]]:
    """The steps down, each with its instant, when these spans of one test end."""
    ends = sorted({span.ends_at for span in spans})
    levels = [max((span.level for span in spans if span.ends_at > at), default=Level.NONE) for at in ends]
    return list(zip([max(span.level for span in spans), *levels], levels, ends, strict=False))


def _kept_up(spans: Sequence[EvidenceSpan], now: datetime, window: timedelta) -> bool:
    """The last of a test's spans ends a window after its newest run."""
    newest = max(span.ends_at for span in spans)
    return 2 * (newest - now) > window and any(span.level is Level.AUTOMATED for span in spans)
