"""All that is recorded of one system which scores, histories and comparisons of dates rest on, by its slug, in one statement.

Facts and the rules that say how to read them come from the same row, and so go together.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from django.db.models import QuerySet, TextField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from accounts.compiled import compiled
from accounts.models import Membership, Token
from accounts.statements import VENDOR
from accounts.texts import array, gathered, instant
from assessments.models import AssessmentStatus, System
from evidence.rules_of import ORGANISATION_RULES, SYSTEM_RULES, Rules
from rubric.definition import Rubric
from rubric.once import Once
from scores.facts import editions_of
from scores.whole_histories import Frozen, Whole, held_spans, made_of


class Final(NamedTuple):
    """A final assessment: its id, from when on its claims hold, who recorded it, and the claims as they are stored."""

    pk: int
    effective_at: datetime
    recorded_by: str
    claims: dict[str, Any]


class Recorded(NamedTuple):
    """A system with its final assessments, ascending, and all that these and its evidence make.

    Its evidence was counted by these rules.
    """

    pk: int
    slug: str
    rules: Rules
    finals: Once[Final]
    whole: Whole


def recorded_of(reader: Membership | Token, slug: str) -> Recorded | None:
    """What is recorded of the system of this slug; None where the reader sees none."""
    bound = [reader.system_id] if isinstance(reader, Token) and reader.system_id is not None else []
    found = _stored(reader.organisation_id, slug, *bound)
    if not found:
        return None
    pk, editions, first_run_at, held, assessed, *rules = found[0]
    finals, frozen = _finals(assessed or "")
    return Recorded(pk, slug, Rules(*rules), finals, made_of(held, frozen, _editions(editions), first_run_at))


@compiled
def _stored(organisation: int, slug: str, *bound: int) -> QuerySet[System, tuple[Any, ...]]:
    reader = Token(organisation_id=organisation, system_id=bound[0] if bound else None)
    return (
        System.objects.visible_to(reader)
        .filter(slug=slug)
        .annotate(
            as_text=Cast("editions", TextField()),
            held=held_spans(),
            assessed=RawSQL(gathered(VENDOR, _assessed(VENDOR)), ()),
        )
        .order_by()
        .values_list(
            *("pk", "as_text", "first_run_at", "held", "assessed"),
            *(f"organisation__{name}" for name in ORGANISATION_RULES),
            *SYSTEM_RULES,
        )
    )


def _assessed(vendor: str) -> str:
    claims = "a.claims" if vendor == "postgresql" else "json(a.claims)"
    columns = array(vendor, "a.id", instant(vendor, "a.effective_at"), "a.recorded_by", claims)
    return (
        f"SELECT {columns} AS row FROM assessments_assessment a"
        f" WHERE a.system_id = assessments_system.id AND a.status = '{AssessmentStatus.FINAL.value}'"
        " ORDER BY a.effective_at, a.recorded_at, a.id"
    )


@lru_cache(maxsize=256)
def _finals(text: str) -> tuple[Once[Final], tuple[Frozen, ...]]:
    finals = Once(Final(*row) for row in _rows(f"[{text}]"))
    return finals, tuple([(each.effective_at, tuple(each.claims.items())) for each in finals])


_rows = msgspec.json.Decoder(list[tuple[int, datetime, str, dict[str, Any]]]).decode


@lru_cache(maxsize=256)
def _editions(text: str) -> tuple[tuple[datetime | None, Rubric], ...]:
    return tuple(editions_of(json.loads(text)))
