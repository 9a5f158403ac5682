"""What moved since a day, what lapses next, and how teams, tags and lifecycles stand beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page
from accounts.models import Role
from assessments.entries import Listed, entries_of
from dashboards.filling import in_address
from dashboards.moments import moment_of
from dashboards.organisation import parts
from dashboards.organisation.choosing import query_of
from dashboards.organisation.filters import Filter
from dashboards.organisation.moved_presenters import (
    SINCE,
    MovesPage,
    RollUpTable,
    present_lapses,
    present_moves,
    present_roll_ups,
)
from dashboards.organisation.reading import Choices, chosen_rubric, now_by, rubrics_of
from rubric.definition import Rubric
from rubric.once import Once
from scores.lapses import HORIZON, in_use, lapses
from scores.moves import moves
from scores.overview import COMPARED
from scores.roll_ups import roll_ups

LONGEST_HORIZON = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Asked:
    """The systems in use that the reader asked for, the rubric to compare them by, and those that it scores."""

    now: datetime
    wanted: Filter
    systems: Once[Listed]
    shown: Once[Listed]
    rubric: Rubric
    rows: Once[Listed]

    @classmethod
    def of(cls, request: MemberRequest) -> Asked:
        wanted, systems = Filter.read(request.GET), entries_of(request.membership)
        shown = wanted.chosen(in_use(systems))
        rubric = chosen_rubric(request.GET.get("rubric", ""), shown)
        rows = now_by(rubric, shown)
        return cls(timezone.now(), wanted, systems, shown, rubric, rows)

    def since(self, request: MemberRequest, since: datetime, page: MovesPage | Once[RollUpTable]) -> parts.Since:
        """What a page shows that compares the present with `since`."""
        return parts.Since(
            organisation=request.membership.organisation.slug,
            systems=bool(self.systems),
            wanted=self.wanted,
            choices=Choices.of(self.systems),
            query=query_of(request.GET),
            rubric=self.rubric,
            rubrics=rubrics_of(self.shown, self.now),
            others=len(self.shown) - len(self.rows),
            since_day=f"{since:%Y-%m-%d}",
            today=f"{self.now:%Y-%m-%d}",
            page=page,
        )


def _since(request: HttpRequest, now: datetime) -> datetime:
    """The earlier instant that `?since=` names; 90 days ago without it. Raises BadRequest for one to come."""
    asked = request.GET.get("since", "")
    since = moment_of(asked, now) if asked else now - COMPARED
    if since > now:
        raise BadRequest("`since` lies in the future.")
    return since


@require_safe
@member_page(Role.VIEWER)
def moved(request: MemberRequest, organisation: str) -> HttpResponse:
    """What improved and what slid since `?since=`, with the tests that moved."""
    asked = Asked.of(request)
    since = _since(request, asked.now)
    found = moves(asked.rows, asked.rubric, since, asked.now)
    page = present_moves(asked.rubric, found, asked.wanted, request.GET.get("page", ""))
    shown = asked.since(request, since, page)
    context = {"now": asked.now, "since": since, SINCE: in_address(since), "shown": shown}
    return render(request, "dashboards/moved.html", context)


@require_safe
@member_page(Role.VIEWER)
def lapsing(request: MemberRequest, organisation: str) -> HttpResponse:
    """What lapses within 30 days, by date; `?until=` is another day to come, `?all=on` adds what pipelines keep up."""
    asked = Asked.of(request)
    until = _until(request, asked.now)
    every = request.GET.get("all") == "on"
    found = lapses(asked.shown, asked.now, until, every=every)
    shown = parts.Lapsing(
        organisation=request.membership.organisation.slug,
        systems=bool(asked.systems),
        wanted=asked.wanted,
        choices=Choices.of(asked.systems),
        query=query_of(request.GET),
        until_day=f"{until:%Y-%m-%d}",
        today=f"{asked.now:%Y-%m-%d}",
        page=present_lapses(found, every, request.GET.get("page", "")),
    )
    return render(request, "dashboards/lapses.html", {"until": until, "shown": shown})


def _until(request: HttpRequest, now: datetime) -> datetime:
    asked = request.GET.get("until", "")
    until = moment_of(asked, now) if asked else now + HORIZON
    if not now <= until <= now + LONGEST_HORIZON:
        raise BadRequest("`until` is a day to come, within two years.")
    return until


@require_safe
@member_page(Role.VIEWER)
def rolled_up(request: MemberRequest, organisation: str) -> HttpResponse:
    """Teams, tags and lifecycles beside each other, and how their medians changed since `?since=`."""
    asked = Asked.of(request)
    since = _since(request, asked.now)
    tables = present_roll_ups(asked.rubric, roll_ups(asked.rows, asked.rubric, since, asked.now))
    context = {"now": asked.now, "since": since, "shown": asked.since(request, since, tables)}
    return render(request, "dashboards/roll_ups.html", context)
