"""How teams, tags and lifecycles stand beside each other: an organisation's figures, of each group of its systems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from assessments.entries import Listed
from assessments.models import Lifecycle
from rubric.definition import Category, Rubric
from scores.gaps import standing_by
from scores.moves import Whole, whole
from scores.snapshots import stands_at
from scores.stands import Stand, columns, held

Pair = Sequence[Stand | None]


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
    """One group at an instant and before.

    `systems` counts all in use, `after.at.systems` those that have a score of the rubric. `weakest` are the categories
    whose mean is the lowest share of what can be reached. `credited` is the share of tests that hold credit, in percent.
    """

    group: Group
    systems: int
    before: Whole
    after: Whole
    weakest: Sequence[Category]
    credited: Fraction | None

    @property
    def change(self) -> Fraction | None:
        """By how much the median changed; None where there is nothing to compare."""
        now, then = self.after.at.median, self.before.at.median
        return None if now is None or then is None else now - then


def roll_ups(systems: Sequence[Listed], rubric: Rubric, since: datetime, now: datetime) -> dict[By, list[RollUp]]:
    """Every grouping of these systems, by name, those without last; in one query where all states are kept.

    Retired systems are left out. Models must have their team loaded.
    """
    used = [system for system in systems if system.lifecycle != Lifecycle.RETIRED]
    pairs = stands_at(used, since, now)
    found = {}
    for by in By:
        groups: dict[Group, list[Pair]] = {}
        for system, pair in zip(used, pairs, strict=True):
            for group in _GROUPS[by](system):
                groups.setdefault(group, []).append(pair)
        found[by] = [
            _roll_up(rubric, group, since, now, members)
            for group, members in sorted(groups.items(), key=lambda each: (not each[0].key, each[0].name.casefold()))
        ]
    return found


def _roll_up(rubric: Rubric, group: Group, since: datetime, now: datetime, members: Sequence[Pair]) -> RollUp:
    before, after = (standing_by(rubric, [pair[place] for pair in members]) for place in range(2))
    at_last = whole(rubric, now, after)
    return RollUp(
        group=group,
        systems=len(members),
        before=whole(rubric, since, before),
        after=at_last,
        weakest=_weakest(rubric, at_last),
        credited=_credited(rubric, after),
    )


def _weakest(rubric: Rubric, found: Whole) -> list[Category]:
    shares = {key: mean / rubric.category_maximum(key) for key, mean in found.at.categories.items()}
    return [rubric.category_by_key[key] for key, share in shares.items() if share == min(shares.values())]


def _credited(rubric: Rubric, stands: Sequence[Stand]) -> Fraction | None:
    cells = len(stands) * len(rubric.tests)
    return Fraction(100 * held(columns(rubric, stands)), cells) if cells else None


def _teams(system: Listed) -> list[Group]:
    return [Group(system.team.slug, system.team.name) if system.team else Group("", "No team")]


def _tags(system: Listed) -> list[Group]:
    return [Group(tag, tag) for tag in system.tags] or [Group("", "No tag")]


def _lifecycles(system: Listed) -> list[Group]:
    return [Group(system.lifecycle, system.get_lifecycle_display())]


_GROUPS: dict[By, Callable[[Listed], list[Group]]] = {By.TEAM: _teams, By.TAG: _tags, By.LIFECYCLE: _lifecycles}
