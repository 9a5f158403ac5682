"""From stored facts to the pure core's: claims and spans of any number of systems, in two queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from assessments.claims import claims_of
from assessments.models import Assessment, System
from evidence.models import Span
from rubric.definition import Rubric
from rubric.levels import Level
from rubric.loader import builtin
from rubric.timeline import Claims, EvidenceSpan, Facts


def editions_of(system: System) -> list[tuple[datetime | None, Rubric]]:
    """The rubric editions that the system has been scored by, each with when it came into force."""
    return [
        (
            None if edition["from"] is None else datetime.fromisoformat(edition["from"]).astimezone(UTC),
            builtin()[edition["rubric"]],
        )
        for edition in system.editions
    ]


def load_facts(
    systems: Sequence[System],
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
    if finals is None and with_claims:
        made = Assessment.objects.final().filter(system__in=claims, effective_at__lte=end)
        finals = made.only("system_id", "claims", "effective_at")
    for final in finals or ():
        claims[final.system_id].append(claims_of(final))
    spans: dict[int, list[EvidenceSpan]] = {system.pk: [] for system in systems}
    rows = in_force(systems).filter(ends_at__gt=start, starts_at__lte=end)
    for system_id, test, level, starts_at, ends_at in rows.values_list(
        "system_id", "test", "level", "starts_at", "ends_at"
    ):
        spans[system_id].append(EvidenceSpan(test, Level(level), starts_at, ends_at))
    return {
        system.pk: Facts(editions=editions_of(system), claims=claims[system.pk], spans=spans[system.pk])
        for system in systems
    }


def in_force(systems: Sequence[System]) -> QuerySet[Span]:
    """The spans of the generation that each of these systems pointed to when it was read, as its rules were."""
    by_generation: dict[int, list[int]] = {}
    for system in systems:
        by_generation.setdefault(system.generation, []).append(system.pk)
    wanted = [Q(generation=generation, system__in=own) for generation, own in by_generation.items()]
    return Span.objects.filter(reduce(or_, wanted)) if wanted else Span.objects.none()
