"""How all systems of an organisation stand: one row a system, and the figures of those that share a rubric."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property, lru_cache
from operator import attrgetter

from assessments.entries import Entry, Listed
from rubric.definition import Band, Rubric
from rubric.loader import DEFAULT, builtin
from rubric.once import Once, once
from rubric.scoring import Totals
from scores.crowd import Crowd
from scores.lapses import Ahead
from scores.score import Score
from scores.tallied import Tallied

COMPARED = timedelta(days=90)
"""How far back rows and figures compare."""


@dataclass(frozen=True)
class Standing:
    """One system as the organisation sees it at `now`.

    `score` and `before` (the score COMPARED ago) are None where nothing was recorded by then; `change` is None where there is
    nothing to compare, or on another scale. `state` and `earlier` are what is counted at both. `failing` counts
    checks, `lapsing` tests whose verified level falls soon, and `falls_at` is when one does first (None: none is held).
    `lapsed` counts those whose evidence holds less than before and still claim more, or fell within COMPARED. `ahead` is
    what lapses within HORIZON, nothing for retired systems.
    """

    system: Listed
    score: Score | None
    before: Score | None
    change: Fraction | None
    verified_soon: Fraction
    assessed_at: datetime | None
    review_due: bool
    failing: int
    lapsing: int
    falls_at: datetime | None
    lapsed: int
    ahead: Ahead
    state: Tallied | None = field(compare=False)
    earlier: Tallied | None = field(compare=False)

    @property
    def at_risk(self) -> int:
        """The tests whose evidence lapsed or is about to."""
        return self.lapsing + self.lapsed

    @cached_property
    def signs(self) -> int:
        """How many signs of trouble there are: a score that fell, failing checks, evidence at risk, a review that is due."""
        return sum([self.direction < 0, self.failing > 0, self.at_risk > 0, self.review_due])

    @cached_property
    def direction(self) -> int:
        """1 where the score rose, -1 where it fell, 0 where it did neither or there is nothing to compare."""
        change = self.change
        return 0 if change is None else (change > 0) - (change < 0)

    @cached_property
    def furthest(self) -> tuple[float, str]:
        """Sorts by how far the score moved, furthest first, then by name."""
        return -abs(float(self.change or 0)), self.system.name.casefold()

    @cached_property
    def lowering(self) -> bool:
        """Whether the verified score falls soon if nothing arrives."""
        return self.score is not None and self.verified_soon < self.score.verified.score

    @cached_property
    def by_proof(self) -> tuple[bool, str]:
        """Sorts those first whose band evidence proves, then by name."""
        return not band_is_proved(self), self.system.name.casefold()

    @cached_property
    def attention(self) -> tuple[bool, bool, int, int, float, str]:
        """Sorts by what needs attention: how many signs of trouble there are, then how much of it, then the lowest score.

        Systems that are not assessed come last but for retired ones.
        """
        score = self.score.score.score if self.score else Fraction(0)
        retired = self.system.retired_at is not None
        return (
            retired,
            self.score is None,
            -self.signs,
            -(self.failing + self.at_risk),
            float(score),
            self.system.name.casefold(),
        )


def review_is_due(system: Listed, assessed_at: datetime | None, at: datetime) -> bool:
    """Whether the newest final assessment is older than the organisation's review interval, or there is none."""
    return assessed_at is None or at - assessed_at > review_interval(system)


def review_interval(system: Listed) -> timedelta:
    """How old the newest assessment may be."""
    asked = system if isinstance(system, Entry) else system.organisation
    return timedelta(days=asked.review_interval_days)


def main_rubric(systems: Sequence[Listed], at: datetime | None = None) -> Rubric:
    """The rubric that most of these systems are scored by; the default one of equals, and without any system.

    With `at` (aware) those in force at that instant.
    """
    return _main_rubric(once(systems)) if at is None else most_used(system.edition_at(at) for system in systems)


@lru_cache(maxsize=64)
def _main_rubric(systems: Once[Listed]) -> Rubric:
    return most_used(system.rubric for system in systems)


