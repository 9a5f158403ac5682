"""The levels of all tests of any number of systems at one instant: what the heat map, gaps and comparisons read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db.models import OuterRef, Subquery

from assessments.claims import claims_of
from assessments.entries import Listed
from assessments.models import Assessment, System
from rubric.definition import Rubric
from rubric.levels import Level
from rubric.loader import builtin
from rubric.once import Once, once
from rubric.timeline import Claims, Facts, Levels, levels_at
from scores.facts import in_force
from scores.kept_stands import stands_at as kept_at
from scores.reading import score_of
from scores.score import Score
from scores.stands import Stand
from scores.tallied import Tallied
from scores.trends import first_fact, first_runs

_LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One system at an instant. `score` is None where nothing was recorded by then; then no test holds anything."""

    system: Listed
    levels: Levels
    score: Score | None

    @property
    def tallied(self) -> Tallied:
        """What is counted of it; raises ValueError without a score."""
        if self.score is None:
            raise ValueError(f"{self.system} has no score")
        return Tallied(self.levels, self.score)

    def claimed(self, test: str) -> Level:
        return self.levels.claimed.get(test, Level.NONE)

    def verified(self, test: str) -> Level:
        return self.levels.verified.get(test, Level.NONE)

    def level(self, test: str) -> Level:
        """What the score counts: the higher of both."""
        return max(self.claimed(test), self.verified(test))


def stands_at(systems: Sequence[Listed], *instants: datetime) -> Once[Sequence[Stand | None]]:
    """How each of these systems stands at each instant, in digits and numbers; None where nothing was recorded by then.

    In their order, in one query; where not all states are kept, in three more and two for each instant.
    """
    kept = kept_at(once(systems), *instants)
    if None not in kept:
        return cast(Once[Sequence[Stand | None]], kept)
    others = counted_at([system for system, own in zip(systems, kept, strict=True) if own is None], *instants)
    return Once(
        [_stand(found.get(system.pk)) for found in others] if own is None else own
        for system, own in zip(systems, kept, strict=True)
    )


def _stand(row: Snapshot | None) -> Stand | None:
    return None if row is None or row.score is None else row.tallied.stand


def counted_at(systems: Sequence[Listed], *instants: datetime) -> list[dict[int, Snapshot]]:
    """Each of these systems at each instant, by its id, counted from claims and spans."""
    firsts = first_runs(systems) if systems else {}
    return [{row.system.pk: row for row in _counted(systems, firsts, at)} for at in instants]


def _counted(systems: Sequence[Listed], firsts: Mapping[int, datetime | None], at: datetime) -> list[Snapshot]:
    """The same from claims and spans: of all facts only what holds then."""
    if not systems:
        return []
    claims, verified = _claims(systems, at), _verified(systems, at)
    found = []
    for system in systems:
        own, first = claims.get(system.pk), firsts[system.pk]
        recorded = own is not None or (first is not None and first <= at)
        held = verified.get(system.pk, {})
        levels = Levels(own.levels, held, own.not_applicable) if own else Levels({}, held)
        found.append(_snapshot(system, levels, builtin()[system.edition_at(at)], at, recorded))
    return found


def _claims(systems: Sequence[Listed], at: datetime) -> dict[int, Claims]:
    """The claims in force at an instant, by system id."""
    newest = Assessment.objects.final().filter(system=OuterRef("pk"), effective_at__lte=at).reverse().values("pk")[:1]
    wanted = (
        System.objects.filter(pk__in=[system.pk for system in systems]).annotate(newest=Subquery(newest)).order_by()
    )
    finals = Assessment.objects.filter(pk__in=wanted.values("newest")).only("system_id", "claims", "effective_at")
    return {final.system_id: claims_of(final) for final in finals}


def _verified(systems: Sequence[Listed], at: datetime) -> dict[int, dict[str, Level]]:
    """The verified levels at an instant, by system id and test."""
    held = in_force(systems).filter(starts_at__lte=at, ends_at__gt=at).values_list("system_id", "test", "level")
    verified: dict[int, dict[str, Level]] = defaultdict(dict)
    for system_id, test, level in held:
        own = verified[system_id]
        if level > own.get(test, 0):
            own[test] = _LEVELS[level]
    return verified


def snapshot(system: Listed, facts: Facts, first_run_at: datetime | None, at: datetime) -> Snapshot:
    """The system at an instant, from facts that hold all claims until then and all spans around it."""
    since = first_fact(facts, first_run_at)
    return _snapshot(system, levels_at(facts, at), facts.rubric_at(at), at, since is not None and since <= at)


def _snapshot(system: Listed, levels: Levels, rubric: Rubric, at: datetime, recorded: bool) -> Snapshot:
    """Without anything recorded by then, no test holds anything, and there is no score."""
    if not recorded:
        return Snapshot(system, Levels({}, {}), None)
    return Snapshot(system, levels, score_of(rubric, levels, at))
