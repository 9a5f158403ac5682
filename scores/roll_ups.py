"""How teams, tags and lifecycles stand beside each other: an organisation's figures, of each group of its systems."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from assessments.entries import Listed
from assessments.models import Lifecycle
from rubric.definition import Category, Rubric
from rubric.once import Once, once
from rubric.scoring import units_of
from scores.crowd import quantiles, totals
from scores.lapses import in_use
from scores.snapshots import stands_at
from scores.stands import Stand, proof

HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)


class By(StrEnum):
    """What systems are grouped by; a system with several tags stands in each of their groups."""

    TEAM = "team"
    TAG = "tag"
    LIFECYCLE = "lifecycle"


class Group(NamedTuple):
    """A group's key (a team's slug, a tag, a lifecycle; '' for systems without) and its name."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class RollUp:
    """One group at an instant; `change` is by how much its median changed since an earlier one, None without that.

    `systems` counts all in use, `assessed` those that have a score of the rubric; without any of these the other figures
    are None. `weakest` are the categories whose mean is the lowest share of what can be reached. `verified_share` is in
    percent of the credited points, None without any; `credited` is the share of tests that hold credit, in percent.
    """

    group: Group
    systems: int
    assessed: int
    q1: Fraction | None = None
    median: Fraction | None = None
    q3: Fraction | None = None
    change: Fraction | None = None
    weakest: Sequence[Category] = ()
    verified_share: Fraction | None = None
    credited: Fraction | None = None


class _Row(NamedTuple):
    """What is summed up of a system: its stand's numbers, in the rubric's units, and what its digits say."""

    score: int
    held: int
    proved: int
    points: tuple[int, ...]


def roll_ups(
    systems: Sequence[Listed], rubric: Rubric, since: datetime, now: datetime
) -> Mapping[By, Sequence[RollUp]]:
    """Every grouping of these systems, by name, those without last; in one query where all states are kept.

    Retired systems are left out. Models must have their team loaded.
    """
    used = in_use(once(systems))
    return _rolled_up(used, rubric, stands_at(used, since, now))


@lru_cache(maxsize=16)
def _rolled_up(
    systems: Once[Listed], rubric: Rubric, pairs: Once[Sequence[Stand | None]]
) -> Mapping[By, Sequence[RollUp]]:
    rows = [_row(rubric, after) for _, after in pairs]
    before = [None if then is None or then.rubric != rubric.key else then.score for then, _ in pairs]
    found = {}
    for by in By:
        groups: dict[Any, list[int]] = {}
        for place, system in enumerate(systems):
            for key in _KEYS[by](system):
                groups.setdefault(key, []).append(place)
        rolled = [
            _roll_up(rubric, _NAMED[by](key), [rows[place] for place in members], [before[place] for place in members])
            for key, members in groups.items()
        ]
        found[by] = sorted(rolled, key=lambda each: (not each.group.key, each.group.name.casefold()))
    return found


def _row(rubric: Rubric, stand: Stand | None) -> _Row | None:
    if stand is None or stand.rubric != rubric.key:
        return None
    held, proved = proof(stand.rubric, stand.editions, stand.tests)
    return _Row(stand.score, held, proved, stand.points)


def _roll_up(rubric: Rubric, group: Group, members: Sequence[_Row | None], before: Sequence[int | None]) -> RollUp:
    rows = [row for row in members if row is not None]
    if not rows:
        return RollUp(group, len(members), 0)
    parts = units_of(rubric).score
    scores, held, proved, earned = zip(*rows, strict=True)
    q1, median, q3 = quantiles(sorted(scores), parts, QUARTER, HALF, 3 * QUARTER)
    earlier = sorted([score for score in before if score is not None])
    points = totals(earned, len(rubric.categories))
    return RollUp(
        group=group,
        systems=len(members),
        assessed=len(rows),
        q1=q1,
        median=median,
        q3=q3,
        change=median - quantiles(earlier, parts, HALF)[0] if earlier else None,
        weakest=_weakest(rubric, points),
        verified_share=Fraction(100 * sum(proved), sum(points)) if any(points) else None,
        credited=Fraction(100 * sum(held), len(rows) * len(rubric.tests)),
    )


def _weakest(rubric: Rubric, points: Sequence[int]) -> list[Category]:
    """Of the sums of all categories, those that are the lowest share of their maxima."""
    shares = [earned / maximum for earned, maximum in zip(points, _maxima(rubric), strict=True)]
    return [category for category, share in zip(rubric.categories, shares, strict=True) if share == min(shares)]


@lru_cache
def _maxima(rubric: Rubric) -> tuple[Fraction, ...]:
    return tuple(rubric.category_maximum(category.key) for category in rubric.categories)


def _teams(system: Listed) -> Sequence[tuple[str, str]]:
    return ((system.team.slug, system.team.name),) if system.team else (("", "No team"),)


def _tags(system: Listed) -> Sequence[str]:
    return system.tags or ("",)


def _lifecycles(system: Listed) -> Sequence[str]:
    return (system.lifecycle,)


_KEYS: dict[By, Callable[[Listed], Sequence[Any]]] = {By.TEAM: _teams, By.TAG: _tags, By.LIFECYCLE: _lifecycles}
_NAMED: dict[By, Callable[[Any], Group]] = {
    By.TEAM: lambda team: Group(*team),
    By.TAG: lambda tag: Group(tag, tag or "No tag"),
    By.LIFECYCLE: lambda lifecycle: Group(lifecycle, str(Lifecycle(lifecycle).label)),
}
