"""What each page about all systems shows below its views, but for the instants. No queries, no clock, no markup.

It is remembered by these values, see `dashboards/templatetags/parts.py`: each is plain, or equals itself alone and is one
object as long as nothing in it changes. `organisation` is a slug, `systems` tells whether there are any, `wanted` what the
reader asked for, and `others` how many of these another rubric scores. Days are written `2026-11-03`, `today` among them.
"""

from __future__ import annotations

from typing import NamedTuple

from dashboards.organisation.filters import SORTS, Filter
from dashboards.organisation.gap_presenters import GapPage
from dashboards.organisation.heat_presenters import HeatMap
from dashboards.organisation.heat_query import GROUPS, HeatQuery
from dashboards.organisation.heat_query import SORTS as HEAT_SORTS
from dashboards.organisation.moved_presenters import LapsesPage, MovesPage, RollUpTable
from dashboards.organisation.presenters import Overview
from dashboards.organisation.reading import Choices
from rubric.definition import Rubric
from rubric.once import Once
from scores.lapses import HORIZON


class Whole(NamedTuple):
    """The overview. `name` is the organisation's; `listed` counts all systems, `shown` those that were asked for.

    `only` is the figure behind which the systems of the table stand, as the address names it, and `query` all that the
    address asks for but for the page.
    """

    organisation: str
    name: str
    listed: int
    shown: int
    wanted: Filter
    choices: Choices
    only: str
    query: str
    may_assess: bool
    page: Overview
    sorts: tuple[tuple[str, str], ...] = tuple(SORTS.items())
    horizon: int = HORIZON.days


class Since(NamedTuple):
    """What moved since a day, or teams, tags and lifecycles beside each other."""

    organisation: str
    systems: bool
    wanted: Filter
    choices: Choices
    query: str
    rubric: Rubric
    rubrics: tuple[Rubric, ...]
    others: int
    since_day: str
    today: str
    page: MovesPage | Once[RollUpTable]


class Lapsing(NamedTuple):
    """What lapses until a day."""

    organisation: str
    systems: bool
    wanted: Filter
    choices: Choices
    query: str
    until_day: str
    today: str
    page: LapsesPage


class Heat(NamedTuple):
    """The heat map but for the rows of its systems; `day` is empty at present."""

    organisation: str
    systems: bool
    wanted: HeatQuery
    choices: Choices
    rubrics: tuple[Rubric, ...]
    others: int
    past: bool
    day: str
    page: HeatMap
    groups: tuple[tuple[str, str], ...] = tuple(GROUPS.items())
    sorts: tuple[tuple[str, str], ...] = tuple(HEAT_SORTS.items())


class Gaps(NamedTuple):
    """What systems lack in common; `day` is empty at present."""

    organisation: str
    systems: bool
    wanted: HeatQuery
    choices: Choices
    rubrics: tuple[Rubric, ...]
    others: int
    past: bool
    day: str
    page: GapPage
