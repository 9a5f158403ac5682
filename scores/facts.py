"""From stored facts to the pure core's: claims and spans of any number of systems, in two queries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache, reduce
from operator import or_

from django.db.models import Q, QuerySet

from accounts.instants import instant_from_sql
from accounts.statements import VENDOR, document, fetch, listed, matching, to_sql
from assessments.claims import claims_of, thaw
from assessments.entries import Listed
from assessments.models import Assessment
from evidence.models import Span
from rubric.definition import Rubric
from rubric.levels import Level
from rubric.loader import builtin
from rubric.timeline import Claims, EvidenceSpan, Facts

_LEVELS = tuple(Level)


def editions_of(editions: Iterable[Mapping[str, str | None]]) -> list[tuple[datetime | None, Rubric]]:
    """The rubric editions that a system has been scored by, as it stores them, each with when it came into force."""
    return [
        (
            None if edition["from"] is None else datetime.fromisoformat(edition["from"]).astimezone(UTC),
            builtin()[str(edition["rubric"])],
        )
        for edition in editions
    ]


def load_facts(
    systems: Sequence[Listed],
    start: datetime,
    end: datetime,
    *,
    with_claims: bool = True,
    finals: Iterable[Assessment] | None = None,
) -> dict[int, Facts]:
    """All that the scores of these systems over [start, end] depend on, by system id.

    Spans that end before `start` or start after `end` are left out, and so are claims made after `end`; all claims
    where somebody else's stand in for them. `finals` are the systems' final assessments made by `end`, ascending, for
    callers that have read them.
    """
    claims: dict[int, list[Claims]] = {system.pk: [] for system in systems}
    if finals is not None:
        for final in finals:
            claims[final.system_id].append(claims_of(final))
    elif with_claims and systems:
        for key, frozen, at in fetch(_finals(VENDOR), [document([(system.pk,) for system in systems]), to_sql(end)]):
            claims[key].append(thaw(json.loads(frozen), instant_from_sql(at)))
    spans: dict[int, list[EvidenceSpan]] = {system.pk: [] for system in systems}
    wanted = document([(system.pk, system.generation) for system in systems])
    rows = fetch(_spans(VENDOR), [wanted, to_sql(start), to_sql(end)]) if systems else ()
    for key, test, level, starts_at, ends_at in rows:
        span = EvidenceSpan(test, _LEVELS[level], instant_from_sql(starts_at), instant_from_sql(ends_at))
        spans[key].append(span)
    return {
        system.pk: Facts(editions=editions_of(system.editions), claims=claims[system.pk], spans=spans[system.pk])
        for system in systems
    }


@lru_cache
def _finals(vendor: str) -> str:
    own = f"a.system_id = l.system AND a.status = 'final' AND a.effective_at <= {_instant(vendor)}"
    return (
        f"SELECT a.system_id, a.claims, a.effective_at FROM {listed(vendor, 'l', system='bigint')}"
        f" {matching(vendor, 'assessments_assessment', 'a', own)} ORDER BY a.effective_at, a.recorded_at, a.id"
    )


@lru_cache
def _spans(vendor: str) -> str:
    """The spans of the generation that each system pointed to when it was read, as its rules were."""
    at = _instant(vendor)
    own = f"s.system_id = l.system AND s.generation = l.generation AND s.ends_at > {at} AND s.starts_at <= {at}"
    return (
        "SELECT s.system_id, s.test, s.level, s.starts_at, s.ends_at"
        f" FROM {listed(vendor, 'l', system='bigint', generation='bigint')} {matching(vendor, 'evidence_span', 's', own)}"
    )


def _instant(vendor: str) -> str:
    return "%s::timestamptz" if vendor == "postgresql" else "%s"


def in_force(systems: Sequence[Listed]) -> QuerySet[Span]:
    """The spans of the generation that each of these systems pointed to when it was read, as its rules were."""
    by_generation: dict[int, list[int]] = {}
    for system in systems:
        by_generation.setdefault(system.generation, []).append(system.pk)
    wanted = [Q(generation=generation, system__in=own) for generation, own in by_generation.items()]
    return Span.objects.filter(reduce(or_, wanted)) if wanted else Span.objects.none()
