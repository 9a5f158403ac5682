"""The score as a function of time: facts of one system in, states and step functions out.

`levels_at` reads one instant; `timeline` sweeps an interval once. Both see the same facts: the editions in force, the final
assessments and the spans of evidence. All instants are aware datetimes; this module reads no clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import groupby
from operator import itemgetter

from rubric.definition import Rubric
from rubric.levels import Level
from rubric.scoring import Tally, totals

# Names of the module are found much faster than members of an enumeration.
_NONE, _MANUAL, _AUTOMATED = Level


@dataclass(frozen=True, slots=True)
class Claims:
    """What one final assessment claims, from `effective_at` on; tests it does not name claim none."""

    effective_at: datetime
    levels: Mapping[str, Level]
    not_applicable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EvidenceSpan:
    """Evidence holds at least `level` for `test` in [starts_at, ends_at)."""

    test: str
    level: Level
    starts_at: datetime
    ends_at: datetime


Event = Rubric | Claims | tuple[str, Level, int]
"""What changes a state: another edition, an assessment, or a span of a test's level that begins (1) or ends (-1)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a system's score depends on.

    `editions` are (in force from, rubric) in order of time, the first from ever (None). `claims` ascend by `effective_at`;
    of equal ones the later recorded comes last. `spans` overlap only between levels of a test.
    """

    editions: Sequence[tuple[datetime | None, Rubric]]
    claims: Sequence[Claims] = ()
    spans: Sequence[EvidenceSpan] = ()

    def rubric_at(self, at: datetime) -> Rubric:
        """The edition in force at this instant."""
        return next(rubric for start, rubric in reversed(self.editions) if start is None or start <= at)


@dataclass(frozen=True, slots=True)
class Levels:
    """What is claimed and what is verified at one instant, and which tests are claimed not applicable."""

    claimed: Mapping[str, Level]
    verified: Mapping[str, Level]
    not_applicable: frozenset[str] = frozenset()

    @property
    def credited(self) -> dict[str, Level]:
        """The higher of both, test by test: what the score counts."""
        return {
            test: max(self.claimed.get(test, Level.NONE), self.verified.get(test, Level.NONE))
            for test in {*self.claimed, *self.verified}
        }

    @property
    def left_out(self) -> frozenset[str]:
        """The tests that the adjusted score leaves out: claimed not applicable, and nothing verified."""
        return frozenset(test for test in self.not_applicable if self.verified.get(test, Level.NONE) is Level.NONE)


@dataclass(frozen=True, slots=True)
class Point:
    """A step of a system's history: the state from `at` until the next point."""

    at: datetime
    rubric: str
    score: Fraction
    claimed: Fraction
    verified: Fraction
    categories: Mapping[str, Fraction]

    def __hash__(self) -> int:
        """By its instant and its scale, which tell nearly all points apart: what is drawn of one is remembered by it."""
        return hash((self.at, self.rubric))

    def same_state(self, other: Point) -> bool:
        """Whether nothing differs but the instant."""
        return (self.rubric, self.score, self.claimed, self.verified, self.categories) == (
            other.rubric,
            other.score,
            other.claimed,
            other.verified,
            other.categories,
        )


def levels_at(facts: Facts, at: datetime) -> Levels:
    """The claimed and verified levels at an instant, of every test that any fact names."""
    verified: dict[str, Level] = {}
    for span in facts.spans:
        if span.starts_at <= at < span.ends_at:
            verified[span.test] = max(span.level, verified.get(span.test, Level.NONE))
    newest = next((claims for claims in reversed(facts.claims) if claims.effective_at <= at), None)
    if newest is None:
        return Levels({}, verified)
    return Levels(newest.levels, verified, newest.not_applicable)


def point_at(facts: Facts, at: datetime) -> Point:
    """The state at an instant."""
    return _point(facts.rubric_at(at), levels_at(facts, at), at)


def timeline(facts: Facts, start: datetime, end: datetime) -> list[Point]:
    """The step function over [start, end]: the state at `start`, then every instant at which it changes."""
    return list(_changes(facts, start, end))


def _changes(facts: Facts, start: datetime, end: datetime) -> Iterator[Point]:
    sweep = _Sweep(facts.rubric_at(start), levels_at(facts, start))
    last = sweep.state()
    yield sweep.point(start)
    for at, happened in groupby(events(facts, start, end), key=itemgetter(0)):
        for _, event in happened:
            sweep.apply(event)
        state = sweep.state()
        if state != last:
            yield sweep.point(at)
            last = state


def events(facts: Facts, start: datetime, end: datetime) -> list[tuple[datetime, Event]]:
    """What happens in (start, end], in order; of equal instants claims keep their order."""
    found: list[tuple[datetime, Event]] = [
        (since, rubric) for since, rubric in facts.editions if since is not None and start < since <= end
    ]
    found += [(claims.effective_at, claims) for claims in facts.claims if start < claims.effective_at <= end]
    for span in facts.spans:
        if start < span.starts_at <= end:
            found.append((span.starts_at, (span.test, span.level, 1)))
        if start < span.ends_at <= end:
            found.append((span.ends_at, (span.test, span.level, -1)))
    return sorted(found, key=itemgetter(0))


class _Sweep:
    """The state that the sweep carries along, changed event by event: an event costs the same whatever the rubric's size."""

    __slots__ = ("claimed", "claims", "held", "rubric", "score", "verified")

    def __init__(self, rubric: Rubric, levels: Levels) -> None:
        self.rubric = rubric
        self.claims = levels.claimed
        self.held: dict[str, list[int]] = {}
        for test, level in levels.verified.items():
            self.held[test] = [int(lower <= level) for lower in Level]
        self._count()

    def _count(self) -> None:
        """Count all three totals anew."""
        verified = {test: _highest(held) for test, held in self.held.items()}
        self.score = Tally(self.rubric, Levels(self.claims, verified).credited)
        self.claimed = Tally(self.rubric, self.claims)
        self.verified = Tally(self.rubric, verified)

    def apply(self, event: Event) -> None:
        if isinstance(event, tuple):
            self._hold(*event)
            return
        if isinstance(event, Claims):
            self.claims = event.levels
        else:
            self.rubric = event
        self._count()

    def _hold(self, test: str, level: Level, change: int) -> None:
        """A span of this level begins (1) or ends (-1)."""
        held = self.held.setdefault(test, [1, 0, 0])
        held[level] += change
        verified = _highest(held)
        self.verified.change(test, verified)
        self.score.change(test, max(verified, self.claims.get(test, _NONE)))

    def state(self) -> tuple[str, tuple[int, ...], int, int]:
        """What a point shows besides its instant, in whole numbers."""
        return self.rubric.key, self.score.values, self.claimed.lowest, self.verified.lowest

    def point(self, at: datetime) -> Point:
        return Point(
            at=at,
            rubric=self.rubric.key,
            score=self.score.score,
            claimed=self.claimed.score,
            verified=self.verified.score,
            categories=self.score.categories,
        )


def _highest(held: Sequence[int]) -> Level:
    """The highest level that any span holds; `held` counts spans by level."""
    return _AUTOMATED if held[2] > 0 else _MANUAL if held[1] > 0 else _NONE


def _point(rubric: Rubric, levels: Levels, at: datetime) -> Point:
    score = totals(rubric, levels.credited)
    return Point(
        at=at,
        rubric=rubric.key,
        score=score.score,
        claimed=totals(rubric, levels.claimed).score,
        verified=totals(rubric, levels.verified).score,
        categories=score.categories,
    )
