"""What an organisation's report reads: how all its systems stood at an instant, in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Organisation
from assessments.models import Assessment, Initiative, InitiativeStep, System
from evidence.rules_of import Rules
from rubric.definition import Rubric
from rubric.timeline import Facts
from scores.evidence_of import failing_checks, newest_results
from scores.facts import load_facts
from scores.initiatives import Progress, step_progress
from scores.overview import COMPARED, main_rubric, review_is_due
from scores.recounting import FIRST
from scores.snapshots import Snapshot, snapshot
from scores.trends import Bucket, Interval, Life, bucket_ends, buckets, first_runs, lives_of


@dataclass(frozen=True, slots=True)
class SystemStand:
    """One system at the report's instant, and COMPARED before it.

    `assessment` is the one whose claims hold; `ran` says whether any result was observed by then.
    """

    now: Snapshot
    before: Snapshot
    assessment: Assessment | None
    ran: bool
    failing: int
    review_due: bool
    counted_branch: str | None


@dataclass(frozen=True, slots=True)
class OrganisationReading:
    """The systems in use at `at`; bucket ends and figures are of those that `rubric` scores.

    `weeks` are the trend by weeks up to `at`, empty where nothing was recorded; `months` the last twelve months of it.
    """

    organisation: Organisation
    at: datetime
    rubric: Rubric
    stands: Sequence[SystemStand]
    weeks: Sequence[Bucket]
    months: Sequence[Bucket]
    initiatives: Sequence[Progress]


def read_organisation(organisation: Organisation, at: datetime) -> OrganisationReading:
    """All that the report of an organisation shows as of `at` (aware), in seven statements."""
    systems = list(organisation.systems.select_related("organisation", "team", "owner"))
    made = Assessment.objects.final().filter(system__in=systems, effective_at__lte=at)
    finals = list(made.only("system_id", "claims", "effective_at", "imported"))
    facts = load_facts(systems, FIRST, at, finals=finals)
    firsts = first_runs(systems)
    rubric = main_rubric([system for system in systems if _in_use(system, at)], at)
    lives = list(lives_of(systems, facts, firsts, FIRST, at).values())
    return OrganisationReading(
        organisation=systems[0].organisation if systems else organisation,
        at=at,
        rubric=rubric,
        stands=_stands(systems, facts, firsts, {final.system_id: final for final in finals}, at),
        weeks=_weeks(rubric, lives, at),
        months=buckets(rubric, bucket_ends(at.replace(year=at.year - 1, day=1), at, Interval.MONTH), lives),
        initiatives=_initiatives(organisation, systems, facts, at),
    )


def _in_use(system: System, at: datetime) -> bool:
    return system.retired_at is None or system.retired_at > at


def _stands(
    systems: Sequence[System],
    facts: Mapping[int, Facts],
    firsts: Mapping[int, datetime | None],
    newest_final: Mapping[int, Assessment],
    at: datetime,
) -> list[SystemStand]:
    checks = newest_results(systems, at)
    found = []
    for system in systems:
        now = snapshot(system, facts[system.pk], firsts[system.pk], at)
        if not _in_use(system, at) or (now.score is None and system.created_at > at):
            continue
        assessment, first = newest_final.get(system.pk), firsts[system.pk]
        found.append(
            SystemStand(
                now=now,
                before=snapshot(system, facts[system.pk], firsts[system.pk], at - COMPARED),
                assessment=assessment,
                ran=first is not None and first <= at,
                failing=failing_checks(checks[system.pk], Rules.of(system), at),
                review_due=review_is_due(system, assessment.effective_at if assessment else None, at),
                counted_branch=system.counted_branch,
            )
        )
    return found


def _weeks(rubric: Rubric, lives: Sequence[Life], at: datetime) -> list[Bucket]:
    """The trend since this rubric scored any of the systems."""
    starts = [point.at for life in lives for point in life.points if point.rubric == rubric.key]
    return buckets(rubric, bucket_ends(min(starts), at, Interval.WEEK), lives) if starts else []


def _initiatives(
    organisation: Organisation, systems: Sequence[System], facts: Mapping[int, Facts], at: datetime
) -> list[Progress]:
    """The initiatives that were there by `at`, newest first, with the steps that they had by then."""
    by_id = {system.pk: system for system in systems}
    initiatives = list(Initiative.objects.filter(organisation=organisation, created_at__lte=at))
    steps = InitiativeStep.objects.filter(initiative__in=initiatives, added_at__lte=at).select_related("owner")
    own: dict[int, list[InitiativeStep]] = {initiative.pk: [] for initiative in initiatives}
    for step in steps.order_by("id"):
        step.system = by_id[step.system_id]
        own[step.initiative_id].append(step)
    return [
        Progress(
            initiative, [step_progress(step, facts[step.system_id], at) for step in own[initiative.pk]], burn_up=()
        )
        for initiative in initiatives
    ]
