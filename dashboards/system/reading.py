"""What one system's pages read: the system itself, and all that its main page shows, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from accounts.compiled import compiled
from accounts.models import Membership
from assessments.models import Assessment, AssessmentStatus, System
from evidence.models import SeenNames, Status
from evidence.rules_of import Rules
from rubric.once import Once, Same
from rubric.reported import Reported
from rubric.timeline import Point
from scores.evidence_of import NewestResult, newest_by_name
from scores.marks import Event, events, told_of
from scores.reading import LAST
from scores.score import FullScore
from scores.whole_histories import explained_at, held_spans, whole_of
from scores.why import neighbours

RECENT = 12


@dataclass(frozen=True, slots=True)
class Recent:
    """The newest result of a check that was neither skipped nor voided."""

    name: str
    test: str
    status: Status
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """A system at `at`, as its page shows it; `full` is None where nothing was recorded by then.

    `points` and `marks` are the whole history up to `until`, the present or `at` if that is later; `points` is empty where
    there is none. `earlier` and `later` are the nearest instants at which the score changed or will. `assessment` is the one
    whose claims hold, `draft` the open one.
    """

    system: System
    at: datetime
    now: datetime
    full: FullScore | None
    points: Sequence[Point]
    marks: Sequence[Event]
    reported: Reported
    earlier: datetime | None
    later: datetime | None
    assessment: Assessment | None
    draft: Assessment | None
    recent: Once[Recent]

    @property
    def until(self) -> datetime:
        return max(self.at, self.now)

    @property
    def has_results(self) -> bool:
        """Whether any result was observed by then."""
        first = self.system.first_run_at
        return first is not None and first <= self.at


def system_of(membership: Membership, slug: str, *, with_spans: bool = False) -> System:
    """The visible system of this slug, with its organisation, team and owner; raises Http404 where there is none.

    `with_spans` reads what `read_system` needs besides.
    """
    found = _visible(membership.organisation_id, slug, with_spans=with_spans)
    if not found:
        raise Http404
    return found[0]


@compiled
def _visible(organisation: int, slug: str, *, with_spans: bool) -> QuerySet[System]:
    systems = System.objects.visible_to(Membership(organisation_id=organisation)).filter(slug=slug)
    if with_spans:
        systems = systems.annotate(held=held_spans())
    imported = Exists(SeenNames.objects.filter(system=OuterRef("pk")))
    return systems.annotate(was_imported_to=imported).select_related("organisation", "team", "owner")


@compiled
def _assessments(system: int) -> QuerySet[Assessment]:
    return Assessment.objects.filter(system=system).order_by("effective_at", "recorded_at", "id")


def read_system(system: System, at: datetime, now: datetime) -> SystemFacts:
    """What the page of a system, found with its spans, shows as of `at`, at the present `now`, in five queries."""
    assessments = _assessments(system.pk)
    finals = [each for each in assessments if _holds(each, LAST)]
    spans: str | None = system.held  # type: ignore[attr-defined]
    whole = whole_of(system, spans, finals, system.first_run_at)
    earlier, later = neighbours(whole.instants, at)
    until = max(at, now)
    newest = newest_by_name(system.pk, at)
    known = whole.since is not None and whole.since <= at
    marked = events(whole.facts, assessments, told_of(system, until), until, whole.lapses)
    held = [each for each in finals if _holds(each, at)]
    drafts = [each for each in assessments if each.is_draft and not each.imported]
    return SystemFacts(
        system=system,
        at=at,
        now=now,
        full=explained_at(system.pk, Rules.of(system), whole, at, list(newest.values())) if known else None,
        points=whole.until(until),
        marks=[mark for mark in marked if mark.told is None or mark.told.voided_at is None],
        reported=whole.reported(whole.facts.rubric_at(at)),
        earlier=earlier,
        later=later,
        assessment=held[-1] if held else None,
        draft=drafts[0] if drafts else None,
        recent=_recent(Same(newest)),
    )


def _holds(assessment: Assessment, at: datetime) -> bool:
    final = assessment.status == AssessmentStatus.FINAL
    return final and assessment.effective_at is not None and assessment.effective_at <= at


@lru_cache(maxsize=64)
def _recent(newest: Same[Mapping[str, NewestResult]]) -> Once[Recent]:
    """The checks whose newest results are the newest."""
    rows = newest.value.items()
    found = [Recent(name, test, Status(status), at) for name, (test, status, at) in rows if at is not None]
    return Once(sorted(found, key=lambda each: (-each.observed_at.timestamp(), each.name))[:RECENT])
