"""All facts of a system and what they alone make, remembered by the text that holds them.

Whoever follows a system through time asks for its whole history again and again, of which hardly anything changes meanwhile.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from django.db.models.expressions import RawSQL

from accounts.statements import VENDOR
from accounts.texts import array, gathered, instant
from assessments.claims import thaw
from assessments.models import Assessment, System
from evidence.rules_of import Rules
from rubric.definition import Rubric
from rubric.levels import Level
from rubric.moment import Moment
from rubric.once import Once
from rubric.reported import Reported, reported
from rubric.timeline import EvidenceSpan, Facts, Point, levels_at, timeline
from scores.evidence_of import NewestResult, fold_health
from scores.facts import editions_of
from scores.marks import Event, lapse_events
from scores.reading import LAST, explained_by, next_falls
from scores.runs_of import RunCount, run_counts
from scores.score import FullScore, Health, Score
from scores.trends import first_fact

LONGEST = 50_000
"""Texts of more characters are read anew each time, so that what is remembered stays small."""

_LEVELS = tuple(Level)
_rows = msgspec.json.Decoder(list[tuple[str, int, datetime, datetime]]).decode

Frozen = tuple[datetime, tuple[tuple[str, Any], ...]]
"""A final assessment's claims as they are stored, and from when on they hold."""


class Whole:
    """All facts of a system and the history that they make. What was made of the same text is one object, never changed.

    `first_run_at` is when its earliest result was observed, `since` when the first fact happened. `points` is the history
    from then on, lapses to come included, and empty without any fact; `lapses` are those that charts mark. What it is
    compared with stands at one of its `edges`, ascending. Unless it is `lasting` nothing that is made of it is remembered.
    """

    def __init__(self, facts: Facts, first_run_at: datetime | None, *, lasting: bool = True) -> None:
        self.facts, self.first_run_at, self.lasting = facts, first_run_at, lasting
        self.since = first_fact(facts, first_run_at)
        self.points: tuple[Point, ...] = () if self.since is None else tuple(timeline(facts, self.since, LAST))
        self.lapses: tuple[Event, ...] = tuple(lapse_events(facts, LAST))
        self.instants = [point.at for point in self.points]
        edges = {at for span in facts.spans for at in (span.starts_at, span.ends_at)}
        edges |= {claims.effective_at for claims in facts.claims}
        edges |= {start for start, _ in facts.editions if start is not None}
        self.edges = sorted(edges if self.since is None else edges | {self.since})

    def until(self, at: datetime) -> tuple[Point, ...]:
        """The history up to `at` (aware)."""
        count = bisect_right(self.instants, at)
        return _first(self, count) if self.lasting else self.points[:count]

    def over(self, start: datetime, end: datetime) -> tuple[Point, ...]:
        """The step function over [start, end]: the state at `start`, then every instant at which it changes."""
        if self.since is None or start < self.since:
            return tuple(timeline(self.facts, start, end))
        if start == self.since:
            return self.until(end)
        first = bisect_right(self.instants, start)
        return (replace(self.points[first - 1], at=start), *self.points[first : bisect_right(self.instants, end)])

    def reported(self, rubric: Rubric) -> Reported:
        """From when on the numbers of this rubric rest on anything."""
        return (_reported if self.lasting else _reported.__wrapped__)(self, rubric)


def whole_of(system: System, held: str | None, finals: Iterable[Assessment], first_run_at: datetime | None) -> Whole:
    """All facts of a system, of which `held_spans` answered this; `finals` are its final assessments, ascending."""
    claims = tuple(
        [(each.effective_at, tuple((each.claims or {}).items())) for each in finals if each.effective_at is not None]
    )
    return made_of(held, claims, tuple(editions_of(system.editions)), first_run_at)


def held_spans() -> RawSQL:
    """In a query of systems, the spans of the generation that each points to, as its rules do: arrays, divided by commas."""
    columns = array(VENDOR, "test", "level", instant(VENDOR, "starts_at"), instant(VENDOR, "ends_at"))
    rows = f"SELECT {columns} AS row FROM evidence_span WHERE {OWN_SPANS} ORDER BY evidence_span.id"
    return RawSQL(gathered(VENDOR, rows), ())


OWN_SPANS = "system_id = assessments_system.id AND generation = assessments_system.generation"


def made_of(
    held: str | None,
    claims: tuple[Frozen, ...],
    editions: tuple[tuple[datetime | None, Rubric], ...],
    first_run_at: datetime | None,
) -> Whole:
    """All that these facts make; `held` is what `held_spans` answers, and `claims` ascend."""
    text = f"[{held or ''}]"
    make = _whole if len(text) <= LONGEST else _whole.__wrapped__
    return make(text, claims, editions, first_run_at)


@lru_cache(maxsize=64)
def _whole(
    text: str,
    claims: tuple[Frozen, ...],
    editions: tuple[tuple[datetime | None, Rubric], ...],
    first_run_at: datetime | None,
) -> Whole:
    held = [EvidenceSpan(test, _LEVELS[level], start, end) for test, level, start, end in _rows(text)]
    facts = Facts(editions, [thaw(dict(stored), at) for at, stored in claims], held)
    return Whole(facts, first_run_at, lasting=len(text) <= LONGEST)


@lru_cache(maxsize=64)
def _first(whole: Whole, count: int) -> tuple[Point, ...]:
    return whole.points[:count]


@lru_cache(maxsize=64)
def _reported(whole: Whole, rubric: Rubric) -> Reported:
    return reported(whole.facts, rubric, whole.first_run_at)


def explained_at(system: int, rules: Rules, whole: Whole, at: datetime, newest: Sequence[NewestResult]) -> FullScore:
    """The score at `at` of the system of this id with all that explains it, in one query.

    Its evidence was counted by `rules`; `newest` is what its checks' newest results are.
    Its tests and its categories are the same tuples as long as nothing in them differs.
    """
    rubric = whole.facts.rubric_at(at)
    # Each run that counts began a span or lengthened one, so other tests need no search.
    ran = {span.test for span in whole.facts.spans if span.starts_at <= at}
    counts = run_counts(system, rules, [test for test in rubric.tests if test in ran], at)
    healths = fold_health(newest, rules, at)
    moment = Moment.among(at, at, (whole.edges, ()))
    explain = _explained if whole.lasting else _explained.__wrapped__
    known = explain(whole, rubric, moment, _Counts(counts), tuple(healths.items()))
    total = Score(rubric, at, known.total.score, known.total.claimed, known.total.verified, known.total.band)
    return FullScore(total, known.adjusted, known.categories, known.tests)


class _Counts:
    """What was counted of the runs of each test, equal where all of it is."""

    __slots__ = ("by_test", "values")

    def __init__(self, by_test: dict[str, RunCount]) -> None:
        self.by_test = by_test
        self.values = [(test, count.runs, count.last_run_at) for test, count in by_test.items()]

    def __hash__(self) -> int:
        return hash(tuple(self.values))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Counts) and self.values == other.values


@lru_cache(maxsize=256)
def _explained(
    whole: Whole, rubric: Rubric, moment: Moment, counts: _Counts, healths: tuple[tuple[str, Health], ...]
) -> FullScore:
    levels, falls = levels_at(whole.facts, moment.at), next_falls(whole.facts, moment.at)
    full = explained_by(rubric, levels, moment.at, counts.by_test, falls, dict(healths))
    return FullScore(full.total, full.adjusted, Once(full.categories), Once(full.tests))
