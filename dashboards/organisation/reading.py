"""What the organisation's pages have in common: its systems, the choices of their filters, and the rubric they compare by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from assessments.entries import Listed
from assessments.models import Lifecycle
from dashboards.organisation.filters import ALL, IN_USE, WITHOUT
from rubric.definition import Rubric
from rubric.loader import builtin
from rubric.once import Once, once
from scores.overview import main_rubric

LIFECYCLES = [(IN_USE, "In use"), *Lifecycle.choices, (ALL, "All")]


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """What the filters offer: slug and name of each team that has a system, tags, and lifecycles. It equals itself alone.

    `teamless` and `untagged` say whether there are systems without; WITHOUT asks for these.
    """

    teams: Sequence[tuple[str, str]]
    tags: Sequence[str]
    lifecycles: Sequence[tuple[str, str]]
    teamless: bool
    untagged: bool
    without: str = WITHOUT

    @classmethod
    def of(cls, systems: Sequence[Listed]) -> Choices:
        return _choices(once(systems))


@lru_cache(maxsize=64)
def _choices(systems: Once[Listed]) -> Choices:
    teams = {team.slug: team.name for team in {system.team for system in systems} if team is not None}
    tags = {tuple(system.tags) for system in systems}
    return Choices(
        teams=sorted(teams.items(), key=lambda team: team[1].casefold()),
        tags=sorted({tag for each in tags for tag in each}, key=str.casefold),
        lifecycles=LIFECYCLES,
        teamless=any(system.team is None for system in systems),
        untagged=() in tags,
    )


def rubrics_of(systems: Sequence[Listed], at: datetime) -> tuple[Rubric, ...]:
    """The editions that score these systems at an instant, in the order in which they were published."""
    used = set(_in_force(once(systems), at).values())
    return tuple([rubric for key, rubric in builtin().items() if key in used])


def scored_by(rubric: Rubric, systems: Once[Listed], at: datetime) -> Once[Listed]:
    """Those of these systems whose edition in force at an instant is this one."""
    in_force = _in_force(systems, at)
    return _with_histories(systems, frozenset([own for own, key in in_force.items() if key == rubric.key]))


@lru_cache(maxsize=64)
def _with_histories(systems: Once[Listed], histories: frozenset[int]) -> Once[Listed]:
    """Those of these systems whose editions are these objects."""
    return Once(system for system in systems if id(system.editions) in histories)


@lru_cache(maxsize=64)
def now_by(rubric: Rubric, systems: Once[Listed]) -> Once[Listed]:
    """Those of these systems that this rubric scores at present."""
    return Once(system for system in systems if system.rubric == rubric.key)


def _in_force(systems: Once[Listed], at: datetime) -> dict[int, str]:
    """The edition in force by each history of editions; entries share these."""
    return {id(system.editions): system.edition_at(at) for system in _one_of_each(systems)}


@lru_cache(maxsize=64)
def _one_of_each(systems: Once[Listed]) -> list[Listed]:
    return list({id(system.editions): system for system in systems}.values())


def chosen_rubric(asked: str, systems: Sequence[Listed]) -> Rubric:
    """The rubric asked for; the one that most systems are scored by where none is, or an unknown one."""
    return builtin().get(asked) or main_rubric(systems)