def most_used(keys: Iterable[str]) -> Rubric:
    """The rubric that most of these keys name; the default one of equals, and without any."""
    used = Counter(keys)
    key = min(used, key=lambda key: (-used[key], key != DEFAULT, key), default=DEFAULT)
    return builtin()[key]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and what it was COMPARED ago; None where there was nothing."""

    value: Fraction | None
    before: Fraction | None

    @property
    def change(self) -> Fraction | None:
        return None if self.value is None or self.before is None else self.value - self.before


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the systems in use that one rubric scores.

    `verified_share` is the share of all credited points that fresh runs prove, in percent. `above` counts the systems with
    at least `edge`'s band. `lowering` counts the systems whose verified score falls soon if nothing arrives.
    """

    rubric: Rubric
    systems: int
    median: Figure
    verified_share: Figure
    edge: Band | None
    above: Figure
    failing: int
    failing_systems: int
    lapsing: int
    lapsed: int
    lowering: int
    by_band: Mapping[str, Sequence[Standing]]
    limiting: Mapping[str, int]
    unassessed: int


def figures(rubric: Rubric, rows: Sequence[Standing]) -> Figures:
    """The figures of the rows that this rubric scores; retired systems count in none of them."""
    return _figures(rubric, once(rows))


@lru_cache(maxsize=16)
def _figures(rubric: Rubric, rows: Once[Standing]) -> Figures:
    used = [row for row in rows if row.system.retired_at is None and row.system.rubric == rubric.key]
    scored = [row for row in used if row.score is not None]
    scores = [row.score for row in scored if row.score is not None]
    before = [row.before for row in used if row.before is not None and row.before.rubric is rubric]
    now = [row.state for row in scored if row.state is not None]
    then = [row.earlier for row in used if row.earlier is not None and row.earlier.score.rubric is rubric]
    return Figures(
        rubric=rubric,
        systems=len(scored),
        median=Figure(_median(rubric, now), _median(rubric, then)),
        verified_share=Figure(verified_share(now), verified_share(then)),
        edge=middle_band(rubric),
        above=Figure(_reaching(rubric, scores), _reaching(rubric, before) if before else None),
        failing=sum([row.failing for row in used]),
        failing_systems=sum([row.failing > 0 for row in used]),
        lapsing=sum([row.lapsing for row in used]),
        lapsed=sum([row.lapsed for row in used]),
        lowering=sum([row.lowering for row in used]),
        by_band=_by_band(rubric, scored),
        limiting=_limiting(rubric, [score.score for score in scores]),
        unassessed=len(used) - len(scored),
    )


def _median(rubric: Rubric, states: Sequence[Tallied]) -> Fraction | None:
    faces = [state.face for state in states]
    return Crowd.of(rubric, faces).quantiles("score", Fraction(1, 2))[0] if faces else None


def verified_share(states: Sequence[Tallied]) -> Fraction | None:
    """The share of all credited points that fresh runs prove, in percent, of states of one rubric; None without credit."""
    credited = sum([state.credited for state in states])
    return Fraction(100 * sum([state.proved for state in states]), credited) if credited else None


def _reaching(rubric: Rubric, scores: Sequence[Score]) -> Fraction:
    return Fraction(sum([reaches(rubric, score) for score in scores]))


def middle_band(rubric: Rubric) -> Band | None:
    """The band in the middle, which figures count from; None without bands."""
    return rubric.bands[len(rubric.bands) // 2] if rubric.bands else None


def reaches(rubric: Rubric, score: Score | None) -> bool:
    """Whether a score lies in the middle band or above it; without bands, at half of the highest score or above."""
    edge = middle_band(rubric)
    if score is None or edge is None:
        return score is not None and score.score.score >= rubric.maximum / 2
    return score.band is not None and score.band.key in _upper(rubric)


@lru_cache
def _upper(rubric: Rubric) -> frozenset[str]:
    """The keys of the middle band and of those above it."""
    return frozenset([band.key for band in rubric.bands[len(rubric.bands) // 2 :]])


def _by_band(rubric: Rubric, rows: Sequence[Standing]) -> dict[str, list[Standing]]:
    """The systems of each band, those that evidence proves first."""
    found: dict[str, list[Standing]] = {band.key: [] for band in rubric.bands}
    for row in sorted(rows, key=attrgetter("by_proof")):
        if row.score is not None and row.score.band is not None:
            found[row.score.band.key].append(row)
    return found


def band_is_proved(row: Standing) -> bool:
    """Whether fresh runs alone reach the band that the system's score lies in."""
    return row.state is not None and row.state.band_is_proved


def _limiting(rubric: Rubric, scores: Sequence[Totals]) -> dict[str, int]:
    """How many systems each category limits, most first."""
    counted = Counter([category for score in scores for category in score.limiting])
    keys = [category.key for category in rubric.categories]
    return {key: counted[key] for key in sorted(keys, key=lambda key: -counted[key])}
