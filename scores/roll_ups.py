"""How teams, tags and lifecycles stand beside each other: an organisation's figures, of each group of its systems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from assessments.models import System
from rubric.definition import Category, Rubric
from scores.gaps import scored_by
from scores.moves import Whole, whole
from scores.snapshots import Snapshot, snapshots_at


class By(StrEnum):
    """What systems are grouped by; a system with several tags stands in each of their groups."""

    TEAM = "team"
    TAG = "tag"
    LIFECYCLE = "lifecycle"


@dataclass(frozen=True, slots=True)
class Group:
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


def roll_ups(systems: Sequence[System], rubric: Rubric, since: datetime, now: datetime) -> dict[By, list[RollUp]]:
    """Every grouping of these systems, by name, those without last; in six queries, one where all
    states are kept. Retired systems are left out.

    Systems must have their team loaded.
    """
    used = [system for system in systems if system.retired_at is None]
    before, after = ({row.system.pk: row for row in rows} for rows in snapshots_at(used, since, now))
    found = {}
    for by in By:
        groups: dict[Group, list[int]] = {}
        for system in used:
            for group in _GROUPS[by](system):
                groups.setdefault(group, []).append(system.pk)
        found[by] = [
            _roll_up(rubric, group, since, [before[pk] for pk in members], now, [after[pk] for pk in members])
            for group, members in sorted(groups.items(), key=lambda each: (not each[0].key, each[0].name.casefold()))
        ]
    return found


def _roll_up(
    rubric: Rubric,
    group: Group,
    since: datetime,
    before: Sequence[Snapshot],
    now: datetime,
    after: Sequence[Snapshot],
) -> RollUp:
    at_last = whole(rubric, now, after)
    return RollUp(
        group=group,
        systems=len(after),
        before=whole(rubric, since, before),
        after=at_last,
        weakest=_weakest(rubric, at_last),
        credited=_credited(rubric, scored_by(rubric, after)),
    )


def _weakest(rubric: Rubric, found: Whole) -> list[Category]:
    shares = {key: mean / rubric.category_maximum(key) for key, mean in found.at.categories.items()}
    return [rubric.category_by_key[key] for key, share in shares.items() if share == min(shares.values())]


def _credited(rubric: Rubric, rows: Sequence[Snapshot]) -> Fraction | None:
    held = sum(row.tallied.held for row in rows)
    return Fraction(100 * held, len(rows) * len(rubric.tests)) if rows else None


def _teams(system: System) -> list[Group]:
    return [Group(system.team.slug, system.team.name) if system.team else Group("", "No team")]


def _tags(system: System) -> list[Group]:
    return [Group(tag, tag) for tag in system.tags] or [Group("", "No tag")]


def _lifecycles(system: System) -> list[Group]:
    return [Group(system.lifecycle, system.get_lifecycle_display())]


_GROUPS: dict[By, Callable[[System], list[Group]]] = {By.TEAM: _teams, By.TAG: _tags, By.LIFECYCLE: _lifecycles}
