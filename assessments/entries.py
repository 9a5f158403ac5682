"""Systems as pages of many know them: plain values, as making models of a thousand takes longer than all that pages show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import msgspec
from django.db.models import TextField
from django.db.models.functions import Cast

from accounts.instants import from_sql
from accounts.models import Membership, Token
from accounts.statements import VENDOR
from accounts.texts import array, joined, read
from assessments.models import System
from assessments.models.core import edition_in_force
from rubric.once import Once

ANY, ANY_SYSTEM, ANY_SLUG = -1, -2, "stands for slug {}"
PLAIN = 10
"""How many of the columns a system's row begins with."""
Editions: TypeAlias = Sequence[Mapping[str, str | None]]


class Team(NamedTuple):
    """What is shown of a team."""

    slug: str
    name: str


class Owner(NamedTuple):
    """What an owner is found by."""

    name: str
    email: str


class Entry(NamedTuple):
    """A system, with those attributes of its model that lists need; windows and reviews, in days, are its organisation's."""

    pk: int
    generation: int
    slug: str
    name: str
    lifecycle: str
    rubric: str
    retired_at: datetime | None
    window_days: int
    review_interval_days: int
    target_score: float | None
    team: Team | None
    owner: Owner | None
    tags: Sequence[str]
    windows: Mapping[str, int]
    editions: Editions
    edition_keys: tuple[str, ...]

    def edition_at(self, at: datetime) -> str:
        """The key of the rubric edition in force at this instant."""
        return edition_in_force(self.editions, at)


Listed: TypeAlias = Entry | System


def entries_of(reader: Membership | Token) -> Once[Entry]:
    """The systems that the reader may see, by name, in one statement."""
    return _entries(_read(reader, ()))


def entries_named(reader: Membership | Token, slugs: Sequence[str]) -> Once[Entry]:
    """Those of them that have one of these slugs, of which there is at least one."""
    return _few_entries(_read(reader, slugs))


def _read(reader: Membership | Token, slugs: Sequence[str]) -> str:
    bound = reader.system_id if isinstance(reader, Token) else None
    sql, parameters = _statement(bound is not None, len(slugs))
    asked = {ANY: reader.organisation_id, ANY_SYSTEM: bound}
    named = {ANY_SLUG.format(place): slug for place, slug in enumerate(slugs)}
    return read(sql, [named[value] if isinstance(value, str) else asked[value] for value in parameters])


# Names and settings change seldom: of a thousand systems not once between most requests.
@lru_cache(maxsize=16)
def _entries(text: str) -> Once[Entry]:
    return Once(_entry(bytes(row)) for row in _rows(text))


# Short lists must not push out the long ones.
_few_entries = lru_cache(maxsize=64)(_entries.__wrapped__)


# Where one system is named anew, the others are what they were, and so is what is remembered of them.
@lru_cache(maxsize=4096)
def _entry(row: bytes) -> Entry:
    values = _values(row)
    pk, generation, slug, name, lifecycle, rubric, retired_at, window_days, review_days, target = values[:PLAIN]
    team, team_name, owner_name, owner, tags, windows, editions = values[PLAIN:]
    return Entry(
        *(pk, generation, slug, name, lifecycle, rubric, from_sql(retired_at), window_days, review_days),
        None if target is None else float(target),
        None if team is None else _team(team, team_name),
        None if owner is None else Owner(owner_name, owner),
        _tags(tags),
        _windows(windows),
        *_editions(editions),
    )


_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_values = msgspec.json.Decoder(tuple[Any, ...]).decode


@lru_cache
def _statement(bound: bool, named: int) -> tuple[str, Sequence[int | str]]:
    """What Django makes of the query, which takes it longer than the database to answer; and what stands for its values."""
    reader = Token(organisation_id=ANY, system_id=ANY_SYSTEM if bound else None)
    seen = System.objects.visible_to(reader)
    if named:
        seen = seen.filter(slug__in=[ANY_SLUG.format(place) for place in range(named)])
    rows = seen.values_list(
        *("pk", "generation", "slug", "name", "lifecycle", "rubric"),
        *("retired_at", "organisation__window_days", "organisation__review_interval_days", "target_score"),
        *("team__slug", "team__name", "owner__name", "owner__email"),
        *(Cast("tags", TextField()), Cast("windows", TextField()), Cast("editions", TextField())),
    )
    sql, parameters = rows.query.sql_with_params()
    names = [*rows.query.values_select, *rows.query.annotation_select]
    columns = array(VENDOR, *(f'e."{name}"' for name in names))
    return joined(VENDOR, f"SELECT {columns} AS row FROM ({sql}) AS e"), parameters


def edition_changes(system: Listed) -> list[datetime]:
    """When the system moved to another edition, ascending."""
    return [datetime.fromisoformat(str(edition["from"])) for edition in system.editions[1:]]


def models_of(systems: Sequence[Listed]) -> list[System]:
    """Their models in the same order, with organisation and team, read in one statement where any is missing.

    Systems that are gone meanwhile are left out.
    """
    wanted = [system.pk for system in systems if not isinstance(system, System)]
    if not wanted:
        return [system for system in systems if isinstance(system, System)]
    read = System.objects.select_related("organisation", "team").in_bulk(wanted)
    found = [(system if isinstance(system, System) else read.get(system.pk), system) for system in systems]
    return [as_listed(model, system) for model, system in found if model is not None]


def as_listed(model: System, listed: Listed) -> System:
    """A model that was read after its system was listed, with the spans and the windows that were in force then.

    A change of rules may have been swapped in between. The model's organisation must not be shared with others.
    """
    model.generation, model.windows = listed.generation, dict(listed.windows)
    if isinstance(listed, System):
        model.counted_branch, model.organisation = listed.counted_branch, listed.organisation
    else:
        model.organisation.window_days = listed.window_days
    return model


# Few teams, sets of tags and histories of editions differ: each is made once.


@lru_cache(maxsize=1024)
def _team(slug: str, name: str) -> Team:
    return Team(slug, name)


@lru_cache(maxsize=4096)
def _tags(text: str) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(text, type=list[str]))


@lru_cache
def _windows(text: str) -> dict[str, int]:
    return msgspec.json.decode(text, type=dict[str, int])


@lru_cache
def _editions(text: str) -> tuple[Editions, tuple[str, ...]]:
    editions = msgspec.json.decode(text, type=list[dict[str, str | None]])
    return editions, tuple(dict.fromkeys(str(edition["rubric"]) for edition in editions))
