"""Systems: what clients send of them, and how they are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.errors import Invalid
from accounts.models import WINDOW_DAYS, Organisation, Person, Team, Token
from api.instants import write_instant
from api.problems import Fault, at_fault, pointer_to
from api.resources.components import INSTANT, TEXT, array, optional, record
from api.shapes import Choice, Field, Integer, ListOf, MapOf, Matching, Null, Points, Record, Schema, Text, WebAddress
from assessments.models import Lifecycle, System
from assessments.systems import LONGEST_TAG, MOST_TAGS, check_values, check_windows
from evidence.models import RuleChange
from rubric.loader import DEFAULT, builtin

LONGEST_NAME = 120
SLUG = Matching("[-a-zA-Z0-9_]+", 60, "A slug: 1 to 60 letters, digits, hyphens and underscores.")
MOST_WINDOWS = 200


def _fields(null: Null) -> dict[str, Field]:
    """The fields of a system that clients set; `null` is what null means where there may be nothing."""
    firm = Null.LEFT_OUT if null is Null.LEFT_OUT else Null.REFUSED
    return {
        "description": Field(Text(4000), null=firm),
        "team": Field(Text(60, 1, description="The slug of a team."), null=null),
        "owner": Field(Text(254, 1, description="The e-mail address of a member."), null=null),
        "tags": Field(ListOf(Text(LONGEST_TAG, 1), MOST_TAGS), null=firm),
        "lifecycle": Field(Choice(Lifecycle.values), null=firm),
        "repository_url": Field(WebAddress(), null=null),
        "rubric": Field(Choice(tuple(builtin())), null=firm),
        "target_score": Field(Points(description="From 0 to the rubric's highest score."), null=null),
        "windows": Field(MapOf(Integer(*WINDOW_DAYS, "Days."), MOST_WINDOWS), null=firm),
        "counted_branch": Field(Text(200, 1, description="Results of other branches are never executed."), null=null),
    }


NAME = Text(LONGEST_NAME, 1, filled=True)
CREATION = Record({"name": Field(NAME, required=True), "slug": Field(SLUG), **_fields(Null.LEFT_OUT)})
CHANGE = Record(
    {"name": Field(NAME, null=Null.REFUSED), **_fields(Null.VALUE)},
    refused=dict.fromkeys(("slug", "created_at", "pending"), "It cannot be changed."),
)


def read_creation(document: dict[str, Any], token: Token) -> dict[str, Any]:
    """The arguments for `create_system` from a body. Raises Problem (400) that names every fault."""
    return _read(CREATION, document, token.organisation, None)


def read_change(document: dict[str, Any], system: System) -> dict[str, Any]:
    """The new values from a body that changes a system. Raises Problem (400) that names every fault."""
    return _read(CHANGE, document, system.organisation, system)


def _read(shape: Record, document: dict[str, Any], organisation: Organisation, system: System | None) -> dict[str, Any]:
    faults: list[Fault] = []
    given = shape.read(document, "", faults) or {}
    if "repository_url" in given:
        given["repository_url"] = given["repository_url"] or ""
    _look_up(given, organisation, faults)
    rubric = builtin()[given.get("rubric", system.rubric if system else DEFAULT)]
    editions = [builtin()[key] for key in system.edition_keys] if system else []
    _gather(faults, lambda: check_values(organisation, rubric, given))
    _gather(faults, lambda: check_windows([*editions, rubric], given.get("windows", {})))
    if faults:
        raise at_fault(faults)
    return given


def _look_up(given: dict[str, Any], organisation: Organisation, faults: list[Fault]) -> None:
    """Put the team and the owner in the place of their slug and e-mail address."""
    if given.get("team") is not None:
        slug = given.pop("team")
        team = Team.objects.filter(organisation=organisation, slug=slug).first()
        if team is None:
            faults.append(Fault(f"There is no team {slug!r} in this organisation.", "/team"))
        else:
            given["team"] = team
    if given.get("owner") is not None:
        email = given.pop("owner")
        owner = Person.objects.filter(memberships__organisation=organisation, email__iexact=email).first()
        if owner is None:
            faults.append(Fault("The owner is no member of this organisation.", "/owner"))
        else:
            given["owner"] = owner


def _gather(faults: list[Fault], check: Callable[[], None]) -> None:
    try:
        check()
    except Invalid as error:
        faults += [Fault(fault.detail, pointer_to(*fault.path)) for fault in error.faults]


SHOWN: Schema = record(
    {
        "slug": TEXT,
        "name": TEXT,
        "description": TEXT,
        "team": optional(TEXT),
        "owner": optional(TEXT),
        "tags": array(TEXT),
        "lifecycle": Choice(Lifecycle.values).schema,
        "repository_url": optional(TEXT),
        "rubric": TEXT,
        "target_score": optional({"type": "number"}),
        "windows": {"type": "object", "additionalProperties": {"type": "integer"}},
        "counted_branch": optional(TEXT),
        "created_at": INSTANT,
        "pending": {"type": "object", "description": "Rules of evidence whose change is being prepared."},
    },
    "One ML system.",
)


def show_system(system: System, pending: RuleChange | None) -> dict[str, Any]:
    """A system; its team and owner must be loaded. `pending` is what its organisation prepared when or before it was read."""
    preparing = pending is not None and pending.system_id == system.pk and system.pending_generation is not None
    return {
        "slug": system.slug,
        "name": system.name,
        "description": system.description,
        "team": system.team.slug if system.team else None,
        "owner": system.owner.email if system.owner else None,
        "tags": system.tags,
        "lifecycle": system.lifecycle,
        "repository_url": system.repository_url or None,
        "rubric": system.rubric,
        "target_score": None if system.target_score is None else float(system.target_score),
        "windows": system.windows,
        "counted_branch": system.counted_branch,
        "created_at": write_instant(system.created_at),
        "pending": pending.changes if pending is not None and preparing else {},
    }
